"""How long Coze is waited for, and when it is asked again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from coze_widget.exceptions import (
    ConnectionFailedError,
    ConnectionLostError,
    CozeError,
    GatewayError,
    InternalServerError,
)
from coze_widget.oauth.deadlines import Deadline

T = TypeVar("T")

_FIRST_PAUSE = 0.2


@dataclass(frozen=True)
class Retries:
    """Asks again where that may help, all within one deadline."""

    total_timeout: float = 12
    max_retries: int = 2
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random

    def start(self) -> Deadline:
        return Deadline(self.total_timeout, monotonic=self.monotonic)

    def run(
        self,
        ask: Callable[[Deadline], T],
        *,
        deadline: Deadline | None = None,
        gives_up: Callable[[], bool] = lambda: False,
    ) -> T:
        """Return what `ask` does. Raises its last `CozeError`.

        `gives_up` is asked after each pause: whether another try is wanted no more.
        """
        deadline = deadline or self.start()
        attempt = 0
        has_lost_one = False
        while True:
            try:
                return ask(deadline)
            except CozeError as exc:
                failure = exc
            # A kept connection may be closed just as it is used again. That is no
            # failure of Coze's, so it costs neither an attempt nor a pause; once.
            if isinstance(failure, ConnectionLostError) and not has_lost_one:
                has_lost_one = True
                continue
            if not self._pause(attempt, failure, deadline) or gives_up():
                # From here on: the inner frames hold credential and answer, and error
                # reporters collect the variables of every frame.
                raise failure.with_traceback(None)
            attempt += 1

    def _pause(self, attempt: int, failure: CozeError, deadline: Deadline) -> bool:
        """Wait for the next attempt; tell whether there is one."""
        pause = self._choose_pause(attempt, failure)
        if not self._may_retry(attempt, failure) or pause >= deadline.remaining():
            return False
        self.sleep(pause)
        return True

    def _may_retry(self, attempt: int, failure: CozeError) -> bool:
        if attempt >= self.max_retries:
            return False
        if isinstance(failure, ConnectionFailedError):
            return True
        is_coze_down = isinstance(failure, (InternalServerError, GatewayError))
        return is_coze_down and (failure.status or 0) >= 500

    def _choose_pause(self, attempt: int, failure: CozeError) -> float:
        pause = _FIRST_PAUSE * 2.0**attempt * (0.5 + self.jitter() / 2)
        return max(pause, failure.retry_after or 0)
