"""What happens to people's tokens: counted in this process, logged, sent as a signal.

Nothing here knows a token or a person, and nothing raises. The log lines carry their
facts as fields (`coze_event`, `coze_oauth_app`, …), for formatters that write JSON.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Any

from coze_widget.exceptions import CozeError
from coze_widget.signals import (
    token_failed,
    token_limited,
    token_minted,
    token_refused,
    token_reused,
)

logger = logging.getLogger(__name__)

# Codes come from outside; the names of OAuth apps and of limits do not.
MAX_CODES = 100
OTHER_CODES = "other"

# The first part is the group below; the others lead to the number in it.
Key = tuple[str, ...]


class Counters:
    """Numbers that only grow, from the start of the process; threads may share them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: dict[Key, float] = {}
        self._codes: set[str] = set()

    def add(self, additions: Mapping[Key, float]) -> None:
        numbers = self._numbers
        with self._lock:
            for key, number in additions.items():
                numbers[key] = numbers.get(key, 0) + number

    def bound(self, code: str) -> str:
        """Return the code, or `OTHER_CODES` when there are too many different ones."""
        with self._lock:
            if code not in self._codes and len(self._codes) >= MAX_CODES:
                return OTHER_CODES
            self._codes.add(code)
            return code

    def snapshot(self) -> dict[str, Any]:
        with self._lock:
            numbers = dict(self._numbers)
        groups: dict[str, Any] = {
            "events": {},
            "mint_seconds": {},
            "failures": {},
            "limits": {},
        }
        for (*path, name), number in sorted(numbers.items()):
            place = groups
            for part in path:
                place = place.setdefault(part, {})
            place[name] = number
        return groups


counters = Counters()


def snapshot() -> dict[str, Any]:
    """Return this process's counters, as plain values that JSON can hold.

    `events`: event → OAuth app → count. `mint_seconds`: OAuth app → sum over all mints.
    `failures`: OAuth app → Coze's code, or else the class of the error → count.
    `limits`: OAuth app → name of the limit → count.
    """
    return counters.snapshot()


def minted(oauth_app: str, *, seconds: float) -> None:
    """Coze gave a new token, after so long."""
    counters.add(
        {("events", "minted", oauth_app): 1, ("mint_seconds", oauth_app): seconds}
    )
    _log(
        logging.INFO,
        "minted",
        "minted a token of OAuth app “%s” in %.2f s",
        oauth_app,
        seconds,
        seconds=seconds,
    )
    token_minted.announce(oauth_app=oauth_app, seconds=seconds)


def reused(oauth_app: str) -> None:
    """Somebody got the token that was kept for them."""
    counters.add({("events", "reused", oauth_app): 1})
    _log(logging.DEBUG, "reused", "reused a token of OAuth app “%s”", oauth_app)
    token_reused.announce(oauth_app=oauth_app)


def refused(oauth_app: str) -> None:
    """A browser said that Coze rejected its token."""
    counters.add({("events", "refused", oauth_app): 1})
    _log(logging.INFO, "refused", "Coze rejected a token of OAuth app “%s”", oauth_app)
    token_refused.announce(oauth_app=oauth_app)


def failed(oauth_app: str, error: CozeError) -> None:
    """Coze gave no token, or was not asked because it gives none at the moment."""
    name = type(error).__name__
    code = counters.bound(str(error.code or name))
    counters.add({("events", "failed", oauth_app): 1, ("failures", oauth_app, code): 1})
    facts = {
        "error": name,
        "code": error.code,
        "status": error.status,
        "logid": error.logid,
    }
    # Whom the breaker turns away is no news: why it is open, stands in the lines before.
    _log(
        logging.WARNING if error.is_news else logging.INFO,
        "failed",
        "got no token of OAuth app “%s”: %s",
        oauth_app,
        error,
        **facts,
    )
    token_failed.announce(oauth_app=oauth_app, **facts)


def limited(oauth_app: str, *, limit: str) -> None:
    """Somebody asked too often."""
    counters.add({("events", "limited", oauth_app): 1, ("limits", oauth_app, limit): 1})
    _log(
        logging.INFO,
        "limited",
        "gave no token of OAuth app “%s”: the limit “%s” was met",
        oauth_app,
        limit,
        limit=limit,
    )
    token_limited.announce(oauth_app=oauth_app, limit=limit)


def _log(
    level: int,
    event: str,
    sentence: str,
    oauth_app: str,
    *arguments: object,
    **facts: object,
) -> None:
    if not logger.isEnabledFor(level):
        return
    fields = {"event": event, "oauth_app": oauth_app, **facts}
    extra = {f"coze_{name}": fact for name, fact in fields.items()}
    logger.log(level, sentence, oauth_app, *arguments, extra=extra)
