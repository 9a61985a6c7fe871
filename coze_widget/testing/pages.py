"""Which widgets a page holds, read from its HTML as a browser would."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

PREFIXES = ("coze-widget-", "coze-chat-")


class _Islands(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[str, str] = {}
        self._open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        is_island = tag == "script" and attributes.get("type") == "application/json"
        self._open = (attributes.get("id") or "") if is_island else ""
        if self._open.startswith(PREFIXES):
            self.texts[self._open] = ""

    def handle_data(self, data: str) -> None:
        if self._open in self.texts:
            self.texts[self._open] += data

    def handle_endtag(self, tag: str) -> None:
        self._open = ""


def find_islands(html: str) -> dict[str, dict[str, Any]]:
    """Return slug → what the page tells our script about this widget.

    A widget in the page itself has an island of its own, and one for its launcher where
    that is ours; then it is the launcher's that counts.
    """
    parser = _Islands()
    parser.feed(html)
    parser.close()
    found: dict[str, dict[str, Any]] = {}
    for prefix in reversed(PREFIXES):
        for name, text in parser.texts.items():
            if name.startswith(prefix):
                found[name.removeprefix(prefix)] = json.loads(text)
    return found
