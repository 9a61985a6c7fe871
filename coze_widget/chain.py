"""The project's chain of middleware, as its settings name it."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.utils.module_loading import import_string


def has_middleware(wanted: str) -> bool:
    """Tell whether a dotted path, or a class derived from it, is in MIDDLEWARE."""
    return _contains(tuple(settings.MIDDLEWARE), wanted)


@lru_cache(maxsize=64)
def _contains(chain: tuple[str, ...], wanted: str) -> bool:
    # Names are compared: without auth, for one, its middleware cannot be imported.
    return wanted in chain or any(wanted in _names_of_bases(path) for path in chain)


def _names_of_bases(path: str) -> list[str]:
    try:
        found = import_string(path)
    except ImportError:
        # Django says so when it builds the chain.
        return []
    bases = found.__mro__ if isinstance(found, type) else ()
    return [f"{base.__module__}.{base.__qualname__}" for base in bases]
