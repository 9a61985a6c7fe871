"""Form fields that take what an editor has at hand and give what the model stores."""

from __future__ import annotations

import json
import re
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, TypedDict

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.forms.fields import InvalidJSONInput
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from coze_widget.sdk_versions import list_known
from coze_widget.validators import (
    MAX_TAG_LENGTH,
    too_large,
    validate_digits,
    validate_feedback_tags,
    validate_footer_links,
    validate_json_object,
)

# Studio pages are copied with blanks, quotes and invisible characters around the id.
_NOISE = re.compile(r"[\s\u200b\ufeff\"'`,;]+")


class IdField(forms.CharField):
    """Takes the id, or the address of the studio page that shows it."""

    # From Coze's install guide (2026): where the id stands in the studio's addresses.
    address: ClassVar[re.Pattern[str]]
    wrong_address: ClassVar[Any]
    # What such an address is of, and the sentence on it.
    other_address: ClassVar[tuple[re.Pattern[str], Any]]
    default_validators = [validate_digits]

    def __init__(
        self, *, max_length: int | None = None, help_text: Any = "", **kwargs: Any
    ) -> None:
        """Drop the column's length: an address is longer than the id in it."""
        # The space is in the text: in Chinese there is none between sentences.
        hint = format_lazy("{}{}", help_text, _(" The whole address will do, too."))
        super().__init__(help_text=hint, **kwargs)

    def to_python(self, value: Any) -> str:
        text = _NOISE.sub("", super().to_python(value) or "")
        found = self.address.search(text)
        if found:
            return found[1]
        if "/" in text:
            self._refuse_address(text)
        return text

    def _refuse_address(self, text: str) -> None:
        other, sentence = self.other_address
        if other.search(text):
            raise ValidationError(sentence, code="other_address")
        raise ValidationError(self.wrong_address, code="wrong_address")


_BOT_ADDRESS = re.compile(r"/bot/([0-9]+)")
_APP_ADDRESS = re.compile(r"/project-ide/([0-9]+)")


class BotIdField(IdField):
    address = _BOT_ADDRESS
    wrong_address = _(
        "This address has no /bot/ in it: open the agent in Coze's studio and copy that "
        "one."
    )
    other_address = (
        _APP_ADDRESS,
        _("That is an app: choose the mode “App with a chatflow”."),
    )


class AppIdField(IdField):
    address = _APP_ADDRESS
    wrong_address = _(
        "This address has no /project-ide/ in it: open the app in Coze's studio and "
        "copy that one."
    )
    other_address = (
        _BOT_ADDRESS,
        _("That is an agent: choose the mode “Agent (bot)”."),
    )


class WorkflowIdField(IdField):
    address = re.compile(r"[?&#/]workflow(?:_id)?[=/]([0-9]+)")
    wrong_address = _(
        "This address has no workflow= in it: open the chatflow in Coze's studio and "
        "copy that one."
    )
    other_address = AppIdField.other_address


class OAuthAppField(forms.ChoiceField):
    """A choice of names, which the form fills in: settings are read when they are asked."""

    default_error_messages = {
        # Django's own sentence repeats the value.
        "invalid_choice": _("Choose one of the OAuth apps in COZE_OAUTH_APPS."),
    }

    def __init__(self, *, max_length: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)


class JSONObjectField(forms.JSONField):
    """A JSON object that every database and every browser can read; empty means {}."""

    widget = forms.Textarea

    def __init__(self, **kwargs: Any) -> None:
        """Turn off the second, hidden input that Django adds for a callable default."""
        super().__init__(**{**kwargs, "show_hidden_initial": False})

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return {}
        parsed = _parse_json(value)
        # Not a validator: Django skips those for null, [] and "".
        validate_json_object(parsed)
        return parsed

    def bound_data(self, data: Any, initial: Any) -> InvalidJSONInput:
        """Show what was typed as it was typed."""
        return InvalidJSONInput(data or "")

    def prepare_value(self, value: Any) -> str:
        if isinstance(value, InvalidJSONInput):
            return value
        return json.dumps(value, ensure_ascii=False, indent=2) if value else ""


def _parse_json(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as exc:
        raise ValidationError(
            _(
                "This is not JSON: see line %(line)s, column %(column)s. Names and texts "
                'stand in straight double quotes, for example {"city": "Shenzhen"}.'
            ),
            code="not_json",
            params={"line": exc.lineno, "column": exc.colno},
        ) from exc
    except (RecursionError, ValueError) as exc:  # a number of thousands of digits
        raise too_large() from exc


class RowsWidget(forms.Widget):
    """Rows of inputs, with empty ones at the end: no JSON, no script needed.

    A row's inputs are called `<name>-<number>-<key>`; the one of `key` is always sent.
    """

    use_fieldset = True
    empty_rows = 2
    key: str
    blank: Mapping[str, Any]

    @abstractmethod
    def read_row(self, data: Mapping[str, Any], prefix: str) -> Mapping[str, Any]: ...

    def get_context(
        self, name: str, value: Any, attrs: dict[str, Any] | None
    ) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["rows"] = [*value, *[self.blank] * self.empty_rows]
        return context

    def format_value(self, value: Any) -> None:
        """The rows are the value; there is no single text."""

    def value_from_datadict(
        self, data: Mapping[str, Any], files: Any, name: str
    ) -> list[Mapping[str, Any]]:
        rows: list[Mapping[str, Any]] = []
        while f"{name}-{len(rows)}-{self.key}" in data:
            rows.append(self.read_row(data, f"{name}-{len(rows)}"))
        return [row for row in rows if any(row.values())]

    def value_omitted_from_data(
        self, data: Mapping[str, Any], files: Any, name: str
    ) -> bool:
        return f"{name}-0-{self.key}" not in data


class RowsField(forms.Field):
    """A JSON column whose value is edited as rows; `prepare_value` makes them."""

    def __init__(self, *, encoder: Any = None, decoder: Any = None, **kwargs: Any):
        """Take, and leave, what the model's JSONField hands to form fields."""
        super().__init__(**{**kwargs, "show_hidden_initial": False})

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial) != data)


class LinkRow(TypedDict):
    name: str
    text: str
    link: str


class FooterLinksWidget(RowsWidget):
    """Rows of name, text and link."""

    template_name = "admin/coze_widget/footer_links.html"
    key = "name"
    blank = LinkRow(name="", text="", link="")

    def read_row(self, data: Mapping[str, Any], prefix: str) -> LinkRow:
        return {
            # Editors write the name as it stands in the text: {{name}}.
            "name": data[f"{prefix}-name"].strip("{} "),
            "text": data.get(f"{prefix}-text", "").strip(),
            "link": data.get(f"{prefix}-link", "").strip(),
        }


def _row_of(name: str, entry: Any) -> LinkRow:
    parts = entry if isinstance(entry, Mapping) else {}
    return {
        "name": name,
        "text": parts.get("text", ""),
        "link": parts.get("link", ""),
    }


class FooterLinksField(RowsField):
    """Stores `{"name": {"text": …, "link": …}}`, as in the SDK's `linkvars`."""

    widget = FooterLinksWidget
    default_validators = [validate_footer_links]

    def to_python(self, value: Any) -> dict[str, dict[str, str]]:
        links: dict[str, dict[str, str]] = {}
        for number, row in enumerate(value, start=1):
            if not all(row.values()):
                raise ValidationError(
                    _(
                        "Link %(number)s: fill in name, text and link, or leave all three "
                        "empty."
                    ),
                    code="incomplete_link",
                    params={"number": number},
                )
            if row["name"] in links:
                raise ValidationError(
                    _("Two links have the name “%(name)s”."),
                    code="duplicate_link",
                    params={"name": row["name"]},
                )
            ProhibitNullCharactersValidator()(row["text"])
            links[row["name"]] = {"text": row["text"], "link": row["link"]}
        return links

    def prepare_value(self, value: Any) -> list[LinkRow]:
        """Take the stored mapping, or the rows that were posted and found wanting.

        A fixture can have stored something else; an editor must be able to mend it.
        """
        if isinstance(value, Mapping):
            return [_row_of(name, entry) for name, entry in value.items()]
        return value if isinstance(value, list) else []


class TagRow(TypedDict):
    label: str
    isNeedDetail: bool


class FeedbackTagsWidget(RowsWidget):
    """Rows of a label and a tick."""

    template_name = "admin/coze_widget/feedback_tags.html"
    key = "label"
    blank = TagRow(label="", isNeedDetail=False)

    def get_context(
        self, name: str, value: Any, attrs: dict[str, Any] | None
    ) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["max_length"] = MAX_TAG_LENGTH
        return context

    def read_row(self, data: Mapping[str, Any], prefix: str) -> TagRow:
        return {
            "label": data[f"{prefix}-label"].strip(),
            "isNeedDetail": bool(data.get(f"{prefix}-isNeedDetail")),
        }


class FeedbackTagsField(RowsField):
    """Stores `[{"label": …, "isNeedDetail": …}]`, as in the SDK's `feedbackPanel.tags`."""

    widget = FeedbackTagsWidget
    default_validators = [validate_feedback_tags]

    def to_python(self, value: Any) -> list[TagRow]:
        rows: list[TagRow] = value
        for number, row in enumerate(rows, start=1):
            if not row["label"]:
                raise ValidationError(
                    _("Tag %(number)s: fill in the label, or leave the row empty."),
                    code="incomplete_tag",
                    params={"number": number},
                )
        return rows

    def prepare_value(self, value: Any) -> list[TagRow]:
        """Take the stored list, or the rows that were posted and found wanting.

        A fixture can have stored something else; an editor must be able to mend it.
        """
        tags = value if isinstance(value, list) else []
        return [
            {
                "label": str(tag.get("label", "")),
                "isNeedDetail": tag.get("isNeedDetail") is True,
            }
            for tag in tags
            if isinstance(tag, Mapping)
        ]


class VersionInput(forms.TextInput):
    """Offers the known versions, each with the hosts that serve it; takes any."""

    template_name = "admin/coze_widget/version_input.html"

    def get_context(
        self, name: str, value: Any, attrs: dict[str, Any] | None
    ) -> dict[str, Any]:
        list_id = f"{(attrs or {}).get('id', name)}_known"
        context = super().get_context(name, value, {**(attrs or {}), "list": list_id})
        context["widget"]["known"] = list_known()
        return context
