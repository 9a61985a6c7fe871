from __future__ import annotations

import os

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.chromium import find_browser, launch, require_browser
from tests.browser.visitor import Visitor


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
def new_visitor(browser, live_server, coze):
    """Opens another browser profile: `new_visitor()`, with Playwright's own options."""
    visitors = []

    def new(**options):
        visitor = Visitor(browser.new_context(**options), live_server.url, coze.url)
        visitors.append(visitor)
        return visitor

    yield new
    for visitor in visitors:
        visitor.leave()


@pytest.fixture
def visitor(new_visitor):
    return new_visitor()


@pytest.fixture
def alice(transactional_db, django_user_model):
    return django_user_model.objects.create_user("alice", first_name="Alice")


@pytest.fixture
def bob(transactional_db, django_user_model):
    return django_user_model.objects.create_user("bob", first_name="Bob")
