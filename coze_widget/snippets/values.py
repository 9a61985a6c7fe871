"""What an expression of JavaScript is worth, where the text alone says it.

Literals, and constants of the same text. Nothing is run: whatever else stands there
becomes an `Unread`, which says why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from coze_widget.redaction import find_credentials, holds_credential, redact
from coze_widget.snippets.trees import Code, Deadline, line_of, walk

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_LEVELS = 40
# An object that is spread twice into one that is spread twice, and so on.
MAX_STEPS = 3_000
LONGEST_NUMBER = 40


class Reason(str, Enum):
    """Why something of a snippet is in no field."""

    UNKNOWN = "unknown"
    FUNCTION = "function"
    VARIABLE = "variable"
    EXPRESSION = "expression"
    UNSUPPORTED = "unsupported"
    WRONG_VALUE = "wrong_value"
    OURS = "ours"
    CREDENTIAL = "credential"
    TOO_DEEP = "too_deep"


@dataclass(frozen=True)
class Unread:
    """In place of a value; of a credential it keeps the kind only."""

    reason: Reason
    detail: str = ""
    line: int = 0


# Not None: that is JavaScript's null.
ABSENT = object()

_FUNCTIONS = {
    "arrow_function",
    "function_expression",
    "function",
    "generator_function",
    "method_definition",
    "class",
}
_WRAPPERS = {
    "parenthesized_expression",
    "as_expression",
    "satisfies_expression",
    "non_null_expression",
}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_INTEGER = re.compile(r"0|[1-9]\d*|0[xX][\da-fA-F]+|0[oO][0-7]+|0[bB][01]+")
_CONSTANTS: dict[str, Any] = {"true": True, "false": False, "null": None}


class Values:
    def __init__(self, code: Code, deadline: Deadline) -> None:
        self._code = code
        self._deadline = deadline
        self._steps = 0
        self._found: dict[str, Node | None] | None = None

    def read(self, node: Node, level: int = 0) -> Any:
        self._deadline.check()
        self._steps += 1
        if level > MAX_LEVELS or self._steps > MAX_STEPS:
            return Unread(Reason.TOO_DEEP)
        kind = node.type
        if kind in _CONSTANTS:
            return _CONSTANTS[kind]
        if kind in _FUNCTIONS:
            return Unread(Reason.FUNCTION)
        if kind in _WRAPPERS:
            return self.read(node.named_children[0], level + 1)
        reader = getattr(self, f"_read_{kind}", None)
        return reader(node, level) if reader else Unread(Reason.EXPRESSION)

    def _read_undefined(self, _node: Node, _level: int) -> Any:
        return ABSENT

    def _read_string(self, node: Node, _level: int) -> str | Unread:
        return _keep_no_credential(string_of(self._code, node), line_of(node))

    def _read_template_string(self, node: Node, level: int) -> str | Unread:
        if any(part.type == "template_substitution" for part in node.children):
            return Unread(Reason.EXPRESSION)
        return self._read_string(node, level)

    def _read_number(self, node: Node, _level: int) -> int | float | Unread:
        return _to_number(self._code.text(node))

    def _read_unary_expression(self, node: Node, level: int) -> Any:
        operator, value = (
            self._code.text(node.children[0]),
            self.read(node.children[-1], level + 1),
        )
        if operator == "void":
            return ABSENT
        if operator == "!" and isinstance(value, int):  # !0 of a minifier
            return not value
        if operator == "-" and type(value) in (int, float):
            return -value
        return Unread(Reason.EXPRESSION)

    def _read_array(self, node: Node, level: int) -> list[Any]:
        values = [self.read(one, level + 1) for one in without_comments(node)]
        return [None if value is ABSENT else value for value in values]

    def _read_spread_element(self, node: Node, level: int) -> Any:
        return self.read(node.named_children[0], level + 1)

    def _read_object(self, node: Node, level: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for member in without_comments(node):
            if member.type == "spread_element":
                self._spread(member, level, members)
            else:
                name, value = self._read_member(member, level + 1)
                members[name] = value
        return {name: value for name, value in members.items() if value is not ABSENT}

    def _spread(self, node: Node, level: int, members: dict[str, Any]) -> None:
        value = self.read(node, level + 1)
        if isinstance(value, dict):
            members.update(value)
        elif isinstance(value, Unread):
            members[self._code.text(node)[:60]] = value

    def _read_member(self, node: Node, level: int) -> tuple[str, Any]:
        if node.type == "shorthand_property_identifier":
            return self._code.text(node), self._look_up(node, level)
        key = node.child_by_field_name("key") or node.child_by_field_name("name")
        value = node.child_by_field_name("value")
        if key is None:  # what is left of a syntax error
            return self._code.text(node)[:60], Unread(Reason.EXPRESSION)
        name = self._name_of(key, level)
        if holds_credential(name):
            name = redact(name)
        if node.type == "method_definition" or value is None:
            return name, Unread(Reason.FUNCTION)
        return name, self.read(value, level)

    def _name_of(self, key: Node, level: int) -> str:
        if key.type == "string":
            return string_of(self._code, key)
        if key.type == "computed_property_name":
            value = self.read(key.named_children[0], level)
            return value if isinstance(value, str) else self._code.text(key)[:60]
        return self._code.text(key)

    def _read_identifier(self, node: Node, level: int) -> Any:
        return self._look_up(node, level)

    def _look_up(self, node: Node, level: int) -> Any:
        name = self._code.text(node)
        if self._found is None:
            self._found = _find_constants(self._code, self._deadline)
        value = self._found.get(name)
        if value is None:
            return Unread(Reason.VARIABLE, name[:60])
        return self.read(value, level + 1)

    def _read_member_expression(self, node: Node, level: int) -> Any:
        name = node.child_by_field_name("property")
        return self._read_property(node, self._code.text(name) if name else "", level)

    def _read_subscript_expression(self, node: Node, level: int) -> Any:
        index = node.child_by_field_name("index")
        return self._read_property(
            node, self.read(index, level + 1) if index else "", level
        )

    def _read_property(self, node: Node, name: object, level: int) -> Any:
        whole = node.child_by_field_name("object")
        value = self.read(whole, level + 1) if whole else None
        if isinstance(value, dict) and isinstance(name, str) and name in value:
            return value[name]
        return Unread(Reason.VARIABLE, self._code.text(node)[:60])


def string_of(code: Code, node: Node) -> str:
    """Return what a string literal, or a template without substitutions, says."""
    parts = [
        _unescape(code.text(part))
        if part.type == "escape_sequence"
        else code.text(part)
        for part in node.named_children
    ]
    # Two escapes can be the halves of one character; half of one alone is none.
    return "".join(parts).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unescape(text: str) -> str:
    body = text[1:]
    code = re.fullmatch(r"[xu]\{?([0-9A-Fa-f]{1,6})\}?", body)
    if code:
        number = int(code[1], 16)
        return chr(number) if number < 0x11_0000 else "\ufffd"
    if body in ("\n", "\r\n", "\r", "\u2028", "\u2029"):  # the string goes on below
        return ""
    return _ESCAPES.get(body, body)


def _to_number(text: str) -> int | float | Unread:
    plain = text.replace("_", "").removesuffix("n")
    if len(plain) > LONGEST_NUMBER:
        return Unread(Reason.WRONG_VALUE)
    # Digits stay exact, as in ids that JavaScript would round.
    return int(plain, 0) if _INTEGER.fullmatch(plain) else float(plain)


def _keep_no_credential(text: str, line: int) -> str | Unread:
    for _offset, kind in find_credentials(text):
        return Unread(Reason.CREDENTIAL, kind, line)
    return text


def without_comments(node: Node) -> list[Node]:
    return [one for one in node.named_children if one.type != "comment"]


def _find_constants(code: Code, deadline: Deadline) -> dict[str, Node | None]:
    """Return the values of names that are given one once; None for all others."""
    found: dict[str, Node | None] = {}
    for node in walk(code.root, deadline):
        if node.type == "variable_declarator":
            target, value = (
                node.child_by_field_name("name"),
                node.child_by_field_name("value"),
            )
        elif node.type in ("assignment_expression", "augmented_assignment_expression"):
            target, value = node.child_by_field_name("left"), None
        elif node.type == "update_expression":
            target, value = node.child_by_field_name("argument"), None
        else:
            continue
        name = code.text(target) if target is not None else ""
        found[name] = None if name in found else value
    return found
