"""Asking the session view as a browser does, under either of Django's handlers."""

from __future__ import annotations

from http import HTTPStatus

import pytest
from django.test import Client

from coze_widget import urls
from tests.loop_client import LoopClient

URL = "/chat/support/session/"
SAME = "same-origin"
CLIENTS = {"wsgi": Client, "asgi": LoopClient}


@pytest.fixture(autouse=True, params=CLIENTS)
def handler(request, monkeypatch):
    monkeypatch.setitem(CLIENTS, "now", CLIENTS[request.param])
    # Django's asynchronous test client gives its requests no context of their own.
    monkeypatch.setattr(urls, "_is_under_asgi", lambda: request.param == "asgi")
    return request.param


def browser(user=None, **headers):
    client = CLIENTS["now"](enforce_csrf_checks=True, headers=headers)
    if user:
        client.force_login(user)
    return client


def post(client, body="{}", url=URL, content_type="application/json", **extra):
    return client.post(url, body, content_type=content_type, **extra)


def problem(response):
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == response.status_code
    assert body["title"] == HTTPStatus(response.status_code).phrase
    assert body["detail"]
    return response.status_code, body["code"]
