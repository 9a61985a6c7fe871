"""When each check runs: always, where queries are allowed, or with `check --deploy`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage
from django.db import Error as DatabaseFailure
from django.db import router, transaction

from coze_widget.checks.assets import check_collected_files
from coze_widget.checks.caches import check_cache_gives_up
from coze_widget.checks.credentials import check_credentials, check_reach
from coze_widget.checks.frame_origin import check_frame_origin
from coze_widget.checks.policies import check_page_policies
from coze_widget.checks.rows import check_rows
from coze_widget.checks.seen import check_sightings
from coze_widget.checks.site import check_site_id
from coze_widget.checks.values import (
    check_cache_is_shared,
    check_proxies_are_counted,
    check_values,
)
from coze_widget.checks.visitor_keys import check_visitor_keys, check_visitor_settings
from coze_widget.checks.wiring import check_wiring
from coze_widget.conf import conf
from coze_widget.models import Widget

logger = logging.getLogger(__name__)


def check_settings(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    messages = [
        *check_credentials(),
        *check_values(),
        *check_visitor_settings(),
    ]
    # Where no page has a widget, nobody misses the rest.
    if conf.widgets_enabled:
        messages += [
            *check_wiring(),
            *check_page_policies(),
            *check_frame_origin(),
        ]
    return messages


def check_site(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Guess what `check_widgets` knows: most checks run where no query is allowed.

    Django does not tell a check which of both it is, so `migrate` may hear it twice.
    """
    return list(check_site_id()) if conf.widgets_enabled else []


def check_widgets(
    app_configs: Sequence[AppConfig] | None = None,
    databases: Sequence[str] | None = None,
    **kwargs: Any,
) -> list[CheckMessage]:
    """Run where Django allows queries in checks: `check --database default`, `migrate`."""
    if not conf.widgets_enabled:
        return []
    return [
        message
        for alias in databases or []
        if router.allow_migrate_model(alias, Widget)
        for check in (check_rows, check_visitor_keys)
        for message in _check_rows_of(alias, check)
    ]


def check_deployment(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Run by `check --deploy` only: test runs switch DEBUG off as well, and need none of it."""
    if not conf.widgets_enabled:
        return []
    return [
        *check_reach(),
        *check_cache_is_shared(),
        *check_cache_gives_up(),
        *check_proxies_are_counted(),
        *check_collected_files(),
        *check_sightings(),
    ]


def find_messages() -> list[CheckMessage]:
    """Return what the checks know, the gravest first, without what the project silences.

    For pages and commands of ours: it never raises, and a database that does not answer
    costs the messages about rows only.
    """
    messages = [
        *_run(check_settings),
        *_run(check_deployment),
        *_run(check_widgets, databases=[router.db_for_read(Widget)]),
    ]
    heard = [message for message in messages if not message.is_silenced()]
    return sorted(heard, key=lambda message: -message.level)


def _check_rows_of(
    alias: str, check: Callable[[str], Iterator[CheckMessage]]
) -> list[CheckMessage]:
    try:
        # On PostgreSQL a query that fails spoils the transaction that it is in.
        with transaction.atomic(using=alias):
            return list(check(alias))
    except DatabaseFailure:
        # Before the first `migrate` there is no table.
        return []


def _run(check: Callable[..., list[CheckMessage]], **kwargs: Any) -> list[CheckMessage]:
    try:
        return check(None, **kwargs)
    except Exception:
        logger.exception("A system check failed")
        return []
