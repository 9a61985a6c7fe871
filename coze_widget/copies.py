"""A second widget like the first, to be changed before anybody sees it."""

from __future__ import annotations

from itertools import count
from posixpath import basename
from typing import Any

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

from coze_widget.models import Widget
from coze_widget.records import to_record, to_widget


def copy_widget(widget: Widget) -> Widget:
    """Return it unsaved: switched off, with a slug and a picture of its own.

    A picture whose file is gone is left out.
    """
    record = to_record(widget) | {"enabled": False, "launcher_icon": ""}
    copy = to_widget(record)
    copy.name = _name_copy(widget.name)
    copy.slug = _find_slug(widget.slug)
    copy.launcher_icon = _copy_file(widget.launcher_icon)
    return copy


def _name_copy(name: str) -> str:
    suffix = _(" (copy)")
    return name[: _length_of("name") - len(suffix)] + suffix


def _find_slug(slug: str) -> str:
    """Return one that is free on every site: a site's own hides the one for all."""
    room = _length_of("slug")
    suffixes = (f"-{number}" for number in count(2))
    candidates = (slug[: room - len(suffix)] + suffix for suffix in suffixes)
    return next(
        found for found in candidates if not Widget.objects.filter(slug=found).exists()
    )


def _length_of(column: str) -> int:
    return int(Widget._meta.get_field(column).max_length or 0)  # type: ignore[union-attr]


def _copy_file(file: Any) -> Any:
    if not file:
        return ""
    try:
        with file.storage.open(file.name, "rb") as stored:
            return ContentFile(stored.read(), basename(file.name))
    except OSError:
        return ""
