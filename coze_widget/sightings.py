"""What browsers said of their address while Django believed another: kept for a day.

Django then makes wrong links and refuses old browsers, and nobody looks into the log.
"""

from __future__ import annotations

import hashlib
import re
import time
from dataclasses import asdict, dataclass

from django.conf import settings

from coze_widget.shared_cache import shared_cache

KEPT_SECONDS = 86_400
# Each process writes at most this often, whatever comes in.
PAUSE_SECONDS = 60
MAX_KEPT = 5
_ORIGIN = re.compile(
    r"https?://(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?"
)


@dataclass(frozen=True)
class Sighting:
    """`seen` is what the browser said, `expected` what Django took the request for.

    Where `refused`, nothing proves that a page of this site asked.
    """

    seen: str
    expected: str
    refused: bool
    at: int


class _Pause:
    until = 0.0


def remember(*, seen: str, expected: str, refused: bool) -> None:
    """Keep the sighting; while the cache is down, for this process alone."""
    if time.monotonic() < _Pause.until:
        return
    if not (_ORIGIN.fullmatch(seen) and _ORIGIN.fullmatch(expected)):
        return
    _Pause.until = time.monotonic() + PAUSE_SECONDS
    sighting = Sighting(seen, expected, refused, int(time.time()))
    others = [one for one in recall() if _pair(one) != _pair(sighting)]
    entries = [asdict(one) for one in [sighting, *others][:MAX_KEPT]]
    shared_cache.set(_key(), entries, KEPT_SECONDS)


def recall() -> list[Sighting]:
    """Return what was seen within the last day, the latest first."""
    try:
        sightings = [Sighting(**entry) for entry in shared_cache.get(_key()) or []]
        return [one for one in sightings if time.time() - one.at < KEPT_SECONDS]
    except TypeError:
        # Another version has kept something else, or another program under our key.
        return []


def forget() -> None:
    """Start over in this process, as a new one does."""
    _Pause.until = 0.0


def _pair(sighting: Sighting) -> tuple[str, str]:
    return sighting.seen, sighting.expected


def _key() -> str:
    """What was seen under other settings says nothing any more."""
    relevant = [
        settings.SECURE_PROXY_SSL_HEADER,
        settings.USE_X_FORWARDED_HOST,
        settings.USE_X_FORWARDED_PORT,
    ]
    digest = hashlib.sha256(repr(relevant).encode()).hexdigest()[:16]
    return f"coze_widget:sightings:{digest}"
