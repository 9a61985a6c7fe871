from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.browser.assets import FOLDER, require_asset
from tests.browser.conftest import _open_to_traffic, traffic  # noqa: F401

NAMES = ("firefox-esr", "firefox")
DRIVER = Path(__file__).parent / "driver.mjs"
LAUNCH_SECONDS = 30


class Firefox:
    """Plays scenarios, each in a profile of its own."""

    def __init__(self, node, path):
        command = [node, str(DRIVER), path, str(FOLDER.parent)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, **pipes)

    def play(self, scenario, site, people):
        order = {"scenario": scenario, "site": site, "people": people}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, "Firefox or its driver has ended"
        return json.loads(answer)

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=LAUNCH_SECONDS)


def require_programs():
    """Without them the tests are skipped, in CI too: nothing else is judged by them."""
    node = shutil.which("node")
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if not node or not path:
        pytest.skip("No Firefox, or no node: install firefox-esr and nodejs.")
    require_asset("puppeteer", environ={})
    return node, os.path.realpath(path)


@pytest.fixture(scope="package")
def firefox():
    firefox = Firefox(*require_programs())
    yield firefox
    firefox.close()


@pytest.fixture
def play(firefox, live_server, coze, traffic, alice, bob):  # noqa: F811
    def play(scenario):
        people = {"alice": session_of(alice), "bob": session_of(bob)}
        answer = firefox.play(scenario, live_server.url, people)
        assert answer["problems"] == []
        return answer["seen"]

    yield play
    traffic.close()


def session_of(user):
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value}


@pytest.fixture
def alice(transactional_db, django_user_model):
    return django_user_model.objects.create_user("alice", first_name="Alice")


@pytest.fixture
def bob(transactional_db, django_user_model):
    return django_user_model.objects.create_user("bob", first_name="Bob")
