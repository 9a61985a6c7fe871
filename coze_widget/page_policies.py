"""What a page with the widget needs of its Content-Security-Policy, and nothing more.

What the frame needs for itself is in `coze_widget.csp`: it has a policy of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from django.conf import settings
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from coze_widget.conf import conf
from coze_widget.csp import origin_of, script_source, voice_hosts
from coze_widget.islands import icon_url
from coze_widget.models import Widget
from coze_widget.sdk_addresses import sdk_url
from coze_widget.sdk_versions import SINCE, is_older

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SELF = "'self'"
FRAME = _("the chat's frame")
# As Django and django-csp call them.
CONSTANTS = {SELF: "SELF", "'unsafe-inline'": "UNSAFE_INLINE"}


class Embedding(Enum):
    """How a page holds the chat."""

    FRAME = "frame"
    PANEL = "panel"  # {% coze_panel %}: the frame at a place of the page
    INLINE = "inline"
    EMBEDDED = "embedded"  # the frame, in a page of another origin


class Evidence(Enum):
    # Seen in the open-source SDK: without it something fails.
    MEASURED = "measured"
    # Said of the hosted SDK by its sources, by Coze's guides or by others' policies.
    EXPECTED = "expected"
    # Only where style sheets cannot be constructed: Safari < 16.4, Firefox < 101.
    OLD_BROWSERS = "old_browsers"


@dataclass(frozen=True)
class Need:
    directive: str
    source: str
    what: StrOrPromise
    evidence: Evidence = Evidence.MEASURED
    # A nonce does as well: the tag puts it on the script.
    takes_nonce: bool = False


@dataclass(frozen=True)
class Addresses:
    """Where things come from, as the page sees it: a path is its own origin's."""

    loader: str
    stylesheet: str
    chat: str
    icon: str
    # The origin of the frame, `'self'` where it is the page's own.
    frame: str
    api: str
    sdk: str
    has_voice: bool


@dataclass(frozen=True)
class PageNeeds:
    needs: tuple[Need, ...]
    # Who may use the microphone, as in Permissions-Policy; "" where nobody needs to.
    microphone: str = ""
    # Directives that the page must do without.
    without: tuple[str, ...] = ()

    def directives(self) -> dict[str, list[str]]:
        """Return the sources by directive, without those for old browsers."""
        return _group(
            need for need in self.needs if need.evidence is not Evidence.OLD_BROWSERS
        )

    def for_old_browsers(self) -> dict[str, list[str]]:
        return _group(
            need for need in self.needs if need.evidence is Evidence.OLD_BROWSERS
        )

    def expected(self) -> dict[str, list[str]]:
        """Return those that nobody has seen to be needed."""
        return _group(need for need in self.needs if need.evidence is Evidence.EXPECTED)


def addresses_of(
    widget: Widget, embedding: Embedding, *, base_url: str, site_origin: str = ""
) -> Addresses:
    """Return where this widget's things come from; raises nothing, asks nobody.

    `base_url` is Coze's API, `site_origin` the site as a page of another origin sees it.
    """
    if embedding is Embedding.EMBEDDED:
        # The loader, its parts and the settings come from beside the frame.
        origin = conf.frame_origin or site_origin
        loader = stylesheet = frame = origin
        icon = _seen_from_elsewhere(icon_url(widget), origin)
    else:
        loader = _static("loader.js")
        stylesheet = _static("launcher.css")
        frame = conf.frame_origin or SELF
        icon = icon_url(widget)
    return Addresses(
        loader=loader,
        stylesheet=stylesheet,
        chat=_static("chat.js"),
        icon=icon,
        frame=frame,
        api=base_url,
        sdk=sdk_url(base_url, widget.sdk_version, widget.sdk_url),
        has_voice=_has_voice(widget),
    )


def find_needs(embedding: Embedding, addresses: Addresses) -> PageNeeds:
    """Return what a page needs in which the chat stands like this."""
    needs = [*_launcher_needs(addresses)]
    if embedding is Embedding.INLINE:
        return PageNeeds(
            needs=tuple(dict.fromkeys([*needs, *inline_needs(addresses)])),
            microphone="self" if addresses.has_voice else "",
            # The SDK loads a script by a plain assignment when it sends a message.
            without=("require-trusted-types-for",),
        )
    if embedding is Embedding.EMBEDDED:
        source = addresses.frame
        needs.append(Need("frame-src", source, FRAME))
        needs.append(Need("connect-src", source, _("the widget's settings")))
    else:
        needs += frame_needs(addresses.frame)
    return PageNeeds(
        needs=tuple(needs),
        microphone=_microphone(addresses.frame) if addresses.has_voice else "",
    )


def frame_needs(frame: str) -> Iterator[Need]:
    """Yield what a page of the site needs to hold a frame of this origin."""
    yield Need("frame-src", frame, FRAME)
    if frame != SELF:
        yield Need("connect-src", SELF, _("who the visitor is"))


def inline_needs(addresses: Addresses) -> Iterator[Need]:
    """Yield what chat.js and the SDK need where they run in the page itself."""
    own, api = origin_of(addresses.chat), origin_of(addresses.api)
    sdk = origin_of(addresses.sdk)
    pictures, sound = _("pictures in messages"), _("recordings")
    yield Need("script-src", own, "chat.js", takes_nonce=True)
    yield Need("script-src", script_source(addresses.sdk), _("the SDK"))
    yield Need("style-src", own, _("our own sentences"))
    yield Need("style-src", "'unsafe-inline'", _("the SDK's <style> elements"))
    yield Need("connect-src", SELF, _("the visitor's token"))
    yield Need("connect-src", api, _("Coze's API"))
    yield Need("img-src", "data:", _("the SDK's icons"))
    for source in ("https:", "blob:"):
        yield Need("img-src", source, pictures, Evidence.EXPECTED)
    for source in ("https:", "data:", "blob:"):
        yield Need("media-src", source, sound, Evidence.EXPECTED)
    for source in (sdk, "data:"):
        yield Need("font-src", source, _("the SDK's fonts"), Evidence.EXPECTED)
    if addresses.has_voice:
        for source in voice_hosts(api):
            yield Need("connect-src", source, _("voice calls"), Evidence.EXPECTED)
        yield Need("worker-src", "blob:", _("voice calls"), Evidence.EXPECTED)


# What people copy


def to_header(directives: dict[str, list[str]]) -> str:
    return "; ".join(" ".join([name, *sources]) for name, sources in directives.items())


def to_django(directives: dict[str, list[str]]) -> str:
    """Return settings for Django's own middleware (6.0 and newer)."""
    lines = _lines(directives, constant="CSP.{}")
    head = ["from django.utils.csp import CSP", ""] if _constants(directives) else []
    return "\n".join([*head, "SECURE_CSP = {", *lines, "}"])


def to_django_csp(directives: dict[str, list[str]]) -> str:
    """Return settings for django-csp, version 4 and newer."""
    lines = [f"    {line}" for line in _lines(directives, constant="{}")]
    names = ", ".join(_constants(directives))
    head = [f"from csp.constants import {names}", ""] if names else []
    return "\n".join(
        [
            *head,
            "CONTENT_SECURITY_POLICY = {",
            '    "DIRECTIVES": {',
            *lines,
            "    }",
            "}",
        ]
    )


def _constants(directives: dict[str, list[str]]) -> list[str]:
    used = {source for sources in directives.values() for source in sources}
    return sorted(CONSTANTS[source] for source in used & set(CONSTANTS))


def _lines(directives: dict[str, list[str]], *, constant: str) -> Iterator[str]:
    for name, sources in directives.items():
        words = [
            constant.format(CONSTANTS[one]) if one in CONSTANTS else f'"{one}"'
            for one in sources
        ]
        yield f'    "{name}": [{", ".join(words)}],'


# Details


def _launcher_needs(addresses: Addresses) -> Iterator[Need]:
    loader, sheet = origin_of(addresses.loader), origin_of(addresses.stylesheet)
    yield Need("script-src", loader, _("loader.js and panel.js"), takes_nonce=True)
    look = _("the launcher's look")
    yield Need("style-src", sheet, look, Evidence.OLD_BROWSERS)
    if addresses.icon:
        source = _picture_source(addresses.icon)
        yield Need("img-src", source, _("the launcher's icon"))


def _group(needs: Iterable[Need]) -> dict[str, list[str]]:
    directives: dict[str, list[str]] = {}
    for need in needs:
        sources = directives.setdefault(need.directive, [])
        if need.source not in sources:
            sources.append(need.source)
    return {name: _without_covered(sources) for name, sources in directives.items()}


def _without_covered(sources: list[str]) -> list[str]:
    if "https:" not in sources:
        return sources
    return [source for source in sources if not source.startswith("https://")]


def _static(name: str) -> str:
    try:
        return static(f"coze_widget/{name}")
    except ValueError:  # a manifest that does not know the file yet
        return settings.STATIC_URL or "/"


def _seen_from_elsewhere(url: str, origin: str) -> str:
    """Return the address of a picture as a page of another origin asks for it."""
    is_path = url.startswith("/") and not url.startswith("//")
    return f"{origin}{url}" if is_path else url


def _picture_source(url: str) -> str:
    return "data:" if url.startswith("data:") else origin_of(url)


def _has_voice(widget: Widget) -> bool:
    """Older SDKs are told so, too, and know nothing of it."""
    since = SINCE["ui.chatBot.isNeedAudio"]
    return widget.chat_bot_is_need_audio and not is_older(widget.sdk_version, since)


def _microphone(frame: str) -> str:
    return "self" if frame == SELF else f'self "{frame}"'
