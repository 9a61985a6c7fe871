"""Server-sent events in the very shape of Coze's chat API."""

from __future__ import annotations

import json


def format_event(event: str, data: object) -> bytes:
    """cozepy reads exactly one `event:` and one `data:` line per event."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"event:{event}\ndata:{text}\n\n".encode()
