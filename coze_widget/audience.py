"""Who may chat: the part that depends on the person, asked by the session view only."""

from __future__ import annotations

from enum import Enum

from django.http import HttpRequest

from coze_widget.models import Guests, Widget


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
