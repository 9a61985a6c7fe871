"""What goes out to pages that Django does not serve: three files of ours, and the island.

The files are the package's own, under a name that holds their hash, since `import()`, a
hash in the page (SRI) and isolated pages need headers that a site's static files lack.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import override

from coze_widget.blocks import base_url_of
from coze_widget.candidates import AsWanted, NotShown, find_widget
from coze_widget.islands import CATALOGUES, build_page_island, embedders_of
from coze_widget.models import Place, Widget
from coze_widget.origin_patterns import read_origins
from coze_widget.overrides import read_overrides
from coze_widget.paths import NotMounted, mount_path

FOLDER = Path(__file__).parent / "static" / "coze_widget"
# What each file is made of. Both halves of the loader know their own <script>.
PARTS = {
    "loader.js": ("embed.js", "loader.js"),
    "panel.js": ("panel.js",),
    "launcher.css": ("launcher.css",),
}
CONTENT_TYPES = {"js": "text/javascript", "css": "text/css"}

_NAME = re.compile(r"(?P<stem>[a-z]+)(?:\.(?P<digest>[\w-]+))?\.(?P<kind>js|css)")


@dataclass(frozen=True)
class Asset:
    """A file as it goes out, under a name that changes with it."""

    text: str
    name: str
    content_type: str
    # As in the attribute of that name.
    integrity: str


def find_asset(name: str) -> Asset | None:
    """Return the newest file of this name, whichever hash the name holds, if there is one.

    A page that was made for an earlier release keeps its chat.
    """
    found = _NAME.fullmatch(name)
    if not found:
        return None
    plain = f"{found['stem']}.{found['kind']}"
    return read_asset(plain) if plain in PARTS else None


def read_asset(name: str) -> Asset:
    """Return one of `PARTS`. Who works on the files has DEBUG on."""
    return _read_asset(name) if settings.DEBUG else _kept_asset(name)


def _read_asset(name: str) -> Asset:
    texts = [(FOLDER / part).read_text(encoding="utf-8") for part in PARTS[name]]
    text = "\n".join(texts)
    data = text.encode()
    stem, _, kind = name.partition(".")
    digest = hashlib.sha256(data).hexdigest()[:16]
    sri = base64.b64encode(hashlib.sha384(data).digest()).decode()
    return Asset(
        text=text,
        name=f"{stem}.{digest}.{kind}",
        content_type=f"{CONTENT_TYPES[kind]}; charset=utf-8",
        integrity=f"sha384-{sri}",
    )


_kept_asset = cache(_read_asset)


def render_island(request: HttpRequest, slug: str) -> tuple[str, str]:
    """Return the island that the tag would write into a page, as JSON, and its language.

    Its addresses are to be resolved against its own. It is the same for everybody;
    NotShown says why other sites' pages get none.
    """
    widget = find_embeddable(request, slug)
    base_url = base_url_of(widget, request)
    try:
        island = build_island(widget, request.GET, base_url=base_url)
    except NotMounted as exc:
        raise NotShown(str(exc)) from exc
    return json.dumps(island), str(island["lang"])


def find_embeddable(request: HttpRequest, slug: str) -> Widget:
    widget = find_widget(request, slug)
    if not read_origins(widget.allowed_origins):
        raise AsWanted(f"the widget named “{slug}” is for this site's own pages only")
    return widget


def build_island(
    widget: Widget, said: Mapping[str, str], *, base_url: str
) -> dict[str, Any]:
    """Build the island of a frame, whatever the row says: the page is another's.

    `said` may hold `lang`, which the page asks for, and `page`, the page's own language,
    which stands behind the row's.
    """
    overrides, _faults = read_overrides(widget, {"lang": said.get("lang", "")})
    is_chinese = said.get("page", "").lower().startswith("zh")
    with override(CATALOGUES["zh-CN" if is_chinese else "en"]):
        island = build_page_island(
            widget, place=Place.FRAME, overrides=overrides, base_url=base_url
        )
    return {
        **_without_handover(island),
        "panel_url": asset_path("panel.js"),
        "stylesheet_url": asset_path("launcher.css"),
        "embedders": embedders_of(widget),
    }


def _without_handover(island: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out where the site's own pages learn who logged in: others may not ask there."""
    return {name: value for name, value in island.items() if name != "visitor_url"}


def asset_path(name: str) -> str:
    return mount_path() + read_asset(name).name
