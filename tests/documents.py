"""The project's Markdown, read as GitHub and Sphinx read it: by a parser."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"

_parser = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True)
class Block:
    """A fenced code block; `language` is empty where the fence names none."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def all_pages() -> list[Path]:
    """Return every page that is written for readers."""
    names = ["README.md", "README.zh-CN.md", "CONTRIBUTING.md", "SECURITY.md"]
    top = [ROOT / name for name in names]
    return [page for page in [*top, *sorted(DOCS.rglob("*.md"))] if page.exists()]


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks_of(page: Path) -> list[Block]:
    return [
        Block(page, token.map[0] + 1, token.info.strip(), token.content)
        for token in _parser.parse(read(page))
        if token.type in ("fence", "code_block")
    ]


def all_blocks(*languages: str) -> list[Block]:
    """Return the blocks in these languages, or all when none is named."""
    found = [block for page in all_pages() for block in blocks_of(page)]
    return [block for block in found if not languages or block.language in languages]


def texts_of(page: Path) -> list[str]:
    """Return what is read as plain text: no code, no marks."""
    inline = [token for token in _parser.parse(read(page)) if token.children]
    return [
        part.content
        for token in inline
        for part in token.children
        if part.type == "text"
    ]


def links_of(page: Path) -> list[str]:
    """Return the targets of links and pictures."""
    inline = [token for token in _parser.parse(read(page)) if token.children]
    parts = [part for token in inline for part in token.children]
    targets = [part.attrGet("href") or part.attrGet("src") for part in parts]
    return [target for target in targets if target]


def pages_linked_from(page: Path) -> set[Path]:
    targets = [target.partition("#")[0] for target in links_of(page)]
    paths = [
        (page.parent / target).resolve() for target in targets if "://" not in target
    ]
    return {path for path in paths if path.suffix == ".md" and path != page}


def headings_of(page: Path) -> list[str]:
    """Return the headings as they are read, without marks."""
    tokens = _parser.parse(read(page))
    titles = [
        tokens[number + 1].children
        for number, token in enumerate(tokens)
        if token.type == "heading_open"
    ]
    return ["".join(part.content for part in title) for title in titles]


def anchors_of(page: Path) -> set[str]:
    """Return the anchors that GitHub makes: lower case, hyphens, numbered when doubled."""
    slugs: list[str] = []
    for heading in headings_of(page):
        slug = re.sub(r"[^\w -]", "", heading.strip().lower()).replace(" ", "-")
        seen = sum(
            re.fullmatch(rf"{slug}(-\d+)?", known) is not None for known in slugs
        )
        slugs.append(f"{slug}-{seen}" if seen else slug)
    return set(slugs)
