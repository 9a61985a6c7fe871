"""How a mint failed, for those in other processes: who wait for it, or would ask again."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from coze_widget import exceptions
from coze_widget.exceptions import CozeError
from coze_widget.shared_cache import shared_cache

# Somebody who waits looks ten times a second.
KEEP_SECONDS = 5

_KINDS = {
    name: kind
    for name, kind in vars(exceptions).items()
    if isinstance(kind, type) and issubclass(kind, CozeError)
}


@dataclass(frozen=True)
class Failure:
    """`id` tells this failure from an earlier one."""

    id: str
    error: CozeError = field(compare=False)


def leave_failure(
    key: str, error: CozeError, *, keep_seconds: float = KEEP_SECONDS
) -> None:
    """An error holds nothing but what is fit for a log."""
    kept = {
        "id": secrets.token_hex(8),
        "kind": type(error).__name__,
        "message": str(error.args[0]),
        "code": error.code,
        "status": error.status,
        "logid": error.logid,
        "retry_after": error.retry_after,
        "remedy": str(error.remedy),
    }
    shared_cache.set(f"{key}:failure", kept, keep_seconds)


def read_failure(key: str) -> Failure | None:
    """Return the failure that was left there last; what is strange is no failure."""
    kept = shared_cache.get(f"{key}:failure")
    try:
        return _to_failure(dict(kept)) if kept else None
    except (KeyError, TypeError, ValueError):
        return None


def _to_failure(kept: Mapping[str, Any]) -> Failure:
    error = _KINDS[kept["kind"]](
        kept["message"],
        code=kept["code"],
        status=kept["status"],
        logid=kept["logid"],
        retry_after=kept["retry_after"],
        remedy=kept["remedy"],
    )
    # Whoever met it has told of it.
    error.is_news = False
    return Failure(str(kept["id"]), error)
