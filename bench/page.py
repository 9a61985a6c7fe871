"""What a page loads before anybody clicks."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import coze_widget

STATIC = Path(next(iter(coze_widget.__path__))) / "static" / "coze_widget"


def measure() -> dict[str, Any]:
    from django.template import RequestContext, Template
    from django.test import RequestFactory

    html = Template("{% load coze_widget %}{% coze_widget %}").render(
        RequestContext(RequestFactory().get("/"))
    )
    tag = len(gzip.compress(html.encode()))
    loader, panel, chat = (
        len(gzip.compress((STATIC / name).read_bytes()))
        for name in ("loader.js", "panel.js", "chat.js")
    )
    return {
        "tag's HTML (bytes, gzip)": tag,
        "loader.js (bytes, gzip)": loader,
        "before a click (bytes, gzip)": tag + loader,
        "panel.js, at the first reach (bytes, gzip)": panel,
        "chat.js, after a click (bytes, gzip)": chat,
    }
