"""Answers load balancers and monitors, and tells those more who may know more."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe

from coze_widget.conf import conf
from coze_widget.health import FAILED, describe, judge
from coze_widget.views import outside_transactions

logger = logging.getLogger(__name__)


@require_safe
@login_not_required
@outside_transactions
def health(request: HttpRequest) -> JsonResponse:
    """Answer 503 only where this process can serve nobody until it is set up differently.

    An outage of Coze or of the cache is the same on each node: if it were a 503 here, a
    balancer would take all of them away, and with them the people who can still chat.
    """
    found = judge()
    body: dict[str, Any] = {"status": found.status}
    if _has_token(request) or _is_staff(request):
        body |= {"reasons": found.reasons, **describe()}
    failed = found.status == FAILED
    return JsonResponse(
        body,
        status=HTTPStatus.SERVICE_UNAVAILABLE if failed else HTTPStatus.OK,
        headers={"Cache-Control": "no-store"},
    )


def _has_token(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    expected = conf.health_token
    # Without a token in the settings nobody has it, not even an empty one.
    return (
        bool(expected)
        and scheme.lower() == "bearer"
        and constant_time_compare(token.strip(), expected)
    )


def _is_staff(request: HttpRequest) -> bool:
    """Look at the person only where there is a session: a balancer costs no query."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return False
    try:
        return bool(getattr(getattr(request, "user", None), "is_staff", False))
    except Exception:
        logger.exception("The health check could not find out who asks")
        return False
