"""Whether people who are asked to log in find a page for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.conf import global_settings, settings
from django.core.checks import CheckMessage, Warning
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, is_valid_path
from django.utils.translation import gettext as _
from django.utils.translation import override

from coze_widget.models import Guests, Widget


def check_login_page(enabled: Iterable[Widget]) -> Iterator[CheckMessage]:
    if _leads_nowhere() and any(row.guests == Guests.LOGIN for row in enabled):
        yield Warning(
            _("LOGIN_URL is “%(url)s”, and this project has no such page.")
            % {"url": settings.LOGIN_URL},
            hint=_(
                "People who open the chat are asked to log in. Set LOGIN_URL to the "
                "path or the name of your login page, or open the widgets to guests."
            ),
            id="coze_widget.W032",
        )


def _leads_nowhere() -> bool:
    """Judge names and Django's default; a path of one's own may be another server's."""
    try:
        url = resolve_url(settings.LOGIN_URL)
    except NoReverseMatch:
        return True
    language = settings.LANGUAGE_CODE
    # LocaleMiddleware sends people on into i18n_patterns.
    with override(language):
        return url == global_settings.LOGIN_URL and not (
            is_valid_path(url) or is_valid_path(f"/{language}{url}")
        )
