"""A widget as its form would make it, held for minutes: its editor sees it, nobody else.

Nothing is saved: no row, no version of its history, no file.
"""

from __future__ import annotations

import base64
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.translation import override

from coze_widget.blocks import base_url_of, render_unsaved
from coze_widget.candidates import NotShown
from coze_widget.csp import build_frame_policy, origin_of
from coze_widget.held import hold, take
from coze_widget.islands import CATALOGUES, page_language
from coze_widget.models import Launcher, Load, Widget
from coze_widget.options import title_of
from coze_widget.paths import Paths
from coze_widget.records import to_record, to_widget
from coze_widget.sdk_addresses import sdk_url
from coze_widget.status import find_status

KIND = "preview"
STYLESHEET = "coze_widget/admin/preview_page.css"
# Who, where and when: a preview has none of them, and so their defaults.
RULES = (
    "enabled",
    "staff_only",
    "groups",
    "permission",
    "audience",
    "hide_from_others",
    "include_paths",
    "exclude_paths",
    "weekly_hours",
    "time_zone",
    "shown_from",
    "shown_until",
)


def find_obstacle(widget: Widget, request: HttpRequest) -> str:
    """Return why this widget has no chat to show, "" if it has."""
    status = find_status(widget)
    if status.works is False:
        return status.text
    try:
        base_url_of(widget, request)
    except NotShown as exc:
        return str(exc)
    return ""


def hold_preview(widget: Widget, *, user_pk: str, key: str = "") -> str:
    """Keep the values under this person's key, or under a new one; return the key."""
    picture = _take_upload(widget)
    record = {**to_record(widget), **picture}
    known = key if take(KIND, key, user_pk=user_pk) else ""
    return hold(KIND, record, user_pk=user_pk, key=known)


def find_preview(key: str, *, user_pk: str) -> Widget | None:
    """Return the widget without its rules; None when it is over, or another person's."""
    record = take(KIND, key, user_pk=user_pk)
    if record is None:
        return None
    widget = to_widget(
        {name: value for name, value in record.items() if name not in RULES}
    )
    # The form is open for long before its editor wants to chat, and on some sites the
    # admin is the only page of its origin: Coze's script comes with the click here, too.
    widget.load = Load.CLICK
    if widget.launcher == Launcher.SDK:
        widget.launcher = Launcher.OWN
    return widget


def render_page(
    widget: Widget, request: HttpRequest, *, paths: Paths, lang: str
) -> tuple[str, dict[str, str]]:
    """Return a page with the widget, and its policy: the chat may stand in it, too."""
    base_url = base_url_of(widget, request)
    with override(CATALOGUES.get(lang) or CATALOGUES[page_language()]):
        context = {
            "lang": page_language(),
            "title": title_of(widget),
            "stylesheet_url": static(STYLESHEET),
            "tag": render_unsaved(widget, request, paths=paths),
        }
        document = render_to_string(
            "admin/coze_widget/widget/preview_page.html", context
        )
    policy = build_frame_policy(
        asset_urls=[context["stylesheet_url"]],
        media_url=settings.MEDIA_URL,
        sdk_url=sdk_url(base_url, widget.sdk_version, widget.sdk_url),
        api_url=base_url,
        has_voice=widget.chat_bot_is_need_audio,
    )
    return document, {"Content-Security-Policy": f"{policy}; frame-src 'self'"}


def render_gone(reason: str) -> tuple[str, dict[str, str]]:
    """Return a page that says why there is nothing, and its policy."""
    stylesheet_url = static(STYLESHEET)
    document = render_to_string(
        "admin/coze_widget/widget/preview_gone.html",
        {
            "lang": page_language(),
            "stylesheet_url": stylesheet_url,
            "reason": reason,
        },
    )
    policy = (
        f"default-src 'none'; style-src {origin_of(stylesheet_url)}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )
    return document, {"Content-Security-Policy": policy}


def _take_upload(widget: Widget) -> dict[str, Any]:
    """Return an upload as a picture's address; `to_record` would put it into the storage.

    The form has judged its size and its first bytes.
    """
    file: Any = widget.launcher_icon
    if not file or file._committed:
        return {}
    extension = file.name.rpartition(".")[2].lower()
    kind = "jpeg" if extension == "jpg" else extension
    file.seek(0)
    content = base64.b64encode(file.read()).decode()
    widget.launcher_icon = ""
    return {"launcher_icon_url": f"data:image/{kind};base64,{content}"}
