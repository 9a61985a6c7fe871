"""Once in the log, however many pages meet the same failure."""

from __future__ import annotations

import logging
import threading

logger = logging.getLogger("coze_widget")


class Outage:
    """A database that does not say something, until it says it again. Threads share one."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._lock = threading.Lock()
        self._effect: str | None = None

    def begin(self, effect: str) -> bool:
        """Tell whether it is worth a line: it was not on yet, or had another effect."""
        with self._lock:
            is_news, self._effect = effect != self._effect, effect
        return is_news

    def end(self) -> None:
        with self._lock:
            was_on, self._effect = self._effect is not None, None
        if was_on:
            logger.warning("The database answers again (%s).", self._what)
