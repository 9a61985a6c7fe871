from __future__ import annotations

import asyncio
import contextlib
import runpy
from pathlib import Path

import pytest
from asgiref.sync import ThreadSensitiveContext
from django.core.exceptions import ImproperlyConfigured
from django.urls import Resolver404, resolve

from coze_widget import middleware, urls, views


@pytest.mark.parametrize(
    ("module", "who"),
    [(urls, "The URLconf includes"), (middleware, "MIDDLEWARE names")],
    ids=["urls", "middleware"],
)
def test_what_settings_name_says_that_the_app_is_missing(settings, module, who):
    settings.INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]

    with pytest.raises(
        ImproperlyConfigured, match=f'^{who}.*INSTALLED_APPS has no "coze_widget"'
    ):
        runpy.run_path(str(Path(module.__file__)))


async def resolve_session(context=None):
    async with context or contextlib.AsyncExitStack():
        return resolve("/chat/support/session/").func


def test_under_an_asgi_server_the_session_is_a_coroutine():
    assert asyncio.run(resolve_session(ThreadSensitiveContext())) is views.asession
    assert resolve("/chat/support/session/").func is views.session


def test_in_somebodys_event_loop_it_is_not():
    """Playwright and notebooks have one, and Django's plain test client works there."""
    assert asyncio.run(resolve_session()) is views.session


def test_what_is_not_ours_is_not_found():
    with pytest.raises(Resolver404):
        resolve("/chat/support/session/else/")
