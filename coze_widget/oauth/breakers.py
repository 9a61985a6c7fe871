"""A circuit breaker: while Coze is down nobody waits for it (docs/adr/0015).

pybreaker counts and keeps the state. It is told how a request went instead of making
it, for it would hold its lock meanwhile. Who may ask, and when, is decided here: by a
clock that nobody sets back, one request at a time.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from pybreaker import STATE_CLOSED, STATE_HALF_OPEN, CircuitBreaker

from coze_widget.exceptions import (
    CircuitOpenError,
    ConnectionFailedError,
    CozeError,
    GatewayError,
    InternalServerError,
    RateLimitError,
    TimeoutError,
)
from coze_widget.sentences import Sentence as _

logger = logging.getLogger(__name__)

T = TypeVar("T")

# Whatever else Coze answers, it answers: a wrong key is no outage.
_OUTAGES = (
    ConnectionFailedError,
    GatewayError,
    InternalServerError,
    RateLimitError,
    TimeoutError,
)
# Coze may ask for a day; one request a minute is no burden, and a wrong header no day.
LONGEST_WAIT_SECONDS = 60


class Breaker:
    """Stands before one OAuth app; threads share it.

    Closed, everybody may ask. After `failures` outages in a row, or as soon as Coze says
    for how long it wants to be left alone, it is open and nobody may. Then one request in
    each `reset_seconds` is a probe, and the first answer, whoever gets it, closes it. A
    probe that hangs does not keep the next one waiting.
    """

    def __init__(
        self,
        name: str,
        *,
        failures: int = 5,
        reset_seconds: float = 1,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._circuit = CircuitBreaker(failures, throw_new_error_on_trip=False)
        self._reset_seconds = reset_seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._next_probe_at = 0.0

    @property
    def state(self) -> str:
        """Return "closed", "open", or "half-open" while a probe is on its way."""
        return self._circuit.current_state

    @property
    def is_closed(self) -> bool:
        return self._circuit.current_state == STATE_CLOSED

    def is_known_open(self, *, seconds: float) -> bool:
        """Tell whether Coze was down when it was asked last.

        It is not known any more when a probe has been due for `seconds`, and nobody came.
        """
        with self._lock:
            unasked_seconds = self._monotonic() - self._next_probe_at
            return not self.is_closed and unasked_seconds < seconds

    def find_refusal(self) -> CircuitOpenError | None:
        """Return the error that `run` would raise now, if it would; nothing is asked."""
        with self._lock:
            wait = 0 if self.is_closed else self._next_probe_at - self._monotonic()
        return _refuse(wait) if wait > 0 else None

    def run(self, ask: Callable[[], T], *, probe: Callable[[], T]) -> T:
        """Return what `ask` returns, or `probe` where it is this request's turn to try.

        Raises `CircuitOpenError` at once where it is not, and what they raise.
        """
        is_probe = not self.is_closed and self._claim_probe()
        try:
            result = probe() if is_probe else ask()
        except CozeError as exc:
            if isinstance(exc, _OUTAGES):
                self._note_outage(exc, is_probe=is_probe)
            else:
                self._note_answer()
            raise
        self._note_answer()
        return result

    def _claim_probe(self) -> bool:
        """Tell whether this request is a probe; it is none where all is well again."""
        with self._lock:
            if self.is_closed:
                return False
            wait = self._next_probe_at - self._monotonic()
            if wait <= 0:
                self._next_probe_at = self._monotonic() + self._reset_seconds
                self._circuit.half_open()
                return True
        raise _refuse(wait)

    def _note_answer(self) -> None:
        if self.is_closed and not self._circuit.fail_counter:
            return
        with self._lock:
            if self.is_closed:
                self._circuit.call(_answer)
                return
            self._circuit.close()
        logger.warning("Coze answers OAuth app “%s” again.", self._name)

    def _note_outage(self, exc: CozeError, *, is_probe: bool) -> None:
        with self._lock:
            was_closed = self.is_closed
            is_trial = is_probe and self.state == STATE_HALF_OPEN
            # What was asked before it opened says nothing new, however late it fails.
            if not (was_closed or is_trial):
                return
            self._count(exc)
            if self.is_closed:
                return
            wait: float = min(exc.retry_after or 0, LONGEST_WAIT_SECONDS)
            if was_closed:
                # After a probe the next one's turn was fixed when it began.
                wait = max(wait, self._reset_seconds)
            self._next_probe_at = max(self._next_probe_at, self._monotonic() + wait)
        if was_closed:
            logger.warning(
                "Coze is not asked for OAuth app “%s”, but by one probe in %s s, until "
                "it answers: %s",
                self._name,
                self._reset_seconds,
                exc,
            )

    def _count(self, exc: CozeError) -> None:
        if isinstance(exc, RateLimitError) and exc.retry_after:
            self._circuit.open()
            return
        with suppress(_Outage):
            self._circuit.call(_fail)


class _Outage(Exception):
    """Raised when pybreaker is told of one; the real error would gather its frames."""


def _answer() -> None:
    pass


def _fail() -> None:
    raise _Outage


def _refuse(wait_seconds: float) -> CircuitOpenError:
    return CircuitOpenError(
        _("Coze is not asked: it failed again and again just now"),
        remedy=_("It is tried again by itself, every few moments."),
        retry_after=math.ceil(wait_seconds),
    )
