"""A Redis that others use, too; and what lies in a cache."""

from __future__ import annotations

from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache


class OwnKeysRedisCache(RedisCache):
    """Each test begins with an empty cache, and Django would empty the whole database."""

    @property
    def client(self):
        return self._cache.get_client(write=True)

    def own_keys(self):
        return list(self.client.scan_iter(f"{self.key_prefix}:*", count=1000))

    def clear(self):
        keys = self.own_keys()
        return bool(keys and self.client.delete(*keys))

    def raw(self):
        return {key.decode(): self.client.get(key) for key in self.own_keys()}


def entries(alias="default"):
    """What is kept, as it is kept, by the keys that the app chose."""
    cache = caches[alias]
    raw = cache.raw() if isinstance(cache, OwnKeysRedisCache) else cache._cache
    return {key.split(":", 2)[2]: value for key, value in raw.items()}
