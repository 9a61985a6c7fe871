"""The two JSON islands: what a page tells the loader, and what the chat's script is told.

Both are the same for everybody, so that caches may keep them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict
from urllib.parse import urlsplit

from django.templatetags.static import static
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from coze_widget.conf import conf
from coze_widget.hours import Clock, clock_of
from coze_widget.icons import ink_on
from coze_widget.models import (
    DEFAULT_LAUNCHER_COLOR,
    ColorScheme,
    Corner,
    Language,
    Launcher,
    Load,
    Place,
    Widget,
)
from coze_widget.options import (
    Overrides,
    build_options,
    page_may_set,
    title_of,
    uses_sdk_launcher,
)
from coze_widget.origin_patterns import read_origins
from coze_widget.paths import Paths, paths_of, view_path
from coze_widget.sdk_addresses import sdk_url

# Of the launcher, in the loader as well as in the model.
DEFAULT_OFFSET = 24
DEFAULT_SIZE = 56

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
    "agree": _("Agree and chat"),
    "connecting": _("Connecting…"),
    "failed": _("The chat could not be loaded."),
    "unavailable": _("The chat is not available right now."),
    "offline": _("You are offline."),
    "too_many": _("That was a little fast. Please wait a moment."),
    "too_often": _("That was often. You can chat again in %s minutes."),
    "login_required": _("Please log in to chat."),
    "log_in": _("Log in"),
    "not_allowed": _("This chat is not open to you."),
    "not_found": _("This chat is no longer here."),
    "closed": _("The chat is closed at the moment."),
    "opens": _("It opens again %s."),
    "session_error": _("The chat could not be started."),
    "permission": _("The chat is not set up completely yet."),
    "guest": _("You are chatting as a guest."),
    "new_visitor": _("Start over as a new visitor"),
    "trial": _("Trial with a personal token: everybody shares this history."),
}


class _Sometimes(TypedDict, total=False):
    clock: Clock
    # Only while none of these is open.
    after: list[str]
    # "idle": the frame comes before anybody wants it.
    load: str
    # Origins that the browser connects to when somebody reaches for the launcher.
    preconnect: list[str]
    # Where the page asks who is there, for a frame on a host of its own.
    visitor_url: str


class PageIsland(_Sometimes):
    slug: str
    place: str
    frame_url: str | None
    launcher: dict[str, Any]
    panel: dict[str, Any]
    lang: str
    overrides: Overrides
    stylesheet_url: str
    panel_url: str
    texts: dict[str, str]


class ChatIsland(TypedDict):
    slug: str
    place: str
    load: str
    session_url: str
    forget_url: str
    sdk_url: str
    sdk_integrity: str
    page_may: list[str]
    # Origin patterns whose pages may hold the frame, besides its own.
    embedders: list[str]
    # Whether they are known longer than until the browser is closed.
    keeps_guests: bool
    consent: dict[str, str] | None
    overrides: Overrides
    options: dict[str, Any]
    lang: str | None
    stylesheet_url: str
    texts: dict[str, dict[str, str]]


def build_page_island(
    widget: Widget,
    *,
    place: str,
    overrides: Overrides,
    base_url: str = "",
    after: Sequence[str] = (),
    at: str = "",
    paths: Paths | None = None,
) -> PageIsland:
    """Return what the loader needs: every byte is in every page, so defaults are left out.

    `base_url` is the API's, to which a browser may connect ahead; `at` is the id of the
    element that the panel fills.
    """
    # A preview is an editor's, whose login is on the page's host only.
    frame_origin = "" if paths else conf.frame_origin
    paths = paths or paths_of(widget.slug)
    in_frame = place == Place.FRAME
    lang = overrides.get("lang") or widget.base_lang or page_language()
    island: PageIsland = {
        "slug": widget.slug,
        "place": place,
        "frame_url": f"{frame_origin}{paths.frame}" if in_frame else None,
        "launcher": {
            # The SDK's own button is not in use here: then ours stands in for it.
            "shown": widget.launcher != Launcher.NONE,
            "icon": icon_url(widget),
            **_launcher_look(widget),
        },
        "panel": {
            "width": widget.chat_bot_width,
            "layout": widget.base_layout,
            "z_index": widget.base_z_index,
            "keeps_launcher": not (
                widget.header_is_show and widget.header_is_need_close
            ),
            "title": overrides.get("title") or title_of(widget),
            **({"allow": "microphone"} if widget.chat_bot_is_need_audio else {}),
            **({"at": at} if at else {}),
        },
        "lang": lang,
        "overrides": overrides,
        "stylesheet_url": static("coze_widget/launcher.css"),
        "panel_url": static("coze_widget/panel.js"),
        "texts": _texts(PAGE_TEXTS, lang),
    }
    clock = clock_of(widget)
    if clock:
        island["clock"] = clock
    if after:
        island["after"] = list(after)
    if in_frame and frame_origin:
        island["visitor_url"] = view_path("visitor", widget.slug)
    # Whoever has not agreed yet is no business of Coze's hosts.
    if not widget.consent_text:
        if widget.load == Load.IDLE:
            island["load"] = str(Load.IDLE)
        if widget.preconnect and base_url:
            island["preconnect"] = _hosts(widget, base_url)
    return island


def embedders_of(widget: Widget) -> list[str]:
    """Return the origins, or patterns of them, whose pages may hold the frame."""
    return [*conf.page_origins, *read_origins(widget.allowed_origins)]


def _hosts(widget: Widget, base_url: str) -> list[str]:
    """Return the origins of the SDK and of the API; a path is on a host we have already."""
    addresses = (sdk_url(base_url, widget.sdk_version, widget.sdk_url), base_url)
    parts = map(urlsplit, addresses)
    hosts = [f"{part.scheme}://{part.netloc}" for part in parts if part.netloc]
    return list(dict.fromkeys(hosts))


def _consent(widget: Widget) -> dict[str, str] | None:
    if not widget.consent_text:
        return None
    return {
        "text": widget.consent_text,
        "link_text": widget.consent_link_text or widget.consent_link_url,
        "link_url": widget.consent_link_url,
    }


def build_chat_island(
    widget: Widget,
    *,
    place: str,
    base_url: str,
    load: str = Load.CLICK,
    overrides: Overrides | None = None,
    paths: Paths | None = None,
) -> ChatIsland:
    """Return what `chat.js` needs; in a frame nothing of it depends on the page."""
    paths = paths or paths_of(widget.slug)
    overrides = overrides or {}
    is_eager = load == Load.EAGER or uses_sdk_launcher(widget, place=place)
    is_eager = is_eager and not widget.consent_text
    return {
        "slug": widget.slug,
        "place": place,
        "load": str(Load.EAGER if is_eager else Load.CLICK),
        "session_url": paths.session,
        "forget_url": paths.forget,
        "sdk_url": sdk_url(base_url, widget.sdk_version, widget.sdk_url),
        "sdk_integrity": widget.sdk_integrity,
        "page_may": page_may_set(widget),
        "embedders": embedders_of(widget) if place == Place.FRAME else [],
        "keeps_guests": bool(widget.guest_days),
        "consent": _consent(widget),
        # A frame is told by its page.
        "overrides": overrides if place == Place.INLINE else {},
        "options": build_options(widget, place=place, overrides=overrides),
        "lang": None
        if place == Place.FRAME
        else overrides.get("lang") or widget.base_lang or page_language(),
        "stylesheet_url": static("coze_widget/chat.css"),
        "texts": {lang: _texts(CHAT_TEXTS, lang) for lang in CATALOGUES},
    }


def icon_url(widget: Widget) -> str:
    if widget.launcher_icon:
        return str(widget.launcher_icon.url)
    return widget.launcher_icon_url or widget.base_icon


def _launcher_look(widget: Widget) -> dict[str, Any]:
    """Return what differs from the loader's own look: every byte is in every page."""
    look: dict[str, Any] = {}
    if widget.launcher_color.lower() != DEFAULT_LAUNCHER_COLOR:
        look["color"] = widget.launcher_color
        look["ink"] = ink_on(widget.launcher_color)
    for name, field, default in (
        ("corner", "launcher_corner", Corner.BOTTOM_RIGHT),
        ("x", "launcher_offset_x", DEFAULT_OFFSET),
        ("y", "launcher_offset_y", DEFAULT_OFFSET),
        ("size", "launcher_size", DEFAULT_SIZE),
        ("label", "launcher_label", ""),
        ("scheme", "color_scheme", ColorScheme.LIGHT),
    ):
        value = getattr(widget, field)
        if value != default:
            look[name] = value
    return look


def page_language() -> str:
    """Return the SDK's language that is nearest to the page's: it has only two."""
    is_chinese = (get_language() or "").lower().startswith("zh")
    return str(Language.CHINESE if is_chinese else Language.ENGLISH)


def _texts(texts: dict[str, Any], lang: str) -> dict[str, str]:
    with override(CATALOGUES[lang]):
        return {key: str(text) for key, text in texts.items()}
