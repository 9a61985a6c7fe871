"""Whether this process can answer chats, for load balancers, and why not, for operators.

`judge` asks nobody: no query, no cache, no Coze. So it is quick in an outage, too, and a
cache that hangs cannot make a balancer take every node away. What it knows comes from the
visitors' own requests.
"""

from __future__ import annotations

import logging
import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import django
from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache

from coze_widget import events
from coze_widget.catalogue import catalogue
from coze_widget.conf import conf
from coze_widget.oauth.credentials import CredentialsError
from coze_widget.oauth_apps import (
    breaker_states,
    find_oauth_app,
    get_client,
    is_coze_known_down,
)
from coze_widget.shared_cache import shared_cache
from coze_widget.status import oauth_app_names
from coze_widget.tokens import is_duration
from coze_widget.version import __version__

logger = logging.getLogger(__name__)

T = TypeVar("T")

OK, DEGRADED, FAILED = "ok", "degraded", "failed"
CACHE_KEY = "coze_widget:health"
# Only a visitor finds out that an outage is over. Where none comes for that long, at night
# say, it is not known to go on, and no monitor need wake anybody.
KNOWN_SECONDS = 60

_loaded_at = time.monotonic()


@dataclass(frozen=True)
class Health:
    """`reasons` say why it is not "ok", in words for programs."""

    status: str
    reasons: list[str] = field(default_factory=list)


def judge() -> Health:
    """Tell what this process can do as far as it knows. Never raises.

    "failed": nobody can get a token here until somebody changes the settings. "degraded":
    something is down and those who can be served are. A mistake of ours is neither: it
    must not take a node away.
    """
    # Where widgets are switched off, settings and outages are nobody's concern.
    if not _ask(lambda: conf.widgets_enabled):
        return Health(OK)
    failures = _those_that_hold(_FAILURES)
    if failures:
        return Health(FAILED, failures)
    losses = _those_that_hold(_LOSSES)
    return Health(DEGRADED, losses) if losses else Health(OK)


def describe() -> dict[str, Any]:
    """Return what an operator wants to know; None for what cannot be found out.

    It has names of OAuth apps and counts of people's tokens in it, and no secret. The
    cache is asked.
    """
    return {name: _ask(section) for name, section in _SECTIONS.items()}


def _those_that_hold(conditions: Mapping[str, Callable[[], bool]]) -> list[str]:
    return [reason for reason, holds in conditions.items() if _ask(holds)]


def _ask(question: Callable[[], T]) -> T | None:
    try:
        return question()
    except Exception:
        logger.exception("The health check could not find something out")
        return None


def _lacks_identity_key() -> bool:
    return not conf.identity_key


def _has_wrong_duration() -> bool:
    return not is_duration(conf.token_duration_seconds)


def _lacks_oauth_app() -> bool:
    """One that works is enough: what is wrong with the others is a check's concern."""
    is_on_trial = settings.DEBUG and bool(conf.personal_access_token)
    return not is_on_trial and not any(map(_is_usable, oauth_app_names()))


def _is_usable(oauth_app: str) -> bool:
    try:
        get_client(oauth_app)
    except CredentialsError:
        return False
    return True


def _misses_cache() -> bool:
    return not shared_cache.is_up


def _misses_database() -> bool:
    return catalogue.is_known_down(seconds=KNOWN_SECONDS)


def _misses_coze() -> bool:
    return is_coze_known_down(seconds=KNOWN_SECONDS)


_FAILURES = {
    "no_identity_key": _lacks_identity_key,
    "bad_token_duration": _has_wrong_duration,
    "no_usable_oauth_app": _lacks_oauth_app,
}
_LOSSES = {
    "cache_down": _misses_cache,
    "database_down": _misses_database,
    "breaker_open": _misses_coze,
}


def _describe_versions() -> dict[str, str]:
    return {
        "coze_widget": __version__,
        "django": django.get_version(),
        "python": platform.python_version(),
    }


def _describe_process() -> dict[str, Any]:
    return {
        "pid": os.getpid(),
        "uptime_seconds": int(time.monotonic() - _loaded_at),
    }


def _describe_cache() -> dict[str, Any]:
    shared_cache.get(CACHE_KEY)
    return {
        "alias": conf.cache_alias,
        "is_up": shared_cache.is_up,
        "is_shared": _ask(_is_cache_shared),
    }


def _is_cache_shared() -> bool:
    """Tell whether other processes see what this one keeps there."""
    return not isinstance(caches[conf.cache_alias], (LocMemCache, DummyCache))


def _describe_clocks() -> dict[str, float]:
    """Return base URL → seconds by which our clock is behind Coze's."""
    return {
        find_oauth_app(name).base_url: get_client(name).skew_seconds
        for name in breaker_states()
    }


def _describe_widgets() -> dict[str, Any]:
    return {
        "enabled": conf.widgets_enabled,
        "rows_age_seconds": catalogue.rows_age_seconds,
    }


_SECTIONS: dict[str, Callable[[], Any]] = {
    "versions": _describe_versions,
    "process": _describe_process,
    "cache": _describe_cache,
    "breakers": lambda: breaker_states(),
    "clock_skew_seconds": _describe_clocks,
    "widgets": _describe_widgets,
    "counters": events.snapshot,
}
