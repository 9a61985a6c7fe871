"""What the sandbox was asked, for tests that look at the requests themselves."""

from __future__ import annotations

import hashlib
from collections import deque
from typing import Any

from coze_widget.sandbox.http import Request

LIMIT = 2000
HIDDEN_HEADERS = {"authorization", "cookie"}


class Recorder:
    """Keeps the last requests. Of a token only a short hash is kept."""

    def __init__(self) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=LIMIT)

    @property
    def entries(self) -> list[dict[str, Any]]:
        return list(self._entries)

    def record(self, request: Request) -> dict[str, Any]:
        """The entry; the caller adds `status` when there is an answer."""
        entry = {
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "headers": {
                name: value
                for name, value in request.headers.items()
                if name not in HIDDEN_HEADERS
            },
            "token": hash_token(request.bearer),
            "body": _read_json(request),
            "status": None,
        }
        self._entries.append(entry)
        return entry

    def clear(self) -> None:
        self._entries.clear()


def hash_token(token: str) -> str:
    """Short enough to be useless, long enough to tell two tokens apart."""
    return hashlib.sha256(token.encode()).hexdigest()[:12] if token else ""


def _read_json(request: Request) -> object:
    if not request.header("Content-Type").startswith("application/json"):
        return None
    try:
        return request.json()
    except ValueError:
        return None
