"""Leases: of many processes that share a cache, one does something, and the others know.

A lease has an owner and an end. While its holder lives it is prolonged; a holder that
dies costs the others LEASE_SECONDS at the most.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.core.cache import BaseCache, caches
from django.core.cache.backends.redis import RedisCache
from django.db import connections

from coze_widget.conf import conf
from coze_widget.forks import after_fork
from coze_widget.shared_cache import shared_cache

logger = logging.getLogger(__name__)

LEASE_SECONDS = 3.0
PROLONG_EACH_SECONDS = 1.0
# Between reading the owner and deleting the entry another one must not have come.
RELEASE_MARGIN_SECONDS = 1.0
THREAD_NAME = "coze_widget-leases"
OWNER_LENGTH = 32  # as redis-py's


class _Entry(Protocol):
    """What stands for a lease in some cache. Both may raise what the cache raises."""

    def prolong(self) -> None: ...

    def release(self) -> None: ...


class Lease:
    """Held, and prolonged, until it is released, or has lasted for long enough."""

    def __init__(self, entry: _Entry, at_most_seconds: float) -> None:
        self.entry = entry
        self.kept_until = time.monotonic() + at_most_seconds
        _keeper.add(self)

    def release(self) -> None:
        """Let the next one have it; nothing happens if it has ended, or is another's."""
        _keeper.discard(self)
        try:
            self.entry.release()
        except Exception as exc:
            # It has ended meanwhile, or the cache is away; then it ends by itself.
            logger.info("A lease was not given back: %s", type(exc).__name__)


def acquire(key: str, *, at_most_seconds: float) -> Lease | None:
    """Take the lease until it is given back; None while somebody else has it.

    `at_most_seconds` is for a holder that lives, and hangs.
    """
    entry = shared_cache.ask(lambda backend: _take(backend, key))
    return None if entry is None else Lease(entry, at_most_seconds)


def _take(backend: BaseCache, key: str) -> _Entry | None:
    client = redis_client(backend, key)
    if client is not None:
        return _take_in_redis(client, backend.make_key(key))
    entry = _PlainEntry(key, is_own=backend is shared_cache.own)
    if not backend.add(key, entry.owner, LEASE_SECONDS):
        if _is_owner(backend.get(key)):
            return None
        backend.set(key, entry.owner, LEASE_SECONDS)
    return entry


def _take_in_redis(client: Any, name: str) -> _Entry | None:
    # Another thread than the one that took it may release it.
    lock = client.lock(name, timeout=LEASE_SECONDS, thread_local=False)
    if not lock.acquire(blocking=False):
        held = client.get(name)
        if held is None or _is_owner(held.decode("latin-1")):
            return None
        client.delete(name)
        if not lock.acquire(blocking=False):
            return None
    return _RedisEntry(lock)


def _is_owner(held: object) -> bool:
    """Tell an owner from what somebody else's program left under our key, for ever maybe."""
    return held is None or (isinstance(held, str) and len(held) == OWNER_LENGTH)


def redis_client(backend: BaseCache, key: str) -> Any | None:
    """Return redis-py's client where Redis is there, by Django's backend or django-redis."""
    if isinstance(backend, RedisCache):
        own: Any = backend._cache
        return own.get_client(key, write=True)
    get_client = getattr(getattr(backend, "client", None), "get_client", None)
    return get_client(write=True) if get_client else None


@dataclass(frozen=True)
class _RedisEntry:
    """Redis compares owner and entry in the same step as it deletes or prolongs."""

    lock: Any

    def prolong(self) -> None:
        self.lock.extend(LEASE_SECONDS, replace_ttl=True)

    def release(self) -> None:
        self.lock.release()


@dataclass
class _PlainEntry:
    """Other caches only know `add`: it is touched only while it cannot have ended."""

    key: str
    is_own: bool
    owner: str = field(default_factory=lambda: secrets.token_hex(OWNER_LENGTH // 2))
    ends_at: float = field(default_factory=lambda: time.monotonic() + LEASE_SECONDS)

    @property
    def _backend(self) -> BaseCache:
        # Of this thread, and the one that it was taken from: another one's is another's.
        return shared_cache.own if self.is_own else caches[conf.cache_alias]

    @property
    def _is_held(self) -> bool:
        is_safe = time.monotonic() < self.ends_at - RELEASE_MARGIN_SECONDS
        return is_safe and self._backend.get(self.key) == self.owner

    def prolong(self) -> None:
        ends_at = time.monotonic() + LEASE_SECONDS
        if self._is_held and self._backend.touch(self.key, LEASE_SECONDS):
            self.ends_at = ends_at

    def release(self) -> None:
        if self._is_held:
            self._backend.delete(self.key)


class _Keeper:
    """Prolongs what this process holds, in one thread, which ends with the last of them."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._leases: set[Lease] = set()
        self._is_running = False

    def add(self, lease: Lease) -> None:
        with self._changed:
            self._leases.add(lease)
            if not self._is_running:
                self._is_running = True
                threading.Thread(
                    target=self._run, name=THREAD_NAME, daemon=True
                ).start()

    def discard(self, lease: Lease) -> None:
        with self._changed:
            self._leases.discard(lease)

    def _run(self) -> None:
        while leases := self._wait():
            for lease in leases:
                # It ends by itself, or what it is for is done before.
                with suppress(Exception):
                    lease.entry.prolong()
            # The site's cache may be a table.
            connections.close_all()

    def _wait(self) -> list[Lease]:
        with self._changed:
            self._changed.wait(PROLONG_EACH_SECONDS)
            now = time.monotonic()
            self._leases = {lease for lease in self._leases if now < lease.kept_until}
            self._is_running = bool(self._leases)
            return list(self._leases)


_keeper = _Keeper()


def _begin_anew() -> None:
    """The thread did not come along, and the leases are the other process's."""
    global _keeper
    _keeper = _Keeper()


after_fork(_begin_anew)
