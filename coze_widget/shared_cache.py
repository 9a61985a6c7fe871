"""The site's cache, which its processes share; this process's own memory while it is down.

Nothing here raises: a cache that fails costs the site some more requests to Coze, and no
visitor an error. An outage is said once, and its end.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache import BaseCache, caches
from django.core.cache.backends.locmem import LocMemCache

from coze_widget.conf import conf

logger = logging.getLogger(__name__)

T = TypeVar("T")

RETRY_SECONDS = 1.0
MAX_OWN_ENTRIES = 10_000
PROBE_KEY = "coze_widget:probe"


class SharedCache:
    """Asks the cache of COZE_CACHE. Threads share one."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._asks_again_at: float | None = None
        self.own: BaseCache = _own_memory()

    @property
    def is_up(self) -> bool:
        """False from a failure on, until the cache has answered again."""
        return self._asks_again_at is None

    def get(self, key: str) -> Any | None:
        return self.ask(lambda cache: cache.get(key))

    def set(self, key: str, value: Any, seconds: float) -> None:
        self.ask(lambda cache: cache.set(key, value, seconds))

    def add(self, key: str, value: Any, seconds: float) -> bool:
        """Set it unless there is something; tell whether it was set."""
        return bool(self.ask(lambda cache: cache.add(key, value, seconds)))

    def delete(self, key: str) -> None:
        self.ask(lambda cache: cache.delete(key))

    def count(self, key: str, seconds: float) -> int:
        """Return the how-manieth call this is since the first one, for at most `seconds`."""
        return self.ask(lambda cache: _count(cache, key, seconds))

    def ask(self, question: Callable[[BaseCache], T]) -> T:
        """Return the cache's answer; that of this process's own memory while it is down."""
        if self._is_worth_asking():
            try:
                answer = question(caches[conf.cache_alias])
            except Exception as exc:
                self._judge(exc)
            else:
                self._note_up()
                return answer
        return question(self.own)

    def forget(self) -> None:
        """Begin anew, as a new process does."""
        self._asks_again_at = None
        self.own.clear()

    def _is_worth_asking(self) -> bool:
        """Let one in a while find out whether it is there again: it may cost a time-out."""
        if self.is_up:
            return True
        with self._lock:
            now = self._monotonic()
            if self._asks_again_at is None or now >= self._asks_again_at:
                self._asks_again_at = now + RETRY_SECONDS
                return True
            return False

    def _judge(self, failure: Exception) -> None:
        """Tell a cache that is down from one that holds something strange under a key.

        Each backend has errors of its own, so it is asked for something harmless.
        """
        if self.is_up:
            try:
                caches[conf.cache_alias].get(PROBE_KEY)
            except Exception:
                self._note_down(failure)
            else:
                logger.warning(
                    "The cache “%s” holds what cannot be read, which counts as nothing: %s",
                    conf.cache_alias,
                    type(failure).__name__,
                )

    def _note_down(self, failure: Exception) -> None:
        with self._lock:
            was_up = self.is_up
            self._asks_again_at = self._monotonic() + RETRY_SECONDS
        if was_up:
            logger.error(
                "The cache “%s” does not answer (%s); until it does, each process keeps "
                "tokens and counts in its own memory.",
                conf.cache_alias,
                type(failure).__name__,
            )

    def _note_up(self) -> None:
        with self._lock:
            was_up, self._asks_again_at = self.is_up, None
        if not was_up:
            logger.warning("The cache “%s” answers again.", conf.cache_alias)


def _count(cache: BaseCache, key: str, seconds: float) -> int:
    # `add` says when the window ends; `incr` leaves that alone.
    if cache.add(key, 1, seconds):
        return 1
    try:
        return int(cache.incr(key))
    except ValueError:
        # It ended in between.
        cache.add(key, 0, seconds)
        return int(cache.incr(key))


def _own_memory() -> BaseCache:
    # A name of its own: Django's backends of one name share their entries.
    options = {"OPTIONS": {"MAX_ENTRIES": MAX_OWN_ENTRIES}}
    return LocMemCache("coze_widget.shared_cache", options)


shared_cache = SharedCache()
