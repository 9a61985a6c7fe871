"""Who may chat: the part that depends on the person.

Asked by the session view, and by the tag where a widget hides itself from others.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any

from django.http import HttpRequest
from django.utils.module_loading import import_string

from coze_widget.conf import conf
from coze_widget.models import Guests, Widget
from coze_widget.oauth.credentials import CredentialsError
from coze_widget.oauth_apps import find_oauth_app

logger = logging.getLogger(__name__)


class Verdict(Enum):
    WELCOME = "welcome"
    LOGIN_REQUIRED = "login_required"
    NOT_ALLOWED = "not_allowed"


def judge_person(widget: Widget, request: HttpRequest) -> Verdict:
    """Ask for no more than the widget wants to know: groups and permission cost queries."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        if needs_login(widget):
            return Verdict.LOGIN_REQUIRED
    # Django's own backend never logs in an inactive user; others do.
    elif not (user.is_active and _has_rights(widget, user)):
        return Verdict.NOT_ALLOWED
    if widget.audience and not _passes(widget, request):
        return Verdict.NOT_ALLOWED
    return Verdict.WELCOME


def judge_signed_visitor(widget: Widget, request: HttpRequest) -> Verdict:
    """Judge whom a host's backend vouches for: somebody, but with no account here."""
    if restricts_accounts(widget):
        return Verdict.NOT_ALLOWED
    if widget.audience and not _passes(widget, request):
        return Verdict.NOT_ALLOWED
    return Verdict.WELCOME


def needs_login(widget: Widget) -> bool:
    return widget.guests == Guests.LOGIN or restricts_accounts(widget)


def restricts_accounts(widget: Widget) -> bool:
    """Tell whether it asks for what only an account can have."""
    return bool(widget.staff_only or widget.groups or widget.permission)


def _has_rights(widget: Widget, user: Any) -> bool:
    """A custom user model may know neither staff nor groups nor permissions."""
    if widget.staff_only and not getattr(user, "is_staff", False):
        return False
    if widget.groups and not _is_in_groups(widget, user):
        return False
    return not widget.permission or _has_permission(widget, user)


def _has_permission(widget: Widget, user: Any) -> bool:
    return hasattr(user, "has_perm") and bool(user.has_perm(widget.permission))


def _is_in_groups(widget: Widget, user: Any) -> bool:
    names = group_names(widget)
    if not names or not hasattr(user, "groups"):
        return False
    return bool(user.groups.filter(name__in=names).exists())


def group_names(widget: Widget) -> list[str]:
    """Return the names that can be one: a fixture may hold anything."""
    groups: object = widget.groups
    names = groups if isinstance(groups, list) else []
    return [name for name in names if isinstance(name, str)]


def _passes(widget: Widget, request: HttpRequest) -> bool:
    """Ask the project. Whatever goes wrong there is a no, and never in the answer."""
    try:
        return _ask(conf.audiences[widget.audience], request, widget)
    except Exception:
        logger.exception(
            "The audience “%s” of COZE_AUDIENCES failed: nobody passes.",
            widget.audience,
        )
        return False


def _ask(path: str, request: HttpRequest, widget: Widget) -> bool:
    answer = import_string(path)(request, widget)
    if inspect.isawaitable(answer):
        # It would be a yes to everybody.
        if inspect.iscoroutine(answer):
            answer.close()
        raise TypeError(f"{path} is asynchronous: give a plain function")
    # A decorator's redirect to the login page is a no that looks like a yes.
    if not isinstance(answer, (bool, type(None))):
        kind = type(answer).__name__
        raise TypeError(f"{path} returned {kind}, neither True nor False")
    return bool(answer)


def find_shared_apps(enabled: Iterable[Widget]) -> list[tuple[Widget, list[Widget]]]:
    """Return each restricted widget with those that share its OAuth app and let in more.

    Coze knows nothing of our audience: a token reaches every bot of the workspaces that
    the app was authorised for, on whichever site and under whichever name in the settings
    it was handed out. A scope is Coze's own means against that.
    """
    reach = [(widget, _find_reach(widget)) for widget in enabled]
    shared = []
    for widget, own_reach in reach:
        others = [
            other
            for other, others_reach in reach
            if own_reach and own_reach == others_reach and _lets_in_more(other, widget)
        ]
        if others:
            shared.append((widget, others))
    return shared


def is_login_against_guests(restricted: Widget, others: Iterable[Widget]) -> bool:
    """Tell the plain case, for which there is a plain sentence: there anybody may chat."""
    return needs_login(restricted) and not any(map(_is_restricted, others))


def _is_restricted(widget: Widget) -> bool:
    return any(_conditions(widget))


def _lets_in_more(widget: Widget, than: Widget) -> bool:
    """Tell whether somebody may chat here who may not chat there, as far as rows tell."""
    own = list(_conditions(widget))
    return any(
        not any(_implies(one, wanted) for one in own) for wanted in _conditions(than)
    )


def _conditions(widget: Widget) -> Iterator[tuple[str, frozenset[str]]]:
    if needs_login(widget):
        yield "login", frozenset()
    if widget.staff_only:
        yield "staff", frozenset()
    if widget.groups:
        yield "groups", frozenset(group_names(widget))
    if widget.permission:
        yield "permission", frozenset({widget.permission})
    if widget.audience:
        yield "audience", frozenset({widget.audience})


def _implies(
    one: tuple[str, frozenset[str]], other: tuple[str, frozenset[str]]
) -> bool:
    """Who is in one of a few groups is in one of more."""
    return one[0] == other[0] and one[1] <= other[1]


def _find_reach(widget: Widget) -> tuple[str, ...]:
    """Return what the widget's tokens reach, as Coze knows it; empty if that is little."""
    try:
        app = find_oauth_app(widget.oauth_app)
    except CredentialsError:
        # The widget is not shown, and other messages say why.
        return ()
    if app.scope is not None:
        return ()
    return app.base_url, app.client_id, app.account_id, app.enterprise_id
