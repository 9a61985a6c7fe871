"""Whether a widget can work, as far as this process knows without asking Coze."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from coze_widget.conf import conf
from coze_widget.models import Widget
from coze_widget.oauth.credentials import CredentialsError
from coze_widget.oauth_apps import find_oauth_app
from coze_widget.paths import NotMounted, mount_path
from coze_widget.sdk_addresses import is_allowed


@dataclass(frozen=True)
class Status:
    """`works` is None where it depends on who asks: a personal token on trial."""

    works: bool | None
    text: str


def oauth_app_names() -> list[str]:
    """Return the names that a widget can use; none where the setting is no dict."""
    apps: object = conf.oauth_apps
    names = apps if isinstance(apps, Mapping) else ()
    return sorted(name for name in names if isinstance(name, str))


def find_status(widget: Widget) -> Status:
    obstacle = _find_obstacle()
    if obstacle:
        return Status(works=False, text=obstacle)
    if widget.is_gone:
        return Status(works=False, text=_say_gone(widget))
    if widget.sdk_url and not is_allowed(widget.sdk_url):
        return Status(
            works=False,
            text=_("Its address of the SDK is not allowed: see COZE_SDK_ORIGINS."),
        )
    if widget.oauth_app not in oauth_app_names():
        return _without_oauth_app(widget)
    try:
        app = find_oauth_app(widget.oauth_app)
    except CredentialsError as exc:
        return Status(works=False, text=exc.translated(_))
    return Status(
        works=True,
        text=_(
            "The key of the OAuth app “%(name)s” can be read; the chat talks to "
            "%(base_url)s. Whether Coze accepts the key shows when somebody chats."
        )
        % {"name": widget.oauth_app, "base_url": app.base_url},
    )


def _say_gone(widget: Widget) -> str:
    """A callback has said so; the button “Test” finds out whether it is still true."""
    when = widget.bot_state_at
    return _(
        "Coze says that its bot was %(state)s (%(when)s), so it is shown to nobody. "
        "Publish the bot again, or press “Test” if it is there."
    ) % {
        "state": widget.get_bot_state_display(),
        "when": date_format(when, "DATETIME_FORMAT") if when else "–",
    }


def _find_obstacle() -> str:
    """Return what stops every widget of the project, "" if nothing does."""
    if not conf.widgets_enabled:
        return _("Switched off by the setting COZE_WIDGETS_ENABLED.")
    try:
        mount_path()
    except NotMounted:
        return _("The project's URLconf does not include coze_widget.urls.")
    if not conf.identity_key:
        return _("The setting COZE_IDENTITY_KEY is missing.")
    return ""


def _without_oauth_app(widget: Widget) -> Status:
    if settings.DEBUG and conf.personal_access_token:
        return Status(
            works=None,
            text=_(
                "On trial with the personal access token of the settings: on this "
                "computer only, with one history for everybody."
            ),
        )
    names = oauth_app_names()
    if not names:
        return Status(works=False, text=_("The setting COZE_OAUTH_APPS is empty."))
    return Status(works=False, text=unknown_oauth_app(widget.oauth_app))


def unknown_oauth_app(name: str) -> str:
    return _("COZE_OAUTH_APPS has no OAuth app “%(name)s”; it has: %(names)s.") % {
        "name": name,
        "names": _(", ").join(f"“{known}”" for known in oauth_app_names()),
    }
