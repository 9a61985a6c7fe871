"""Single flight: of many threads that want the same thing, one fetches it for all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class Flights(Generic[T]):
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[str, Future[T]] = {}

    def run(self, key: str, fetch: Callable[[], T]) -> T:
        """Return what `fetch` returns, or raise what it raises; so for all who wait."""
        with self._lock:
            flight = self._flights.get(key)
            leads = flight is None
            if flight is None:
                flight = self._flights[key] = Future()
        if leads:
            self._lead(key, flight, fetch)
        return flight.result()

    def _lead(self, key: str, flight: Future[T], fetch: Callable[[], T]) -> None:
        try:
            flight.set_result(fetch())
        except BaseException as exc:
            flight.set_exception(exc)
        finally:
            with self._lock:
                del self._flights[key]
