"""HTML and JavaScript as syntax trees, within a bound of time.

Tree-sitter never runs what it reads, and it goes on after an error. Its parsers ask us
again and again whether to stop, which bounds what hostile text can cost.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

# Real snippets take a few milliseconds.
MAX_SECONDS = 0.5
_CHUNK = 65_536
_BLANK = bytes(byte if byte in b"\r\n" else 0x20 for byte in range(256))
_GRAMMARS = {
    "html": ("tree_sitter_html", "language"),
    # JavaScript is a part of it, and so is JSX.
    "tsx": ("tree_sitter_typescript", "language_tsx"),
}


class TooLongError(Exception):
    """Raised when reading takes longer than any real snippet does."""


class ParserMissingError(Exception):
    """Raised where the extra `import` is not installed."""


class Deadline:
    def __init__(self, seconds: float = MAX_SECONDS) -> None:
        self._end = time.monotonic() + seconds

    def is_over(self) -> bool:
        return time.monotonic() > self._end

    def check(self) -> None:
        if self.is_over():
            raise TooLongError


@dataclass(frozen=True)
class Code:
    """A text and its tree. `Node.text` is not asked: with a callback it has crashed."""

    source: bytes
    root: Node

    def text(self, node: Node) -> str:
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def node_at(self, place: int, length: int) -> Node | None:
        return self.root.descendant_for_byte_range(place, place + length)


def parse(source: bytes, *, language: str, deadline: Deadline) -> Code:
    try:
        tree_sitter = import_module("tree_sitter")
        module, function = _GRAMMARS[language]
        grammar = getattr(import_module(module), function)()
    except ImportError:
        raise ParserMissingError from None
    parser = tree_sitter.Parser(tree_sitter.Language(grammar))
    try:
        # Only with a callback for the text does it ask whether to stop.
        tree = parser.parse(
            lambda offset, _point: source[offset : offset + _CHUNK],
            progress_callback=lambda _offset, _has_error: deadline.is_over(),
        )
    except ValueError:  # it was told to stop
        raise TooLongError from None
    return Code(source, tree.root_node)


def line_of(node: Node) -> int:
    return node.start_point[0] + 1


def walk(root: Node, deadline: Deadline) -> Iterator[Node]:
    waiting = [root]
    while waiting:
        deadline.check()
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))


class Page:
    """What matters of an HTML text: its scripts and where they come from."""

    def __init__(self, source: bytes, deadline: Deadline) -> None:
        self.addresses: list[str] = []
        # Only scripts are left, at their lines, since they share their variables.
        self._left = bytearray(source.translate(_BLANK))
        self._handlers: list[str] = []
        code = parse(source, language="html", deadline=deadline)
        for node in walk(code.root, deadline):
            if node.type == "raw_text" and node.parent is not None:
                self._keep_script(source, node, node.parent)
            elif node.type == "attribute":
                self._read_attribute(code, node)

    @property
    def script(self) -> bytes:
        handlers = "".join(f"\n;{{{code}}}" for code in self._handlers)
        return bytes(self._left) + handlers.encode("utf-8", "replace")

    def _keep_script(self, source: bytes, node: Node, parent: Node) -> None:
        if parent.type == "script_element":
            start, end = node.start_byte, node.end_byte
            self._left[start:end] = source[start:end]
            # In place of the ">" and of the "<": no script is the rest of another.
            self._left[start - 1 : start] = b";"
            self._left[end : end + 1] = b";"

    def _read_attribute(self, code: Code, node: Node) -> None:
        name = code.text(node.children[0]).lower()
        value = unescape(code.text(node.children[-1]).strip("\"'"))
        if name == "src":
            self.addresses.append(value)
        elif name == "onload":
            self._handlers.append(value)
