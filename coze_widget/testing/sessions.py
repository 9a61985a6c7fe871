"""Open a chat as the page's script does: ask the session view for a token."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.test import AsyncClient, Client

from coze_widget.models import Widget
from coze_widget.paths import view_path


class Refused(Exception):  # as the site's answer, not a failure of it
    """Raised when the session view gives no token: `status`, and `code` as in its answer."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"the session view answered {status} {code}".rstrip())
        self.status = status
        self.code = code


def fetch_session(who: Any, widget: Widget, *, at: str = "") -> dict[str, Any]:
    """Return the session view's answer, which holds a token; raises Refused.

    `who` is a user, a client of Django's (and whoever it is logged in as), or None for
    a guest who comes for the first time. `at` is the URL of a live server. Whoever is
    asked for consent agrees.
    """
    client = _client_of(who)
    path = view_path("session", widget.slug)

    def ask(body: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if at:
            return _ask_live(client, at, path, body)
        return _ask(client, path, body)

    status, answer = ask({})
    if answer.get("code") == "consent_required":
        status, answer = ask({"consent": answer["epoch"]})
    if status != 200:
        raise Refused(status, str(answer.get("code", "")))
    return answer


def _client_of(who: Any) -> Client:
    if isinstance(who, Client):
        return who
    client = Client()
    if isinstance(who, AsyncClient):
        client.cookies = who.cookies  # one person, who may get a guest's cookie here
    elif who is not None:
        client.force_login(who)
    return client


def _ask(client: Client, path: str, body: dict[str, str]) -> tuple[int, dict[str, Any]]:
    response = client.post(
        path,
        json.dumps(body),
        content_type="application/json",
        headers={"Sec-Fetch-Site": "same-origin"},
        secure=settings.SECURE_SSL_REDIRECT,
    )
    return response.status_code, _read(response)


def _ask_live(
    client: Client, url: str, path: str, body: dict[str, str]
) -> tuple[int, dict[str, Any]]:
    """Over HTTP, with the client's cookies: its login is in the database."""
    parts = urlsplit(url)
    with requests.Session() as session:
        session.trust_env = False
        response = session.post(
            f"{parts.scheme}://{parts.netloc}{path}",
            json=body,
            headers={"Origin": f"{parts.scheme}://{parts.netloc}"},
            cookies={name: morsel.value for name, morsel in client.cookies.items()},
            allow_redirects=False,
            timeout=30,
        )
    return response.status_code, _read(response)


def _read(response: Any) -> dict[str, Any]:
    """Of either library's response; a project's own error page is no JSON."""
    is_json = "json" in response.headers.get("Content-Type", "")
    return response.json() if is_json else {}
