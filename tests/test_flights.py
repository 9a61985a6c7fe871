from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from coze_widget.flights import Flights


def test_one_fetches_for_all_who_wait():
    flights, calls = Flights(), []
    start = threading.Barrier(8)

    def fetch():
        calls.append(threading.get_ident())
        # As long as it takes the other seven to join.
        threading.Event().wait(0.3)
        return object()

    def run(_):
        start.wait(5)
        return flights.run("k", fetch)

    with ThreadPoolExecutor(8) as pool:
        results = set(pool.map(run, range(8)))

    assert len(results) == len(calls) == 1


def test_keys_fly_on_their_own():
    flights = Flights()

    assert flights.run("a", lambda: flights.run("b", lambda: 1)) == 1


def test_an_error_is_everybodys_and_is_not_kept():
    flights = Flights()

    with pytest.raises(ZeroDivisionError):
        flights.run("k", lambda: 1 / 0)
    assert flights.run("k", lambda: 2) == 2
