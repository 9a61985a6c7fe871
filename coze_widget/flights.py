"""Single flight: of many that want the same thing, one fetches it for all."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Abandoned(Exception):
    """Raised for those who wait when the one who fetches is stopped, or does not end."""


class Flights(Generic[T]):
    """Threads and event loops may share them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[str, Future[T]] = {}
        # A loop itself remembers its tasks weakly.
        self._tasks: set[asyncio.Task[None]] = set()

    def is_under_way(self, key: str) -> bool:
        return key in self._flights

    def run(self, key: str, fetch: Callable[[], T], *, patience_seconds: float) -> T:
        """Return what `fetch` returns, or raise what it raises; so for all who wait.

        They raise Abandoned after `patience_seconds`.
        """
        flight, leads = self._board(key)
        if leads:
            self._lead(key, flight, fetch)
        try:
            return flight.result(max(0, patience_seconds))
        except FutureTimeoutError:
            failure: Exception = Abandoned()
        except Exception as exc:
            failure = exc
        # One object for all: each would add its frames to those of the others.
        raise failure.with_traceback(None)

    async def arun(
        self,
        key: str,
        fetch: Callable[[], Coroutine[Any, Any, T]],
        *,
        patience_seconds: float,
    ) -> T:
        """Do the same in an event loop. Whoever leaves takes nothing from the others."""
        flight, leads = self._board(key)
        if leads:
            task = asyncio.ensure_future(self._alead(key, flight, fetch))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        landing = asyncio.shield(asyncio.wrap_future(flight))
        try:
            return await asyncio.wait_for(landing, max(0, patience_seconds))
        except asyncio.TimeoutError:
            failure: Exception = Abandoned()
        except Exception as exc:
            failure = exc
        raise failure.with_traceback(None)

    def forget(self) -> None:
        """Begin anew, as a process does that was forked off in mid-flight."""
        self._lock = threading.Lock()
        self._flights = {}
        self._tasks = set()

    def _board(self, key: str) -> tuple[Future[T], bool]:
        with self._lock:
            flight = self._flights.get(key)
            if flight is not None:
                return flight, False
            flight = self._flights[key] = Future()
            return flight, True

    def _lead(self, key: str, flight: Future[T], fetch: Callable[[], T]) -> None:
        try:
            result = fetch()
        except Exception as exc:
            self._land(key, flight)
            flight.set_exception(exc)
        except BaseException:
            self._land(key, flight)
            flight.set_exception(Abandoned())
            raise
        else:
            self._land(key, flight)
            flight.set_result(result)

    async def _alead(
        self,
        key: str,
        flight: Future[T],
        fetch: Callable[[], Coroutine[Any, Any, T]],
    ) -> None:
        try:
            result = await fetch()
        except Exception as exc:
            self._land(key, flight)
            flight.set_exception(exc)
        except BaseException:  # the loop is about to end
            self._land(key, flight)
            flight.set_exception(Abandoned())
            raise
        else:
            self._land(key, flight)
            flight.set_result(result)

    def _land(self, key: str, flight: Future[T]) -> None:
        """First of all, so that whoever comes after an outcome begins a flight anew."""
        with self._lock:
            if self._flights.get(key) is flight:
                del self._flights[key]
