"""On which pages a widget stands: one pattern a line, in which * is anything."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import unquote


def is_shown_on(path: str | None, *, include: str, exclude: str) -> bool:
    """Judge `request.path`; what is excluded wins. None is a page that nobody knows.

    Without a request a widget stands only where it stands everywhere.
    """
    included, excluded = _read(include), _read(exclude)
    if path is None:
        return not included and not excluded
    if any(_matches(path, pieces) for pieces in excluded):
        return False
    return not included or any(_matches(path, pieces) for pieces in included)


@lru_cache(maxsize=256)
def _read(text: str) -> tuple[tuple[str, ...], ...]:
    """Return each line's pieces between the stars, decoded as Django decodes a path."""
    lines = (line.strip() for line in text.splitlines())
    return tuple(
        tuple(unquote(piece) for piece in line.split("*")) for line in lines if line
    )


def _matches(path: str, pieces: tuple[str, ...]) -> bool:
    """Take each piece where it first fits: no backtracking, however many stars."""
    first, *others = pieces
    if not others:
        return path == first
    *middle, last = others
    if not path.startswith(first):
        return False
    at = len(first)
    for piece in middle:
        found = path.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return path.endswith(last) and at <= len(path) - len(last)
