"""Where `limits` counts: in a cache of Django's, whichever the site has.

The storages of `limits` have connections of their own, and know no Django cache
(docs/adr/0016).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from math import floor
from typing import Protocol, TypeVar

from django.core.cache import BaseCache
from limits.storage.base import (
    SlidingWindowCounterSupport,
    Storage,
    TimestampedSlidingWindow,
)

T = TypeVar("T")


class Ask(Protocol):
    """Calls `question` with a cache and returns its answer; `SharedCache.ask` is one."""

    def __call__(self, question: Callable[[BaseCache], T]) -> T: ...


class CacheStorage(Storage, SlidingWindowCounterSupport, TimestampedSlidingWindow):
    """For the strategy "sliding window counter", the only one that is used.

    A window's number is part of its key, so nothing has to be kept about its end. What is
    refused is not counted: whoever goes on asking is not kept out for longer.
    """

    STORAGE_SCHEME = None
    base_exceptions: tuple[type[Exception], ...] = ()

    def __init__(self, ask: Ask, *, now: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._ask = ask
        self._now = now

    def acquire_sliding_window_entry(
        self, key: str, limit: int, expiry: int, amount: int = 1
    ) -> bool:
        now = self._now()
        previous, current = self.sliding_window_keys(key, expiry, now)

        def acquire(cache: BaseCache) -> bool:
            previous_count, count = _read_counts(cache, previous, current)
            carried = floor(previous_count * (1 - now / expiry % 1))
            if carried + count + amount > limit:
                return False
            add = _raise_count if count else _begin_count
            # Kept for one window more, which looks back at it. Others may have come
            # first since the counts were read.
            return carried + add(cache, current, amount, 2 * expiry) <= limit

        return self._ask(acquire)

    def get_sliding_window(
        self, key: str, expiry: int
    ) -> tuple[int, float, int, float]:
        now = self._now()
        previous, current = self.sliding_window_keys(key, expiry, now)
        previous_count, count = self._ask(
            lambda cache: _read_counts(cache, previous, current)
        )
        rest = (1 - now / expiry % 1) * expiry
        return previous_count, rest, count, rest + expiry

    def clear_sliding_window(self, key: str, expiry: int) -> None:
        keys = self.sliding_window_keys(key, expiry, self._now())
        self._ask(lambda cache: cache.delete_many(keys))

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        return self._ask(lambda cache: _begin_count(cache, key, amount, expiry))

    def get(self, key: str) -> int:
        return self._ask(lambda cache: int(cache.get(key, 0)))

    def clear(self, key: str) -> None:
        self._ask(lambda cache: cache.delete(key))

    def check(self) -> bool:
        """True: a cache that is down is the business of whoever asks it."""
        return True

    def get_expiry(self, key: str) -> float:
        raise NotImplementedError("A cache does not say when an entry ends.")

    def reset(self) -> int | None:
        raise NotImplementedError("The cache is not ours alone.")


def _read_counts(cache: BaseCache, previous: str, current: str) -> tuple[int, int]:
    counts = cache.get_many([previous, current])
    return int(counts.get(previous, 0)), int(counts.get(current, 0))


def _begin_count(cache: BaseCache, key: str, amount: int, seconds: float) -> int:
    if cache.add(key, amount, seconds):
        return amount
    return _raise_count(cache, key, amount, seconds)


def _raise_count(cache: BaseCache, key: str, amount: int, seconds: float) -> int:
    try:
        # Leaves alone when it ends.
        return int(cache.incr(key, amount))
    except ValueError:
        # A full cache has thrown it out in between.
        cache.set(key, amount, seconds)
        return amount
