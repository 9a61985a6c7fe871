"""What was rendered from a row and may be shown again: for a minute, and not too much."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import NamedTuple

from django.utils.safestring import SafeString

# Storages may sign the address of a picture for some minutes only.
MAX_AGE_SECONDS = 60
# Some 20 MB. Pages that give each visitor parameters of their own must not fill the memory.
MAX_COUNT = 10_000


class _Rendering(NamedTuple):
    # Held, so that no other row gets its id meanwhile.
    row: object
    html: SafeString
    ends_at: float


class Renderings:
    """Threads share one."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        # The oldest come first: each is put at the end and stays equally long.
        self._kept: dict[tuple[int, Hashable], _Rendering] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def get(
        self, row: object, key: Hashable, render: Callable[[], SafeString]
    ) -> SafeString:
        """Return what was rendered from this very object under this key, or render it."""
        kept = self._kept.get((id(row), key))
        if kept is not None and self._monotonic() < kept.ends_at:
            return kept.html
        html = render()
        self._keep(row, key, html)
        return html

    def _keep(self, row: object, key: Hashable, html: SafeString) -> None:
        with self._lock:
            now = self._monotonic()
            self._kept.pop((id(row), key), None)
            self._kept[id(row), key] = _Rendering(row, html, now + MAX_AGE_SECONDS)
            while len(self._kept) > MAX_COUNT or self._first().ends_at <= now:
                del self._kept[next(iter(self._kept))]

    def _first(self) -> _Rendering:
        return next(iter(self._kept.values()))
