"""The code that a widget stands for: Coze's own snippet, and the lines that we offer instead."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from django.utils.html import escape
from django.utils.translation import gettext as _

from coze_widget.conf import conf
from coze_widget.embedding import asset_path, read_asset
from coze_widget.models import Place, Widget
from coze_widget.oauth.credentials import CredentialsError
from coze_widget.oauth_apps import find_oauth_app
from coze_widget.options import build_options
from coze_widget.origin_patterns import read_origins
from coze_widget.paths import NotMounted, mount_path
from coze_widget.sdk_addresses import sdk_url

TOKEN = "YOUR_ACCESS_TOKEN"  # noqa: S105 - a placeholder
TOKEN_URL = "/YOUR_TOKEN_URL/"  # noqa: S105 - likewise
PERSON = "ID_OF_THE_PERSON"

_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
# Controls, what turns the direction of a line, halves of characters, ends of lines.
_UNSAFE = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}


@dataclass(frozen=True)
class Code:
    """A text between the values, as it is."""

    text: str


@dataclass(frozen=True)
class Line:
    """Something to copy, and what it is for."""

    label: str
    code: str
    advice: str = ""


def list_lines(widget: Widget) -> list[Line]:
    """Return what puts the widget into a page, the usual first."""
    slug = widget.slug
    load = "{% load coze_widget %}"
    label = _("Chat with us")
    return [
        Line(
            _("The tag"),
            f'{load}{{% coze_widget "{slug}" %}}',
            _("Once, at the end of the page or of the base template."),
        ),
        Line(
            _("A panel at a place of the page"),
            f'{load}{{% coze_panel "{slug}" %}}',
            _("Instead of the tag: the chat fills this place, and has no corner."),
        ),
        Line(
            _("A button of your own"),
            f'{load}{{% coze_launcher "{slug}" %}}{label}{{% endcoze_launcher %}}',
            _("Beside the tag, as often as you like."),
        ),
        Line(
            _("Any element that is there already"),
            f'data-coze-open="{escape(slug)}"',
            _("Beside the tag: an attribute, and the click opens the chat."),
        ),
        Line(
            _("From JavaScript"),
            f"CozeWidget.get({write_value(slug)}).showChatBot();",
            _("Once the page has loaded."),
        ),
    ]


def list_lines_elsewhere(widget: Widget, *, site_origin: str) -> list[Line]:
    """Return what puts the widget into pages of other origins; none where no page may.

    `site_origin` is where this site is reached from there, without a last slash.
    """
    if not read_origins(widget.allowed_origins):
        return []
    try:
        newest, hashed = mount_path() + "loader.js", asset_path("loader.js")
    except NotMounted:
        return []
    integrity = read_asset("loader.js").integrity
    return [
        Line(
            _("Always the newest loader"),
            _write_loader(widget, src=site_origin + newest),
            _(
                "At the end of the page. The browser asks with each page whether there "
                "is a newer one."
            ),
        ),
        Line(
            _("This very loader, with its hash"),
            _write_loader(widget, src=site_origin + hashed, integrity=integrity),
            _(
                "The browser keeps it, and refuses any other text. Copy the line anew "
                "after each upgrade of django-coze-widget: until then the page has no "
                "chat."
            ),
        ),
    ]


def _write_loader(widget: Widget, **attributes: str) -> str:
    crossorigin = ' crossorigin="anonymous"' if "integrity" in attributes else ""
    named = " ".join(f'{name}="{escape(text)}"' for name, text in attributes.items())
    slug = escape(widget.slug)
    return f'<script {named}{crossorigin} async data-coze-widget="{slug}"></script>'


def write_snippet(widget: Widget) -> str:
    """Return what Coze's publish page would hand out for this row, without a token."""
    options = build_options(widget, place=Place.INLINE)
    config = options.pop("config")
    tree = {
        "config": config,
        "auth": _auth(),
        "userInfo": {
            "id": Code(f'"{PERSON}"'),
            "nickname": widget.user_nickname,
            "url": widget.user_url,
        },
        **options,
    }
    client = f"new CozeWebSDK.WebChatClient({write_value(tree, indent=1)})"
    return "\n".join(
        [
            f"<script {_script_attributes(widget)}></script>",
            "<script>",
            f"  const cozeWebSDK = {client};",
            "</script>",
        ]
    )


def _auth() -> dict[str, Any]:
    # xgettext does not look into f-strings.
    comment = _("Asks a server of yours: it mints a token for this person.")
    refresh = "\n".join(
        [
            "async () => {",
            f"        // {comment}",
            f'        const response = await fetch("{TOKEN_URL}", {{ method: "POST" }});',
            "        return response.text();",
            "      }",
        ]
    )
    return {"type": "token", "token": TOKEN, "onRefreshToken": Code(refresh)}


def _script_attributes(widget: Widget) -> str:
    try:
        base_url = find_oauth_app(widget.oauth_app).base_url
    except CredentialsError:
        base_url = conf.base_url
    url = sdk_url(base_url, widget.sdk_version, widget.sdk_url)
    attributes = {"src": url}
    if widget.sdk_integrity:
        attributes["integrity"] = widget.sdk_integrity
        attributes["crossorigin"] = "anonymous"
    return " ".join(f'{name}="{escape(text)}"' for name, text in attributes.items())


def write_value(value: Any, *, indent: int = 0) -> str:
    """Return a value as JavaScript that may stand within `<script>`."""
    if isinstance(value, Code):
        return value.text
    if isinstance(value, dict):
        members = [
            f"{_write_name(name)}: {write_value(child, indent=indent + 1)}"
            for name, child in value.items()
        ]
        return _wrap("{", members, "}", indent)
    if isinstance(value, list):
        items = [write_value(child, indent=indent + 1) for child in value]
        return _wrap("[", items, "]", indent)
    return _write_plain(value)


def _wrap(opening: str, parts: list[str], closing: str, indent: int) -> str:
    if not parts:
        return opening + closing
    lines = "".join(f"{'  ' * (indent + 1)}{part},\n" for part in parts)
    return f"{opening}\n{lines}{'  ' * indent}{closing}"


def _write_name(name: str) -> str:
    # Quoted or not, this one would set the object's prototype.
    if name == "__proto__":
        return '["__proto__"]'
    return name if _NAME.fullmatch(name) else _write_plain(name)


def _write_plain(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return "".join(map(_write_character, text))


def _write_character(char: str) -> str:
    """`<` could end the script; the others cannot be seen, or not be sent."""
    if char != "<" and unicodedata.category(char) not in _UNSAFE:
        return char
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(
        f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2)
    )
