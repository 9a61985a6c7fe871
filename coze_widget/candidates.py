"""Which widgets a page gets: its site, its path, the order.

Nothing here depends on a person, so that caches may keep the page. The one exception is a
widget that hides its button from everybody whom it would turn away.
"""

from __future__ import annotations

import logging
from concurrent import futures

from django.db import Error
from django.http import HttpRequest

from coze_widget.audience import Verdict, judge_person
from coze_widget.catalogue import catalogue
from coze_widget.conf import conf
from coze_widget.event_loops import refuses_queries, start_in_thread
from coze_widget.hours import has_clock
from coze_widget.local_copies import PATIENCE_SECONDS, contained
from coze_widget.models import Widget
from coze_widget.outages import Outage
from coze_widget.path_patterns import is_shown_on

logger = logging.getLogger("coze_widget")

people = Outage("people")


class NotShown(Exception):  # an outcome, not a failure
    """Raised when a page gets no widget; its text says why, to developers only."""


class AsWanted(NotShown):
    """Raised where somebody decided so: it is worth no line in the log."""


def find_widget(request: HttpRequest | None, slug: str) -> Widget:
    """Return the enabled widget of the current site, on whichever page."""
    site_id = _site_id(request)
    if not slug:
        # What Django makes of `{% coze_widget support %}`: a variable that nobody set.
        raise NotShown("the slug is empty: are the quotes missing?")
    widget = catalogue.find(site_id, slug)
    if widget is None:
        raise NotShown(f"this site has no widget named “{slug}”")
    if not widget.enabled:
        raise NotShown(f"the widget named “{slug}” is disabled")
    if widget.is_gone:
        raise NotShown(f"Coze says that the bot of “{slug}” is {widget.bot_state}")
    return widget


def find_on_page(request: HttpRequest | None, slug: str) -> Widget:
    """Return the widget if this page may show it."""
    widget = find_widget(request, slug)
    if not _is_for_path(widget, request):
        raise AsWanted(f"the widget named “{slug}” is not for this page")
    if _is_hidden(widget, request):
        raise AsWanted(f"the widget named “{slug}” is hidden from this person")
    return widget


def find_candidates(request: HttpRequest | None) -> list[Widget]:
    """Return those of which one is shown: the first, by order, that is open.

    The browser judges the clocks. So it needs to know those that have one, and the first
    one that has none.
    """
    site_id = _site_id(request)
    enabled = catalogue.enabled(site_id)
    if not enabled:
        rows = catalogue.all(site_id)
        disabled = _list("switched off", [row for row in rows if not row.enabled])
        gone = _list("gone at Coze", [row for row in rows if row.enabled])
        raise NotShown(f"this site has no widget enabled{disabled}{gone}")
    candidates = []
    for widget in enabled:
        if _is_for_path(widget, request) and not _is_hidden(widget, request):
            candidates.append(widget)
            if not has_clock(widget):
                break
    if not candidates:
        raise AsWanted("no widget of this site is for this page and this person")
    return candidates


def _list(what: str, rows: list[Widget]) -> str:
    return f"; {what}: {', '.join(f'“{row.slug}”' for row in rows)}" if rows else ""


def _site_id(request: HttpRequest | None) -> int | None:
    if not conf.widgets_enabled:
        raise AsWanted("the setting COZE_WIDGETS_ENABLED is off")
    return catalogue.site_id(request)


def _is_for_path(widget: Widget, request: HttpRequest | None) -> bool:
    return is_shown_on(
        None if request is None else request.path,
        include=widget.include_paths,
        exclude=widget.exclude_paths,
    )


def _is_hidden(widget: Widget, request: HttpRequest | None) -> bool:
    """Reading the user makes Django say that the page varies by cookie."""
    if not widget.hide_from_others:
        return False
    if request is None:
        return True
    _keep_out_of_page_cache(request)
    try:
        return _ask_for_verdict(widget, request) is not Verdict.WELCOME
    except (Error, futures.TimeoutError) as exc:
        if people.begin("hidden"):
            logger.error(
                "The database failed (people): widgets that hide from others are shown to "
                "nobody. This is said once.",
                exc_info=exc,
            )
        return True


def _ask_for_verdict(widget: Widget, request: HttpRequest) -> Verdict:
    """Already to read who the person is may be a query, and a loop must make none."""
    if refuses_queries():
        asked = start_in_thread(lambda: _judge(widget, request))
        return asked.result(PATIENCE_SECONDS)
    return _judge(widget, request)


def _judge(widget: Widget, request: HttpRequest) -> Verdict:
    # A page may have several tags for one widget, and the question can cost queries.
    verdicts: dict[object, Verdict] = request.__dict__.setdefault("_coze_verdicts", {})
    # Somebody may have logged in since then.
    key = widget.pk, getattr(getattr(request, "user", None), "pk", None)
    if key not in verdicts:
        with contained(Widget):
            verdicts[key] = judge_person(widget, request)
        people.end()
    return verdicts[key]


def _keep_out_of_page_cache(request: HttpRequest) -> None:
    """Tell Django's page cache that this page is one person's.

    `cache_page` around a view keeps the page before SessionMiddleware says that it varies
    by cookie, and would hand it to everybody.
    """
    request._cache_update_cache = False  # type: ignore[attr-defined]
