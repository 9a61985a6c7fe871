"""PostgreSQL and Redis, real ones: what is here already, in a corner of its own."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg
from redis import Redis

from deploy.caches import redis_cache, session_cache
from tests.services import POSTGRESQL, REDIS, Service

# As deploy/settings.py has it.
POOL = {"min_size": 1, "max_size": 10, "timeout": 5}
# Not that of the tests.
REDIS_DATABASE = 9

START_SECONDS = 20


class Missing(Exception):
    """Raised where a measurement needs what this machine has not; the message says what."""


@contextlib.contextmanager
def postgresql() -> Iterator[dict[str, Any]]:
    """Yield Django's settings of a new database, which is dropped afterwards."""
    _require(POSTGRESQL)
    name = f"coze_bench_{secrets.token_hex(4)}"
    with psycopg.connect(POSTGRESQL.url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        info = connection.info
        try:
            yield {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": name,
                "USER": info.user,
                "PASSWORD": info.password,
                "HOST": info.host,
                "PORT": info.port,
                "OPTIONS": {"pool": POOL},
            }
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextlib.contextmanager
def redis() -> Iterator[dict[str, Any]]:
    """Yield Django's caches of a site, whose keys are deleted afterwards."""
    _require(REDIS)
    url = urlsplit(REDIS.url)._replace(path=f"/{REDIS_DATABASE}").geturl()
    prefix = f"coze-bench-{secrets.token_hex(4)}"
    try:
        yield make_caches(url, prefix=prefix)
    finally:
        with Redis.from_url(url) as client:
            for key in client.scan_iter(f"{prefix}:*", count=10_000):
                client.delete(key)


def make_caches(url: str, *, prefix: str = "") -> dict[str, Any]:
    return {
        "default": redis_cache(url, prefix=prefix),
        "sessions": session_cache(url, prefix=prefix),
    }


def _require(service: Service) -> None:
    if service.fault:
        raise Missing(service.fault)


class OwnRedis:
    """A Redis that may be killed; `with OwnRedis() as redis:` serves at `redis.url`."""

    def __init__(self) -> None:
        if not shutil.which("redis-server"):
            raise Missing("no redis-server to start and kill")
        self._port = free_port()
        self.url = f"redis://127.0.0.1:{self._port}/0"

    def __enter__(self) -> OwnRedis:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.kill()

    def start(self) -> None:
        """Empty, as after a crash without a dump."""
        command = ["redis-server", "--port", str(self._port), "--save", ""]
        self._process = subprocess.Popen(
            [*command, "--bind", "127.0.0.1", "--dir", tempfile.gettempdir()],
            stdout=subprocess.DEVNULL,
        )
        wait_for_port(self._port)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def used_bytes(self) -> int:
        with Redis.from_url(self.url) as client:
            return int(client.info("memory")["used_memory"])


def free_port() -> int:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return int(chosen.getsockname()[1])


def wait_for_port(port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens on port {port} after {START_SECONDS} s")
