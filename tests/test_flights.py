from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from coze_widget.flights import Flights


def test_one_fetches_for_all_who_wait():
    flights, landed, calls = Flights(), threading.Event(), []

    def fetch():
        calls.append(threading.get_ident())
        landed.wait(5)
        return object()

    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(flights.run, "k", fetch) for _ in range(8)]
        landed.set()
        results = {future.result() for future in waiting}

    # Whoever came after the landing flew again; nobody else did.
    assert len(results) == len(calls) <= 8


def test_keys_fly_on_their_own():
    flights = Flights()

    assert flights.run("a", lambda: flights.run("b", lambda: 1)) == 1


def test_an_error_is_everybodys_and_is_not_kept():
    flights = Flights()

    with pytest.raises(ZeroDivisionError):
        flights.run("k", lambda: 1 / 0)
    assert flights.run("k", lambda: 2) == 2
