"""The frame, the same for everybody; and the session, different for everybody."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from http import HTTPStatus
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ImproperlyConfigured
from django.db import Error as DatabaseFailure
from django.db import connections, transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from coze_widget import events
from coze_widget.bodies import Opening, read_opening
from coze_widget.candidates import NotShown, find_widget
from coze_widget.exceptions import CozeError
from coze_widget.executors import (
    mint_executor,
    read,
    release_connections,
    release_thread,
)
from coze_widget.hours import is_open, opens_at
from coze_widget.identities import (
    cannot_work,
    handle_for,
    identify,
    keep_identity,
    require_consent,
)
from coze_widget.limits import Limited, count_mint, count_refusal, count_request
from coze_widget.local_copies import RowsUnreadable
from coze_widget.models import Widget
from coze_widget.oauth.client import AccessToken
from coze_widget.oauth.credentials import CredentialsError
from coze_widget.origins import is_same_origin
from coze_widget.outages import Outage
from coze_widget.problems import (
    Problem,
    problem_of,
    problem_of_limit,
    rows_unreadable,
)
from coze_widget.responses import public_document
from coze_widget.sandboxed_frames import render_inner, render_outermost
from coze_widget.tokens import (
    TokenRequest,
    afetch_token,
    fetch_token,
    find_token,
    token_id,
    want_token,
)
from coze_widget.trial import trial_token
from coze_widget.visitors import Visitor, forget_guest

logger = logging.getLogger(__name__)

_outage = Outage("people")

# A PAT does not say when it ends.
TRIAL_SECONDS = 3600


@dataclass(frozen=True)
class Entry:
    """A visitor who may chat, with their token or what to ask Coze for."""

    widget: Widget
    visitor: Visitor
    opening: Opening
    found: AccessToken | TokenRequest
    notice: str | None


V = TypeVar("V", bound=Callable[..., Any])


def outside_transactions(view: V) -> V:
    """Keep ATOMIC_REQUESTS of every database away: Coze may take seconds.

    Django's own decorator speaks of one database, and a coroutine in a transaction is an
    error to it.
    """
    for alias in connections:
        view = transaction.non_atomic_requests(using=alias)(view)
    return view


@require_safe
@login_not_required
@outside_transactions
@xframe_options_exempt
def frame(request: HttpRequest, slug: str) -> HttpResponse:
    return _show(request, slug, render_outermost)


@require_safe
@login_not_required
@outside_transactions
@xframe_options_exempt
def inner(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what a frame holds with COZE_FRAME_SANDBOX.

    Without the setting as well: the document around it may lie in a cache.
    """
    return _show(request, slug, render_inner)


def _show(
    request: HttpRequest, slug: str, render: Callable[..., tuple[str, dict[str, str]]]
) -> HttpResponse:
    try:
        document, headers = render(find_widget(request, slug), request)
    except NotShown as exc:
        logger.warning("No frame is served: %s", exc)
        # A project's 404 page may show the text to visitors.
        raise Http404(str(exc) if settings.DEBUG else "") from exc
    except RowsUnreadable:
        return rows_unreadable().response()
    return public_document(request, document, headers)


def answer_privately(
    request: HttpRequest, answer: Callable[[], HttpResponse]
) -> HttpResponse:
    """Answer POSTs of the site's own pages only, errors as problems, kept by nobody."""
    try:
        _require_own_post(request)
        response = answer()
        _outage.end()
    except (Problem, DatabaseFailure) as exc:
        response = _to_problem(exc).response()
    return _keep_private(response)


@csrf_exempt
@login_not_required
@outside_transactions
def session(request: HttpRequest, slug: str) -> HttpResponse:
    """Hand the visitor a token of their own; see `coze_widget.problems` for refusals."""
    return answer_privately(request, lambda: _open(request, _enter(request, slug)))


@csrf_exempt
@login_not_required
@outside_transactions
async def asession(request: HttpRequest, slug: str) -> HttpResponse:
    """Do the same in an event loop: who waits for Coze holds no thread, no connection."""
    try:
        entry = await read(lambda: _enter_own(request, slug))
        response = _hand(request, entry, await _atoken_of(entry))
        _outage.end()
    except (Problem, DatabaseFailure) as exc:
        response = _to_problem(exc).response()
    return _keep_private(response)


@csrf_exempt
@login_not_required
@outside_transactions
def forget(request: HttpRequest, slug: str) -> HttpResponse:
    """Make the next opening that of a new guest; people who are logged in stay who they are."""
    return answer_privately(request, lambda: _forget(request, slug))


def hand_token(
    request: HttpRequest, widget: Widget, visitor: Visitor, opening: Opening
) -> JsonResponse:
    """Answer with a token of this visitor's own; Problem says why there is none."""
    entry = _find(request, widget, visitor, opening)
    return JsonResponse(_body(entry, _token_of(entry)))


def _to_problem(error: Problem | DatabaseFailure) -> Problem:
    """Sessions, users and groups are asked of the database, besides the widgets' rows."""
    if isinstance(error, Problem):
        return error
    if _outage.begin("unanswered"):
        logger.error(
            "The database failed when somebody opened a chat. This is said once.",
            exc_info=error,
        )
    return rows_unreadable()


def _require_own_post(request: HttpRequest) -> None:
    if request.method != "POST":
        raise Problem(
            HTTPStatus.METHOD_NOT_ALLOWED,
            "method_not_allowed",
            headers={"Allow": "POST"},
        )
    if not is_same_origin(request):
        raise Problem(HTTPStatus.FORBIDDEN, "bad_origin")


def _keep_private(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store"
    patch_vary_headers(response, ["Cookie", "Origin"])
    return response


def _forget(request: HttpRequest, slug: str) -> HttpResponse:
    served_widget(request, slug)
    opening = read_opening(request)
    response = HttpResponse(status=HTTPStatus.NO_CONTENT)
    forget_guest(response, is_embedded=opening.is_embedded)
    return response


def _enter_own(request: HttpRequest, slug: str) -> Entry:
    _require_own_post(request)
    return _enter(request, slug)


def _enter(request: HttpRequest, slug: str) -> Entry:
    """Find out all that database and cache know; Problem if that is the end."""
    widget = served_widget(request, slug)
    opening = read_opening(request)
    require_open(widget)
    visitor = _identify(request, widget, opening)
    entry = _find(request, widget, visitor, opening)
    if isinstance(entry.found, TokenRequest):
        _count(count_mint, request, entry)
    return entry


def _identify(request: HttpRequest, widget: Widget, opening: Opening) -> Visitor:
    """Guesses at visitor tokens count for the address that they come from."""
    try:
        return identify(request, widget, opening)
    except Problem:
        if opening.visitor:
            _count_refusal(request, widget)
        raise


def _count_refusal(request: HttpRequest, widget: Widget) -> None:
    try:
        count_refusal(request)
    except Limited as exc:
        raise limited(widget, exc) from exc


def _find(
    request: HttpRequest, widget: Widget, visitor: Visitor, opening: Opening
) -> Entry:
    require_consent(widget, visitor, opening)
    try:
        trial = trial_token(request, oauth_app=widget.oauth_app)
        if trial:
            return Entry(widget, visitor, opening, _try(trial), "trial")
        wanted = want_token(
            widget.oauth_app, visitor.session_name, refused=opening.refused
        )
    except (CredentialsError, ImproperlyConfigured) as exc:
        raise cannot_work(exc) from exc
    notice = "guest" if visitor.is_guest else None
    entry = Entry(widget, visitor, opening, wanted, notice)
    _count(count_request, request, entry)
    try:
        token = find_token(wanted)
    except CozeError as exc:
        raise _refusal(entry, exc) from exc
    return entry if token is None else replace(entry, found=token)


def _try(personal_token: str) -> AccessToken:
    logger.warning(
        "COZE_PERSONAL_ACCESS_TOKEN is in use: all visitors share one history."
    )
    return AccessToken(personal_token, int(time.time()) + TRIAL_SECONDS)


def _count(
    count: Callable[[HttpRequest, Widget, str], None],
    request: HttpRequest,
    entry: Entry,
) -> None:
    try:
        count(request, entry.widget, entry.visitor.session_name)
    except Limited as exc:
        raise limited(entry.widget, exc) from exc


def _open(request: HttpRequest, entry: Entry) -> HttpResponse:
    return _hand(request, entry, _token_of(entry))


def _token_of(entry: Entry) -> AccessToken:
    if isinstance(entry.found, AccessToken):
        return entry.found
    release_connections()
    try:
        return fetch_token(entry.found)
    except (CozeError, Limited) as exc:
        raise _refusal(entry, exc) from exc


async def _atoken_of(entry: Entry) -> AccessToken:
    if isinstance(entry.found, AccessToken):
        return entry.found
    release_thread()
    try:
        return await afetch_token(entry.found, mint_executor())
    except (CozeError, Limited) as exc:
        raise _refusal(entry, exc) from exc


def _refusal(entry: Entry, error: CozeError | Limited) -> Problem:
    if isinstance(error, Limited):
        return limited(entry.widget, error)
    # There may be thousands whom the breaker turns away.
    if error.is_news:
        logger.warning("Coze gave no token for widget %s: %s", entry.widget.slug, error)
    return problem_of(error)


def limited(widget: Widget, error: Limited) -> Problem:
    events.limited(widget.oauth_app, limit=error.limit)
    return problem_of_limit(error)


def _hand(request: HttpRequest, entry: Entry, token: AccessToken) -> HttpResponse:
    handle = handle_for(request, entry.visitor, entry.opening)
    response = JsonResponse({**_body(entry, token), **handle})
    keep_identity(
        request,
        response,
        widget=entry.widget,
        visitor=entry.visitor,
        is_embedded=entry.opening.is_embedded,
    )
    return response


def served_widget(request: HttpRequest, slug: str) -> Widget:
    """Return the enabled widget of the current site; raises Problem."""
    try:
        return find_widget(request, slug)
    except NotShown as exc:
        raise Problem(HTTPStatus.NOT_FOUND, "not_found") from exc
    except RowsUnreadable as exc:
        raise rows_unreadable() from exc


def require_open(widget: Widget) -> None:
    """Raise Problem out of hours. Everybody may know them: they stand in the page."""
    now = datetime.now(timezone.utc)
    if is_open(widget, now):
        return
    opening = opens_at(widget, now)
    known: dict[str, Any] = (
        {} if opening is None else {"opens_at": int(opening.timestamp())}
    )
    raise Problem(HTTPStatus.FORBIDDEN, "closed", **known)


def _body(entry: Entry, token: AccessToken) -> dict[str, Any]:
    visitor = entry.visitor
    return {
        "token": token.value,
        "token_id": token_id(token.value),
        "expires_at": token.expires_at,
        "now": int(time.time()),
        "epoch": visitor.session_name,
        "user": {
            "id": visitor.session_name,
            "nickname": visitor.nickname,
            "url": visitor.url,
        },
        "notice": entry.notice,
    }
