"""Who may chat: the part that depends on the person, asked by the session view only."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from django.http import HttpRequest

from coze_widget.models import Guests, Widget
from coze_widget.oauth.credentials import CredentialsError
from coze_widget.oauth_apps import find_oauth_app


class Verdict(Enum):
    WELCOME = "welcome"
    LOGIN_REQUIRED = "login_required"
    NOT_ALLOWED = "not_allowed"


def judge_person(widget: Widget, request: HttpRequest) -> Verdict:
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        # Django's own backend never logs in an inactive user; others do.
        return Verdict.WELCOME if user.is_active else Verdict.NOT_ALLOWED
    if widget.guests == Guests.ISOLATED:
        return Verdict.WELCOME
    return Verdict.LOGIN_REQUIRED


def find_shared_apps(enabled: Iterable[Widget]) -> list[tuple[Widget, list[Widget]]]:
    """Return each restricted widget with the open ones that share its OAuth app.

    Coze knows nothing of our audience: a token reaches every bot of the workspaces that
    the app was authorised for, on whichever site and under whichever name in the settings
    it was handed out. A scope is Coze's own means against that.
    """
    reach = [(widget, _find_reach(widget)) for widget in enabled]
    shared = []
    for widget, own_reach in reach:
        open_ones = [
            other
            for other, others_reach in reach
            if own_reach and own_reach == others_reach and _is_more_open(other, widget)
        ]
        if open_ones:
            shared.append((widget, open_ones))
    return shared


def _is_more_open(widget: Widget, than: Widget) -> bool:
    return widget.guests == Guests.ISOLATED and than.guests == Guests.LOGIN


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
