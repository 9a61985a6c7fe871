"""Form fields for who may chat and when."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, TypedDict
from zoneinfo import available_timezones

from django import forms
from django.apps import apps
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext_lazy as _

from coze_widget.conf import conf
from coze_widget.fields import RowsField, RowsWidget
from coze_widget.validators import validate_weekly_hours

DAYS = range(1, 8)
Choices = list[tuple[str, Any]]


class GroupsField(forms.MultipleChoiceField):
    """Stores names, which are the same in another database; the form fills in the choices."""

    widget = forms.CheckboxSelectMultiple
    default_error_messages = {
        # Django's own sentence repeats the value.
        "invalid_choice": _("Choose from the groups that exist."),
    }

    def __init__(self, *, encoder: Any = None, decoder: Any = None, **kwargs: Any):
        """Take, and leave, what the model's JSONField hands to form fields."""
        super().__init__(**{**kwargs, "show_hidden_initial": False})

    def prepare_value(self, value: Any) -> list[str]:
        return _texts(value)


class RuleField(forms.ChoiceField):
    """A choice of the names in COZE_AUDIENCES, which the form fills in."""

    default_error_messages = {
        "invalid_choice": _("Choose one of the rules in COZE_AUDIENCES."),
    }

    def __init__(self, *, max_length: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)


def group_choices(stored: Iterable[Any]) -> Choices:
    """Return the groups that there are, and those that a row still names."""
    names: list[str] = []
    if apps.is_installed("django.contrib.auth"):
        groups = apps.get_model("auth", "Group")._default_manager.order_by("name")
        names = list(groups.values_list("name", flat=True))
    return _with_missing(names, stored, _("%s (no such group)"))


def rule_choices(stored: str) -> Choices:
    rules: object = conf.audiences
    names = rules if isinstance(rules, Mapping) else ()
    known = sorted(name for name in names if isinstance(name, str))
    missing = [stored] if stored else []
    return [
        ("", _("None")),
        *_with_missing(known, missing, _("%s (not in COZE_AUDIENCES)")),
    ]


def _with_missing(names: list[str], stored: Any, mark: Any) -> Choices:
    missing = [name for name in dict.fromkeys(_texts(stored)) if name not in names]
    return [(name, name) for name in names] + [(name, mark % name) for name in missing]


def _texts(value: Any) -> list[str]:
    """A fixture can have stored something else; an editor must be able to mend it."""
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, str)]


class HoursRow(TypedDict):
    days: list[int]
    start: str
    end: str


class WeeklyHoursWidget(RowsWidget):
    """Rows of seven ticks and two times."""

    template_name = "admin/coze_widget/weekly_hours.html"
    key = "from"
    blank = HoursRow(days=[], start="", end="")

    def get_context(
        self, name: str, value: Any, attrs: dict[str, Any] | None
    ) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["rows"] = [
            {**row, "days": _ticks(row["days"])} for row in context["widget"]["rows"]
        ]
        return context

    def read_row(self, data: Mapping[str, Any], prefix: str) -> HoursRow:
        return {
            "days": [day for day in DAYS if data.get(f"{prefix}-{day}")],
            "start": _read_time(data[f"{prefix}-from"]),
            "end": _read_time(data.get(f"{prefix}-to", "")),
        }


def _ticks(days: list[int]) -> list[dict[str, Any]]:
    return [
        {
            "number": day,
            "name": WEEKDAYS[day - 1],
            "short": WEEKDAYS_ABBR[day - 1],
            "is_ticked": day in days,
        }
        for day in DAYS
    ]


def _read_time(text: str) -> str:
    """Take 9:00 and 09:00:00, too: not every browser has an input for times."""
    found = re.fullmatch(r"(\d{1,2})[:：](\d{2})(?::00)?", text.strip(), re.ASCII)
    return f"{int(found[1]):02}:{found[2]}" if found else text.strip()


class WeeklyHoursField(RowsField):
    """Stores `[{"days": [1, …, 7], "from": "09:00", "to": "18:00"}]`."""

    widget = WeeklyHoursWidget
    default_validators = [validate_weekly_hours]

    def to_python(self, value: Any) -> list[dict[str, Any]]:
        return [
            {"days": row["days"], "from": row["start"], "to": row["end"]}
            for row in value
        ]

    def prepare_value(self, value: Any) -> list[HoursRow]:
        """Take the stored list, or the rows that were posted and found wanting."""
        rows = value if isinstance(value, list) else []
        return [_row_of(row) for row in rows if isinstance(row, Mapping)]


def _row_of(row: Mapping[str, Any]) -> HoursRow:
    days = row.get("days")
    return {
        "days": [day for day in DAYS if day in days] if isinstance(days, list) else [],
        "start": str(row.get("start", row.get("from", ""))),
        "end": str(row.get("end", row.get("to", ""))),
    }


class ZoneInput(forms.TextInput):
    """Offers the zones that this machine knows; takes any."""

    template_name = "admin/coze_widget/zone_input.html"

    def get_context(
        self, name: str, value: Any, attrs: dict[str, Any] | None
    ) -> dict[str, Any]:
        list_id = f"{(attrs or {}).get('id', name)}_known"
        context = super().get_context(name, value, {**(attrs or {}), "list": list_id})
        context["widget"]["known"] = _list_zones()
        return context


@lru_cache(maxsize=1)
def _list_zones() -> list[str]:
    """Return those with a place in their name: EST5EDT and the like are history."""
    return sorted(zone for zone in available_timezones() if "/" in zone) + ["UTC"]
