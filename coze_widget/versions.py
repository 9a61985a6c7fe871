"""What was published when and by whom, and what is different between two records.

django-simple-history keeps the versions (docs/adr/0013); a record is what
`coze_widget.records` makes of any of them, of a draft, or of the row itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise, takewhile
from typing import Any

from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.db.models import BooleanField, DateTimeField, Field, ForeignKey, JSONField
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from coze_widget.editors import find_user
from coze_widget.models import Widget
from coze_widget.records import is_same, record_fields, to_record

# Of a value, in a list of what is different.
MAX_SHOWN = 160
_CONTEXT = 30


@dataclass(frozen=True)
class Change:
    """One column's old and new value, in words and shortened."""

    name: str
    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Version:
    """One entry of a widget's history; the first has no changes but everything."""

    id: int
    at: datetime
    by: str
    # What simple_history calls it: "+" added, "~" changed, "-" deleted.
    kind: str
    changes: list[Change]


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Return what is different; what one of the two lacks is not compared."""
    return [
        Change(
            field.name,
            str(field.verbose_name),
            *_shorten(
                put_in_words(field, old[field.name]),
                put_in_words(field, new[field.name]),
            ),
        )
        for field in record_fields()
        if field.name in old
        and field.name in new
        and not is_same(old[field.name], new[field.name])
    ]


def list_changes(rows: Sequence[Any]) -> Iterator[Version]:
    """Yield versions, newest first as they come, each compared with the next older one.

    The last row is only compared with, unless it is the beginning.
    """
    names = {pk: name_editor(pk) for pk in {row.history_user_id for row in rows}}
    for row, older in pairwise([*rows, None]):
        yield Version(
            id=row.history_id,
            at=row.history_date,
            by=names[row.history_user_id],
            kind=row.history_type,
            changes=compare(record_of(older), record_of(row)) if older else [],
        )


def record_of(version: Any) -> dict[str, Any]:
    # Without simple_history's `instance`, which asks the database for the one column
    # that versions do not have.
    columns = [field.attname for field in version.tracked_fields]
    return to_record(Widget(**{name: getattr(version, name) for name in columns}))


def newest_version(widget: Widget) -> Any:
    """Return what is published now, None where no version was kept."""
    return widget.history.first()


@contextmanager
def keeping_version(widget: Widget, *, by: Any) -> Iterator[bool]:
    """Around `save()`: keep a version if anything is different; say whether it is.

    A history of nothing helps nobody. Whoever saves a row without this, a program or a
    shell, leaves a version each time.
    """
    before = Widget.objects.filter(pk=widget.pk).first() if widget.pk else None
    is_new = before is None or not is_same(to_record(before), to_record(widget))
    widget._history_user = by  # type: ignore[attr-defined]  # simple_history's names
    if not is_new:
        widget.skip_history_when_saving = True  # type: ignore[attr-defined]
    elif before and newest_version(widget) is None:
        # The row is a fixture's, came by bulk_create(), or is older than the history.
        Widget.history.bulk_history_create([before], update=True)
    try:
        yield is_new
    finally:
        vars(widget).pop("skip_history_when_saving", None)


def publish(widget: Widget, *, by: Any) -> bool:
    """Save the row; tell whether anything is different from then on."""
    with keeping_version(widget, by=by) as is_new:
        widget.save()
    return is_new


def find_errors(widget: Widget) -> list[str]:
    """Return in words why the values do not fit (any more)."""
    try:
        widget.full_clean()
    except ValidationError as error:
        return list(describe_errors(error))
    return []


def describe_errors(error: ValidationError) -> Iterator[str]:
    labels = {field.name: str(field.verbose_name) for field in record_fields()}
    for name, messages in error.message_dict.items():
        label = labels.get(name, "")
        for message in messages:
            yield (
                _("%(label)s: %(message)s") % {"label": label, "message": message}
                if label
                else message
            )


def name_editor(pk: str) -> str:
    """Return the editor's name for other editors; nothing of it is stored."""
    if not pk:
        return _("somebody unknown")
    user = find_user(pk)
    return _("somebody who is gone") if user is None else str(user.get_username())


def put_in_words(field: Field[Any, Any], value: Any) -> str:
    """Return a record's value as an editor reads it."""
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, BooleanField):
        return _("yes") if value else _("no")
    if isinstance(field, ForeignKey):
        return _name_site(value)
    if value in ("", None, {}, []):
        return _("empty")
    if isinstance(field, JSONField):
        return _put_json_in_words(field.name, value)
    if isinstance(field, DateTimeField):
        return say_moment(field.to_python(value))
    return str(value)


def _put_json_in_words(name: str, value: Any) -> str:
    """Say rows as the form has them; anything else as JSON, a fixture's nonsense too."""
    try:
        if name == "weekly_hours":
            return "; ".join(map(_say_hours, value))
        if name == "chat_bot_feedback_panel_tags":
            return "; ".join(map(_say_tag, value))
        if name == "footer_linkvars":
            return "; ".join(
                f"{key}: {link['text']} → {link['link']}" for key, link in value.items()
            )
        if name == "groups":
            return _(", ").join(value)
    except (AttributeError, KeyError, TypeError):
        pass
    return json.dumps(value, ensure_ascii=False)


def _say_hours(row: Mapping[str, Any]) -> str:
    days = _(", ").join(str(WEEKDAYS_ABBR[day - 1]) for day in row["days"])
    return f"{days} {row['from']}–{row['to']}"


def _say_tag(tag: Mapping[str, Any]) -> str:
    if tag["isNeedDetail"]:
        return _("%(label)s (needs a comment)") % {"label": tag["label"]}
    return str(tag["label"])


def _name_site(pk: Any) -> str:
    if pk is None:
        return _("All sites")
    site = Site.objects.filter(pk=pk).first()
    return site.domain if site else _("a site that is gone")


def say_moment(moment: datetime) -> str:
    local = timezone.localtime(moment) if timezone.is_aware(moment) else moment
    return date_format(local, "DATETIME_FORMAT")


def _shorten(old: str, new: str) -> tuple[str, str]:
    """Cut long texts around the place where they begin to differ."""
    if max(len(old), len(new)) <= MAX_SHOWN:
        return old, new
    same = sum(1 for _pair in takewhile(lambda pair: pair[0] == pair[1], zip(old, new)))  # noqa: B905
    start = max(0, same - _CONTEXT)
    return _cut(old, start), _cut(new, start)


def _cut(text: str, start: int) -> str:
    end = start + MAX_SHOWN
    return ("…" if start else "") + text[start:end] + ("…" if text[end:] else "")
