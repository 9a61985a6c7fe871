"""`{% load coze_widget %}{% coze_widget %}`: the widget of this site, on this page."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from django import template
from django.conf import settings
from django.forms.utils import flatatt
from django.http import HttpRequest
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from coze_widget.blocks import Rendered, Wishes, render_tag, require_shown
from coze_widget.candidates import AsWanted, NotShown
from coze_widget.local_copies import RowsUnreadable

logger = logging.getLogger("coze_widget")
register = template.Library()

MIGRATE = "Has `python manage.py migrate` been run?"
BUTTON_ATTRIBUTES = ("class", "id")


@register.simple_tag(takes_context=True)
def coze_widget(
    context: Context,
    slug: str | None = None,
    *,
    inline: bool | None = None,
    eager: bool | None = None,
    title: str = "",
    lang: str = "",
    parameters: Mapping[str, Any] | None = None,
    nickname: str = "",
    js_global: str = "",
) -> SafeString:
    """Render the widget, or nothing: it never takes the page down.

    The HTML is the same for everybody but for a nonce, and for what the template itself
    puts in: a nickname makes the page one person's.
    """
    wishes = Wishes(
        inline=inline,
        eager=eager,
        overrides={
            "title": title,
            "lang": lang,
            "parameters": parameters,
            "nickname": nickname,
        },
        js_global=js_global,
    )
    return _contain(lambda: render_tag(_request(context), slug, wishes))


@register.simple_tag(takes_context=True)
def coze_panel(
    context: Context,
    slug: str,
    *,
    title: str = "",
    lang: str = "",
    parameters: Mapping[str, Any] | None = None,
    nickname: str = "",
    js_global: str = "",
) -> SafeString:
    """Render a place in the page that the widget's panel fills; or nothing."""
    wishes = Wishes(
        overrides={
            "title": title,
            "lang": lang,
            "parameters": parameters,
            "nickname": nickname,
        },
        js_global=js_global,
        is_panel=True,
    )
    return _contain(lambda: render_tag(_request(context), slug or "", wishes))


@register.simple_block_tag(takes_context=True)
def coze_launcher(
    context: Context, content: str, slug: str, **attributes: object
) -> SafeString:
    """Render a button around its content that opens the widget's chat; or nothing.

    The widget itself is another tag's. Where this page does not show it, there is no dead
    button either.
    """
    return _contain(lambda: _button(_request(context), content, slug or "", attributes))


def _button(
    request: HttpRequest | None,
    content: str,
    slug: str,
    attributes: Mapping[str, object],
) -> Rendered:
    require_shown(request, slug)
    known = {
        name: str(attributes[name]) for name in BUTTON_ATTRIBUTES if name in attributes
    }
    faults = [
        f"{slug}: {name} is left out: a launcher takes class and id only"
        for name in attributes
        if name not in known
    ]
    html = format_html(
        '<button type="button" data-coze-open="{}" aria-haspopup="dialog"{}>{}</button>',
        slug,
        flatatt(known),
        content,
    )
    return Rendered(html, faults)


def _request(context: Context) -> HttpRequest | None:
    """An include with `only` and a project without the context processor have no variable
    of this name; the context itself still knows its request.
    """
    return context.get("request") or getattr(context, "request", None)


def _contain(render: Callable[[], Rendered]) -> SafeString:
    try:
        html, faults = render()
    except AsWanted as exc:
        return _why(str(exc))
    except NotShown as exc:
        logger.warning("No widget is shown: %s", exc)
        return _why(str(exc))
    except RowsUnreadable as exc:
        # The log has it already: once, not for each page.
        return _why(f"{exc}, see the log. {MIGRATE}")
    except Exception as exc:
        logger.exception("No widget is shown: it failed")
        return _why(f"{type(exc).__name__}, see the log")
    for fault in faults:
        logger.warning("A widget is not as its template says: %s", fault)
        html += _why(fault)
    return html


def _why(reason: str) -> SafeString:
    if not settings.DEBUG:
        return SafeString()
    return format_html("<!-- coze_widget: {} -->", reason)
