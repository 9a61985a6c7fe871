"""A widget as plain JSON values, and back: for drafts, previews, and moving it elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from django.db.models import Field, FileField

from coze_widget.models import Widget


def record_fields() -> list[Field[Any, Any]]:
    """Return the columns that an editor decides on, in the model's order."""
    return [
        field
        for field in Widget._meta.concrete_fields
        if field.editable and not field.primary_key
    ]


def to_record(widget: Widget, *, stores_uploads: bool = True) -> dict[str, Any]:
    """Return column → value as JSON has it: texts for moments and files, ids for rows.

    An upload that has not been stored yet is stored now, since only its name is kept;
    or else the record is good for comparing only.
    """
    if stores_uploads:
        _store_uploads(widget)
    return {field.name: _plain(field, widget) for field in record_fields()}


def to_widget(record: Mapping[str, Any], *, pk: int | None = None) -> Widget:
    """Return an unsaved widget; what the record lacks has its default, the unknown is left.

    Nothing is validated here.
    """
    widget = Widget(pk=pk)
    for field in record_fields():
        if field.name in record:
            setattr(widget, field.attname, field.to_python(record[field.name]))
    widget._state.adding = pk is None
    return widget


def is_same(one: Any, other: Any) -> bool:
    """Compare as JSON does: `true` is not 1, and the order of keys says nothing."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _store_uploads(widget: Widget) -> None:
    for field in record_fields():
        if isinstance(field, FileField):
            field.pre_save(widget, add=False)


def _plain(field: Field[Any, Any], widget: Widget) -> Any:
    value = field.value_from_object(widget)
    if isinstance(field, FileField):
        return value.name or ""
    return _moment(value) if isinstance(value, datetime) else value


def _moment(value: datetime) -> str:
    """Return one text for one moment; a project without time zones has none here."""
    return (value.astimezone(timezone.utc) if value.tzinfo else value).isoformat()
