"""Coze's OAuth JWT flow: an assertion in, one person's access token out."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from coze_widget.exceptions import (
    AuthenticationError,
    BadRequestError,
    CircuitOpenError,
    InvalidResponseError,
)
from coze_widget.oauth.assertions import sign_assertion
from coze_widget.oauth.breakers import Breaker
from coze_widget.oauth.clocks import CozeClock, clock_of
from coze_widget.oauth.credentials import OAuthApp
from coze_widget.oauth.deadlines import Deadline
from coze_widget.oauth.failures import find_failure, read_facts
from coze_widget.oauth.retries import Retries
from coze_widget.oauth.transport import Answer, Transport
from coze_widget.sentences import Sentence as _

_GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LONGEST_LIFE = 86_399  # Coze's OAuth JWT guide
_AGREEMENT_SECONDS = 10  # clocks that differ by less agree
_FUTURE_SLACK = 3_600  # for a clock of ours that is slow
# A sound exchange takes tenths of a second, over the ocean and with TLS from scratch one
# second. Whoever probes waits no longer than this, and a lost SYN is sent again by then.
_PROBE_SECONDS = 2
_JUDGED_BY_THE_CLOCK = (AuthenticationError, BadRequestError)
_TOKEN = re.compile(r"[!-~]{1,4096}")


@dataclass(frozen=True)
class AccessToken:
    """One person's right to chat, until `expires_at` (Unix seconds)."""

    value: str = field(repr=False)
    expires_at: int

    def is_expired(self, now: float, *, leeway: float = 0) -> bool:
        return self.expires_at - leeway <= now


class OAuthClient:
    """Fetches access tokens for one OAuth app; threads may share it.

    Without a `breaker` Coze is asked each time, however often it has failed. `clock` is
    the one of the process for the app's address, if none is handed in.
    """

    def __init__(
        self,
        app: OAuthApp,
        transport: Transport,
        *,
        retries: Retries | None = None,
        breaker: Breaker | None = None,
        clock: CozeClock | None = None,
    ) -> None:
        self._app = app
        self._transport = transport
        self._retries = retries or Retries()
        self.breaker = breaker
        self._clock = clock or clock_of(app.base_url)

    @property
    def skew_seconds(self) -> float:
        """Return by how much Coze's clock is ahead of this machine's; 0 for about right."""
        return self._clock.skew_seconds

    def find_refusal(self) -> CircuitOpenError | None:
        """Return the error that `fetch_token` would raise without asking Coze, if any."""
        return None if self.breaker is None else self.breaker.find_refusal()

    def fetch_token(
        self,
        *,
        session_name: str,
        duration_seconds: int = 3600,
        deadline: Deadline | None = None,
    ) -> AccessToken:
        """Ask Coze for a new token, again if that may help. Raises `CozeError`.

        A `deadline` that is handed in takes the place of the total time-out.
        """
        _check_arguments(session_name, duration_seconds)
        deadline = deadline or self._retries.start()

        def exchange(left: Deadline) -> AccessToken:
            return self._exchange(session_name, duration_seconds, left)

        if self.breaker is None:
            return self._retries.run(exchange, deadline=deadline)
        return self._run_guarded(exchange, self.breaker, deadline)

    def _run_guarded(
        self,
        exchange: Callable[[Deadline], AccessToken],
        breaker: Breaker,
        deadline: Deadline,
    ) -> AccessToken:
        return breaker.run(
            lambda: self._retries.run(
                exchange, deadline=deadline, gives_up=lambda: not breaker.is_closed
            ),
            probe=lambda: replace(self._retries, max_retries=0).run(
                exchange, deadline=deadline.capped(_PROBE_SECONDS)
            ),
        )

    def _exchange(
        self, session_name: str, duration_seconds: int, deadline: Deadline
    ) -> AccessToken:
        skew_seconds = self.skew_seconds
        answer = self._ask(session_name, duration_seconds, deadline)
        failure = find_failure(answer)
        has_moved = self.skew_seconds != skew_seconds
        if has_moved and isinstance(failure, _JUDGED_BY_THE_CLOCK):
            answer = self._ask(session_name, duration_seconds, deadline)
            failure = find_failure(answer)
        if failure:
            raise failure
        return _read_token(answer, self._clock, duration_seconds)

    def _ask(
        self, session_name: str, duration_seconds: int, deadline: Deadline
    ) -> Answer:
        # Anew each time: Coze may have taken the last one and lost its answer.
        assertion = sign_assertion(
            self._app,
            session_name=session_name,
            now=int(self._clock.now()),
            jti=secrets.token_urlsafe(32),
        )
        asked_at = self._clock.here()
        answer = self._transport.post(
            self._app.base_url + _build_path(self._app),
            _build_body(self._app, duration_seconds),
            bearer=assertion,
            deadline=deadline,
        )
        # A page of somebody in between is dated by somebody else's clock.
        if answer.payload is not None:
            self._clock.note(answer.headers.get("Date", ""), asked_at=asked_at)
        return answer


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


def _read_token(answer: Answer, clock: CozeClock, duration_seconds: int) -> AccessToken:
    payload: Mapping[str, Any] = answer.payload or {}
    value: Any = payload.get("access_token")
    expires_at: Any = payload.get("expires_in")
    problem = _find_fault(value, expires_at, clock, duration_seconds)
    if problem:
        raise InvalidResponseError(
            _("Coze's answer holds %(problem)s", problem=problem),
            remedy=_("Check base_url and this machine's clock."),
            **read_facts(answer),
        )
    return AccessToken(value, int(_find_end(expires_at, clock, duration_seconds)))


def _find_end(expires_at: int, clock: CozeClock, duration_seconds: int) -> float:
    """Return Coze's moment by this machine's clock, at which everything above looks.

    An answer's `Date` may be wrong, of which somebody in between may be the cause: it is
    believed only where the moment alone does not make sense, and never for longer than
    what was asked for.
    """
    here = clock.here()
    if abs(expires_at - here - duration_seconds) <= _AGREEMENT_SECONDS:
        return expires_at
    return min(expires_at - clock.skew_seconds, here + duration_seconds)


def _find_fault(
    value: object, expires_at: object, clock: CozeClock, duration_seconds: int
) -> str:
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        return _("no access token")
    # Despite its name `expires_in` is a moment in Unix seconds, so a span (3600) is
    # in the past, and milliseconds are far in the future.
    if not isinstance(expires_at, int) or isinstance(expires_at, bool):
        return _("no expiry")
    if expires_at > max(clock.here(), clock.now()) + _LONGEST_LIFE + _FUTURE_SLACK:
        return _("an expiry that is too far away")
    if _find_end(expires_at, clock, duration_seconds) <= clock.here():
        return _("an expiry that is past")
    return ""
