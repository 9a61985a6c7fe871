"""What happens to people's tokens, for whoever wants to count, trace or tell somebody.

Each signal has a `name`, `sender=None`, and the keyword argument `oauth_app`, the app's
name in COZE_OAUTH_APPS, besides those that are told below. None carries a token, a key,
an address or anything of the person.

Receivers are plain functions. They run in the visitor's request and under ASGI on the
event loop, too: be quick, and leave the database alone.
"""

from __future__ import annotations

import logging
from typing import Any

from django.dispatch import Signal

logger = logging.getLogger(__name__)


class EventSignal(Signal):
    """Its receivers can harm nobody: what one of them raises is logged, once."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self._logged: set[tuple[str, str]] = set()

    def announce(self, **facts: object) -> None:
        if not self.receivers:
            return
        try:
            self.send_robust(sender=None, **facts)
        except Exception as exc:
            # Not of a receiver's own: Django cannot run an async one on an event loop.
            self._log_robust_failure(self._run_async, exc)

    def _run_async(self) -> None:
        """Stand for the async receivers in the log: Django does not say which it was."""

    def _log_robust_failure(self, receiver: Any, err: Exception) -> None:
        """Take the place of Django's, which logs each time and fails for a partial."""
        name = getattr(receiver, "__qualname__", None) or repr(receiver)
        failure = (name, type(err).__name__)
        if failure in self._logged:
            return
        self._logged.add(failure)
        logger.error(
            "The receiver %s of a signal failed; this is logged once.",
            name,
            exc_info=err,
        )


# Coze gave a new token. `seconds`: how long that took, with retries.
token_minted = EventSignal("minted")

# Somebody got the token that is kept for them. The most frequent by far.
token_reused = EventSignal("reused")

# A browser said that Coze rejected its token; it gets another one.
token_refused = EventSignal("refused")

# Coze gave no token. `error`: name of the class in coze_widget.exceptions; `code`,
# `status` (of HTTP) and `logid` are Coze's, None or "" where there was no answer.
token_failed = EventSignal("failed")

# Somebody asked too often. `limit`: the name of the limit that was met.
token_limited = EventSignal("limited")

ALL = (token_minted, token_reused, token_refused, token_failed, token_limited)
