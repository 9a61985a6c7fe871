"""What a terminal is shown of texts that come from outside."""

from __future__ import annotations

import sys
from typing import Any


def clean(text: str) -> str:
    """Names come from the database, refusals from Coze: no escape sequences."""
    return "".join(char if char.isprintable() else " " for char in text)


def be_printable(stdout: Any) -> None:
    """Let a console without Chinese show escapes in place of an exception."""
    stream = getattr(stdout, "_out", None)
    if stream is sys.stdout and hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")
