"""The HTML of the tag and of the frame: an island or two, and the scripts that read them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.conf import settings
from django.forms.utils import flatatt
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import get_script_prefix, get_urlconf
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language, override

from coze_widget.candidates import NotShown, find_candidates, find_on_page
from coze_widget.conf import conf
from coze_widget.csp import (
    build_frame_headers,
    build_frame_policy,
    frame_ancestors,
    page_nonce,
)
from coze_widget.islands import build_chat_island, build_page_island
from coze_widget.models import Load, Place, Widget
from coze_widget.oauth.credentials import CredentialsError
from coze_widget.oauth_apps import find_oauth_app
from coze_widget.options import Overrides, uses_sdk_launcher
from coze_widget.overrides import Unfit, read_global, read_overrides
from coze_widget.paths import NotMounted, Paths, view_path
from coze_widget.renderings import Renderings
from coze_widget.sdk_addresses import is_allowed
from coze_widget.trial import trial_token

# Stands for the nonce in what is kept, which is rendered once for many requests.
NONCE = secrets.token_hex(16)
renderings = Renderings()


@dataclass(frozen=True)
class Wishes:
    """What a template says to its tag; None is what it does not say."""

    inline: bool | None = None
    eager: bool | None = None
    overrides: Mapping[str, object] = field(default_factory=dict)
    js_global: object = ""
    is_panel: bool = False


class Rendered(NamedTuple):
    html: SafeString
    # What was left out of it, a sentence each.
    faults: list[str]


def base_url_of(widget: Widget, request: HttpRequest | None) -> str:
    """Return the API that the widget talks to; raises NotShown where no chat can open."""
    if widget.sdk_url and not is_allowed(widget.sdk_url):
        # The form refuses such an address; a fixture or a changed setting does not.
        raise NotShown(
            f"the widget named “{widget.slug}” may not load the SDK from its own address: "
            "see COZE_SDK_ORIGINS"
        )
    if not conf.identity_key:
        raise NotShown("COZE_IDENTITY_KEY is not set")
    try:
        return find_oauth_app(widget.oauth_app).base_url
    except CredentialsError as exc:
        if trial_token(request, oauth_app=widget.oauth_app):
            return conf.base_url
        raise NotShown(str(exc)) from exc


def render_tag(
    request: HttpRequest | None, slug: str | None, wishes: Wishes
) -> Rendered:
    """Return what a tag puts into the page; NotShown says why nothing."""
    if slug is None:
        candidates = find_candidates(request)
    else:
        candidates = [find_on_page(request, slug)]
    nonce = "" if request is None else page_nonce(request)
    shown: dict[str, SafeString] = {}
    faults: list[str] = []
    failures: list[NotShown] = []
    for widget in candidates:
        try:
            html, own_faults = _render_widget(
                widget, request, wishes, after=tuple(shown), has_nonce=bool(nonce)
            )
        except NotShown as exc:
            failures.append(exc)
        else:
            shown[widget.slug] = html
            faults += [f"{widget.slug}: {fault}" for fault in own_faults]
    if not shown:
        raise failures[0]
    html = SafeString("".join(shown.values()))
    if nonce:
        html = SafeString(html.replace(NONCE, escape(nonce)))
    return Rendered(html, [*faults, *map(str, failures)])


def require_shown(request: HttpRequest | None, slug: str) -> None:
    """Raise NotShown where a button for this widget would do nothing."""
    base_url_of(find_on_page(request, slug), request)
    try:
        view_path("session", slug)
    except NotMounted as exc:
        raise NotShown(str(exc)) from exc


def _render_widget(
    widget: Widget,
    request: HttpRequest | None,
    wishes: Wishes,
    *,
    after: tuple[str, ...],
    has_nonce: bool,
) -> Rendered:
    base_url = base_url_of(widget, request)
    place = _place(widget, wishes)
    load = _load(widget, wishes) if place == Place.INLINE else Load.CLICK
    overrides, faults = read_overrides(widget, wishes.overrides)
    js_global = ""
    if wishes.js_global:
        try:
            js_global = read_global(wishes.js_global)
        except Unfit as exc:
            faults.append(f"js_global is left out: {exc}")

    def render() -> SafeString:
        return _render_page_part(
            widget,
            base_url=base_url,
            place=place,
            load=load,
            overrides=overrides,
            nonce=NONCE if has_nonce else "",
            js_global=js_global,
            after=after,
            at=f"coze-panel-{widget.slug}" if wishes.is_panel else "",
        )

    key = (
        base_url,
        place,
        load,
        json.dumps(overrides, sort_keys=True),
        has_nonce,
        js_global,
        after,
        wishes.is_panel,
        get_language(),
        get_script_prefix(),
        get_urlconf(),
    )
    # The catalogue hands out the same object until the row has changed. A developer's
    # templates change without that.
    html = render() if settings.DEBUG else renderings.get(widget, key, render)
    return Rendered(html, faults)


def render_unsaved(widget: Widget, request: HttpRequest, *, paths: Paths) -> SafeString:
    """Return what the tag would put into a page if the widget were saved like this."""
    return _render_page_part(
        widget,
        base_url=base_url_of(widget, request),
        place=widget.place,
        load=widget.load,
        overrides={},
        nonce="",
        paths=paths,
    )


def _render_page_part(
    widget: Widget,
    *,
    base_url: str,
    place: str,
    load: str,
    overrides: Overrides,
    nonce: str,
    js_global: str = "",
    after: tuple[str, ...] = (),
    at: str = "",
    paths: Paths | None = None,
) -> SafeString:
    context: dict[str, Any] = {
        "slug": widget.slug,
        "nonce": nonce,
        "loader_attributes": _loader_attributes(widget, js_global, nonce),
        "panel_id": at,
        "is_first": not after,
        "loader_url": static("coze_widget/loader.js"),
        "chat_url": static("coze_widget/chat.js"),
    }
    try:
        if not uses_sdk_launcher(widget, place=place):
            context["page_island"] = build_page_island(
                widget,
                place=place,
                overrides=overrides,
                base_url=base_url,
                after=after,
                at=at,
                paths=paths,
            )
            context["page_island_id"] = f"coze-widget-{widget.slug}"
        if place == Place.INLINE:
            context["chat_island"] = build_chat_island(
                widget,
                place=place,
                base_url=base_url,
                load=load,
                overrides=overrides,
                paths=paths,
            )
            context["chat_island_id"] = f"coze-chat-{widget.slug}"
    except NotMounted as exc:
        raise NotShown(str(exc)) from exc
    return render_to_string("coze_widget/widget.html", context)


def _loader_attributes(widget: Widget, js_global: str, nonce: str) -> SafeString:
    attributes = {
        "data-coze-widget": widget.slug,
        "data-coze-global": js_global,
        "nonce": nonce,
    }
    return flatatt({name: value for name, value in attributes.items() if value})


def render_frame(
    widget: Widget,
    request: HttpRequest,
    *,
    paths: Paths | None = None,
    is_sandboxed: bool = False,
) -> tuple[str, dict[str, str]]:
    """Return the chat's document and the headers of its policies.

    Nothing of the request, of a user or of a language is in them. A sandboxed one has no
    origin: see `coze_widget.sandboxed_frames`.
    """
    base_url = base_url_of(widget, request)
    with override(None):
        island = build_chat_island(
            widget, place=Place.FRAME, base_url=base_url, paths=paths
        )
        assets = {
            "chat_url": static("coze_widget/chat.js"),
            "stylesheet_url": static("coze_widget/chat.css"),
        }
        document = render_to_string(
            "coze_widget/frame.html",
            {
                "chat_island": island,
                "chat_island_id": "coze-chat",
                "inner_url": static("coze_widget/inner.js") if is_sandboxed else "",
                **assets,
            },
        )
    # A preview is for nobody but the admin.
    allowed_origins = "" if paths else widget.allowed_origins
    policy = build_frame_policy(
        asset_urls=assets.values(),
        media_url=settings.MEDIA_URL,
        sdk_url=island["sdk_url"],
        api_url=base_url,
        has_voice=widget.chat_bot_is_need_audio,
        ancestors=frame_ancestors(allowed_origins),
        is_sandboxed=is_sandboxed,
    )
    headers = build_frame_headers(
        policy=policy,
        allowed_origins=allowed_origins,
        has_voice=widget.chat_bot_is_need_audio,
        is_sandboxed=is_sandboxed,
    )
    return document, headers


def _place(widget: Widget, wishes: Wishes) -> str:
    if wishes.is_panel:
        return Place.FRAME
    if wishes.inline is None:
        return widget.place
    return Place.INLINE if wishes.inline else Place.FRAME


def _load(widget: Widget, wishes: Wishes) -> str:
    if wishes.eager is None:
        return widget.load
    return Load.EAGER if wishes.eager else Load.CLICK
