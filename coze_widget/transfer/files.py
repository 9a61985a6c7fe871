"""The file that takes widgets from one environment to another.

    {"format": "coze-widgets", "version": 1, "widgets": [{"slug": …, …}, …]}

Pure: reads and writes texts only. What stands in a widget is the matter of `values`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from coze_widget.validators import holds_credential

FORMAT = "coze-widgets"
VERSION = 1
MAX_BYTES = 5_000_000
# Each is validated with some queries.
MAX_WIDGETS = 500
# One more than a widget's JSON may have (coze_widget.validators), and those around it.
MAX_LEVELS = 24
MAX_DIGITS = 30


class TransferError(Exception):
    """Says in the active language why a file cannot be read; holds nothing of it."""


def write_file(widgets: Iterable[Mapping[str, Any]]) -> str:
    """Return a text that is the same for the same widgets, so that it can be compared."""
    whole = {"format": FORMAT, "version": VERSION, "widgets": list(widgets)}
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def decode(data: bytes | str) -> str:
    """Return the text of an upload or a paste, if it is one of a sensible length."""
    if isinstance(data, bytes):
        if len(data) > MAX_BYTES:
            raise _too_large()
        # PowerShell writes `>` in UTF-16.
        is_utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
        try:
            data = data.decode("utf-16" if is_utf16 else "utf-8")
        except UnicodeDecodeError:
            raise TransferError(_("This file is no text in UTF-8.")) from None
    elif len(data) > MAX_BYTES:
        raise _too_large()
    return data.removeprefix("\ufeff")


@sensitive_variables()
def read_file(data: bytes | str, *, takes_credentials: bool = True) -> list[Any]:
    """Return what stands under "widgets", each still to be looked at.

    For whoever keeps the file, credentials are refused anywhere in it.
    """
    whole = _parse(decode(data))
    _refuse_unstorable(whole)
    if not takes_credentials and holds_credential(whole):
        raise TransferError(
            _(
                "Something in this file looks like a Coze token or a private key. Revoke it "
                "in Coze's console; it was not kept."
            )
        )
    if not isinstance(whole, dict) or whole.get("format") != FORMAT:
        raise TransferError(
            _(
                "This is no export of widgets: it has no “format” that is “coze-widgets”. "
                "Make one with “Export” in the list of widgets, or with manage.py "
                "coze_export."
            )
        )
    version, widgets = whole.get("version"), whole.get("widgets")
    if type(version) is not int or version < 1:
        raise TransferError(_("The “version” of this file is no number from 1 on."))
    if version > VERSION:
        raise TransferError(
            _(
                "This file has version %(version)s of the format, and the newest that can "
                "be read here is %(newest)s: update django-coze-widget first."
            )
            % {"version": version, "newest": VERSION}
        )
    if not isinstance(widgets, list):
        raise TransferError(_("“widgets” is missing in this file, or is no list."))
    if len(widgets) > MAX_WIDGETS:
        raise TransferError(
            _("There are more than %(max)s widgets in this file: split it.")
            % {"max": MAX_WIDGETS}
        )
    return widgets


def _too_large() -> TransferError:
    return TransferError(
        _("This is larger than %(max)s MB.") % {"max": MAX_BYTES // 1_000_000}
    )


@sensitive_variables()
def _parse(text: str) -> Any:
    if not text.strip():
        raise TransferError(_("There is nothing to read."))
    try:
        return json.loads(
            text,
            object_pairs_hook=_to_object,
            parse_constant=_refuse_constant,
            parse_int=_to_int,
            parse_float=_to_float,
        )
    except json.JSONDecodeError as error:
        # Its message and its `doc` hold the text.
        line, column = error.lineno, error.colno
    except RecursionError:
        raise _too_deep() from None
    raise TransferError(
        _("This is not JSON: see line %(line)s, column %(column)s.")
        % {"line": line, "column": column}
    )


def _to_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    whole = dict(pairs)
    if len(whole) < len(pairs):
        raise TransferError(_("A name stands twice in the same object of this file."))
    return whole


def _refuse_constant(_name: str) -> Any:
    raise _not_storable()


def _to_int(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise TransferError(_("A number in this file is too long."))
    return int(digits)


def _to_float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise TransferError(_("A number in this file is too long."))
    return number


def _refuse_unstorable(value: Any) -> None:
    """Python's parser lets through what databases and browsers do not take."""
    layer = [value]
    for _level in range(MAX_LEVELS):
        if not all(_is_storable(item) for item in layer):
            raise _not_storable()
        layer = [child for item in layer for child in _children(item)]
        if not layer:
            return
    raise _too_deep()


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return [*value, *value.values()]
    return value if isinstance(value, list) else ()


def _is_storable(value: Any) -> bool:
    if not isinstance(value, str):
        return True
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return "\0" not in value


def _not_storable() -> TransferError:
    return TransferError(
        _("NaN, Infinity, null characters and halves of characters are not JSON.")
    )


def _too_deep() -> TransferError:
    return TransferError(_("This file is nested too deeply."))
