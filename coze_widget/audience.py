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
    the app was authorised for, on whichever site it was handed out. A scope is Coze's own means against that.
    """
    widgets = list(enabled)
    shared = []
    for widget in widgets:
        open_ones = [other for other in widgets if _is_more_open(other, than=widget)]
        if open_ones and _reaches_everything(widget.oauth_app):
            shared.append((widget, open_ones))
    return shared


def _is_more_open(widget: Widget, *, than: Widget) -> bool:
    return (
        widget.oauth_app == than.oauth_app
        and widget.guests == Guests.ISOLATED
        and than.guests == Guests.LOGIN
    )


def _reaches_everything(oauth_app: str) -> bool:
    try:
        return find_oauth_app(oauth_app).scope is None
    except CredentialsError:
        # Neither of the widgets is shown, and other messages say why.
        return False
