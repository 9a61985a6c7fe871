"""Coze's clock beside this machine's: an assertion is judged, and a token ends, by Coze's.

A clock that is an hour wrong costs one refused request, and one line in the log.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from email.utils import mktime_tz, parsedate_tz
from functools import lru_cache

logger = logging.getLogger(__name__)

# An assertion is good for minutes both ways, so less does no harm.
_TOLERANCE_SECONDS = 5
# Beyond a day it is a mistake of somebody in between rather than of this machine.
_LARGEST_SKEW_SECONDS = 86_400
_DATE_STEP_SECONDS = 1  # HTTP's `Date` has whole seconds


class CozeClock:
    """The time at one host of Coze's, as far as its answers tell; threads may share it."""

    def __init__(self, host: str, *, clock: Callable[[], float] = time.time) -> None:
        self._host = host
        self._clock = clock
        self._lock = threading.Lock()
        self._skew_seconds = 0.0

    @property
    def skew_seconds(self) -> float:
        """Return by how much Coze's clock is ahead of this machine's; 0 for about right."""
        return self._skew_seconds

    def here(self) -> float:
        """Return the moment by this machine's clock, in Unix seconds."""
        return self._clock()

    def now(self) -> float:
        """Return the moment by Coze's clock, in Unix seconds."""
        return self._clock() + self._skew_seconds

    def note(self, date: str, *, asked_at: float) -> None:
        """Look at an answer's `Date`; `asked_at` is when it was asked for, by our clock."""
        coze_at = read_date(date)
        if coze_at is None:
            return
        # It was written at some moment of the round trip, and within its second.
        least = coze_at - self._clock()
        most = coze_at + _DATE_STEP_SECONDS - asked_at
        with self._lock:
            if not _is_about(self._skew_seconds, least, most):
                self._take(0.0 if _is_about(0.0, least, most) else (least + most) / 2)

    def _take(self, skew_seconds: float) -> None:
        if abs(skew_seconds) > _LARGEST_SKEW_SECONDS:
            return
        self._skew_seconds = skew_seconds
        if not skew_seconds:
            logger.warning("This machine's clock agrees with %s again.", self._host)
            return
        logger.warning(
            "This machine's clock is %.0f seconds %s that of %s. It is allowed for, but "
            "tokens that machines share may end early or late: keep the time by NTP, on "
            "Linux with chrony or `timedatectl set-ntp true`.",
            abs(skew_seconds),
            "behind" if skew_seconds > 0 else "ahead of",
            self._host,
        )


@lru_cache(maxsize=256)
def clock_of(base_url: str) -> CozeClock:
    """Return the process's clock for this address."""
    return CozeClock(base_url)


def _is_about(skew_seconds: float, least: float, most: float) -> bool:
    return least - _TOLERANCE_SECONDS < skew_seconds < most + _TOLERANCE_SECONDS


def read_date(text: str) -> float | None:
    """Return what a header such as `Date` says, in Unix seconds; None if it says nothing."""
    try:
        parts = parsedate_tz(text)
        return mktime_tz(parts) if parts else None
    except (ValueError, OverflowError, TypeError):
        return None
