"""Tokens that this process has read a moment ago.

A page asks again whenever somebody comes back to it: within some seconds that costs no
trip to the cache. A token that another process has replaced meanwhile still works.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from coze_widget.oauth.client import AccessToken

KEEP_SECONDS = 5.0
MAX_TOKENS = 1_000


class RecentTokens:
    """Threads share them; what was read longest ago is forgotten first."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self.forget()

    def get(self, key: str) -> AccessToken | None:
        kept = self._tokens.get(key)
        if kept is None or self._monotonic() - kept[1] >= KEEP_SECONDS:
            return None
        return kept[0]

    def put(self, key: str, token: AccessToken) -> None:
        with self._lock:
            self._tokens[key] = token, self._monotonic()
            self._tokens.move_to_end(key)
            while len(self._tokens) > MAX_TOKENS:
                self._tokens.popitem(last=False)

    def forget(self) -> None:
        """Begin anew, as a new process does."""
        self._lock = threading.Lock()
        self._tokens: OrderedDict[str, tuple[AccessToken, float]] = OrderedDict()
