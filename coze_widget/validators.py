"""What no field of a widget may hold, each with its sentence."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import time
from typing import Any, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from coze_widget import extra_options, redaction, sdk_addresses
from coze_widget.origin_patterns import MAX_ORIGINS, is_origin_pattern

# Far more than a chatflow's inputs need, and far less than what breaks a JSON writer.
MAX_LEVELS = 20
# As in Coze's install guide (2026).
MAX_TAGS = 10
MAX_TAG_LENGTH = 30
MAX_HOURS = 14
MAX_GROUPS = 100
MAX_GROUP_NAME_LENGTH = 150  # as in Django's auth
# Everything of a widget is in a document that each visitor loads.
MAX_JSON_BYTES = 16_384
LINK_SCHEMES = ("https", "http", "mailto", "tel")
# As the SDK finds them: word characters between braces, spaces allowed around.
FOOTER_NAME = re.compile(r"\{\{\s*(\w+)\s*\}\}")

validate_digits = RegexValidator(
    r"^[0-9]{1,32}\Z",
    _("Enter the digits only, for example 7400000000000000001."),
    code="not_digits",
)
validate_sdk_version = RegexValidator(
    r"^[0-9]{1,4}(\.[0-9]{1,4}){2}(-[0-9A-Za-z]+(\.[0-9A-Za-z]+)*)?\Z",
    _("Enter a version like 1.2.0-beta.20."),
    code="not_a_version",
)

validate_color = RegexValidator(
    r"^#[0-9a-fA-F]{6}\Z", _("Enter a colour like #2f54eb."), code="not_a_color"
)
validate_integrity = RegexValidator(
    r"^sha(256|384|512)-[A-Za-z0-9+/]{43,86}={0,2}"
    r"( sha(256|384|512)-[A-Za-z0-9+/]{43,86}={0,2})*\Z",
    _("Enter a hash as browsers take it: sha384- and Base64."),
    code="not_a_hash",
)
validate_permission = RegexValidator(
    r"^\w+\.\w+\Z", _("Enter it like this: shop.view_order."), code="not_a_permission"
)

EXTRA_OPTIONS_ERRORS = {
    "reserved": _(
        "“%(path)s” is not for here: this widget's other fields and the site decide on it."
    ),
    "has_field": _("“%(path)s” has a field of its own in this form."),
    "no_object": _("“%(path)s” is a group of options: give it an object, {…}."),
    "bad_name": _("“%(path)s” is no name for an option."),
    "credential": _(
        "“%(path)s” looks like a credential. Everything here is public: put credentials "
        "into the settings."
    ),
    "script": _("“%(path)s” would run a script: give it a plain address."),
}


def holds_credential(value: object) -> bool:
    """Tell whether a text, or any text in a JSON value, contains a token or a private key.

    Each by itself: written as JSON, a line break before a token would hide it.
    """
    layer = [value]
    while layer:
        if any(
            redaction.holds_credential(str(item)) for item in layer if _is_leaf(item)
        ):
            return True
        layer = [child for item in layer for child in _names_and_children(item)]
    return False


def _is_leaf(value: object) -> bool:
    return not isinstance(value, (dict, list, tuple))


def _names_and_children(value: object) -> list[Any]:
    if isinstance(value, dict):
        return [*value, *value.values()]
    return list(value) if isinstance(value, (list, tuple)) else []


def refuse_credentials(value: object) -> None:
    if holds_credential(value):
        raise ValidationError(
            _(
                "This looks like a Coze token or a private key. Everything here is public: "
                "revoke it in Coze's console, and put credentials into the settings."
            ),
            code="credential",
        )


def validate_json_object(value: object) -> None:
    if not isinstance(value, dict):
        raise ValidationError(
            _('Enter a JSON object, for example {"city": "Shenzhen"}.'),
            code="not_an_object",
        )
    _refuse_unstorable(value)


def _refuse_unstorable(value: Any) -> None:
    """Python's parser lets through what PostgreSQL or a browser's parser does not."""
    if _is_deeper(value, MAX_LEVELS):
        raise too_large()
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        size = len(text.encode())
    except ValueError:  # NaN, Infinity, half of a surrogate pair
        text, size = "\\u0000", 0
    if size > MAX_JSON_BYTES:
        raise ValidationError(
            _("This has %(size)s kB; at most %(max)s kB."),
            code="too_large",
            params={"size": size // 1024, "max": MAX_JSON_BYTES // 1024},
        )
    if "\\u0000" in text.replace("\\\\", ""):
        raise ValidationError(
            _("NaN, Infinity, null characters and halves of characters are not JSON."),
            code="not_json",
        )


def _is_deeper(value: Any, levels: int) -> bool:
    layer = [value]
    for _level in range(levels):
        layer = [child for item in layer for child in _children(item)]
    return bool(layer)


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def too_large() -> ValidationError:
    return ValidationError(
        _("This JSON is nested too deeply, or has a number that is too long."),
        code="too_large",
    )


def validate_link(value: str) -> None:
    """The SDK puts links into `href` unchecked, so `javascript:` must not get that far."""
    if not (_scheme_of(value) in LINK_SCHEMES or _is_path(value)):
        raise ValidationError(
            _("Enter a link that starts with https://, http://, mailto:, tel: or /."),
            code="bad_link",
        )


def validate_image_url(value: str) -> None:
    """A picture is loaded by every visitor's browser, inside the frame by https only."""
    if not (_scheme_of(value) == "https" or _is_path(value)):
        raise ValidationError(
            _("Enter an address that starts with https:// or a single /."),
            code="bad_image_url",
        )


def validate_sdk_url(value: str) -> None:
    if not sdk_addresses.is_allowed(value):
        raise ValidationError(
            _(
                "This host is not allowed: name it in the setting COZE_SDK_ORIGINS, or "
                "give a path below STATIC_URL."
            ),
            code="bad_sdk_url",
        )


def _scheme_of(value: str) -> str:
    """Return the scheme of a whole URL, "" of anything that browsers might misread."""
    try:
        parts = urlsplit(value)
    except ValueError:  # half an IPv6 address, a letter that becomes a slash
        return ""
    is_whole = bool(parts.netloc) or parts.scheme in ("mailto", "tel")
    return parts.scheme if is_whole and value == _without_controls(value) else ""


def _is_path(value: str) -> bool:
    """Of this site, that is: `//` and `/\\` lead to another one."""
    is_own = value.startswith("/") and not value.startswith(("//", "/\\"))
    return is_own and value == _without_controls(value)


def validate_footer_links(value: object) -> None:
    """`{"name": {"text": …, "link": …}}`, as in the SDK's `linkvars`."""
    validate_json_object(value)
    for name, entry in cast("dict[str, Any]", value).items():
        _validate_footer_link(name, entry)


def _validate_footer_link(name: str, entry: Any) -> None:
    if not re.fullmatch(r"\w{1,50}", name):
        raise ValidationError(
            _("“%(name)s” is no name for a link: use letters, digits and _ only."),
            code="bad_footer_name",
            params={"name": name},
        )
    if not _is_footer_entry(entry):
        raise ValidationError(
            _("The link “%(name)s” needs a text and a link, and nothing else."),
            code="bad_footer_link",
            params={"name": name},
        )
    validate_link(entry["link"])


def _is_footer_entry(entry: Any) -> bool:
    return (
        isinstance(entry, Mapping)
        and set(entry) == {"text", "link"}
        and all(isinstance(part, str) and part.strip() for part in entry.values())
    )


def validate_app_version(value: str) -> None:
    if not value.isprintable() or value != value.strip():
        raise ValidationError(
            _("Enter the version in one line, without special characters."),
            code="not_printable",
        )


def validate_feedback_tags(value: object) -> None:
    """`[{"label": …, "isNeedDetail": …}, …]`, as in the SDK's `feedbackPanel.tags`."""
    if not isinstance(value, list):
        raise ValidationError(
            _('Enter a list like [{"label": "Wrong", "isNeedDetail": false}].'),
            code="not_a_list",
        )
    if len(value) > MAX_TAGS:
        raise ValidationError(
            _("At most %(max)s tags, says Coze; these are %(count)s."),
            code="too_many_tags",
            params={"max": MAX_TAGS, "count": len(value)},
        )
    for number, tag in enumerate(value, start=1):
        _validate_feedback_tag(number, tag)
    labels = [tag["label"] for tag in value]
    for label in labels:
        if labels.count(label) > 1:
            raise ValidationError(
                _("Two tags have the label “%(label)s”."),
                code="duplicate_tag",
                params={"label": label},
            )


def _validate_feedback_tag(number: int, tag: Any) -> None:
    if not _is_feedback_tag(tag):
        raise ValidationError(
            _(
                "Tag %(number)s needs a label in one line; whether a comment is needed is "
                "true or false."
            ),
            code="bad_tag",
            params={"number": number},
        )
    if len(tag["label"]) > MAX_TAG_LENGTH:
        raise ValidationError(
            _("The label of tag %(number)s is longer than %(max)s characters."),
            code="tag_too_long",
            params={"number": number, "max": MAX_TAG_LENGTH},
        )


def _is_feedback_tag(tag: Any) -> bool:
    if not isinstance(tag, dict) or set(tag) != {"label", "isNeedDetail"}:
        return False
    label = tag["label"]
    is_text = isinstance(label, str) and bool(label.strip()) and label.isprintable()
    return is_text and isinstance(tag["isNeedDetail"], bool)


def validate_extra_options(value: object) -> None:
    """Name each path that is refused."""
    validate_json_object(value)
    if extra_options.is_too_large(value):
        raise ValidationError(
            _("At most %(characters)s characters on %(levels)s levels."),
            code="too_large",
            params={
                "characters": extra_options.MAX_CHARACTERS,
                "levels": extra_options.MAX_LEVELS,
            },
        )
    errors = [
        ValidationError(
            EXTRA_OPTIONS_ERRORS[fault.code],
            code=fault.code,
            params={"path": fault.path},
        )
        for fault in extra_options.find_faults(value)
    ]
    if errors:
        raise ValidationError(errors)


def validate_group_names(value: object) -> None:
    """A list of the names of Django's groups; who is in none of them may not chat."""
    if (
        not isinstance(value, list)
        or len(value) > MAX_GROUPS
        or not all(map(_is_group_name, value))
    ):
        raise ValidationError(
            _("Enter a list of at most %(max)s names of groups."),
            code="not_names",
            params={"max": MAX_GROUPS},
        )


def _is_group_name(value: object) -> bool:
    is_text = isinstance(value, str) and bool(value) and value.isprintable()
    return is_text and len(str(value)) <= MAX_GROUP_NAME_LENGTH


def validate_path_patterns(value: str) -> None:
    for line in value.splitlines():
        pattern = line.strip()
        if pattern and not (pattern.startswith(("/", "*")) and pattern.isprintable()):
            raise ValidationError(
                _("“%(pattern)s” is no path: start it with /, without the host."),
                code="not_a_path",
                params={"pattern": pattern},
            )


def validate_origins(value: str) -> None:
    lines = [line.strip() for line in value.splitlines() if line.strip()]
    if len(lines) > MAX_ORIGINS:
        raise ValidationError(
            _("At most %(count)s origins."),
            code="too_many",
            params={"count": MAX_ORIGINS},
        )
    for line in lines:
        if not is_origin_pattern(line.lower().removesuffix("/")):
            raise ValidationError(
                _(
                    "“%(line)s” is no origin: write https://shop.example, or "
                    "https://*.shop.example for all hosts below it, without a path."
                ),
                code="not_an_origin",
                params={"line": line},
            )


def validate_time_zone(value: str) -> None:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):
        raise ValidationError(
            _("Enter a time zone like Asia/Shanghai."), code="no_time_zone"
        ) from None


def validate_weekly_hours(value: object) -> None:
    """`[{"days": [1, …, 7], "from": "09:00", "to": "18:00"}, …]`, Monday being 1.

    An end before its beginning, or the same, is on the next day.
    """
    if not isinstance(value, list) or len(value) > MAX_HOURS:
        raise ValidationError(
            _("Enter a list of at most %(max)s rows."),
            code="not_a_list",
            params={"max": MAX_HOURS},
        )
    for number, row in enumerate(value, start=1):
        if not are_hours(row):
            raise ValidationError(
                _("Hours %(number)s need a day, and two times like 09:00 and 18:00."),
                code="bad_hours",
                params={"number": number},
            )


def are_hours(row: Any) -> bool:
    if not isinstance(row, dict) or set(row) != {"days", "from", "to"}:
        return False
    days = row["days"]
    are_days = (
        isinstance(days, list)
        and len(days) <= 7
        and all(type(day) is int and 1 <= day <= 7 for day in days)
        and len(set(days)) == len(days)
    )
    return bool(are_days and days and _is_time(row["from"]) and _is_time(row["to"]))


def _is_time(value: object) -> bool:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{2}:[0-9]{2}", value):
        return False
    try:
        time.fromisoformat(value)
    except ValueError:
        return False
    return True


def missing_footer_names(text: str, links: Mapping[str, object]) -> list[str]:
    """Return the `{{name}}`s of a footer for which there is no link, in order."""
    names = dict.fromkeys(FOOTER_NAME.findall(text))
    return [name for name in names if name not in links]


def _without_controls(value: str) -> str:
    """Browsers drop tabs and newlines inside a URL's scheme; so `java\\nscript:` is one."""
    return re.sub(r"[\x00-\x20\x7f\u2028\u2029]", "", value)
