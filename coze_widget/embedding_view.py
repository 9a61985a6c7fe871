"""The loader and a widget's settings, for pages of other origins; the same for everybody."""

from __future__ import annotations

import logging
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from coze_widget.candidates import AsWanted, NotShown
from coze_widget.embedding import find_asset, render_island
from coze_widget.local_copies import RowsUnreadable
from coze_widget.problems import Problem, rows_unreadable
from coze_widget.responses import public_answer
from coze_widget.views import outside_transactions

logger = logging.getLogger(__name__)

YEAR_SECONDS = 31_536_000
ISLAND_MAX_AGE_SECONDS = 60
# Public, without cookies, and nothing of a person: any page may have them, isolated ones,
# too. What the widget itself may do there is the frame's to say.
OPEN_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}


@require_safe
@login_not_required
@outside_transactions
def asset(request: HttpRequest, name: str) -> HttpResponse:
    """Serve a file for good under its own hash, and the newest one under any other."""
    found = find_asset(name)
    if found is None:
        raise Http404(name if settings.DEBUG else "")
    is_exact = name == found.name
    caching = f"max-age={YEAR_SECONDS}, immutable" if is_exact else "no-cache"
    return public_answer(
        request,
        found.text,
        {**OPEN_HEADERS, "Cache-Control": f"public, {caching}"},
        content_type=found.content_type,
    )


@require_safe
@login_not_required
@outside_transactions
def widget(request: HttpRequest, slug: str) -> HttpResponse:
    try:
        text, lang = render_island(request, slug)
    except NotShown as exc:
        if not isinstance(exc, AsWanted):
            logger.warning("No widget is served to other sites: %s", exc)
        return _say(Problem(HTTPStatus.NOT_FOUND, "not_found"))
    except RowsUnreadable:
        return _say(rows_unreadable())
    headers = {
        **OPEN_HEADERS,
        "Cache-Control": f"public, max-age={ISLAND_MAX_AGE_SECONDS}",
        "Content-Language": lang,
    }
    return public_answer(request, text, headers, content_type="application/json")


def _say(problem: Problem) -> HttpResponse:
    response = problem.response()
    for name, value in {**OPEN_HEADERS, "Cache-Control": "no-store"}.items():
        response.headers[name] = value
    return response
