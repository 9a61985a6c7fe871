"""`limits` over Django's caches, with a clock that the tests set."""

from __future__ import annotations

import threading
import uuid
from types import SimpleNamespace

import pytest
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from limits import parse
from limits.strategies import FixedWindowRateLimiter, SlidingWindowCounterRateLimiter

from coze_widget.limit_storage import CacheStorage
from tests.services import redis_url

RATE = parse("4/minute")
# A window of a minute begins here.
START = 1_800_000_000
BACKENDS = {
    "memory": lambda: {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": f"limits-{uuid.uuid4()}",
    },
    "redis": lambda: {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": redis_url(),
        "KEY_PREFIX": f"limits-{uuid.uuid4()}",
    },
}


class Clock:
    def __init__(self):
        self.time = START

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=BACKENDS)
def cache(request, settings):
    settings.CACHES = {"default": BACKENDS[request.param]()}
    return caches["default"]


@pytest.fixture
def storage(cache, clock):
    return CacheStorage(lambda question: question(cache), now=clock)


@pytest.fixture
def limiter(storage):
    yield SlidingWindowCounterRateLimiter(storage)
    storage.clear_sliding_window(RATE.key_for("alice"), RATE.get_expiry())


def hits(limiter, times, who="alice"):
    return [limiter.hit(RATE, who) for _ in range(times)]


def seconds_to_reset(limiter, clock, monkeypatch):
    monkeypatch.setattr("limits.strategies.time", SimpleNamespace(time=clock))
    return limiter.get_window_stats(RATE, "alice").reset_time - clock.time


def test_as_many_as_the_limit_says(limiter):
    assert hits(limiter, 6) == [True] * 4 + [False] * 2


def test_everybody_has_a_count_of_their_own(limiter):
    hits(limiter, 4)

    assert hits(limiter, 1, "bob") == [True]


def test_the_window_before_still_counts_for_its_share(limiter, clock):
    hits(limiter, 4)

    clock.time = START + 60 + 30

    assert hits(limiter, 3) == [True, True, False]


def test_two_windows_later_nothing_is_left(limiter, clock):
    hits(limiter, 4)

    clock.time = START + 120

    assert hits(limiter, 5) == [True] * 4 + [False]


def test_who_goes_on_asking_is_not_kept_out_for_longer(limiter, clock):
    hits(limiter, 100)

    clock.time = START + 60 + 16

    assert hits(limiter, 3) == [True, True, False]


@pytest.mark.parametrize("later", [1, 17, 59, 70, 90])
def test_the_time_that_is_said_is_the_real_one(limiter, clock, monkeypatch, later):
    hits(limiter, 4)
    clock.time = START + later
    hits(limiter, 4)

    wait = seconds_to_reset(limiter, clock, monkeypatch)

    clock.time += wait - 0.5
    assert hits(limiter, 1) == [False]
    clock.time += 1
    assert hits(limiter, 1) == [True]


def test_who_never_came_need_not_wait(limiter, clock, monkeypatch):
    assert seconds_to_reset(limiter, clock, monkeypatch) == 0


def test_many_at_once_get_no_more_than_the_limit(limiter):
    barrier = threading.Barrier(12)
    allowed = []

    def ask():
        barrier.wait()
        allowed.append(limiter.hit(RATE, "alice"))

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(allowed) == 4


class Late(LocMemCache):
    """Others come first, between reading the counts and adding to them."""

    def get_many(self, keys, version=None):
        counts = super().get_many(keys, version)
        for key in keys[1:]:
            self.add(key, 3)
            self.incr(key)
        return counts


def test_who_comes_late_is_refused():
    cache = Late(f"limits-{uuid.uuid4()}", {})
    limiter = SlidingWindowCounterRateLimiter(CacheStorage(lambda ask: ask(cache)))

    assert limiter.hit(RATE, "alice") is False


class Full(LocMemCache):
    """Throws out what was just read."""

    def get_many(self, keys, version=None):
        counts = super().get_many(keys, version)
        self.clear()
        return counts


def test_a_full_cache_forgets_and_raises_nothing():
    cache = Full(f"limits-{uuid.uuid4()}", {})
    limiter = SlidingWindowCounterRateLimiter(CacheStorage(lambda ask: ask(cache)))

    assert hits(limiter, 6) == [True] * 6


def test_it_is_a_whole_storage(storage):
    key = RATE.key_for("alice")

    assert FixedWindowRateLimiter(storage).hit(RATE, "alice", cost=4)
    assert not FixedWindowRateLimiter(storage).hit(RATE, "alice")
    assert storage.get(key) == 5
    storage.clear(key)
    assert storage.get(key) == 0
    assert storage.check()


def test_what_a_cache_cannot_tell(storage):
    with pytest.raises(NotImplementedError):
        storage.get_expiry("key")
    with pytest.raises(NotImplementedError):
        storage.reset()
