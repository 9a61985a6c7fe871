"""`{% load coze_widget %}{% coze_widget %}`: the widget of this site, on this page."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django import template
from django.conf import settings
from django.db import DatabaseError
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from coze_widget.blocks import NotShown, SwitchedOff, render_tag

logger = logging.getLogger("coze_widget")
register = template.Library()

MIGRATE = "Has `python manage.py migrate` been run?"


@register.simple_tag(takes_context=True)
def coze_widget(
    context: Context,
    slug: str | None = None,
    *,
    inline: bool | None = None,
    eager: bool | None = None,
    title: str = "",
    parameters: Mapping[str, Any] | None = None,
) -> SafeString:
    """Render the widget, or nothing: it never takes the page down.

    The HTML is the same for everybody but for a nonce. `title` and `parameters` go into
    the page, so nothing of a person belongs there.
    """
    try:
        return render_tag(
            # An include with `only` and a project without the context processor have
            # no variable of this name; the context itself still knows its request.
            context.get("request") or getattr(context, "request", None),
            slug=slug,
            inline=inline,
            eager=eager,
            title=title,
            parameters=parameters,
        )
    except SwitchedOff as exc:
        return _why(str(exc))
    except NotShown as exc:
        logger.warning("No widget is shown: %s", exc)
        return _why(str(exc))
    except DatabaseError as exc:
        logger.exception("No widget is shown: the database failed. %s", MIGRATE)
        return _why(f"{type(exc).__name__}, see the log. {MIGRATE}")
    except Exception as exc:
        logger.exception("No widget is shown: it failed")
        return _why(f"{type(exc).__name__}, see the log")


def _why(reason: str) -> SafeString:
    if not settings.DEBUG:
        return SafeString()
    return format_html("<!-- coze_widget: {} -->", reason)
