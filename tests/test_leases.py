"""Leases in every kind of cache that a site may have."""

from __future__ import annotations

import threading
import time

import pytest
from django.core.cache import caches

from coze_widget import leases
from coze_widget.leases import RELEASE_MARGIN_SECONDS
from coze_widget.shared_cache import shared_cache
from tests.patience import wait_until
from tests.services import redis_url

KEY = "coze_widget:token:abc:lease"
BACKENDS = {
    "memory": lambda: {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "leases",
    },
    "redis": lambda: {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": redis_url(),
        "KEY_PREFIX": "leases",
    },
}


def acquire(key, at_most_seconds=60):
    return leases.acquire(key, at_most_seconds=at_most_seconds)


@pytest.fixture(autouse=True)
def keeper(monkeypatch):
    """One of the test's own: leases that nobody gives back must not outlive it."""
    keeper = leases._Keeper()
    monkeypatch.setattr(leases, "_keeper", keeper)
    yield keeper
    keeper._leases.clear()


@pytest.fixture(params=BACKENDS)
def backend(request, settings):
    settings.CACHES = {"default": BACKENDS[request.param]()}
    shared_cache.forget()
    cache = caches["default"]
    cache.delete(KEY)
    yield cache
    cache.delete(KEY)


def test_one_has_it_at_a_time(backend):
    lease = acquire(KEY)

    assert lease
    assert acquire(KEY) is None
    lease.release()
    assert acquire(KEY)


def test_it_ends_by_itself(backend):
    assert acquire(KEY)
    backend.touch(KEY, 0)

    assert acquire(KEY)


def test_who_comes_late_takes_nobody_elses_away(backend):
    late = acquire(KEY)
    backend.touch(KEY, 0)
    next_one = acquire(KEY)

    late.release()

    assert acquire(KEY) is None
    next_one.release()
    assert acquire(KEY)


def test_while_it_is_held_it_does_not_end(backend, monkeypatch):
    monkeypatch.setattr(leases, "PROLONG_EACH_SECONDS", 0.05)
    monkeypatch.setattr(leases, "LEASE_SECONDS", 1.5)
    lease = acquire(KEY)
    entry = lease.entry
    if hasattr(entry, "lock"):
        prolonged = lambda: entry.lock.redis.pttl(entry.lock.name)  # noqa: E731
    else:
        prolonged = lambda: entry.ends_at  # noqa: E731
    first = prolonged()
    backend.touch(KEY, 1.2)

    bound = 1_200 if hasattr(entry, "lock") else first
    wait_until(lambda: prolonged() > bound, what="it never was prolonged")

    lease.release()
    assert acquire(KEY)


def test_who_keeps_the_leases_ends_with_the_last_of_them(monkeypatch):
    monkeypatch.setattr(leases, "PROLONG_EACH_SECONDS", 0.02)
    others = set(threading.enumerate())
    first, _hanging = acquire(KEY), acquire(f"{KEY}-2", at_most_seconds=0.05)
    [thread] = set(threading.enumerate()) - others
    assert thread.name == leases.THREAD_NAME

    first.release()

    thread.join(5)
    assert not thread.is_alive()
    assert acquire(KEY)


def test_what_cannot_be_prolonged_ends_by_itself(backend, monkeypatch):
    monkeypatch.setattr(leases, "PROLONG_EACH_SECONDS", 0.02)
    lease, tries = acquire(KEY), []

    def down(*args, **kwargs):
        tries.append(args)
        raise ConnectionError("down")

    if hasattr(lease.entry, "lock"):
        monkeypatch.setattr(lease.entry.lock, "extend", down)
    else:
        monkeypatch.setattr(type(lease.entry), "_backend", property(down))
    wait_until(lambda: len(tries) >= 2)
    monkeypatch.undo()
    lease.release()


def test_a_lease_near_its_end_is_left_to_end(monkeypatch):
    """Between looking and deleting, another one might come."""
    monkeypatch.setattr(leases, "LEASE_SECONDS", RELEASE_MARGIN_SECONDS / 2)
    lease = acquire(KEY)

    lease.entry.prolong()
    lease.release()

    assert caches["default"].get(KEY) == lease.entry.owner


def test_a_lease_from_an_outage_takes_nobody_elses_away(backend, monkeypatch):
    """It lies in this process's own memory; by now the cache is back, and another's."""
    monkeypatch.setattr(shared_cache, "_asks_again_at", time.monotonic() + 60)
    own = acquire(KEY)
    monkeypatch.undo()
    another = acquire(KEY)

    own.entry.prolong()
    own.release()

    assert another
    assert acquire(KEY) is None
    another.release()


@pytest.mark.parametrize("strange", [17, "short", {"a": 1}])
def test_what_another_program_left_there_is_no_lease(backend, strange):
    backend.set(KEY, strange, None)

    assert acquire(KEY)
    assert acquire(KEY) is None


def test_a_cache_that_goes_away_leaves_the_lease_to_its_end(
    backend, monkeypatch, caplog
):
    lease = acquire(KEY)

    def down(*args, **kwargs):
        raise ConnectionError("down")

    if hasattr(lease.entry, "lock"):
        monkeypatch.setattr(lease.entry.lock, "release", down)
    else:
        monkeypatch.setattr(backend, "get", down)
    lease.release()
    monkeypatch.undo()
    shared_cache.forget()

    assert acquire(KEY) is None


def test_of_two_who_find_rubbish_one_has_the_lease(backend, monkeypatch):
    if not hasattr(backend, "_cache") or not hasattr(backend._cache, "get_client"):
        return
    backend.set(KEY, "rubbish", None)
    client = backend._cache.get_client(KEY, write=True)

    class Racing:
        """Another process is faster, right after the rubbish is gone."""

        def __getattr__(self, name):
            return getattr(client, name)

        def delete(self, name):
            client.delete(name)
            assert client.lock(name, timeout=60).acquire(blocking=False)

    monkeypatch.setattr(leases, "redis_client", lambda backend, key: Racing())

    assert acquire(KEY) is None


def test_django_redis_is_redis_too():
    class Client:
        def get_client(self, write):
            return "client" if write else None

    class DjangoRedis:
        client = Client()

    assert leases.redis_client(DjangoRedis(), KEY) == "client"
