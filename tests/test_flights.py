from __future__ import annotations

import asyncio
import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from coze_widget.flights import Abandoned, Flights

PATIENT = {"patience_seconds": 5}


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
        return flights.run("k", fetch, **PATIENT)

    with ThreadPoolExecutor(8) as pool:
        results = set(pool.map(run, range(8)))

    assert len(results) == len(calls) == 1


def test_keys_fly_on_their_own():
    flights = Flights()

    def fetch():
        return flights.run("b", lambda: 1, **PATIENT)

    assert flights.run("a", fetch, **PATIENT) == 1


def test_an_error_is_everybodys_and_is_not_kept():
    flights = Flights()

    with pytest.raises(ZeroDivisionError):
        flights.run("k", lambda: 1 / 0, **PATIENT)
    assert flights.run("k", lambda: 2, **PATIENT) == 2


class Stopped(BaseException):
    """As a worker is at its end."""


def in_mid_flight(flights, end):
    """Begin a flight that ends with `end`, in a thread; return what lets it end."""
    begun, gate = threading.Event(), threading.Event()

    def fetch():
        begun.set()
        gate.wait(5)
        return end()

    def lead():
        with contextlib.suppress(Stopped, ZeroDivisionError):
            flights.run("k", fetch, **PATIENT)

    threading.Thread(target=lead).start()
    assert begun.wait(5)
    return gate


def stop():
    raise Stopped


def test_who_waits_for_somebody_who_is_stopped_is_told():
    flights = Flights()
    gate = in_mid_flight(flights, stop)
    assert flights.is_under_way("k")

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(flights.run, "k", lambda: 2, **PATIENT)
        threading.Event().wait(0.1)
        gate.set()

        with pytest.raises(Abandoned):
            waiting.result(5)
    assert not flights.is_under_way("k")


def test_who_waits_for_too_long_is_told():
    flights = Flights()
    gate = in_mid_flight(flights, lambda: 1)

    with pytest.raises(Abandoned):
        flights.run("k", lambda: 2, patience_seconds=0.01)
    with pytest.raises(Abandoned):
        asyncio.run(flights.arun("k", None, patience_seconds=0.01))
    gate.set()


def test_of_those_who_wait_for_an_error_none_sees_the_others():
    flights = Flights()
    gate = in_mid_flight(flights, lambda: 1 / 0)
    depths = []

    def wait(_):
        with pytest.raises(ZeroDivisionError) as caught:
            flights.run("k", lambda: 2, **PATIENT)
        depths.append(len(caught.traceback))

    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(wait, number) for number in range(4)]
        threading.Event().wait(0.1)
        gate.set()
        for future in waiting:
            future.result(5)

    assert max(depths) <= 3


# In an event loop


async def fail():
    await asyncio.sleep(0)
    return 1 / 0


def test_tasks_share_a_flight():
    flights, calls = Flights(), []

    async def fetch():
        calls.append(1)
        await asyncio.sleep(0.05)
        return object()

    async def main():
        return await asyncio.gather(
            *(flights.arun("k", fetch, **PATIENT) for _ in range(3))
        )

    assert len(set(asyncio.run(main()))) == len(calls) == 1


def test_an_error_is_that_of_all_tasks():
    flights = Flights()

    async def main():
        runs = (flights.arun("k", fail, **PATIENT) for _ in range(3))
        return await asyncio.gather(*runs, return_exceptions=True)

    assert {type(error) for error in asyncio.run(main())} == {ZeroDivisionError}
    assert not flights.is_under_way("k")


def test_who_leaves_takes_nothing_from_those_who_stay():
    flights = Flights()

    async def fetch():
        await asyncio.sleep(0.1)
        return 1

    async def main():
        leaving, staying = (
            asyncio.create_task(flights.arun("k", fetch, **PATIENT)) for _ in range(2)
        )
        await asyncio.sleep(0.02)
        leaving.cancel()
        return await staying

    assert asyncio.run(main()) == 1


def test_a_loop_that_ends_abandons_its_flights():
    flights = Flights()

    async def fetch():
        await asyncio.sleep(60)

    async def main():
        asyncio.create_task(flights.arun("k", fetch, **PATIENT))
        await asyncio.sleep(0.02)
        return flights._flights["k"]

    flight = asyncio.run(main())

    with pytest.raises(Abandoned):
        flight.result(0)
    assert not flights.is_under_way("k")


def test_a_process_that_is_forked_off_begins_anew():
    flights = Flights()
    gate = in_mid_flight(flights, lambda: 1)

    flights.forget()

    assert flights.run("k", lambda: 2, **PATIENT) == 2
    gate.set()
