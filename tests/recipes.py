"""The code of a page of the documentation, ready to be used."""

from __future__ import annotations

from tests.documents import DOCS, blocks_of


def read_block(page, language, number=0):
    """Return the text of the page's nth block in this language."""
    found = [block for block in blocks_of(DOCS / page) if block.language == language]
    return found[number].text


def run_block(page, number=0, **replacements):
    """Return what the page's nth block of Python defines."""
    text = read_block(page, "python", number)
    for old, new in replacements.items():
        text = text.replace(old, str(new))
    namespace = {"__name__": "a_recipe"}
    exec(compile(text, f"{page}#{number}", "exec"), namespace)
    return namespace


def set_all(settings, defined):
    """Make settings of what a block defines, and return their names."""
    names = [name for name in defined if name.isupper()]
    for name in names:
        setattr(settings, name, defined[name])
    return names
