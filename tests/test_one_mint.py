"""One mint a person, over real processes that share a real Redis. The sandbox counts."""

from __future__ import annotations

import json
import secrets
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.services import redis_url

ROOT = Path(__file__).resolve().parent.parent
ALICE, BOB = "a" * 64, "b" * 64


class Process:
    """`tests.minting` with the site's settings; `ask` is one person a thread."""

    def __init__(self, settings):
        self._settings = settings
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.minting"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def prepare(self, people):
        wanted = {"settings": self._settings, "people": people}
        self._process.stdin.write(json.dumps(wanted) + "\n")
        self._process.stdin.flush()
        return self

    def wait(self):
        assert self._process.stdout.readline() == "ready\n"

    def go(self):
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def kill(self):
        self._process.send_signal(signal.SIGKILL)

    def read(self):
        return json.loads(self._process.stdout.readline())

    def end(self):
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def site(coze, oauth_config):
    """Settings of a site whose processes share Redis."""
    return {
        "COZE_OAUTH_APPS": {"default": oauth_config},
        "COZE_MAX_RETRIES": 0,
        "COZE_LIMITS": {},
        "CACHES": {
            "default": {
                "BACKEND": "django.core.cache.backends.redis.RedisCache",
                "LOCATION": redis_url(),
                "KEY_PREFIX": f"one-mint-{secrets.token_hex(4)}",
            }
        },
    }


@pytest.fixture
def new_process(site):
    processes = []

    def new(people, **settings):
        process = Process({**site, **settings})
        processes.append(process)
        return process.prepare(people)

    yield new
    for process in processes:
        process.end()


def mints(coze):
    return [entry for entry in coze.requests if entry["path"].endswith("/token")]


def ask_all(processes):
    for process in processes:
        process.wait()
    for process in processes:
        process.go()
    return [answer for process in processes for answer in process.read()]


def test_four_processes_mint_once_for_one_person(coze, new_process):
    coze.add_fault("/api/permission", latency_ms=300)
    crowd = [[ALICE, ""]] * 10

    answers = ask_all([new_process(crowd) for _ in range(4)])

    assert len({answer["id"] for answer in answers}) == 1
    assert len(mints(coze)) == 1


def test_everybody_gets_their_own(coze, new_process):
    crowd = [[ALICE, ""], [BOB, ""]] * 5

    answers = ask_all([new_process(crowd) for _ in range(3)])

    ids = {name: set() for name in (ALICE, BOB)}
    for answer in answers:
        ids[answer["name"]].add(answer["id"])
    assert len(ids[ALICE]) == len(ids[BOB]) == 1
    assert ids[ALICE] != ids[BOB]
    assert len(mints(coze)) == 2


def test_ten_tabs_over_processes_with_one_refused_token_cause_one_mint(
    coze, new_process
):
    [first] = ask_all([new_process([[ALICE, ""]])])
    coze.add_fault("/api/permission", latency_ms=200)
    tabs = [[ALICE, first["id"]]] * 5

    answers = ask_all([new_process(tabs) for _ in range(2)])

    assert len({answer["id"] for answer in answers}) == 1
    assert answers[0]["id"] != first["id"]
    assert len(mints(coze)) == 2


def test_all_processes_get_the_error_of_the_one_that_asked(coze, new_process):
    coze.add_fault("/api/permission", status=500, latency_ms=500)

    answers = ask_all([new_process([[ALICE, ""]] * 3) for _ in range(3)])

    assert Counter(answer["error"] for answer in answers) == {"InternalServerError": 9}
    assert len(mints(coze)) == 1


def test_a_process_killed_in_mid_mint_costs_no_more_than_its_lease(coze, new_process):
    coze.add_fault("/api/permission", times=1, latency_ms=60_000)
    winner = new_process([[ALICE, ""]], COZE_TOTAL_TIMEOUT_SECONDS=1)
    heir = new_process([[ALICE, ""]], COZE_TOTAL_TIMEOUT_SECONDS=20)
    for process in (winner, heir):
        process.wait()
    winner.go()
    while not mints(coze):
        time.sleep(0.01)
    winner.kill()

    heir.go()
    [answer] = heir.read()

    assert "id" in answer
    assert len(mints(coze)) == 2
