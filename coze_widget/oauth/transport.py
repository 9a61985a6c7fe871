"""HTTP to Coze on one pooled session; above it nobody meets `requests`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
import urllib3
from urllib3.exceptions import NewConnectionError

from coze_widget.exceptions import (
    ConnectionFailedError,
    ConnectionLostError,
    CozeError,
    InvalidResponseError,
)
from coze_widget.exceptions import TimeoutError as CozeTimeoutError
from coze_widget.oauth.deadlines import Deadline, DeadlineAdapter, current_deadline
from coze_widget.sentences import Sentence as _
from coze_widget.version import __version__

T = TypeVar("T")

_LARGEST_BODY_BYTES = 65_536  # a token answer has under 1 KB


@dataclass(frozen=True)
class Answer:
    """What Coze said: `payload` is its JSON object, None where there was none."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    payload: Mapping[str, Any] | None = field(repr=False)


@dataclass(frozen=True)
class Document:
    """What lies at a public address, as it came; names of headers in lower case.

    `is_whole` is False where the body was longer than was read.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    is_whole: bool


class Transport:
    """All OAuth apps and threads may share one; it keeps connections alive, no cookies.

    To each host it keeps at most `max_connections`; more at a time are made, and closed
    after use. A `session` that is handed in keeps its own adapters, so without ours only
    the single time-outs hold, not the total one. Call `close()` when done with it.
    """

    def __init__(
        self,
        *,
        session: requests.Session | None = None,
        connect_timeout: float = 3.05,
        read_timeout: float = 8,
        max_connections: int = 32,
        proxies: Mapping[str, str] | None = None,
        ca_bundle: str | os.PathLike[str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._session = session or _build_session(max_connections)
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._proxies = dict(proxies or {})
        self._verify = _check_bundle(ca_bundle) if ca_bundle else True
        self._headers = {**_own_headers(), **_check_headers(headers or {})}

    def post(
        self, url: str, body: Mapping[str, object], *, bearer: str, deadline: Deadline
    ) -> Answer:
        """Send JSON once. Raises `CozeError` only when no answer could be read."""
        return self._send("POST", url, body, bearer=bearer, deadline=deadline)

    def ask(
        self,
        method: str,
        url: str,
        body: Mapping[str, object] | None,
        *,
        bearer: str,
        deadline: Deadline,
        largest_body_bytes: int,
    ) -> Answer:
        """Ask once, of an answer that may be long. Raises as `post` does."""
        return self._send(
            method,
            url,
            body,
            bearer=bearer,
            deadline=deadline,
            largest_body_bytes=largest_body_bytes,
        )

    def fetch(
        self,
        url: str,
        *,
        deadline: Deadline,
        largest_body_bytes: int,
        origin: str = "",
    ) -> Document:
        """Get what is public there, with no credential; redirects are not followed.

        With an `origin` it asks as a page of that origin does. Raises `CozeError` only when
        no answer could be read.
        """
        # The extra headers are not sent: one may be a gateway's credential.
        headers = {**_own_headers(), "Accept": "*/*"}
        if origin:
            headers["Origin"] = origin
        return self._exchange(
            "GET",
            url,
            None,
            auth=_no_auth,
            headers=headers,
            deadline=deadline,
            read=lambda response: _read_document(response, largest_body_bytes),
        )

    def close(self) -> None:
        """Close the kept connections."""
        self._session.close()

    def _send(
        self,
        method: str,
        url: str,
        body: Mapping[str, object] | None,
        *,
        bearer: str,
        deadline: Deadline,
        largest_body_bytes: int = _LARGEST_BODY_BYTES,
    ) -> Answer:
        return self._exchange(
            method,
            url,
            body,
            auth=_Bearer(bearer),
            headers=self._headers,
            deadline=deadline,
            read=lambda response: _read_answer(response, largest_body_bytes),
        )

    def _exchange(
        self,
        method: str,
        url: str,
        body: Mapping[str, object] | None,
        *,
        auth: Callable[[requests.PreparedRequest], requests.PreparedRequest],
        headers: Mapping[str, str],
        deadline: Deadline,
        read: Callable[[requests.Response], T],
    ) -> T:
        host = urlsplit(url).netloc
        remaining = deadline.remaining()
        if remaining <= 0:
            raise _time_out(host)
        current_deadline.set(deadline)
        try:
            with self._session.request(
                method,
                url,
                json=body,
                auth=auth,
                headers=headers,
                proxies=self._proxies,
                verify=self._verify,
                timeout=(
                    min(self._connect_timeout, remaining),
                    min(self._read_timeout, remaining),
                ),
                # Coze does not redirect; somebody in between would get the bearer.
                allow_redirects=False,
                stream=True,
            ) as response:
                return read(response)
        except CozeError as exc:
            failure = exc
        # Not requests' own errors alone: urllib3, http.client and the codecs have some.
        except Exception as exc:
            failure = _translate(exc, url)
        # Not chained: the foreign exception carries the request and its Authorization.
        raise failure


class _Bearer(requests.auth.AuthBase):
    """As `auth`, because a header would give way to a .netrc or a session's auth."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _own_headers() -> dict[str, str]:
    agent = f"django-coze-widget/{__version__} python-requests/{requests.__version__}"
    return {"User-Agent": agent, "Accept": "application/json"}


def _check_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    for name in headers:
        if name.lower() in ("authorization", "content-type", "content-length", "host"):
            raise ValueError(_("The extra headers may not set %(name)s", name=name))
    return headers


def _check_bundle(path: str | os.PathLike[str]) -> str:
    # requests finds out at the first request, with an OSError of its own.
    if not os.path.exists(path):
        place = os.fspath(path)
        raise ValueError(_("The CA bundle %(path)r does not exist", path=place))
    return os.fspath(path)


def _build_session(max_connections: int) -> requests.Session:
    session = requests.Session()
    # Proxies and CA bundle are settings. The environment could send assertions over
    # somebody's proxy, and a .netrc could put its password in their place.
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = DeadlineAdapter(pool_maxsize=max_connections)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _read_answer(response: requests.Response, largest_body_bytes: int) -> Answer:
    body = _read_body(response, largest_body_bytes)
    if len(body) > largest_body_bytes:
        raise InvalidResponseError(
            _("Coze's answer is far too long"),
            status=response.status_code,
            remedy=_("Check that base_url is Coze's API, and what is in between."),
        )
    return Answer(response.status_code, response.headers, _parse_object(body))


def _read_document(response: requests.Response, largest_body_bytes: int) -> Document:
    body = _read_body(response, largest_body_bytes)
    return Document(
        response.status_code,
        {name.lower(): value for name, value in response.headers.items()},
        body[:largest_body_bytes],
        is_whole=len(body) <= largest_body_bytes,
    )


def _read_body(response: requests.Response, largest_body_bytes: int) -> bytes:
    """Return the body, or a little more than the largest part of it that is wanted."""
    body = bytearray()
    for chunk in response.iter_content(8192):
        body += chunk
        if len(body) > largest_body_bytes:
            break
    return bytes(body)


def _parse_object(body: bytes) -> Mapping[str, Any] | None:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return payload if isinstance(payload, dict) else None


def _translate(exc: Exception, url: str) -> CozeError:
    host = urlsplit(url).netloc
    cause = exc.args[0] if exc.args else None
    # A time-out in mid-body arrives as a ConnectionError around urllib3's own.
    late = isinstance(exc, requests.ReadTimeout)
    if late or isinstance(cause, urllib3.exceptions.ReadTimeoutError):
        return _time_out(host)
    errors = (getattr(cause, "reason", None), cause, exc)
    if isinstance(errors[0], NewConnectionError) and _is_on_this_machine(url):
        return _nobody(url)
    reason = next(type(one).__name__ for one in errors if isinstance(one, Exception))
    kind = ConnectionLostError if _is_hung_up(cause) else ConnectionFailedError
    return kind(
        _("No usable connection to %(host)s: %(reason)s", host=host, reason=reason),
        remedy=_advise(exc),
    )


def _is_hung_up(cause: object) -> bool:
    """Tell whether the connection was there, and closed before an answer began."""
    if not isinstance(cause, urllib3.exceptions.ProtocolError):
        return False
    return any(isinstance(one, ConnectionError) for one in cause.args)


def _is_on_this_machine(url: str) -> bool:
    return urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")


def _nobody(url: str) -> ConnectionFailedError:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return ConnectionFailedError(
        _(
            "Nothing answers at %(base_url)s",
            base_url=f"{parts.scheme}://{parts.netloc}",
        ),
        remedy=_(
            "If that is the sandbox, start it: `python manage.py coze_sandbox --port "
            "%(port)s --config FILE`, with the file of this OAuth app.",
            port=port,
        ),
    )


def _time_out(host: str) -> CozeTimeoutError:
    return CozeTimeoutError(
        _("%(host)s did not answer in time", host=host),
        remedy=_("Try again in a minute."),
    )


def _advise(exc: Exception) -> str:
    if isinstance(exc, requests.exceptions.ProxyError):
        return _("Check the proxy in the settings.")
    if isinstance(exc, requests.exceptions.SSLError):
        return _(
            "Its certificate is not trusted here: name a CA bundle in the settings."
        )
    return _(
        "Check base_url and that this machine may reach it; a proxy has to be named in "
        "the settings, the environment is not read."
    )
