"""Errors of the JSON views as `application/problem+json` (RFC 9457).

A problem's body is written here, never taken from Coze: no stack, no key, no SQL.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import JsonResponse
from django.utils.translation import gettext_lazy as _

from coze_widget.exceptions import (
    AuthenticationError,
    BadRequestError,
    CircuitOpenError,
    ConnectionFailedError,
    CozeError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    TimeoutError,
)
from coze_widget.limits import Limited
from coze_widget.oauth.breakers import LONGEST_WAIT_SECONDS

# Long enough not to hammer, short enough for somebody who waits.
RETRY_AFTER_SECONDS = 10
# A mistake in the settings is not mended in seconds.
MISCONFIGURED_RETRY_AFTER_SECONDS = 60

UNAVAILABLE = (CircuitOpenError, ConnectionFailedError, RateLimitError)

# Coze says the same until somebody has changed something.
LASTING = (AuthenticationError, BadRequestError, NotFoundError, PermissionDeniedError)

DETAILS = {
    "malformed": _("The request is not what this address understands."),
    "not_enabled": _("This way of identifying a visitor is not enabled."),
    "login_required": _("Please log in to chat."),
    "bad_visitor": _("Who is asking could not be confirmed."),
    "not_allowed": _("This chat is not open to you."),
    "consent_required": _("The visitor has not agreed yet."),
    "closed": _("The chat is closed at the moment."),
    "bad_origin": _("The request did not come from a page of this site."),
    "not_found": _("There is no such chat."),
    "method_not_allowed": _("Only POST is answered here."),
    "too_large": _("The request is too large."),
    "unsupported_media_type": _("Send application/json."),
    "rate_limited": _("The chat was asked for too often. Please wait a little."),
    "bad_gateway": _("The chat service gave no usable answer."),
    "unavailable": _("The chat is not available right now."),
    "timeout": _("The chat service took too long."),
}


class Problem(Exception):  # the RFC's word
    """Raised when a request ends here; `response()` is what the client gets."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        *,
        headers: dict[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.headers = headers or {}
        self.members = members

    def response(self) -> JsonResponse:
        body = {
            "status": self.status,
            "code": self.code,
            "title": self.status.phrase,
            "detail": DETAILS[self.code],
            **self.members,
        }
        return JsonResponse(
            body,
            status=self.status,
            headers=self.headers,
            content_type="application/problem+json",
        )


def problem_of(error: CozeError) -> Problem:
    """Return what a visitor is told when Coze gives no token."""
    if isinstance(error, TimeoutError):
        status, code = HTTPStatus.GATEWAY_TIMEOUT, "timeout"
    elif isinstance(error, UNAVAILABLE):
        status, code = HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"
    else:
        status, code = HTTPStatus.BAD_GATEWAY, "bad_gateway"
    # Coze may ask for a day. A chat waits for as long as it is told, so it is told no more
    # than what the breaker waits for.
    pause = min(error.retry_after or RETRY_AFTER_SECONDS, LONGEST_WAIT_SECONDS)
    if isinstance(error, LASTING):
        pause = MISCONFIGURED_RETRY_AFTER_SECONDS
    return Problem(status, code, headers={"Retry-After": str(pause)})


def problem_of_limit(limited: Limited) -> Problem:
    """Return what a visitor is told who has to wait for a limit.

    That an OAuth app's budget is spent is nobody's fault who asks.
    """
    if limited.limit == "oauth_app":
        status, code = HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"
    else:
        status, code = HTTPStatus.TOO_MANY_REQUESTS, "rate_limited"
    return Problem(status, code, headers={"Retry-After": str(limited.retry_after)})


def misconfigured() -> Problem:
    """Return what a visitor is told when the settings cannot give a token."""
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "unavailable",
        headers={"Retry-After": str(MISCONFIGURED_RETRY_AFTER_SECONDS)},
    )


def unavailable() -> Problem:
    """Return what a visitor is told while something besides Coze gives no answer."""
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "unavailable",
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
    )


def rows_unreadable() -> Problem:
    """Return what a visitor is told while the database does not say what they may open."""
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "unavailable",
        headers={
            "Retry-After": str(RETRY_AFTER_SECONDS),
            # The frame's answers may be kept, this one not.
            "Cache-Control": "no-store",
        },
    )
