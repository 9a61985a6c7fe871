"""The stand-in Chat SDK under the path shape of Coze's CDN."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from pathlib import Path

from coze_widget.sandbox.http import Request, Response
from coze_widget.sandbox.sdk_weight import make_weight

FOLDER = Path(__file__).parent / "sdk"
PATH = re.compile(
    r"/obj/unpkg(?:-va)?/flow-platform/chat-app-sdk/(?P<version>[\w.-]+)"
    r"/libs/(?:cn|oversea)/(?P<name>[\w.-]+)"
)
JAVASCRIPT = "text/javascript; charset=utf-8"
# In the order in which they build on each other; index.js starts it all.
PARTS = (
    "styles",
    "texts",
    "dom",
    "icons",
    "api",
    "events",
    "settings",
    "backend",
    "thread",
    "feedback",
    "composer",
    "conversations",
    "turn",
    "chat",
    "panel",
    "index",
)


def find_sdk_file(request: Request, *, weight: int = 0) -> Response | None:
    """`weight` is what the bundle is to weigh, in bytes; 0 for no more than it needs."""
    match = PATH.fullmatch(request.path)
    if match and match["name"] == "index.js":
        return _serve_heavy(request, weight) if weight else _serve(build_bundle())
    if match and match["name"] == "send.chunk.js":
        return _serve(_read("send.chunk.js"))
    return None


def _serve(text: str) -> Response:
    # Coze's CDN lets browsers keep a version for long; a sandbox is edited.
    return Response(
        body=text.encode(),
        content_type=JAVASCRIPT,
        headers={"Cache-Control": "no-cache"},
    )


def _serve_heavy(request: Request, weight: int) -> Response:
    """Whoever measures wants it as the CDN serves it: compressed, and kept for long."""
    headers = {
        "Cache-Control": "public, max-age=31536000",
        "Vary": "Accept-Encoding",
    }
    body = build_heavy_bundle(weight)
    if "gzip" in request.header("Accept-Encoding"):
        headers["Content-Encoding"] = "gzip"
        body = _compress(body)
    return Response(body=body, content_type=JAVASCRIPT, headers=headers)


@cache
def build_heavy_bundle(weight: int) -> bytes:
    bundle = build_bundle().encode()
    return make_weight(weight - len(bundle)).encode() + bundle


@cache
def _compress(body: bytes) -> bytes:
    return gzip.compress(body)


@cache
def build_bundle() -> str:
    """One script, as at Coze, made of readable parts."""
    rules = json.dumps(split_rules(_read("styles.css")))
    parts = [_read(f"{name}.js") for name in PARTS]
    return "\n".join(parts).replace("/* rules of styles.css */ []", rules)


def split_rules(css: str) -> list[str]:
    """Each top-level rule by itself: the SDK injects a `<style>` for each."""
    text = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return [
        rule.strip() for rule in re.findall(r"[^{}]+\{(?:[^{}]|\{[^{}]*\})*\}", text)
    ]


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")
