from __future__ import annotations

import pytest
from django.core.cache import cache, caches

from tests.caches import entries
from tests.services import redis_url

LOCMEM = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}


@pytest.fixture
def redis(settings, tmp_path):
    fields = {
        "BACKEND": "tests.caches.OwnKeysRedisCache",
        "LOCATION": redis_url(),
        "KEY_PREFIX": f"{tmp_path.name}-{settings.OWN_NAME}",
    }
    settings.CACHES = {
        "default": fields,
        "theirs": {**fields, "KEY_PREFIX": f"theirs-{fields['KEY_PREFIX']}"},
    }


def test_what_lies_in_memory_is_seen(settings):
    settings.CACHES = {"default": {**LOCMEM, "LOCATION": "test_caches"}}
    cache.set("tea:green", 1)

    assert list(entries()) == ["tea:green"]


def test_what_lies_in_redis_is_seen(redis):
    cache.set("tea:green", 1)

    assert entries() == {"tea:green": b"1"}
    cache.clear()


def test_only_ones_own_keys_are_cleared(redis):
    cache.set("tea", "ours")
    caches["theirs"].set("tea", "theirs")

    cache.clear()
    cache.clear()  # there is nothing left

    assert entries() == {}
    assert caches["theirs"].get("tea") == "theirs"
    caches["theirs"].clear()
