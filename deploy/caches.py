"""Redis as a site's cache: soon given up on, one pool a process, never in a session's way."""

from __future__ import annotations

from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis import ConnectionPool, Redis
from redis.exceptions import ConnectionError, TimeoutError

# A Redis that is well answers in a millisecond. redis-py itself would wait for ever.
TIMEOUT_SECONDS = 0.25


def redis_cache(url: str, *, prefix: str = "") -> dict[str, Any]:
    """Return the settings of a cache there."""
    return {
        "BACKEND": "deploy.caches.ProcessRedisCache",
        "LOCATION": url,
        "KEY_PREFIX": prefix,
        "OPTIONS": {
            "pool_class": "deploy.caches.ProcessPool",
            "socket_connect_timeout": TIMEOUT_SECONDS,
            "socket_timeout": TIMEOUT_SECONDS,
        },
    }


def session_cache(url: str, *, prefix: str = "") -> dict[str, Any]:
    """Return the same for a second look at what is in the database, too."""
    return {
        **redis_cache(url, prefix=prefix),
        "BACKEND": "deploy.caches.ForgivingRedisCache",
    }


class ProcessPool:
    """One pool of connections to each Redis for the whole process.

    Django makes a cache, and with it a pool, for each thread, and under ASGI for each
    request: that would connect to Redis anew each time. All caches of a URL have the
    options of the first.
    """

    @staticmethod
    def from_url(url: str, **options: Any) -> ConnectionPool:
        pool = _pools.get(url)
        # At worst two threads make one each, and the first stays.
        return pool or _pools.setdefault(url, ConnectionPool.from_url(url, **options))


class _ProcessClient(RedisCacheClient):
    """Keeps redis-py's client: to make one for each question is half of what it costs."""

    def get_client(self, key: object = None, *, write: bool = False) -> Redis:
        pool = self._get_connection_pool(write)  # type: ignore[attr-defined]  # django-stubs
        client = _clients.get(pool)
        return client or _clients.setdefault(pool, Redis(connection_pool=pool))


_pools: dict[str, ConnectionPool] = {}
_clients: dict[ConnectionPool, Redis] = {}


class ProcessRedisCache(RedisCache):
    """Django's own, with one client and its connections for the whole process."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._class = _ProcessClient


class ForgivingRedisCache(ProcessRedisCache):
    """While Redis is down, what is put in is lost, and nothing is there.

    Django's cached_db sessions forgive a cache that cannot be read, but not one that cannot
    be written after the database was read (6.1): whoever is logged in would get an error
    page. What must not be lost, a deletion, still raises: a session that is over must not
    come back with Redis.
    """

    def set(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().set(*args, **kwargs)
        except (ConnectionError, TimeoutError):
            return

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        try:
            return bool(super().has_key(*args, **kwargs))
        except (ConnectionError, TimeoutError):
            return False
