"""With COZE_FRAME_SANDBOX the chat is in a frame without an origin, in ours (docs/adr/0019).

Coze's script is then a stranger to the site. What asks the session view is the document
around it, which holds no script but our own.
"""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.translation import override

from coze_widget.blocks import base_url_of, render_frame
from coze_widget.conf import conf
from coze_widget.csp import (
    SANDBOX,
    build_frame_headers,
    build_outer_policy,
    frame_ancestors,
)
from coze_widget.models import Widget
from coze_widget.options import title_of
from coze_widget.paths import Paths, paths_of


def render_outermost(
    widget: Widget, request: HttpRequest, *, paths: Paths | None = None
) -> tuple[str, dict[str, str]]:
    """Return what the page's frame shows: the chat's document, or one around it.

    As everywhere, with the headers of its policies.
    """
    render = _render_outer if conf.frame_sandbox else render_frame
    return render(widget, request, paths=paths)


def render_inner(
    widget: Widget, request: HttpRequest, *, paths: Paths | None = None
) -> tuple[str, dict[str, str]]:
    """Return the chat's document for a frame in a frame.

    It is without an origin wherever it is shown: its own policy says so, too.
    """
    return render_frame(widget, request, paths=paths, is_sandboxed=True)


def _render_outer(
    widget: Widget, request: HttpRequest, *, paths: Paths | None
) -> tuple[str, dict[str, str]]:
    # Where the chat's document would be refused, so is this one.
    base_url_of(widget, request)
    # A preview is for nobody but the admin.
    allowed_origins = "" if paths else widget.allowed_origins
    paths = paths or paths_of(widget.slug)
    has_voice = widget.chat_bot_is_need_audio
    assets = {
        "outer_url": static("coze_widget/outer.js"),
        "stylesheet_url": static("coze_widget/chat.css"),
    }
    with override(None):
        document = render_to_string(
            "coze_widget/outer.html",
            {
                "outer_island": {
                    "slug": widget.slug,
                    "session_url": paths.session,
                    "forget_url": paths.forget,
                },
                "title": title_of(widget),
                "inner_path": paths.inner,
                "sandbox": " ".join(SANDBOX),
                "has_voice": has_voice,
                **assets,
            },
        )
    headers = build_frame_headers(
        policy=build_outer_policy(
            assets.values(), ancestors=frame_ancestors(allowed_origins)
        ),
        allowed_origins=allowed_origins,
        has_voice=has_voice,
        is_outer=True,
    )
    return document, headers
