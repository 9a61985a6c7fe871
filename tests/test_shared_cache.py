from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import threading
import time

import pytest
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache

from coze_widget.shared_cache import PROBE_KEY, RETRY_SECONDS, SharedCache
from tests.host.servers import free_port, is_open


class FrailCache(LocMemCache):
    """A cache that can be switched off, and that counts how often it is asked."""

    is_off = False
    asked = 0

    def _ask(self, method, *args, **kwargs):
        FrailCache.asked += 1
        if FrailCache.is_off:
            raise ConnectionRefusedError("down")
        return getattr(super(), method)(*args, **kwargs)

    def get(self, *args, **kwargs):
        return self._ask("get", *args, **kwargs)

    def set(self, *args, **kwargs):
        return self._ask("set", *args, **kwargs)

    def add(self, *args, **kwargs):
        return self._ask("add", *args, **kwargs)

    def delete(self, *args, **kwargs):
        return self._ask("delete", *args, **kwargs)


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def shared(settings, clock):
    settings.CACHES = {
        "default": {"BACKEND": "tests.test_shared_cache.FrailCache", "LOCATION": "f"}
    }
    FrailCache.is_off, FrailCache.asked = False, 0
    caches["default"].clear()
    shared = SharedCache(monotonic=clock)
    shared.forget()
    yield shared
    FrailCache.is_off = False
    shared.forget()


def test_it_is_the_sites_cache(shared):
    shared.set("k", "v", 60)

    assert caches["default"].get("k") == shared.get("k") == "v"
    assert not shared.add("k", "w", 60)
    shared.delete("k")
    assert shared.add("k", "w", 60)
    assert shared.is_up


def test_while_it_is_down_own_memory_answers(shared, caplog):
    FrailCache.is_off = True

    shared.set("k", "v", 60)

    assert shared.get("k") == "v"
    assert not shared.is_up
    assert [record.message for record in caplog.records] == [
        "The cache “default” does not answer (ConnectionRefusedError); until it does, "
        "each process keeps tokens and counts in its own memory."
    ]


def test_while_it_is_down_it_is_tried_once_a_second(shared, clock, caplog):
    FrailCache.is_off = True
    shared.get("k")
    FrailCache.asked = 0

    for _ in range(5):
        shared.get("k")
    assert FrailCache.asked == 0

    clock.now += RETRY_SECONDS
    for _ in range(5):
        shared.get("k")
    assert FrailCache.asked == 1
    assert len(caplog.records) == 1


def test_when_it_is_back_it_answers_again(shared, clock, caplog):
    shared.set("k", "shared", 60)
    FrailCache.is_off = True
    shared.set("k", "own", 60)
    FrailCache.is_off = False
    clock.now += RETRY_SECONDS

    assert shared.get("k") == "shared"
    assert shared.is_up
    assert caplog.messages[-1] == "The cache “default” answers again."


def test_what_cannot_be_read_is_no_outage(shared, caplog):
    def lie(cache):
        if isinstance(cache, FrailCache):
            raise ValueError("no pickle of ours")
        return cache.get("k")

    assert shared.ask(lie) is None
    assert shared.is_up
    assert "holds what cannot be read" in caplog.text


def test_what_cannot_be_read_ends_no_outage(shared, clock):
    FrailCache.is_off = True
    shared.get("k")
    clock.now += RETRY_SECONDS
    FrailCache.is_off = False

    def lie(cache):
        if isinstance(cache, FrailCache):
            raise ValueError("no pickle of ours")
        return None

    shared.ask(lie)
    assert not shared.is_up

    clock.now += RETRY_SECONDS
    shared.get("k")
    assert shared.is_up


def test_two_who_find_out_at_a_time_say_it_once(shared, monkeypatch, caplog):
    FrailCache.is_off = True
    backend, met = caches["default"], []

    def get(key, *args, **kwargs):
        if key == PROBE_KEY and not met:
            met.append(key)
            shared.get("another's")
        raise TimeoutError("down")

    monkeypatch.setattr(backend, "get", get)
    shared.get("k")

    assert met
    assert len(caplog.records) == 1


def test_it_counts_from_the_first_call_on(shared):
    assert [shared.count("n", 60) for _ in range(3)] == [1, 2, 3]
    assert shared.count("m", 60) == 1


def test_a_window_that_ends_between_two_steps_begins_anew(shared, monkeypatch):
    backend = caches["default"]
    added = []

    def gone(key, value, seconds):
        added.append(value)
        return len(added) > 1 and LocMemCache.add(backend, key, value, seconds)

    monkeypatch.setattr(backend, "add", gone)

    assert shared.count("n", 60) == 1
    assert added == [1, 0]


def test_a_count_on_top_of_something_strange_is_a_count(shared):
    caches["default"].set("n", {"no": "number"}, 60)

    assert [shared.count("n", 60) for _ in range(2)] == [1, 2]
    assert shared.is_up


# Real ones


class Tarpit:
    """Takes every connection, and says nothing."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.met = []
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.server.getsockname()[1]}/0"

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                self.met.append(self.server.accept()[0])

    def close(self):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        for client in self.met:
            client.close()


def on_redis(settings, url):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": url,
            "OPTIONS": {"socket_timeout": 0.1, "socket_connect_timeout": 0.1},
        }
    }


def test_a_cache_that_times_out_is_left_alone(settings, clock):
    tarpit = Tarpit()
    on_redis(settings, tarpit.url)
    shared = SharedCache(monotonic=clock)
    shared.set("k", "v", 60)
    met = len(tarpit.met)

    assert [shared.get("k") for _ in range(20)] == ["v"] * 20

    assert met > 0
    assert len(tarpit.met) == met
    shared.forget()
    tarpit.close()


class Redis:
    """A server of the test's own."""

    def __init__(self, folder):
        self.port, self.folder = free_port(), folder
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self):
        options = ("--port", str(self.port), "--save", "", "--dir", str(self.folder))
        self._process = subprocess.Popen(
            ["redis-server", *options, "--bind", "127.0.0.1"], stdout=subprocess.DEVNULL
        )
        end = time.monotonic() + 10
        while not is_open(self.port):
            assert time.monotonic() < end
            time.sleep(0.02)

    def kill(self):
        self._process.kill()
        self._process.wait()


@pytest.mark.skipif(not shutil.which("redis-server"), reason="no redis-server here")
def test_redis_is_killed_and_started_again(settings, clock, tmp_path, caplog):
    redis = Redis(tmp_path)
    redis.start()
    on_redis(settings, redis.url)
    shared = SharedCache(monotonic=clock)
    shared.forget()
    shared.set("k", "before", 60)

    redis.kill()
    assert shared.get("k") is None
    shared.set("k", "meanwhile", 60)
    assert [shared.count("n", 60) for _ in range(2)] == [1, 2]
    assert not shared.is_up

    redis.start()
    clock.now += RETRY_SECONDS
    assert shared.get("k") is None
    assert shared.is_up
    assert shared.count("n", 60) == 1
    assert len(caplog.records) == 2
    shared.forget()
    redis.kill()
