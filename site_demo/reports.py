"""What browsers say of this site's policy: collected, and shown to staff.

Anybody may send such a report, so it is small, its texts are cut, and the last few are
all that is kept, in the memory of this process.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

MAX_BYTES = 16_384
MAX_IN_ONE_BODY = 20
MAX_KEPT = 50
MAX_CHARS = 200
# The older of two formats is one report (`report-uri`), the newer a list (`report-to`).
CSP_REPORT = "application/csp-report"
REPORTS = "application/reports+json"
ENDPOINT = "csp"
POLICY = "Content-Security-Policy"


@dataclass(frozen=True)
class Violation:
    seen_at: datetime
    directive: str
    blocked: str
    page: str
    # "enforce" or "report".
    disposition: str


class Unreadable(ValueError):
    """Raised for a body that is no report."""


kept: deque[Violation] = deque(maxlen=MAX_KEPT)


class ReportToMiddleware:
    """Adds the newer way to report to policies that have the older one; over https only.

    Elsewhere Chromium sends nothing to `report-to`, and then nothing to `report-uri`
    either, since it ignores that one where it finds both (seen with 156).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        policy = response.headers.get(POLICY, "")
        if request.is_secure() and "report-uri " in policy:
            response.headers[POLICY] = f"{policy}; report-to {ENDPOINT}"
            endpoint = f'{ENDPOINT}="{reverse("report")}"'
            response.headers["Reporting-Endpoints"] = endpoint
        return response


# A browser sends neither cookie nor CSRF token along.
@csrf_exempt
@never_cache
@require_POST
def report(request: HttpRequest) -> HttpResponse:
    if request.content_type not in (CSP_REPORT, REPORTS):
        return HttpResponse(status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    body = _read_body(request)
    if len(body) > MAX_BYTES:
        return HttpResponse(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        kept.extend(read_violations(request.content_type, body))
    except Unreadable:
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


@require_safe
@never_cache
@staff_member_required
def violations(request: HttpRequest) -> HttpResponse:
    context = {"violations": list(reversed(kept)), "max_kept": MAX_KEPT}
    return render(request, "site_demo/violations.html", context)


def read_violations(content_type: str, body: bytes) -> list[Violation]:
    """Return the violations of policies among the reports; raises Unreadable."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise Unreadable from exc
    if content_type == CSP_REPORT:
        return [_read_old(_dict(_dict(document).get("csp-report")))]
    if not isinstance(document, list):
        raise Unreadable
    return list(_read_new(document[:MAX_IN_ONE_BODY]))


def _read_body(request: HttpRequest) -> bytes:
    """Return one byte more than is allowed, at most."""
    try:
        return request.read(MAX_BYTES + 1)
    except OSError:
        return b""


def _read_old(said: dict[str, Any]) -> Violation:
    return _violation(
        said.get("effective-directive") or said.get("violated-directive"),
        said.get("blocked-uri"),
        said.get("document-uri"),
        said.get("disposition"),
    )


def _read_new(reports: list[Any]) -> Iterator[Violation]:
    for one in map(_dict, reports):
        if one.get("type") != "csp-violation":
            continue
        said = _dict(one.get("body"))
        yield _violation(
            said.get("effectiveDirective"),
            said.get("blockedURL"),
            said.get("documentURL") or one.get("url"),
            said.get("disposition"),
        )


def _violation(
    directive: object, blocked: object, page: object, disposition: object
) -> Violation:
    return Violation(
        seen_at=datetime.now(timezone.utc),
        directive=_text(directive),
        blocked=_address(blocked),
        page=_address(page),
        disposition=_text(disposition),
    )


def _dict(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Unreadable
    return value


def _text(value: object) -> str:
    text = value if isinstance(value, str) else ""
    return "".join(char if char.isprintable() else " " for char in text)[:MAX_CHARS]


def _address(value: object) -> str:
    """Leave out what follows `?` and `#`: it may be anybody's secret."""
    text = _text(value)
    try:
        parts = urlsplit(text)
        return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
    except ValueError:
        return ""
