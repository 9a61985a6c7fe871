"""Options of the SDK that have no field here yet: what they may be, and how they join the rest.

An editor writes them as one JSON object in the shape of the SDK's own options. The form
refuses what is faulty; a row that holds it all the same, by a fixture say, loses that part.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from coze_widget.redaction import holds_credential

# The deepest that is documented (the label of a feedback tag) is on level 6.
MAX_LEVELS = 8
MAX_CHARACTERS = 4000

Path = tuple[str, ...]


def _paths(*dotted: str) -> frozenset[Path]:
    return frozenset(tuple(path.split(".")) for path in dotted)


# Who talks to whom, and how the chat is put into the page: decided by the row and by us.
RESERVED = _paths(
    "auth",
    "userInfo",
    "el",
    "componentProps",
    "config.type",
    "config.isIframe",
    "config.bot_id",
    "config.botId",
    "config.botInfo.botId",
    "config.appInfo.appId",
    "config.appInfo.workflowId",
    "config.sdk_verify_token",
    "ui.asstBtn.isNeed",
    "ui.chatBot.el",
)
# A field checks its value, a link for instance; so there is no way around it.
WITH_FIELD = _paths(
    "config.botInfo.parameters",
    "config.appInfo.parameters",
    "config.appInfo.version",
    "ui.base.icon",
    "ui.base.layout",
    "ui.base.lang",
    "ui.base.zIndex",
    "ui.header.isShow",
    "ui.header.isNeedClose",
    "ui.footer.isShow",
    "ui.footer.expressionText",
    "ui.footer.linkvars",
    "ui.conversations.isNeed",
    "ui.chatBot.title",
    "ui.chatBot.width",
    "ui.chatBot.uploadable",
    "ui.chatBot.isNeedAudio",
    "ui.chatBot.isNeedFunctionCallMessage",
    "ui.chatBot.isNeedAddNewConversation",
    "ui.chatBot.isNeedClearContext",
    "ui.chatBot.isNeedQuote",
    "ui.chatBot.feedback.isNeedFeedback",
    "ui.chatBot.feedback.feedbackPanel.title",
    "ui.chatBot.feedback.feedbackPanel.placeholder",
    "ui.chatBot.feedback.feedbackPanel.tags",
)
# In place of one of these, a text or null would take away all that is below it.
GROUPS = frozenset(
    path[:length] for path in RESERVED | WITH_FIELD for length in range(1, len(path))
)

# Each of them reaches what all JavaScript objects have in common.
_PROTOTYPES = frozenset({"__proto__", "constructor", "prototype"})
_CALLBACK = re.compile(r"on[A-Z]")
_SECRET_NAME = re.compile(
    r"token|secret|passw|credential|authorization|api_?key|private_?key", re.IGNORECASE
)
_SECRET_TEXT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]+|\bBearer\s+\S", re.IGNORECASE)
_SCRIPT = re.compile(r"javascript:|vbscript:|data:text/html", re.IGNORECASE)


@dataclass(frozen=True)
class Fault:
    """What is wrong at a path: `code` is reserved, has_field, no_object, bad_name,
    credential or script."""

    path: str
    code: str


def is_too_large(extra: Any) -> bool:
    """Tell whether the object exceeds its bounds; the levels first, without recursion."""
    layer = [extra]
    for _level in range(MAX_LEVELS):
        layer = [child for value in layer for _name, child in _children(value)]
    return bool(layer) or len(json.dumps(extra, ensure_ascii=False)) > MAX_CHARACTERS


def find_faults(extra: Any, path: Path = ()) -> Iterator[Fault]:
    """Yield the faults of an object within its bounds, in order, none below another."""
    for name, value in _children(extra):
        here = (*path, name)
        code = _code_of(here, value)
        if code:
            yield Fault(_write(here), code)
        else:
            yield from find_faults(value, here)


def merge_extra(options: dict[str, Any], extra: Any) -> None:
    """Add to the SDK's options what is faultless, and nothing else."""
    if isinstance(extra, dict) and not is_too_large(extra):
        _merge(options, _without_faults(extra))


def _children(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, Mapping):
        return list(value.items())
    if isinstance(value, list):
        return [(f"[{number}]", item) for number, item in enumerate(value)]
    return []


def _code_of(path: Path, value: Any) -> str:
    name = path[-1]
    if name in _PROTOTYPES or not name.strip() or not name.isprintable():
        return "bad_name"
    if path in RESERVED or name == "el" or _CALLBACK.match(name):
        return "reserved"
    if path in WITH_FIELD:
        return "has_field"
    if path in GROUPS and not isinstance(value, Mapping):
        return "no_object"
    if holds_credential(name):
        return "credential"
    return _code_of_text(name, value) if isinstance(value, str) else ""


def _code_of_text(name: str, text: str) -> str:
    is_secret = bool(text and _SECRET_NAME.search(name))
    if is_secret or holds_credential(text) or _SECRET_TEXT.search(text):
        return "credential"
    # Browsers skip blanks and control characters before and within a scheme.
    if _SCRIPT.match(re.sub(r"[\x00-\x20\x7f\u2028\u2029]", "", text)):
        return "script"
    return ""


def _write(path: Path) -> str:
    return ".".join(path).replace(".[", "[")


def _without_faults(group: dict[str, Any], path: Path = ()) -> dict[str, Any]:
    """A list with a fault in it goes as a whole: its items may belong together."""
    kept: dict[str, Any] = {}
    for name, value in group.items():
        here = (*path, name)
        if _code_of(here, value):
            continue
        if isinstance(value, dict):
            rest = _without_faults(value, here)
            if rest or not value:
                kept[name] = rest
        elif not any(find_faults(value, here)):
            kept[name] = value
    return kept


def _merge(target: dict[str, Any], source: dict[str, Any]) -> None:
    for name, value in source.items():
        if isinstance(value, dict):
            _merge(target.setdefault(name, {}), value)
        else:
            target[name] = value
