"""How often one person, one address, one widget and one OAuth app may ask.

A request whose token is kept costs less than a trip to the cache, so it is counted in this
process's own memory; what makes Coze be asked is counted in the site's shared cache.
"""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Mapping
from functools import lru_cache
from math import ceil

from django.core.cache.backends.locmem import LocMemCache
from django.http import HttpRequest
from limits import RateLimitItem, parse_many
from limits.strategies import RateLimiter, SlidingWindowCounterRateLimiter

from coze_widget.addresses import client_address
from coze_widget.conf import conf
from coze_widget.limit_storage import CacheStorage
from coze_widget.models import Widget
from coze_widget.shared_cache import shared_cache

# Far above what people do: docs/limits.md has the sizes that these were chosen for.
DEFAULTS = {
    "person_requests": "600/minute",
    "address_requests": "6000/minute",
    "person": "600/hour",
    "address": "2000/minute",
    "widget": "6000/minute",
    "oauth_app": "12000/minute",
}
MAX_WINDOW_SECONDS = 86_400
MAX_OWN_ENTRIES = 10_000
NAMESPACE = "coze_widget:limit"


class _OwnMemory(LocMemCache):
    """Bounded: when it is full, what was counted longest ago is forgotten first."""

    def __init__(self) -> None:
        # A name of its own: Django's backends of one name share their entries.
        options = {"OPTIONS": {"MAX_ENTRIES": MAX_OWN_ENTRIES}}
        super().__init__("coze_widget.limits", options)

    def validate_key(self, key: str) -> None:
        """Nothing: looking at each character is for memcached, and half of the cost."""


_own_memory = _OwnMemory()
_in_process = SlidingWindowCounterRateLimiter(
    CacheStorage(lambda question: question(_own_memory))
)
_in_fleet = SlidingWindowCounterRateLimiter(CacheStorage(shared_cache.ask))


class Limited(Exception):
    """Raised when `limit`, a name in COZE_LIMITS, is met; `retry_after` is in seconds."""

    def __init__(self, retry_after: int, limit: str) -> None:
        super().__init__(f"The limit “{limit}” is met for {retry_after} s.")
        self.retry_after = retry_after
        self.limit = limit


def count_request(request: HttpRequest, widget: Widget, session_name: str) -> None:
    """Count a request for a token, kept or not, among those of this process.

    A page may hold several widgets, so each person has a count at each of them. Raises
    Limited.
    """
    _count(_in_process, "person_requests", f"{session_name}/{widget.pk}")
    if address := client_address(request):
        _count(_in_process, "address_requests", address)


def count_refusal(request: HttpRequest) -> None:
    """Count a request of somebody who could not say who they are. Raises Limited."""
    if address := client_address(request):
        _count(_in_process, "address_requests", address)


def count_mint(request: HttpRequest, widget: Widget, session_name: str) -> None:
    """Count a request for which Coze must be asked, among those of all processes.

    The widget comes last: what one person or address has too much of is not charged to
    it. Raises Limited.
    """
    _count(_in_fleet, "person", _sealed(session_name))
    if address := client_address(request):
        _count(_in_fleet, "address", _sealed(address))
    _count(_in_fleet, "widget", _sealed(widget.pk))


def spend_mint(oauth_app_name: str) -> None:
    """Take one request to Coze out of the OAuth app's budget. Raises Limited."""
    _count(_in_fleet, "oauth_app", _sealed(oauth_app_name))


@lru_cache(maxsize=64)
def read_rates(text: object) -> tuple[RateLimitItem, ...]:
    """Return what "30/hour" or "10/minute; 100/day" says; nothing for None and "".

    Raises ValueError for what says nothing of the kind, TypeError for what has no hash.
    """
    if text is None or text == "":
        return ()
    if not isinstance(text, str):
        raise ValueError("It is not a text.")
    rates = parse_many(text)
    for rate in rates:
        if rate.amount < 1 or rate.get_expiry() > MAX_WINDOW_SECONDS:
            raise ValueError("It lets nobody in, or looks back for more than a day.")
        rate.namespace = NAMESPACE
    return tuple(rates)


def forget() -> None:
    """Begin anew, as a new process does."""
    _own_memory.clear()


def _count(limiter: RateLimiter, limit: str, counted: str) -> None:
    for rate in _rates(limit):
        if not limiter.hit(rate, limit, counted):
            resets_at = limiter.get_window_stats(rate, limit, counted).reset_time
            raise Limited(max(1, ceil(resets_at - time.time())), limit)


def _rates(limit: str) -> tuple[RateLimitItem, ...]:
    """Return what the settings say; the default where they cannot be meant (E041)."""
    limits: object = conf.limits
    default = DEFAULTS[limit]
    try:
        return read_rates(
            limits.get(limit, default) if isinstance(limits, Mapping) else default
        )
    except (TypeError, ValueError):
        return read_rates(default)


def _sealed(counted: object) -> str:
    """Addresses are personal, and caches are read by more people than settings are."""
    text = json.dumps([conf.environment, counted])
    return hmac.digest(conf.identity_key.encode(), text.encode(), "sha256").hex()
