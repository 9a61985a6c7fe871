"""PostgreSQL and Redis, real ones: those of the environment, or at their standard ports.

What is installed and does not run is started, and stays. `python -m tests.services` says
what is not there.
"""

from __future__ import annotations

import functools
import getpass
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

ANSWER_SECONDS = 3


HERE = {"localhost", "127.0.0.1"}
PORTS = {"postgres": 5432, "postgresql": 5432, "redis": 6379}


@dataclass(frozen=True)
class Service:
    name: str
    url: str
    start: tuple[str, ...]
    start_seconds: float = 20

    @functools.cached_property
    def fault(self):
        """Why it cannot be used, or an empty text. It is started if nobody listens."""
        try:
            if not self.is_open():
                self._start()
            self._ask()
        except (OSError, psycopg.Error, redis.RedisError) as exc:
            return f"no {self.name} at {self.place}: {str(exc).splitlines()[0]}"
        return ""

    @property
    def place(self):
        """The URL without its password."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    @property
    def address(self):
        parts = urlsplit(self.url)
        return parts.hostname or "127.0.0.1", parts.port or PORTS[parts.scheme]

    def is_open(self):
        with socket.socket() as client:
            return client.connect_ex(self.address) == 0

    def _start(self):
        command = shutil.which(self.start[0])
        if command is None or self.address[0] not in HERE:
            raise OSError(f"nobody listens, and {self.start[0]} cannot be started")
        subprocess.run([command, *self.start[1:]], capture_output=True)
        end = time.monotonic() + self.start_seconds
        while time.monotonic() < end:
            time.sleep(0.1)
            if self.is_open():
                return
        raise OSError(f"it does not start by {' '.join(self.start)}")

    def _ask(self):
        if self.url.startswith("redis"):
            with redis.Redis.from_url(
                self.url, socket_timeout=ANSWER_SECONDS
            ) as client:
                client.ping()
        else:
            psycopg.connect(self.url, connect_timeout=ANSWER_SECONDS).close()


def find_url(environ, name, scheme, otherwise):
    """Return what the environment says, if it speaks of this server."""
    url = environ.get(name, "")
    return url if url.startswith(scheme) else otherwise


def find_postgresql(environ):
    own = f"postgres://{getpass.getuser()}@127.0.0.1:5432/postgres"
    url = find_url(environ, "DATABASE_URL", "postgres", own)
    return Service("PostgreSQL", url, ("service", "postgresql", "start"))


def find_redis(environ):
    url = find_url(environ, "REDIS_URL", "redis", "redis://127.0.0.1:6379/15")
    port = str(urlsplit(url).port or PORTS["redis"])
    options = ("--daemonize", "yes", "--bind", "127.0.0.1", "--port", port)
    in_memory = ("--save", "", "--dir", tempfile.gettempdir())
    return Service("Redis", url, ("redis-server", *options, *in_memory))


POSTGRESQL = find_postgresql(os.environ)
REDIS = find_redis(os.environ)


def require(service, environ):
    """Without the server the test is skipped; in CI that is a failure."""
    if service.fault and environ.get("CI"):
        pytest.fail(service.fault)
    if service.fault:
        pytest.skip(service.fault)
    return service.url


def postgresql_url():
    return require(POSTGRESQL, os.environ)


def redis_url():
    return require(REDIS, os.environ)


def main(services=(POSTGRESQL, REDIS)):
    faults = [service.fault for service in services if service.fault]
    for fault in faults:
        print(f"==> There is {fault}: the tests that need it are skipped")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
