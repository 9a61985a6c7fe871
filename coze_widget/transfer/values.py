"""One widget in the file: columns by their names, rows by what they are called."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime, timezone
from posixpath import basename
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation, ValidationError
from django.core.files.base import ContentFile
from django.db.models import (
    BooleanField,
    DateTimeField,
    Field,
    FileField,
    ForeignKey,
    IntegerField,
    JSONField,
)
from django.utils import timezone as zones
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from coze_widget.icons import MAX_ICON_BYTES
from coze_widget.models import Widget
from coze_widget.records import record_fields, to_record

SITE = "site"
SLUG = "slug"


def to_values(widget: Widget) -> dict[str, Any]:
    """Return what the file says of a widget; a picture that is gone is null."""
    record = to_record(widget)
    return {
        field.name: _to_json(field, widget, record[field.name])
        for field in record_fields()
    }


def lost_files(widget: Widget) -> list[str]:
    """Return the names of uploads that the row has and the storage has not."""
    files = (
        field.value_from_object(widget)
        for field in record_fields()
        if isinstance(field, FileField)
    )
    return [file.name for file in files if file and _read(file) is None]


def _to_json(field: Field[Any, Any], widget: Widget, value: Any) -> Any:
    if isinstance(field, ForeignKey):
        return widget.site.domain if widget.site else None
    if isinstance(field, FileField):
        return _embed(field.value_from_object(widget))
    if isinstance(field, DateTimeField) and value:
        return _to_utc(datetime.fromisoformat(value))
    return value


def _to_utc(moment: datetime) -> str:
    if moment.tzinfo is None:  # USE_TZ = False
        moment = zones.make_aware(moment, zones.get_default_timezone())
    return moment.astimezone(timezone.utc).isoformat()


def _embed(file: Any) -> dict[str, str] | None:
    content = _read(file) if file else None
    if content is None:
        return None
    return {"name": basename(file.name), "data": base64.b64encode(content).decode()}


def _read(file: Any) -> bytes | None:
    try:
        with file.storage.open(file.name, "rb") as stored:
            content: bytes = stored.read()
    except OSError:
        return None
    return content


def from_values(
    values: Mapping[str, Any], current: Widget | None
) -> tuple[dict[str, Any], dict[str, ContentFile[bytes]]]:
    """Return columns as in a record, and uploads; raises ValidationError by column.

    An upload that the row already has is none.
    """
    record: dict[str, Any] = {}
    uploads: dict[str, ContentFile[bytes]] = {}
    errors: dict[str, ValidationError] = {}
    for field in record_fields():
        if field.name == SITE or field.name not in values:
            continue
        try:
            value = _from_json(field, values[field.name])
        except ValidationError as error:
            errors[field.name] = error.with_traceback(None)
            continue
        if not isinstance(value, ContentFile):
            record[field.name] = value
        elif not _is_there(field, value, current):
            uploads[field.name] = value
    if errors:
        raise ValidationError(errors)
    return record, uploads


def _is_there(
    field: Field[Any, Any], upload: ContentFile[bytes], current: Widget | None
) -> bool:
    file = field.value_from_object(current) if current else None
    content = upload.read()
    upload.seek(0)
    return bool(file) and _read(file) == content


def _from_json(field: Field[Any, Any], value: Any) -> Any:
    if isinstance(field, JSONField):
        return value
    if isinstance(field, FileField):
        return _to_upload(value)
    if isinstance(field, DateTimeField):
        return _to_moment(value)
    if isinstance(field, BooleanField):
        return _take(value, bool, _("Enter true or false."))
    if isinstance(field, IntegerField):
        return _take(value, int, _("Enter a whole number."))
    text = _take(value, str, _("Enter a text in quotes, ids too."))
    # Of a TextField, Django's models do not look at it.
    if field.max_length and len(text) > field.max_length:
        raise ValidationError(
            _("At most %(max)s characters."), params={"max": field.max_length}
        )
    return text


def _take(value: Any, kind: type, sentence: str) -> Any:
    if type(value) is not kind:
        raise ValidationError(sentence)
    return value


def _to_moment(value: Any) -> str | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value.replace("Z", "+00:00"))
        if moment.tzinfo is None:
            raise ValueError
        moment = moment.astimezone(timezone.utc)
    except (AttributeError, ValueError, OverflowError):
        raise ValidationError(
            _("Enter a moment with its zone, like 2026-05-01T09:00:00+08:00, or null.")
        ) from None
    if not settings.USE_TZ:
        moment = zones.make_naive(moment, zones.get_default_timezone())
    return moment.isoformat()


def _to_upload(value: Any) -> ContentFile[bytes] | str:
    if value is None:
        return ""
    is_file = isinstance(value, dict) and set(value) == {"name", "data"}
    if not is_file or not all(isinstance(part, str) for part in value.values()):
        raise ValidationError(
            _('Enter null, or {"name": "icon.png", "data": "…"} with Base64.')
        )
    # Four characters are three bytes; what is too large need not be decoded.
    if len(value["data"]) > MAX_ICON_BYTES * 2:
        raise ValidationError(_("This file is too large."))
    try:
        content = base64.b64decode(value["data"], validate=True)
        name = get_valid_filename(basename(value["name"].replace("\\", "/")))
    except (binascii.Error, ValueError, SuspiciousFileOperation):
        raise ValidationError(
            _("The name or the Base64 of this file is wrong.")
        ) from None
    return ContentFile(content, name)
