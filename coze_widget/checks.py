"""System checks: what can be wrong with the settings, and what to do about it.

Ids are stable and never used again; each has its heading in docs/checks.md.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.db import Error as DatabaseFailure
from django.db import router, transaction

from coze_widget.conf import conf
from coze_widget.models import Widget
from coze_widget.oauth.credentials import CredentialsError
from coze_widget.oauth_apps import get_client
from coze_widget.paths import NotMounted, mount_path
from coze_widget.tokens import (
    MAX_DURATION_SECONDS,
    MIN_DURATION_SECONDS,
    is_duration,
)
from coze_widget.validators import holds_credential

logger = logging.getLogger(__name__)

MIN_IDENTITY_KEY_LENGTH = 32
MIDDLEWARE = "coze_widget.middleware.VisitorMiddleware"
TIMEOUTS = (
    "connect_timeout_seconds",
    "read_timeout_seconds",
    "total_timeout_seconds",
)


def check_settings(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    return [
        # Where widgets are switched off, in CI say, the credentials may well be missing.
        *(_check_identity_key() if conf.widgets_enabled else ()),
        *(_check_oauth_apps() if conf.widgets_enabled else ()),
        *_check_personal_access_token(),
        *_check_values(),
        *_check_wiring(),
    ]


def check_widgets(
    app_configs: Sequence[AppConfig] | None = None,
    databases: Sequence[str] | None = None,
    **kwargs: Any,
) -> list[CheckMessage]:
    """Run where Django allows queries in checks: `check --database default`, `migrate`."""
    apps: object = conf.oauth_apps
    if not isinstance(apps, Mapping):
        return []
    return [
        Warning(
            f"The widget “{widget.slug}” uses the OAuth app “{widget.oauth_app}”, "
            "which COZE_OAUTH_APPS does not have: it is not shown.",
            hint="Add the app to the setting, or choose another one in the widget.",
            obj=widget,
            id="coze_widget.W010",
        )
        for alias in databases or []
        if router.allow_migrate_model(alias, Widget)
        for widget in _widgets_without_app(alias)
    ]


def find_messages() -> list[CheckMessage]:
    """Return what the checks say, the gravest first, without what the project silences.

    For pages and commands of ours: it never raises, and a database that does not answer
    costs the messages about rows only.
    """
    messages = [
        *_run(check_settings),
        *_run(check_widgets, databases=[router.db_for_read(Widget)]),
    ]
    heard = [message for message in messages if not message.is_silenced()]
    return sorted(heard, key=lambda message: -message.level)


def _run(check: Callable[..., list[CheckMessage]], **kwargs: Any) -> list[CheckMessage]:
    try:
        return check(None, **kwargs)
    except Exception:
        logger.exception("A system check failed")
        return []


def _widgets_without_app(alias: str) -> list[Widget]:
    rows = Widget.objects.using(alias).exclude(oauth_app__in=list(conf.oauth_apps))
    try:
        # On PostgreSQL a query that fails spoils the transaction that it is in.
        with transaction.atomic(using=alias):
            # These columns only: `migrate` checks before it adds the others.
            return list(rows.only("slug", "oauth_app", "name"))
    except DatabaseFailure:
        # Before the first `migrate` there is no table.
        return []


def _check_identity_key() -> Iterator[CheckMessage]:
    key = conf.identity_key
    if not key:
        yield Error(
            "COZE_IDENTITY_KEY is not set.",
            hint="Set it to a long random text, for example the output of "
            "`python -c 'import secrets; print(secrets.token_urlsafe(48))'`, and keep "
            "it: with another key everybody's chat history starts anew.",
            id="coze_widget.E001",
        )
    elif len(key) < MIN_IDENTITY_KEY_LENGTH or key == settings.SECRET_KEY:
        yield Error(
            f"COZE_IDENTITY_KEY is shorter than {MIN_IDENTITY_KEY_LENGTH} characters, "
            "or the same as SECRET_KEY.",
            hint="Use a random text of its own: whoever guesses it can tell whose "
            "history is whose.",
            id="coze_widget.E002",
        )


def _check_oauth_apps() -> Iterator[CheckMessage]:
    apps: object = conf.oauth_apps
    if not isinstance(apps, Mapping):
        yield Error(
            "COZE_OAUTH_APPS is not a dict.",
            hint='Write COZE_OAUTH_APPS = {"default": "path/to/coze_oauth_config.json"}.',
            id="coze_widget.E003",
        )
        return
    if not apps:
        yield Warning(
            "COZE_OAUTH_APPS is empty: no widget can be shown.",
            hint='Write COZE_OAUTH_APPS = {"default": "path/to/coze_oauth_config.json"}.',
            id="coze_widget.W004",
        )
    for name in apps:
        try:
            get_client(name)
        except CredentialsError as exc:
            yield Error(
                str(exc),
                hint="Coze's console hands out the right file when a service app's key "
                "is made; its path can be the whole setting.",
                id="coze_widget.E005",
            )


def _check_personal_access_token() -> Iterator[CheckMessage]:
    if not conf.personal_access_token:
        return
    if settings.DEBUG:
        yield Warning(
            "COZE_PERSONAL_ACCESS_TOKEN is set: everybody would share one history.",
            hint="It is used on localhost only. Make an OAuth app before anybody else "
            "sees the widget.",
            id="coze_widget.W015",
        )
    else:
        yield Error(
            "COZE_PERSONAL_ACCESS_TOKEN is set while DEBUG is off.",
            hint="Remove it: such a token isolates nobody and must never reach a "
            "browser. Use COZE_OAUTH_APPS.",
            id="coze_widget.E006",
        )


def _check_values() -> Iterator[CheckMessage]:
    if not is_duration(conf.token_duration_seconds):
        yield Error(
            "COZE_TOKEN_DURATION_SECONDS is not a whole number from "
            f"{MIN_DURATION_SECONDS} to {MAX_DURATION_SECONDS}.",
            hint="The default is 3600. Coze allows at most 86399.",
            id="coze_widget.E007",
        )
    for name in TIMEOUTS:
        value = getattr(conf, name)
        if not isinstance(value, (int, float)) or value <= 0:
            yield Error(
                f"COZE_{name.upper()} is not a number of seconds above 0.",
                hint="Leave it out to get the default.",
                id="coze_widget.E008",
            )
    if conf.cache_alias not in settings.CACHES:
        yield Error(
            f"COZE_CACHE names the cache “{conf.cache_alias}”, which CACHES does not have.",
            hint=f"CACHES has: {', '.join(sorted(settings.CACHES))}.",
            id="coze_widget.E009",
        )
    try:
        conf.user_info  # noqa: B018  # importing it is the check
    except ImportError as exc:
        yield Error(
            f"COZE_USER_INFO cannot be imported: {exc}.",
            hint="Give the dotted path of a function that takes a user and a widget.",
            id="coze_widget.E011",
        )
    if holds_credential(dict(conf.extra_headers)):
        yield Error(
            "COZE_EXTRA_HEADERS holds what looks like a token or a private key.",
            hint="Credentials belong into COZE_OAUTH_APPS.",
            id="coze_widget.E012",
        )


def _check_wiring() -> Iterator[CheckMessage]:
    if MIDDLEWARE not in settings.MIDDLEWARE:
        yield Warning(
            f"{MIDDLEWARE} is not in MIDDLEWARE.",
            hint="Add it, so that a guest's chat is put away at login and at logout.",
            id="coze_widget.W013",
        )
    try:
        mount_path()
    except NotMounted:
        yield Warning(
            "The URLconf does not include coze_widget.urls: no widget can be shown.",
            hint='Add path("chat/", include("coze_widget.urls")) to it.',
            id="coze_widget.W014",
        )
