"""The widgets: whether each can work, and where to go on with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import Error as DatabaseFailure
from django.db import connections, router, transaction
from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from coze_widget.advice import remind_to_publish
from coze_widget.checklist.items import Item, Link, Section, State, say_moment
from coze_widget.conf import conf
from coze_widget.models import Place, Widget
from coze_widget.paths import NotMounted, view_path
from coze_widget.status import find_status

MOST_ROWS = 20
FIRST_TAG = "{% load coze_widget %}{% coze_widget %}"


@dataclass(frozen=True)
class Rows:
    """The widgets, or the kind of error in their place."""

    widgets: Sequence[Widget] = ()
    error: str = ""
    is_silent: bool = False  # the database, not only the table


def read_rows(widgets: QuerySet[Widget] | None = None, *, slug: str = "") -> Rows:
    """Read these widgets, else all. Never raises: before `migrate` there is no table."""
    alias = router.db_for_read(Widget)
    rows = Widget.objects.all() if widgets is None else widgets
    rows = rows.using(alias).select_related("site").order_by("order", "slug")
    try:
        # On PostgreSQL a query that fails spoils the transaction that it is in.
        with transaction.atomic(using=alias):
            found = rows.filter(slug=slug) if slug else rows
            return Rows(list(found[:MOST_ROWS]))
    except DatabaseFailure as exc:
        return Rows(error=type(exc).__name__, is_silent=not _answers(alias))


def _answers(alias: str) -> bool:
    try:
        with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseFailure:
        return False
    return True


def list_widgets(
    rows: Rows,
    *,
    slug: str = "",
    current_app: str = "admin",
    opened_at: int | None = None,
) -> Section:
    """`opened_at` is the moment (Unix seconds) when somebody last got a token."""
    return Section(
        "widgets",
        _("Widgets"),
        [
            *_without_rows(rows, slug=slug, current_app=current_app),
            *(_list_widget(widget, current_app) for widget in rows.widgets),
            *_publish(rows),
            *_opening(rows, opened_at),
        ],
    )


def _without_rows(rows: Rows, *, slug: str, current_app: str) -> Iterator[Item]:
    if rows.widgets or rows.error:
        return
    if slug:
        text = _("There is no widget “%(slug)s”.") % {"slug": slug}
        yield Item("widget", State.FAILED, text, links=_add(current_app))
        return
    yield Item(
        "widget",
        State.OPEN,
        _("Add a widget with your bot's id."),
        links=_add(current_app),
    )
    yield Item(
        "tag",
        State.UNSEEN,
        _("Put the tag at the end of a page."),
        code=FIRST_TAG,
    )


def _list_widget(widget: Widget, current_app: str) -> Item:
    status = find_status(widget)
    is_wanted = _is_wanted(widget)
    states = {True: State.DONE, False: State.FAILED, None: State.NOTE}
    return Item(
        f"widget:{widget.pk}",
        states[status.works] if is_wanted else State.NOTE,
        _headline(widget, works=status.works),
        advice=" ".join(_details(widget, status.text, works=status.works)),
        links=_edit(widget, current_app),
        code=f'{{% load coze_widget %}}{{% coze_widget "{widget.slug}" %}}',
    )


def _is_wanted(widget: Widget) -> bool:
    return widget.enabled and conf.widgets_enabled


def _headline(widget: Widget, *, works: bool | None) -> str:
    if not widget.enabled:
        sentence = _("“%(name)s” is switched off.")
    elif works:
        sentence = _("“%(name)s” is shown on pages that have its tag.")
    elif works is None:
        sentence = _("“%(name)s” is shown to you alone.")
    else:
        sentence = _("“%(name)s” is not shown.")
    return sentence % {"name": widget.name}


def _details(widget: Widget, why: str, *, works: bool | None) -> Iterator[str]:
    if not works:
        yield why
    if widget.site:
        yield _("Only on %(site)s.") % {"site": widget.site}
    if widget.place == Place.FRAME and _is_wanted(widget):
        try:
            path = view_path("frame", widget.slug)
        except NotMounted:
            return
        yield _("The chat alone is at %(path)s.") % {"path": path}


def _publish(rows: Rows) -> Iterator[Item]:
    """Each kind of thing once."""
    for sentence in dict.fromkeys(map(remind_to_publish, rows.widgets)):
        yield Item(
            "publish",
            State.UNSEEN,
            sentence,
            advice=_("Without API there is no opening message."),
        )


def _opening(rows: Rows, opened_at: int | None) -> Iterator[Item]:
    if opened_at:
        yield Item(
            "opening",
            State.DONE,
            _("Somebody has opened the chat and got a token from Coze."),
            advice=_("Last at %(time)s.") % {"time": say_moment(opened_at)},
        )
    elif rows.widgets:
        yield Item(
            "opening",
            State.UNSEEN,
            _("Open the chat on a page of yours and say something."),
        )


def _add(current_app: str) -> list[Link]:
    return _admin_link(_("Add a widget"), "add", current_app)


def _edit(widget: Widget, current_app: str) -> list[Link]:
    return _admin_link(_("Open the form"), "change", current_app, widget.pk)


def _admin_link(text: str, page: str, current_app: str, *args: object) -> list[Link]:
    try:
        name = f"admin:coze_widget_widget_{page}"
        return [Link(text, reverse(name, args=args, current_app=current_app))]
    except NoReverseMatch:
        return []  # a project without the admin, or with ours left out of it
