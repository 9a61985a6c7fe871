"""The two JSON islands: what a page tells the loader, and what the chat's script is told.

Both are the same for everybody, so that caches may keep them.
"""

from __future__ import annotations

from typing import Any, TypedDict

from django.templatetags.static import static
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from coze_widget.models import Language, Launcher, Load, Place, Widget
from coze_widget.oauth_apps import sdk_url
from coze_widget.options import (
    Overrides,
    build_options,
    title_of,
    uses_sdk_launcher,
)
from coze_widget.paths import view_path

# The SDK's languages and the catalogues of ours that go with them.
CATALOGUES = {"en": "en", "zh-CN": "zh-hans"}

PAGE_TEXTS = {
    "open": _("Open chat"),
    "close": _("Close chat"),
    "title": _("Chat"),
    "connecting": _("Connecting…"),
    "slow": _("The connection is slow."),
    "retry": _("Try again"),
    "failed": _("The chat could not be loaded."),
}
CHAT_TEXTS = {
    "title": _("Chat"),
    "close": _("Close chat"),
    "retry": _("Try again"),
    "connecting": _("Connecting…"),
    "failed": _("The chat could not be loaded."),
    "unavailable": _("The chat is not available right now."),
    "offline": _("You are offline."),
    "too_many": _("That was a little fast. Please wait a moment."),
    "login_required": _("Please log in to chat."),
    "log_in": _("Log in"),
    "not_allowed": _("This chat is not open to you."),
    "not_found": _("This chat is no longer here."),
    "session_error": _("The chat could not be started."),
    "permission": _("The chat is not set up completely yet."),
    "guest": _("You are chatting as a guest."),
    "new_visitor": _("Start over as a new visitor"),
    "trial": _("Trial with a personal token: everybody shares this history."),
}


class PageIsland(TypedDict):
    slug: str
    place: str
    frame_url: str | None
    launcher: dict[str, Any]
    panel: dict[str, Any]
    lang: str
    overrides: Overrides
    stylesheet_url: str
    texts: dict[str, str]


class ChatIsland(TypedDict):
    slug: str
    place: str
    load: str
    session_url: str
    forget_url: str
    sdk_url: str
    options: dict[str, Any]
    lang: str | None
    stylesheet_url: str
    texts: dict[str, dict[str, str]]


def build_page_island(
    widget: Widget, *, place: str, overrides: Overrides
) -> PageIsland:
    in_frame = place == Place.FRAME
    lang = widget.base_lang or page_language()
    return {
        "slug": widget.slug,
        "place": place,
        "frame_url": view_path("frame", widget.slug) if in_frame else None,
        "launcher": {
            # The SDK's own button is not in use here: then ours stands in for it.
            "shown": widget.launcher != Launcher.NONE,
            "icon": widget.base_icon,
        },
        "panel": {
            "width": widget.chat_bot_width,
            "layout": widget.base_layout,
            "z_index": widget.base_z_index,
            "keeps_launcher": not (
                widget.header_is_show and widget.header_is_need_close
            ),
            "title": overrides.get("title") or title_of(widget),
        },
        "lang": lang,
        "overrides": overrides,
        "stylesheet_url": static("coze_widget/launcher.css"),
        "texts": _texts(PAGE_TEXTS, lang),
    }


def build_chat_island(
    widget: Widget,
    *,
    place: str,
    base_url: str,
    load: str = Load.CLICK,
    overrides: Overrides | None = None,
) -> ChatIsland:
    """Return what `chat.js` needs; in a frame nothing of it depends on the page."""
    is_eager = load == Load.EAGER or uses_sdk_launcher(widget, place=place)
    return {
        "slug": widget.slug,
        "place": place,
        "load": str(Load.EAGER if is_eager else Load.CLICK),
        "session_url": view_path("session", widget.slug),
        "forget_url": view_path("forget", widget.slug),
        "sdk_url": sdk_url(base_url, widget.sdk_version),
        "options": build_options(widget, place=place, overrides=overrides),
        "lang": None if place == Place.FRAME else widget.base_lang or page_language(),
        "stylesheet_url": static("coze_widget/chat.css"),
        "texts": {lang: _texts(CHAT_TEXTS, lang) for lang in CATALOGUES},
    }


def page_language() -> str:
    """Return the SDK's language that is nearest to the page's: it has only two."""
    is_chinese = (get_language() or "").lower().startswith("zh")
    return str(Language.CHINESE if is_chinese else Language.ENGLISH)


def _texts(texts: dict[str, Any], lang: str) -> dict[str, str]:
    with override(CATALOGUES[lang]):
        return {key: str(text) for key, text in texts.items()}
