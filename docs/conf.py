"""The documentation site: `make docs` writes it to build/docs, and never calls out.

The pages are plain Markdown, so that they read well where they lie, too. Navigation comes
from the links in each folder's index.md (or README.md): there is no second list to keep.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parent.parent

project = "django-coze-widget"
release = re.search(r'"(.+?)"', (ROOT / "coze_widget" / "version.py").read_text())[1]
copyright = "The django-coze-widget contributors"
language = "en"

extensions = ["myst_parser"]
exclude_patterns = ["requirements.txt", "images/*.py"]
nitpicky = True
# checks.md starts with headings of the third level.
suppress_warnings = ["myst.header"]

# Anchors as GitHub makes them, for every level of heading that a page links to.
myst_heading_anchors = 4
# `http:` and the like of a text that only looks like a link.
myst_url_schemes = ["http", "https"]

html_theme = "furo"
html_title = f"{project} {release}"
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {"navigation_with_keys": True}

INDEXES = ("index", "README")
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
# Text and target of a link to a page of the same folder or below it, without an anchor.
LINK = re.compile(r"\[([^]]+)\]\(((?!\.\./|\w+:)[\w/.-]+)\.md\)")


def add_navigation(app: Sphinx, docname: str, source: list[str]) -> None:
    """Turn the links of an index into the navigation.

    On the first page the headings are captions and the links' texts are names; below it
    pages go by their titles.
    """
    if posixpath.basename(docname) not in INDEXES:
        return
    is_first = docname == "index"
    before, *parts = HEADING.split(source[0])
    # What stands before the first heading greets; without headings it is all there is.
    sections = list(zip(parts[::2], parts[1::2], strict=True)) or [("", before)]
    for caption, section in sections:
        pages = {page: name for name, page in LINK.findall(section)}
        entries = [f"{name} <{page}>" for page, name in pages.items()]
        title = [f":caption: {caption}"] if is_first else []
        lines = [":hidden:", *title, "", *(entries if is_first else pages)]
        if pages:
            source[0] += "\n\n```{toctree}\n" + "\n".join(lines) + "\n```\n"


# A link to a page of the repository that lies outside of docs, seen from anywhere in it.
OUTSIDE = re.compile(r"\[([^]]+)\]\((?:\.\./)+([A-Z]+(?:\.[\w-]+)?\.md)(?:#[^)]*)?\)")


def name_what_lies_outside(app: Sphinx, docname: str, source: list[str]) -> None:
    """The site has no such page, and the repository has no address to link to."""

    def name(link: re.Match[str]) -> str:
        text, file = link.groups()
        return text if file in text else f"{text} (`{file}`)"

    source[0] = OUTSIDE.sub(name, source[0])


def say_language(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], *rest: Any
) -> None:
    is_chinese = pagename.startswith("zh/")
    if is_chinese:
        context["language"] = "zh-Hans"
    # "Next" and "Previous" do not change the language.
    other = "../" if is_chinese else "zh/"
    for neighbour in ("prev", "next"):
        if context.get(neighbour) and context[neighbour]["link"].startswith(other):
            context[neighbour] = None


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("source-read", add_navigation)
    app.connect("source-read", name_what_lies_outside)
    app.connect("html-page-context", say_language)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
