"""Reads what this project's catalogues hold: single messages, no plurals, no contexts."""

from __future__ import annotations

import ast
import re

ENTRY = re.compile(r'^msgid ((?:".*"\n)+)msgstr ((?:".*"\n)+)', re.MULTILINE)


def read_po(path):
    """Return message → translation, without the header."""
    found = ENTRY.findall(path.read_text(encoding="utf-8"))
    messages = {_text(key): _text(value) for key, value in found}
    del messages[""]
    return messages


def _text(lines):
    return "".join(ast.literal_eval(line) for line in lines.splitlines())
