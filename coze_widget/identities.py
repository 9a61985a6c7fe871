"""Who is asking, as far as a request can prove it; and what their browser keeps of that."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch
from django.views.decorators.debug import sensitive_variables

from coze_widget.audience import Verdict, judge_person, judge_signed_visitor
from coze_widget.bodies import Opening
from coze_widget.catalogue import catalogue
from coze_widget.frame_host import is_on_frame_host, on_page_host
from coze_widget.handovers import BadHandover, is_handover, read_handover
from coze_widget.models import Widget
from coze_widget.problems import Problem, misconfigured, unavailable
from coze_widget.visitor_tokens import (
    BadVisitorToken,
    NoVisitorKeys,
    VisitorKeysUnavailable,
    read_visitor_token,
)
from coze_widget.visitors import (
    Visitor,
    forget_guest,
    guest_visitor,
    has_guest_cookie,
    make_handle,
    read_guest_id,
    read_handle,
    remember_guest,
    signed_visitor,
    user_visitor,
)

logger = logging.getLogger(__name__)


@sensitive_variables()
def identify(request: HttpRequest, widget: Widget, opening: Opening) -> Visitor:
    """Return the visitor if they may chat; raises Problem.

    A signed visitor token wins over a login and a cookie, and is never merged with them;
    one that is not good is nobody's.
    """
    try:
        if is_handover(opening.visitor):
            return _handed_over(request, widget, opening.visitor)
        if opening.visitor:
            return _signed(request, widget, opening.visitor)
        if is_on_frame_host(request):
            _drop_login(request, opening)
        _require(judge_person(widget, request), request)
        site_id = catalogue.site_id(request)
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            return user_visitor(user, widget, site_id=site_id)
        guest_id = _guest_id(request, widget, opening)
        return guest_visitor(guest_id, widget, site_id=site_id)
    except ImproperlyConfigured as exc:
        raise cannot_work(exc) from exc


def require_consent(widget: Widget, visitor: Visitor, opening: Opening) -> None:
    """Raise Problem until this very person has agreed; who is new has no name yet."""
    if not widget.consent_text:
        return
    epoch = "" if visitor.is_new else visitor.session_name
    if opening.consent != epoch:
        raise Problem(HTTPStatus.FORBIDDEN, "consent_required", epoch=epoch)


def keep_identity(
    request: HttpRequest,
    response: HttpResponse,
    *,
    widget: Widget,
    visitor: Visitor,
    is_embedded: bool,
) -> None:
    """The cookie is the guest's: whoever is somebody else now gets rid of it."""
    if visitor.guest_id:
        remember_guest(
            response,
            visitor.guest_id,
            days=widget.guest_days,
            secure=request.is_secure(),
            is_embedded=is_embedded,
        )
    elif has_guest_cookie(request, is_embedded=is_embedded):
        forget_guest(response, is_embedded=is_embedded)


def handle_for(
    request: HttpRequest, visitor: Visitor, opening: Opening
) -> dict[str, str]:
    """Return the guest's handle where the browser keeps no cookie for us."""
    is_kept = not opening.is_embedded or has_guest_cookie(request, is_embedded=True)
    if not visitor.guest_id or is_kept:
        return {}
    return {"handle": make_handle(visitor.guest_id)}


def cannot_work(error: Exception) -> Problem:
    logger.error("The chat cannot work: %s", error)
    return misconfigured()


def _guest_id(request: HttpRequest, widget: Widget, opening: Opening) -> str:
    if not opening.is_embedded:
        return read_guest_id(request)
    return read_guest_id(request, is_embedded=True) or read_handle(
        opening.handle, days=widget.guest_days
    )


def _handed_over(request: HttpRequest, widget: Widget, token: str) -> Visitor:
    try:
        return read_handover(token, widget, request)
    except BadHandover as exc:
        logger.warning("A handover to %s was refused: %s", widget.slug, exc)
        raise Problem(HTTPStatus.UNAUTHORIZED, "bad_visitor") from exc


def _drop_login(request: HttpRequest, opening: Opening) -> None:
    """Believe no session on the frame's host: Coze's script would have it, too.

    The site's own pages hand their people over; other people's bring guests.
    """
    if not opening.is_embedded:
        raise Problem(HTTPStatus.UNAUTHORIZED, "bad_visitor")
    _become_nobody(request)


def _signed(request: HttpRequest, widget: Widget, token: str) -> Visitor:
    try:
        signed = read_visitor_token(token, widget, request)
    except NoVisitorKeys as exc:
        logger.warning(
            "A visitor token for “%s” was refused: the widget has no key that is "
            "switched on.",
            widget.slug,
        )
        raise Problem(HTTPStatus.BAD_REQUEST, "not_enabled") from exc
    except VisitorKeysUnavailable as exc:
        raise unavailable() from exc
    except BadVisitorToken as exc:
        raise Problem(HTTPStatus.UNAUTHORIZED, "bad_visitor") from exc
    # Somebody may be logged in here, too: it is not they who are asking.
    _become_nobody(request)
    _require(judge_signed_visitor(widget, request), request)
    return signed_visitor(signed, widget, site_id=catalogue.site_id(request))


def _become_nobody(request: HttpRequest) -> None:
    if hasattr(request, "user"):
        # A project without accounts has not installed the module.
        from django.contrib.auth.models import AnonymousUser

        request.user = AnonymousUser()


def _require(verdict: Verdict, request: HttpRequest) -> None:
    if verdict is Verdict.LOGIN_REQUIRED:
        raise Problem(HTTPStatus.UNAUTHORIZED, verdict.value, **_login_link(request))
    if verdict is Verdict.NOT_ALLOWED:
        raise Problem(HTTPStatus.FORBIDDEN, verdict.value)


def _login_link(request: HttpRequest) -> dict[str, Any]:
    """Return where people log in, nothing where LOGIN_URL names no page."""
    try:
        url = resolve_url(settings.LOGIN_URL)
    except NoReverseMatch:
        logger.error("LOGIN_URL leads nowhere: %r", settings.LOGIN_URL)
        return {}
    # Nobody logs in on the frame's host.
    return {"login_url": on_page_host(url) if is_on_frame_host(request) else url}
