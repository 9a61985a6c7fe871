"""The frame, the same for everybody; and the session, different for everybody."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch
from django.utils.cache import patch_vary_headers
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from coze_widget.audience import Verdict, judge_person
from coze_widget.blocks import NotShown, find_widget, render_frame
from coze_widget.bodies import read_refused
from coze_widget.catalogue import catalogue
from coze_widget.conf import conf
from coze_widget.exceptions import CozeError
from coze_widget.models import Widget
from coze_widget.oauth.credentials import CredentialsError
from coze_widget.origins import is_same_origin
from coze_widget.problems import (
    Problem,
    misconfigured,
    problem_of,
)
from coze_widget.responses import public_document
from coze_widget.tokens import get_token, token_id
from coze_widget.trial import trial_token
from coze_widget.visitors import (
    Visitor,
    forget_guest,
    guest_visitor,
    new_guest_id,
    read_guest_id,
    remember_guest,
    user_visitor,
)

logger = logging.getLogger(__name__)

# A PAT does not say when it ends.
TRIAL_SECONDS = 3600

View = Callable[..., HttpResponse]


@require_safe
@login_not_required
@transaction.non_atomic_requests
@xframe_options_exempt
def frame(request: HttpRequest, slug: str) -> HttpResponse:
    try:
        document, policy = render_frame(find_widget(request, slug), request)
    except NotShown as exc:
        logger.warning("No frame is served: %s", exc)
        # A project's 404 page may show the text to visitors.
        raise Http404(str(exc) if settings.DEBUG else "") from exc
    return public_document(request, document, policy=policy)


def private_json(view: View) -> View:
    """Answer POSTs of the site's own pages only, errors as problems, kept by nobody."""

    @wraps(view)
    def answer(request: HttpRequest, slug: str) -> HttpResponse:
        try:
            if request.method != "POST":
                raise Problem(
                    HTTPStatus.METHOD_NOT_ALLOWED,
                    "method_not_allowed",
                    headers={"Allow": "POST"},
                )
            if not is_same_origin(request):
                raise Problem(HTTPStatus.FORBIDDEN, "bad_origin")
            response = view(request, _widget(request, slug))
        except Problem as problem:
            response = problem.response()
        response.headers["Cache-Control"] = "no-store"
        patch_vary_headers(response, ["Cookie", "Origin"])
        return response

    return answer


@csrf_exempt
@login_not_required
@transaction.non_atomic_requests
@private_json
def session(request: HttpRequest, widget: Widget) -> HttpResponse:
    """Hand the visitor a token of their own; see `coze_widget.problems` for refusals."""
    refused = read_refused(request)
    visitor = _identify(request, widget)
    answer = _trial(request, widget, visitor) or _mint(widget, visitor, refused)
    response = JsonResponse(answer)
    if visitor.is_guest:
        remember_guest(
            response,
            visitor.guest_id,
            days=widget.guest_days,
            secure=request.is_secure(),
        )
    elif conf.visitor_cookie_name in request.COOKIES:
        forget_guest(response)
    return response


@csrf_exempt
@login_not_required
@transaction.non_atomic_requests
@private_json
def forget(request: HttpRequest, widget: Widget) -> HttpResponse:
    """Make the next opening that of a new guest; people who are logged in stay who they are."""
    response = HttpResponse(status=HTTPStatus.NO_CONTENT)
    forget_guest(response)
    return response


def _widget(request: HttpRequest, slug: str) -> Widget:
    try:
        return find_widget(request, slug)
    except NotShown as exc:
        raise Problem(HTTPStatus.NOT_FOUND, "not_found") from exc


def _identify(request: HttpRequest, widget: Widget) -> Visitor:
    verdict = judge_person(widget, request)
    if verdict is Verdict.LOGIN_REQUIRED:
        raise Problem(
            HTTPStatus.UNAUTHORIZED,
            verdict.value,
            **_login_link(),
        )
    if verdict is Verdict.NOT_ALLOWED:
        raise Problem(HTTPStatus.FORBIDDEN, verdict.value)
    site_id = catalogue.site_id(request)
    user = getattr(request, "user", None)
    try:
        if user is not None and user.is_authenticated:
            return user_visitor(user, widget, site_id=site_id)
        guest_id = read_guest_id(request) or new_guest_id()
        return guest_visitor(guest_id, widget, site_id=site_id)
    except ImproperlyConfigured as exc:
        raise _misconfigured(exc) from exc


def _mint(widget: Widget, visitor: Visitor, refused: str) -> dict[str, Any]:
    try:
        token = get_token(
            widget.oauth_app,
            visitor.session_name,
            refused=refused,
            before_mint=release_connections,
        )
    except (CredentialsError, ImproperlyConfigured) as exc:
        raise _misconfigured(exc) from exc
    except CozeError as exc:
        logger.warning("Coze gave no token for widget %s: %s", widget.slug, exc)
        raise problem_of(exc) from exc
    notice = "guest" if visitor.is_guest else None
    return _answer(visitor, token.value, token.expires_at, notice)


def _trial(
    request: HttpRequest, widget: Widget, visitor: Visitor
) -> dict[str, Any] | None:
    token = trial_token(request, oauth_app=widget.oauth_app)
    if not token:
        return None
    logger.warning(
        "COZE_PERSONAL_ACCESS_TOKEN is in use: all visitors share one history."
    )
    return _answer(visitor, token, int(time.time()) + TRIAL_SECONDS, "trial")


def _answer(
    visitor: Visitor, token: str, expires_at: int, notice: str | None
) -> dict[str, Any]:
    return {
        "token": token,
        "token_id": token_id(token),
        "expires_at": expires_at,
        "now": int(time.time()),
        "epoch": visitor.session_name,
        "user": {
            "id": visitor.session_name,
            "nickname": visitor.nickname,
            "url": visitor.url,
        },
        "notice": notice,
    }


def _login_link() -> dict[str, Any]:
    """Return where people log in, nothing where LOGIN_URL names no page."""
    try:
        return {"login_url": resolve_url(settings.LOGIN_URL)}
    except NoReverseMatch:
        logger.error("LOGIN_URL leads nowhere: %r", settings.LOGIN_URL)
        return {}


def _misconfigured(error: Exception) -> Problem:
    logger.error("The chat cannot work: %s", error)
    return misconfigured()


def release_connections() -> None:
    """Give database connections back while Coze is asked: that can take seconds."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
