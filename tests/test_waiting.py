"""Hundreds of people who wait for a slow Coze, under a real ASGI server."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from coze_widget.executors import MAX_READERS
from tests.host.servers import free_port, wait_until_open
from tests.services import postgresql_url

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parent.parent
PEOPLE_COUNT = 500
MINTS_AT_ONCE = 10
# uvicorn's own and Django's: of the loop, of signals, of whoever is just being answered.
OTHER_THREADS = 12


class Site:
    def __init__(self, url, pid):
        self.url = url
        self._proc = Path(f"/proc/{pid}")

    @property
    def threads_count(self):
        return len(list(self._proc.glob("task/*")))

    @property
    def connections_count(self):
        name = str(connection.settings_dict["NAME"])
        if connection.vendor == "postgresql":
            # Django's own connection may not be asked from within a loop.
            own = connection.connection
            own_pid = own.info.backend_pid if own else 0
            with psycopg.connect(postgresql_url()) as outside:
                return outside.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND pid != %s",
                    [name, own_pid],
                ).fetchone()[0]
        return sum(
            os.path.realpath(descriptor) == os.path.realpath(name)
            for descriptor in self._proc.glob("fd/*")
        )


@pytest.fixture
def site(coze, oauth_config, tmp_path):
    """One process under uvicorn, on the tests' database."""
    names = ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")
    database = {name: connection.settings_dict[name] for name in names}
    settings = {
        "DATABASES": {"default": {**database, "NAME": str(database["NAME"])}},
        "COZE_OAUTH_APPS": {"default": oauth_config},
        "COZE_MAX_CONNECTIONS": MINTS_AT_ONCE,
        # Nobody gives up while the test looks, and nobody's token is pushed out.
        "COZE_READ_TIMEOUT_SECONDS": 60,
        "COZE_TOTAL_TIMEOUT_SECONDS": 60,
        "CACHES": {
            "default": {
                "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
                "OPTIONS": {"MAX_ENTRIES": 10_000},
            }
        },
    }
    port, log = free_port(), tmp_path / "uvicorn.log"
    command = ["-m", "uvicorn", "tests.asgi_site:application", "--port", str(port)]
    environ = {**os.environ, "SITE_SETTINGS": json.dumps(settings)}
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=environ,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until_open(port, process, log)
        yield Site(f"http://127.0.0.1:{port}", process.pid)
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def cookies(django_user_model):
    """A session for each of many people."""
    users = django_user_model.objects.bulk_create(
        django_user_model(username=f"person-{number}") for number in range(PEOPLE_COUNT)
    )
    sessions = [make_session(user, number) for number, user in enumerate(users)]
    Session.objects.bulk_create(sessions)
    return [session.session_key for session in sessions]


def make_session(user, number):
    values = {
        SESSION_KEY: str(user.pk),
        BACKEND_SESSION_KEY: "django.contrib.auth.backends.ModelBackend",
        HASH_SESSION_KEY: user.get_session_auth_hash(),
    }
    return Session(
        session_key=f"{number:032}",
        session_data=SessionStore().encode(values),
        expire_date=timezone.now() + timedelta(days=1),
    )


def mints(coze):
    return [entry for entry in coze.requests if entry["path"].endswith("/token")]


async def until(is_so):
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end, "it never was so"
        await asyncio.sleep(0.02)


def test_who_waits_holds_nothing_and_delays_nobody(site, cookies, widget, coze):
    first, *others = cookies

    async def post(client, cookie):
        headers = {"Cookie": f"sessionid={cookie}", "Origin": site.url}
        return await client.post("/chat/support/session/", json={}, headers=headers)

    async def main():
        options = {"base_url": site.url, "limits": httpx.Limits(), "timeout": 60}
        async with httpx.AsyncClient(**options) as client:
            kept = (await post(client, first)).json()
            coze.add_fault("/api/permission", times=10_000, latency_ms=60_000)
            waiting = [asyncio.create_task(post(client, one)) for one in others]
            try:
                await until(lambda: len(mints(coze)) == 1 + MINTS_AT_ONCE)
                # All have come, and what had to be read for them has been read.
                await until(lambda: site.threads_count <= MINTS_AT_ONCE + OTHER_THREADS)
                answer = await post(client, first)

                assert answer.status_code == 200, answer.text
                assert answer.json()["token_id"] == kept["token_id"]
                assert not any(task.done() for task in waiting)
                assert len(mints(coze)) == 1 + MINTS_AT_ONCE
                assert site.threads_count <= MINTS_AT_ONCE + OTHER_THREADS
                assert site.connections_count <= MAX_READERS
            finally:
                for task in waiting:
                    task.cancel()
                await asyncio.gather(*waiting, return_exceptions=True)

    asyncio.run(main())
