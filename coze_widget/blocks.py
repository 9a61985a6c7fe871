"""The HTML of the tag and of the frame: an island or two, and the scripts that read them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import get_script_prefix, get_urlconf
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language, override

from coze_widget.catalogue import catalogue
from coze_widget.conf import conf
from coze_widget.csp import build_frame_policy, page_nonce
from coze_widget.islands import build_chat_island, build_page_island
from coze_widget.models import Load, Place, Widget
from coze_widget.oauth.credentials import CredentialsError
from coze_widget.oauth_apps import find_oauth_app
from coze_widget.options import Overrides, uses_sdk_launcher
from coze_widget.paths import NotMounted
from coze_widget.trial import trial_token

# Stands for the nonce in what is kept, which is rendered once for many requests.
NONCE = secrets.token_hex(16)
# Pages that give each visitor parameters of their own must not fill the memory.
MAX_KEPT = 100


class NotShown(Exception):  # an outcome, not a failure
    """Raised when a page gets no widget; its text says why, to developers only."""


class SwitchedOff(NotShown):
    """Raised where COZE_WIDGETS_ENABLED is off: wanted, so it is worth no log line."""


def find_widget(request: HttpRequest | None, slug: str | None = None) -> Widget:
    """Return the enabled widget of the current site; without a slug, the first one."""
    if not conf.widgets_enabled:
        raise SwitchedOff("the setting COZE_WIDGETS_ENABLED is off")
    site_id = catalogue.site_id(request)
    if slug is None:
        return _first_widget(site_id)
    if not slug:
        # What Django makes of `{% coze_widget support %}`: a variable that nobody set.
        raise NotShown("the slug is empty: are the quotes missing?")
    widget = catalogue.find(site_id, slug)
    if widget is None:
        raise NotShown(f"this site has no widget named “{slug}”")
    if not widget.enabled:
        raise NotShown(f"the widget named “{slug}” is disabled")
    return widget


def _first_widget(site_id: int | None) -> Widget:
    widget = catalogue.first(site_id)
    if widget is None:
        slugs = [f"“{row.slug}”" for row in catalogue.all(site_id)]
        disabled = f"; switched off: {', '.join(slugs)}" if slugs else ""
        raise NotShown(f"this site has no widget enabled{disabled}")
    return widget


def base_url_of(widget: Widget, request: HttpRequest | None) -> str:
    """Return the API that the widget talks to; raises NotShown where no chat can open."""
    if not conf.identity_key:
        raise NotShown("COZE_IDENTITY_KEY is not set")
    try:
        return find_oauth_app(widget.oauth_app).base_url
    except CredentialsError as exc:
        if trial_token(request, oauth_app=widget.oauth_app):
            return conf.base_url
        raise NotShown(str(exc)) from exc


def render_tag(
    request: HttpRequest | None,
    *,
    slug: str | None = None,
    inline: bool | None = None,
    eager: bool | None = None,
    title: str = "",
    parameters: Mapping[str, Any] | None = None,
) -> SafeString:
    """Return what `{% coze_widget %}` puts into the page; NotShown says why nothing."""
    widget = find_widget(request, slug)
    base_url = base_url_of(widget, request)
    place = _place(widget, inline)
    load = _load(widget, eager) if place == Place.INLINE else Load.CLICK
    overrides = _overrides(title, parameters)
    nonce = "" if request is None else page_nonce(request)

    def render() -> SafeString:
        return _render_page_part(
            widget,
            base_url=base_url,
            place=place,
            load=load,
            overrides=overrides,
            nonce=NONCE if nonce else "",
        )

    key = (
        base_url,
        place,
        load,
        json.dumps(overrides, sort_keys=True, default=str),
        bool(nonce),
        get_language(),
        get_script_prefix(),
        get_urlconf(),
    )
    html = _keep(widget, key, render)
    return SafeString(html.replace(NONCE, escape(nonce))) if nonce else html


def _render_page_part(
    widget: Widget,
    *,
    base_url: str,
    place: str,
    load: str,
    overrides: Overrides,
    nonce: str,
) -> SafeString:
    context: dict[str, Any] = {
        "nonce": nonce,
        "loader_url": static("coze_widget/loader.js"),
        "chat_url": static("coze_widget/chat.js"),
    }
    try:
        if not uses_sdk_launcher(widget, place=place):
            context["page_island"] = build_page_island(
                widget, place=place, overrides=overrides
            )
            context["page_island_id"] = f"coze-widget-{widget.slug}"
        if place == Place.INLINE:
            context["chat_island"] = build_chat_island(
                widget, place=place, base_url=base_url, load=load, overrides=overrides
            )
            context["chat_island_id"] = f"coze-chat-{widget.slug}"
    except NotMounted as exc:
        raise NotShown(str(exc)) from exc
    return render_to_string("coze_widget/widget.html", context)


def _keep(
    widget: Widget, key: tuple[object, ...], render: Callable[[], SafeString]
) -> SafeString:
    """Return what was rendered from this very row before: it goes when the row does.

    The catalogue hands out the same object until it reads the rows anew, so what hangs
    on it is never older than they are.
    """
    kept: dict[tuple[object, ...], SafeString] = widget.__dict__.setdefault(
        "_rendered", {}
    )
    html = kept.get(key)
    if html is None:
        html = render()
        if len(kept) < MAX_KEPT:
            kept[key] = html
    return html


def render_frame(widget: Widget, request: HttpRequest) -> tuple[str, str]:
    """Return the frame's document and its policy: no request, no user, no language."""
    base_url = base_url_of(widget, request)
    with override(None):
        island = build_chat_island(widget, place=Place.FRAME, base_url=base_url)
        assets = {
            "chat_url": static("coze_widget/chat.js"),
            "stylesheet_url": static("coze_widget/chat.css"),
        }
        document = render_to_string(
            "coze_widget/frame.html",
            {"chat_island": island, "chat_island_id": "coze-chat", **assets},
        )
    policy = build_frame_policy(
        asset_urls=assets.values(),
        media_url=settings.MEDIA_URL,
        sdk_url=island["sdk_url"],
        api_url=base_url,
    )
    return document, policy


def _place(widget: Widget, inline: bool | None) -> str:  # noqa: FBT001  # a tag's argument
    if inline is None:
        return widget.place
    return Place.INLINE if inline else Place.FRAME


def _load(widget: Widget, eager: bool | None) -> str:  # noqa: FBT001  # a tag's argument
    if eager is None:
        return widget.load
    return Load.EAGER if eager else Load.CLICK


def _overrides(title: str, parameters: object) -> Overrides:
    overrides: Overrides = {}
    if title:
        overrides["title"] = str(title)[:100]
    # A variable that nobody set is "" in a template.
    if parameters is not None and parameters != "":
        if not isinstance(parameters, Mapping):
            raise NotShown("parameters is not a dict")
        overrides["parameters"] = dict(parameters)
    return overrides
