"""Pages that say other things in the island than the row does, or hold other elements."""

from __future__ import annotations

import json
import re

ISLAND = re.compile(r'(<script id="coze-widget-[^>]+>)(.+?)(</script>)')


def merge(said, changes):
    for name, value in changes.items():
        if isinstance(value, dict) and isinstance(said.get(name), dict):
            merge(said[name], value)
        else:
            said[name] = value


def change_page(visitor, *, island=None, html=(), path="/"):
    """Changes what the server answers from now on: `island` is merged into the page's,
    `html` are pairs of what is there and what is to stand there instead."""

    def rewrite(found):
        said = json.loads(found[2])
        merge(said, island or {})
        return found[1] + json.dumps(said).replace("<", "\\u003C") + found[3]

    def handle(route):
        response = route.fetch()
        text = ISLAND.sub(rewrite, response.text())
        for old, new in html:
            assert old in text
            text = text.replace(old, new)
        route.fulfill(response=response, body=text)

    visitor.context.route(visitor.site_url + path, handle)


def add_widget(slug, **changes):
    """Returns the pair for `html` that adds one more island, and no row to go with it."""
    said = {
        "slug": slug,
        "place": "frame",
        "frame_url": "/chat/support/frame/",
        "launcher": {"shown": True, "icon": ""},
        "panel": {
            "width": 460,
            "layout": "",
            "z_index": 1000,
            "keeps_launcher": False,
            "title": slug.title(),
        },
        "lang": "en",
        "overrides": {},
        "stylesheet_url": "/static/coze_widget/launcher.css",
        "panel_url": "/static/coze_widget/panel.js",
        "texts": {"open": "Open chat", "close": "Close chat", "title": "Chat"},
    }
    merge(said, changes)
    tag = f'<script id="coze-widget-{slug}" type="application/json">{json.dumps(said)}</script>'
    return "<h1>", tag + "<h1>"
