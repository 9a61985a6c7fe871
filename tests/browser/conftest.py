from __future__ import annotations

import os
import threading

import pytest
from django.core.signals import request_finished, request_started
from playwright.sync_api import sync_playwright

from tests.browser.chromium import find_browser, launch, require_browser
from tests.browser.visitor import Visitor


class Traffic:
    """The requests that the server is at, on whichever thread; and whether it takes more.

    What a browser has sent before it was closed arrives when it will. It must not meet a
    database that is being emptied for the next test.
    """

    def __init__(self):
        self._changed = threading.Condition()
        self._under_way = 0
        self._is_open = True

    def open(self):
        self._is_open = True

    def close(self):
        with self._changed:
            self._is_open = False
            assert self._changed.wait_for(lambda: self._under_way <= 0, timeout=10)

    def begin(self, **signal):
        with self._changed:
            if not self._is_open:
                raise ConnectionAbortedError("the test is over")
            self._under_way += 1

    def end(self, **signal):
        with self._changed:
            self._under_way -= 1
            self._changed.notify_all()


@pytest.fixture(scope="package")
def traffic():
    traffic = Traffic()
    request_started.connect(traffic.begin)
    request_finished.connect(traffic.end)
    yield traffic
    request_started.disconnect(traffic.begin)
    request_finished.disconnect(traffic.end)


@pytest.fixture(autouse=True)
def _open_to_traffic(traffic):
    traffic.open()


@pytest.fixture(scope="package")
def browser():
    """For this folder only: Playwright keeps an event loop in the thread, and Django
    would refuse to ask the database there."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        own = playwright.chromium.executable_path
        path = require_browser(find_browser(own), os.environ)
        chromium = launch(playwright, path)
        yield chromium
        chromium.close()


@pytest.fixture
def new_visitor(browser, live_server, coze, traffic):
    """Opens another browser profile: `new_visitor()`, with Playwright's own options."""
    visitors = []

    def new(**options):
        visitor = Visitor(browser.new_context(**options), live_server.url, coze.url)
        visitors.append(visitor)
        return visitor

    yield new
    for visitor in visitors:
        visitor.leave()
    traffic.close()


@pytest.fixture
def visitor(new_visitor):
    return new_visitor()


@pytest.fixture
def alice(transactional_db, django_user_model):
    return django_user_model.objects.create_user("alice", first_name="Alice")


@pytest.fixture
def bob(transactional_db, django_user_model):
    return django_user_model.objects.create_user("bob", first_name="Bob")
