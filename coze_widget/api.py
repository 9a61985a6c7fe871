"""Coze's whole API for server code: its official client `cozepy`, as one person of a widget.

Coze's refusals are cozepy's exceptions. What keeps a person from getting a token is ours:
CozeError and Limited of `coze_widget.tokens`, CredentialsError for wrong settings.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
from collections.abc import AsyncGenerator, Generator, Mapping
from functools import lru_cache, partial
from typing import Any

from requests.utils import select_proxy

from coze_widget.coze_connection import ConnectionSettings, get_connection
from coze_widget.executors import mint_executor
from coze_widget.oauth.client import AccessToken
from coze_widget.oauth.open_api import CHAT_SDK_CONNECTOR_ID
from coze_widget.oauth_apps import find_oauth_app
from coze_widget.people import Person
from coze_widget.tokens import (
    TokenRequest,
    afetch_token,
    find_token,
    get_token,
    token_id,
    want_token,
)

try:
    import httpx
    from cozepy import (
        AsyncAuth,
        AsyncCoze,
        AsyncHTTPClient,
        Coze,
        SyncAuth,
        SyncHTTPClient,
    )
except ImportError as exc:
    raise ImportError(
        "coze_widget.api needs Coze's own client: "
        'pip install "django-coze-widget[api]".'
    ) from exc

# cozepy 0.20 cannot name the channel there, or leaves it to who calls it.
WITH_CONNECTOR = {
    ("GET", "/v1/conversations"),
    ("POST", "/v1/conversation/create"),
    ("POST", "/v3/chat"),
    ("POST", "/v1/workflows/chat"),
}
SCHEME = "Bearer"
# /v3/chat answers 4101 to a bad token, with HTTP's 200.
BAD_TOKEN = {4100, 4101, 700012006}


class PersonClient(Coze):
    """cozepy's client; as a context manager it closes its connections at the end."""

    def __init__(self, auth: SyncAuth, base_url: str, http: SyncHTTPClient) -> None:
        super().__init__(auth, base_url, http)
        self._http = http

    def __enter__(self) -> PersonClient:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._http.close()


class AsyncPersonClient(AsyncCoze):
    """The same for an event loop."""

    def __init__(self, auth: AsyncAuth, base_url: str, http: AsyncHTTPClient) -> None:
        super().__init__(auth, base_url, http)
        self._http = http

    async def __aenter__(self) -> AsyncPersonClient:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._http.aclose()


def get_client(
    person: Person, *, headers: Mapping[str, str] | None = None, **options: Any
) -> PersonClient:
    """Return a client that is this person at Coze; no request is made yet.

    It may live long, and threads may share it: each request has a token that works.
    `headers` go with each request besides COZE_EXTRA_HEADERS. `options` are those of
    `httpx.Client`; its proxy and certificates are the settings', its time-outs cozepy's
    (10 minutes), where they say nothing else. Raises CredentialsError.
    """
    settings = get_connection().settings
    base_url = find_oauth_app(person.widget.oauth_app).base_url
    http = SyncHTTPClient(
        auth=_Renewal(person), **_http_options(base_url, settings, options)
    )
    return PersonClient(_Auth(person, _headers(settings, headers)), base_url, http)


def get_async_client(
    person: Person, *, headers: Mapping[str, str] | None = None, **options: Any
) -> AsyncPersonClient:
    """Return the same for one event loop, which waits for neither cache nor mint."""
    settings = get_connection().settings
    base_url = find_oauth_app(person.widget.oauth_app).base_url
    http = AsyncHTTPClient(
        auth=_Renewal(person), **_http_options(base_url, settings, options)
    )
    auth = _AsyncAuth(person, _headers(settings, headers))
    return AsyncPersonClient(auth, base_url, http)


class _Bearer(str):
    """Shows nothing of itself: error reporters print the variables of cozepy's frames."""

    def __new__(cls, token: str) -> _Bearer:
        return super().__new__(cls, f"{SCHEME} {token}")

    def __repr__(self) -> str:
        return f"'{SCHEME} …'"


class _Auth(SyncAuth):
    """What cozepy asks for the headers of each request, of WebSockets too."""

    token_type = SCHEME

    def __init__(self, person: Person, headers: Mapping[str, str]) -> None:
        self._person = person
        self._headers = headers

    @property
    def token(self) -> str:
        return _get_token(self._person).value

    def authentication(self, headers: dict[str, str]) -> None:
        headers.update(self._headers, Authorization=_Bearer(self.token))


class _AsyncAuth(AsyncAuth):
    token_type = SCHEME

    def __init__(self, person: Person, headers: Mapping[str, str]) -> None:
        self._person = person
        self._headers = headers

    @property
    async def atoken(self) -> str:
        return (await _aget_token(self._person)).value

    async def aauthentication(self, headers: dict[str, str]) -> None:
        headers.update(self._headers, Authorization=_Bearer(await self.atoken))


class _Renewal(httpx.Auth):
    """Names the widget's channel, and asks again with another token where one is refused.

    What came in exchange is not exchanged again: a missing permission has the same code.
    """

    def __init__(self, person: Person) -> None:
        self._person = person
        self._exchanged_for = ""

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        request = _on_the_widgets_channel(request)
        response = yield request
        refused = self._find_refused(request)
        if refused and _is_json(response):
            response.read()
            if _is_refusal(response):
                self._exchange(request, _get_token(self._person, refused=refused))
                yield request

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        request = _on_the_widgets_channel(request)
        response = yield request
        refused = self._find_refused(request)
        if refused and _is_json(response):
            await response.aread()
            if _is_refusal(response):
                token = await _aget_token(self._person, refused=refused)
                self._exchange(request, token)
                yield request

    def _find_refused(self, request: httpx.Request) -> str:
        """Return the id of the token that would be refused, "" if it is not exchanged."""
        _scheme, _blank, token = request.headers["Authorization"].partition(" ")
        identity = token_id(token)
        return "" if identity == self._exchanged_for else identity

    def _exchange(self, request: httpx.Request, token: AccessToken) -> None:
        self._exchanged_for = token_id(token.value)
        request.headers["Authorization"] = _Bearer(token.value)


def _get_token(person: Person, *, refused: str = "") -> AccessToken:
    return get_token(person.widget.oauth_app, person.session_name, refused=refused)


async def _aget_token(person: Person, *, refused: str = "") -> AccessToken:
    """Not in a thread of the request's: it may be in the midst of a transaction."""
    executor = mint_executor()
    find = partial(_find_token, person, refused)
    wanted, found = await asyncio.get_running_loop().run_in_executor(executor, find)
    return found or await afetch_token(wanted, executor)


def _find_token(
    person: Person, refused: str
) -> tuple[TokenRequest, AccessToken | None]:
    wanted = want_token(person.widget.oauth_app, person.session_name, refused=refused)
    return wanted, find_token(wanted)


def _on_the_widgets_channel(request: httpx.Request) -> httpx.Request:
    """Return the request with the channel in it, unless it names one."""
    if (request.method, request.url.path) not in WITH_CONNECTOR:
        return request
    if request.method == "GET":
        known = {"connector_id": CHAT_SDK_CONNECTOR_ID, **request.url.params}
        request.url = request.url.copy_with(params=known)
        return request
    body = {"connector_id": CHAT_SDK_CONNECTOR_ID, **json.loads(request.content)}
    headers = [
        (name, value)
        for name, value in request.headers.multi_items()
        if name not in ("content-length", "content-type")
    ]
    return httpx.Request(
        request.method,
        request.url,
        headers=headers,
        json=body,
        extensions=request.extensions,
    )


def _is_json(response: httpx.Response) -> bool:
    """Answers that stream are not read here."""
    return "json" in response.headers.get("content-type", "")


def _is_refusal(response: httpx.Response) -> bool:
    try:
        answer = response.json()
    except ValueError:
        return False
    return isinstance(answer, dict) and answer.get("code") in BAD_TOKEN


def _headers(
    settings: ConnectionSettings, headers: Mapping[str, str] | None
) -> dict[str, str]:
    return {**dict(settings.headers), **(headers or {})}


def _http_options(
    base_url: str, settings: ConnectionSettings, options: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "proxy": select_proxy(base_url, dict(settings.proxies)),
        "verify": _ssl_context(settings.ca_bundle),
        **options,
    }


@lru_cache(maxsize=4)
def _ssl_context(ca_bundle: str) -> ssl.SSLContext:
    """Made once for all people: it takes 50 ms, a client with it less than one."""
    if os.path.isdir(ca_bundle):
        return ssl.create_default_context(capath=ca_bundle)
    if ca_bundle:
        return ssl.create_default_context(cafile=ca_bundle)
    return httpx.create_ssl_context()
