"""Coze's OAuth JWT flow: an assertion in, one person's access token out."""

from __future__ import annotations

import os
import random
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from coze_widget.exceptions import (
    ConnectionFailedError,
    CozeError,
    GatewayError,
    InternalServerError,
    InvalidResponseError,
)
from coze_widget.oauth.assertions import sign_assertion
from coze_widget.oauth.credentials import OAuthApp
from coze_widget.oauth.deadlines import Deadline
from coze_widget.oauth.failures import find_failure, read_facts
from coze_widget.oauth.transport import Answer, Transport
from coze_widget.sentences import Sentence as _

_GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LONGEST_LIFE = 86_399  # Coze's OAuth JWT guide
_FUTURE_SLACK = 3_600  # for a clock of ours that is slow
_TOKEN = re.compile(r"[!-~]{1,4096}")
_FIRST_PAUSE = 0.2


@dataclass(frozen=True)
class AccessToken:
    """One person's right to chat, until `expires_at` (Unix seconds)."""

    value: str = field(repr=False)
    expires_at: int

    def is_expired(self, now: float, *, leeway: float = 0) -> bool:
        return self.expires_at - leeway <= now


class OAuthClient:
    """Fetches access tokens for one OAuth app; threads may share it.

    Call `close()` when done with it. A `session` that is handed in keeps its own
    adapters, so without ours only the single time-outs hold, not the total one.
    """

    def __init__(
        self,
        app: OAuthApp,
        *,
        session: requests.Session | None = None,
        connect_timeout: float = 3.05,
        read_timeout: float = 8,
        total_timeout: float = 12,
        max_retries: int = 2,
        pool_size: int = 10,
        proxies: Mapping[str, str] | None = None,
        ca_bundle: str | os.PathLike[str] | None = None,
        headers: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._app = app
        self._total_timeout = total_timeout
        self._max_retries = max_retries
        self._clock = clock
        self._monotonic = monotonic
        self._sleep = sleep
        self._jitter = jitter
        self._transport = Transport(
            session=session,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            proxies=proxies,
            ca_bundle=ca_bundle,
            headers=headers,
            pool_size=pool_size,
        )

    def fetch_token(
        self, *, session_name: str, duration_seconds: int = 3600
    ) -> AccessToken:
        """Ask Coze for a new token, again if that may help. Raises `CozeError`."""
        _check_arguments(session_name, duration_seconds)
        deadline = Deadline(self._total_timeout, monotonic=self._monotonic)
        attempt = 0
        while True:
            try:
                return self._exchange(session_name, duration_seconds, deadline)
            except CozeError as exc:
                failure = exc
            pause = self._choose_pause(attempt, failure)
            if not self._may_retry(attempt, failure) or pause >= deadline.remaining():
                # From here on: the inner frames hold assertion and answer, and error
                # reporters collect the variables of every frame.
                raise failure.with_traceback(None)
            self._sleep(pause)
            attempt += 1

    def close(self) -> None:
        """Close the pooled connections."""
        self._transport.close()

    def _exchange(
        self, session_name: str, duration_seconds: int, deadline: Deadline
    ) -> AccessToken:
        # Anew at each attempt: Coze may have taken the last one and lost its answer.
        assertion = sign_assertion(
            self._app,
            session_name=session_name,
            now=int(self._clock()),
            jti=secrets.token_urlsafe(32),
        )
        answer = self._transport.post(
            self._app.base_url + _build_path(self._app),
            _build_body(self._app, duration_seconds),
            bearer=assertion,
            deadline=deadline,
        )
        return _read_token(answer, now=self._clock())

    def _may_retry(self, attempt: int, failure: CozeError) -> bool:
        if attempt >= self._max_retries:
            return False
        if isinstance(failure, ConnectionFailedError):
            return True
        is_coze_down = isinstance(failure, (InternalServerError, GatewayError))
        return is_coze_down and (failure.status or 0) >= 500

    def _choose_pause(self, attempt: int, failure: CozeError) -> float:
        pause = _FIRST_PAUSE * 2.0**attempt * (0.5 + self._jitter() / 2)
        return max(pause, failure.retry_after or 0)


def _check_arguments(session_name: str, duration_seconds: int) -> None:
    # Without a session_name everybody with the app's tokens shares one history.
    if not session_name:
        raise ValueError("session_name must not be empty")
    if not 1 <= duration_seconds <= _LONGEST_LIFE:
        raise ValueError(f"duration_seconds must be from 1 to {_LONGEST_LIFE}")


def _build_path(app: OAuthApp) -> str:
    if app.account_id:
        return f"/api/permission/oauth2/account/{app.account_id}/token"
    if app.enterprise_id:
        return f"/api/permission/oauth2/enterprise_id/{app.enterprise_id}/token"
    return "/api/permission/oauth2/token"


def _build_body(app: OAuthApp, duration_seconds: int) -> dict[str, Any]:
    body: dict[str, Any] = {
        "grant_type": _GRANT_TYPE,
        "duration_seconds": duration_seconds,
    }
    if app.scope is not None:
        body["scope"] = dict(app.scope)
    return body


def _read_token(answer: Answer, *, now: float) -> AccessToken:
    failure = find_failure(answer)
    if failure:
        raise failure
    payload: Mapping[str, Any] = answer.payload or {}
    value: Any = payload.get("access_token")
    expires_at: Any = payload.get("expires_in")
    problem = _find_fault(value, expires_at, now)
    if problem:
        raise InvalidResponseError(
            _("Coze's answer holds %(problem)s", problem=problem),
            remedy=_("Check base_url and this machine's clock."),
            **read_facts(answer),
        )
    return AccessToken(value, expires_at)


def _find_fault(value: object, expires_at: object, now: float) -> str:
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        return _("no access token")
    # Despite its name `expires_in` is a moment in Unix seconds, so a span (3600) is
    # in the past, and milliseconds are far in the future.
    if not isinstance(expires_at, int) or isinstance(expires_at, bool):
        return _("no expiry")
    if expires_at <= now:
        return _("an expiry that is past")
    if expires_at > now + _LONGEST_LIFE + _FUTURE_SLACK:
        return _("an expiry that is too far away")
    return ""
