"""On pages of which other sites a widget may stand: one origin a line.

An origin is exact (`https://shop.example`), or `*.` stands for one label or more before the
host (`https://*.shop.example`, which is not `https://shop.example` itself). The lines go as
they are into the frame's `frame-ancestors`, whose grammar is CSP's.
"""

from __future__ import annotations

import re
from functools import lru_cache

MAX_ORIGINS = 50

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = rf"{_LABEL}(?:\.{_LABEL})*"
_PORT = r"(?::(?!0)[0-9]{1,5})?"
_EXACT = re.compile(rf"https?://{_NAME}{_PORT}")
# A star before a single label, `*.com`, would let half of the world in.
_PATTERN = re.compile(rf"https?://\*\.{_LABEL}\.{_NAME}{_PORT}")


@lru_cache(maxsize=256)
def read_origins(text: str) -> tuple[str, ...]:
    """Return the lines that are fit, in small letters and without a last slash."""
    lines = (line.strip().lower().removesuffix("/") for line in text.splitlines())
    return tuple(dict.fromkeys(line for line in lines if is_origin_pattern(line)))


def is_origin_pattern(line: str) -> bool:
    return bool(_EXACT.fullmatch(line) or _PATTERN.fullmatch(line))
