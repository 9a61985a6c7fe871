"""What Coze and the visitors' identity hang on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeGuard

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.utils.translation import gettext as _

from coze_widget.conf import conf
from coze_widget.console import is_on_this_machine, say_where_credentials_are
from coze_widget.oauth.credentials import CredentialsError
from coze_widget.oauth_apps import find_oauth_app, get_client
from coze_widget.validators import holds_credential

MIN_IDENTITY_KEY_LENGTH = 32


def check_credentials() -> Iterator[CheckMessage]:
    # Where widgets are switched off, in CI say, these may well be missing.
    if conf.widgets_enabled:
        yield from _check_identity_key()
        yield from _check_oauth_apps()
    yield from _check_personal_access_token()
    yield from _check_extra_headers()


def _check_identity_key() -> Iterator[CheckMessage]:
    key: object = conf.identity_key
    if not key:
        yield Error(
            _("COZE_IDENTITY_KEY is not set."),
            hint=_(
                "Set it to a long random text, for example the output of "
                "`python -c 'import secrets; print(secrets.token_urlsafe(48))'`, and "
                "keep it: with another key everybody's chat history starts anew. For "
                "tests, `COZE_WIDGETS_ENABLED = False` will do."
            ),
            id="coze_widget.E001",
        )
    elif isinstance(key, str) and (
        len(key) < MIN_IDENTITY_KEY_LENGTH or key == settings.SECRET_KEY
    ):
        yield Error(
            _(
                "COZE_IDENTITY_KEY is shorter than %(length)d characters, or the same "
                "as SECRET_KEY."
            )
            % {"length": MIN_IDENTITY_KEY_LENGTH},
            hint=_(
                "Use a random text of its own: whoever guesses it can tell whose "
                "history is whose."
            ),
            id="coze_widget.E002",
        )


def _check_oauth_apps() -> Iterator[CheckMessage]:
    apps: object = conf.oauth_apps
    write = _('Write COZE_OAUTH_APPS = {"default": "path/to/coze_oauth_config.json"}.')
    if not _are_named(apps):
        yield Error(
            _("COZE_OAUTH_APPS is not a dict with names as its keys."),
            hint=write,
            id="coze_widget.E003",
        )
        return
    if "client_id" in apps:
        yield Error(
            _("COZE_OAUTH_APPS holds the fields of an app, without a name for it."),
            hint=_('A name is missing around the fields: {"default": {…}}.'),
            id="coze_widget.E003",
        )
        return
    if not apps:
        yield Warning(
            _("COZE_OAUTH_APPS is empty: no widget can be shown."),
            hint=write,
            id="coze_widget.W004",
        )
    for name in apps:
        try:
            get_client(name)
        except CredentialsError as exc:
            yield Error(
                exc.translated(_),
                hint=say_where_credentials_are(),
                id="coze_widget.E005",
            )


def _are_named(apps: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(apps, Mapping) and all(isinstance(name, str) for name in apps)


def check_reach() -> Iterator[CheckMessage]:
    """Visitors' browsers talk to Coze themselves, at the base URL of the OAuth app."""
    apps: object = conf.oauth_apps
    if settings.DEBUG or not _are_named(apps):
        return
    for name in apps:
        try:
            base_url = find_oauth_app(name).base_url
        except CredentialsError:
            continue  # E005
        if is_on_this_machine(base_url):
            yield Warning(
                _(
                    "OAuth app “%(name)s” talks to %(base_url)s, this machine: visitors' "
                    "browsers cannot reach it."
                )
                % {"name": name, "base_url": base_url},
                hint=_("Give it the file of Coze's console."),
                id="coze_widget.W033",
            )


def _check_personal_access_token() -> Iterator[CheckMessage]:
    if not conf.personal_access_token:
        return
    if settings.DEBUG:
        yield Warning(
            _("COZE_PERSONAL_ACCESS_TOKEN is set: everybody would share one history."),
            hint=_(
                "It is used on localhost only. Make an OAuth app before anybody else "
                "sees the widget."
            ),
            id="coze_widget.W015",
        )
    else:
        yield Error(
            _("COZE_PERSONAL_ACCESS_TOKEN is set while DEBUG is off."),
            hint=_(
                "Remove it: such a token isolates nobody and must never reach a "
                "browser. Use COZE_OAUTH_APPS."
            ),
            id="coze_widget.E006",
        )


def _check_extra_headers() -> Iterator[CheckMessage]:
    headers: object = conf.extra_headers
    if isinstance(headers, Mapping) and holds_credential(dict(headers)):
        yield Error(
            _("COZE_EXTRA_HEADERS holds what looks like a token or a private key."),
            hint=_("Credentials belong into COZE_OAUTH_APPS."),
            id="coze_widget.E012",
        )
