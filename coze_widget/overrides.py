"""What a template wants to say differently from the row: taken where it may and is fit."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.functional import Promise

from coze_widget.models import Language, Widget
from coze_widget.options import PAGE_MAY, Overrides, page_may_set
from coze_widget.redaction import holds_credential

MAX_TITLE_LENGTH = 100
MAX_NICKNAME_LENGTH = 50
MAX_PARAMETERS_BYTES = 16_384
MAX_GLOBAL_LENGTH = 50

_IDENTIFIER = re.compile(r"(?!__)[A-Za-z_$][A-Za-z0-9_$]*")
# Words of the language, what every object has, and the names of the scripts themselves.
_TAKEN_WORDS = """
    arguments await break case catch class const constructor continue debugger default
    delete do else enum eval export extends false finally for function hasOwnProperty if
    implements import in instanceof interface isPrototypeOf let new null package private
    propertyIsEnumerable protected prototype public return static super switch this throw
    toLocaleString toString true try typeof undefined valueOf var void while with yield
    CozeWidget CozeWebSDK CozeWebSDKmain
"""
_TAKEN = frozenset(_TAKEN_WORDS.split())


class Unfit(Exception):  # an outcome, not a failure
    """Raised when a value is left out; its text says why, without the value."""


def read_overrides(
    widget: Widget, wanted: Mapping[str, object]
) -> tuple[Overrides, list[str]]:
    """Return what goes into the page, and a sentence on each value that does not.

    The widget is shown all the same: a page in the wrong words is better than none.
    """
    overrides: dict[str, Any] = {}
    faults = []
    may = page_may_set(widget)
    for name in PAGE_MAY:
        value = wanted.get(name)
        # A variable that nobody set is "" in a template.
        if value is None or value == "":
            continue
        try:
            if name not in may:
                raise Unfit("this widget does not let pages set it")
            fit = _READERS[name](value)
        except Unfit as exc:
            faults.append(f"{name} is left out: {exc}")
            continue
        if fit:
            overrides[name] = fit
    return cast(Overrides, overrides), faults


def read_global(wanted: object) -> str:
    """Return the name of a global that the page may have; Unfit says why not."""
    name = str(wanted)
    is_name = len(name) <= MAX_GLOBAL_LENGTH and _IDENTIFIER.fullmatch(name)
    if not is_name or name in _TAKEN:
        raise Unfit("it is no name for a JavaScript variable")
    if holds_credential(name):
        raise Unfit("it looks like a credential")
    return name


def _read_title(value: object) -> str:
    return _read_text(value)[:MAX_TITLE_LENGTH]


def _read_nickname(value: object) -> str:
    return _read_text(value)[:MAX_NICKNAME_LENGTH]


def _read_text(value: object) -> str:
    if not isinstance(value, (str, Promise, int, float)):
        raise Unfit("it is not a text")
    text = str(value).strip()
    if holds_credential(text):
        raise Unfit("it looks like a credential")
    return text


def _read_lang(value: object) -> str:
    """Take Django's names, too: `zh-hans`, `en-gb`."""
    language = _read_text(value).lower().replace("_", "-").partition("-")[0]
    if language == "zh":
        return str(Language.CHINESE)
    if language == "en":
        return str(Language.ENGLISH)
    raise Unfit("the SDK speaks en and zh-CN only")


def _read_parameters(value: object) -> dict[str, Any]:
    """Return plain JSON: moments, decimals and lazy texts become texts, as Django does."""
    if not isinstance(value, Mapping):
        raise Unfit("it is not a dict")
    try:
        text = json.dumps(dict(value), cls=DjangoJSONEncoder, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise Unfit("it is not JSON") from None
    parameters: dict[str, Any] = json.loads(text)
    if len(_to_bytes(parameters)) > MAX_PARAMETERS_BYTES:
        raise Unfit("it has more than 16 KB")
    if holds_credential(text):
        raise Unfit("it looks like a credential")
    return parameters


def _to_bytes(parameters: dict[str, Any]) -> bytes:
    return json.dumps(parameters, ensure_ascii=False).encode(errors="surrogatepass")


_READERS: dict[str, Callable[[object], Any]] = {
    "title": _read_title,
    "lang": _read_lang,
    "parameters": _read_parameters,
    "nickname": _read_nickname,
}
