"""What an editor keeps for later: one draft for each widget at most."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from posixpath import basename, join
from typing import Any, TypeGuard

from django.db import transaction
from django.db.models import FileField

from coze_widget.editors import pk_of
from coze_widget.models import Draft, Widget
from coze_widget.records import record_fields, to_record, to_widget


def find_draft(widget: Widget | None) -> Draft | None:
    return Draft.objects.filter(widget=widget).first() if widget else None


def read_draft(draft: Draft) -> dict[str, Any]:
    """Return the whole record: a column that is newer than the draft has its default."""
    return to_record(to_widget(draft.values))


def keep_draft(widget: Widget, values: Mapping[str, Any], *, by: Any) -> Draft:
    """Put these values in the place of the draft that there may be."""
    before = find_draft(widget)
    draft, _created = Draft.objects.update_or_create(
        widget=widget, defaults={"values": values, "saved_by": pk_of(by)}
    )
    if before:
        _drop_files(before.values)
    return draft


def discard_draft(widget: Widget) -> bool:
    """Tell whether there was one."""
    draft = find_draft(widget)
    if draft is None:
        return False
    draft.delete()
    _drop_files(draft.values)
    return True


def _drop_files(values: Mapping[str, Any]) -> None:
    """Delete what was uploaded for a draft, and is of no row, version or draft now."""
    for field in record_fields():
        if not isinstance(field, FileField):
            continue
        name = values.get(field.name)
        if _is_ours(name, field) and not _is_used(field.name, name):
            transaction.on_commit(partial(field.storage.delete, name))


def _is_ours(name: Any, field: FileField) -> TypeGuard[str]:
    """Tell whether an upload of this field can be called so: values may be anybody's."""
    return isinstance(name, str) and name == join(str(field.upload_to), basename(name))


def _is_used(field: str, name: str) -> bool:
    return (
        Widget.objects.filter(**{field: name}).exists()
        or Widget.history.filter(**{field: name}).exists()
        or Draft.objects.filter(**{f"values__{field}": name}).exists()
    )
