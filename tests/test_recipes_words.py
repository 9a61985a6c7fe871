"""The words of docs/auth.md and docs/faq.md are those of the app, in both languages."""

from __future__ import annotations

import re

import pytest
from django.utils.translation import override

from coze_widget.islands import CHAT_TEXTS, PAGE_TEXTS
from tests.documents import DOCS, ROOT, headings_of, read
from tests.recipes import read_block

PAGES = ["auth.md", "faq.md"]
LANGUAGES = {"": "en", "zh/": "zh-hans"}


def rows(page):
    return [line for line in read(DOCS / page).splitlines() if line.startswith("| ")]


def rows_below(page, heading):
    """Return the first cells of the table below a heading."""
    part = read(DOCS / page).split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = re.findall(r"^\| (.+?) \|", part, re.MULTILINE)
    return cells[1:]


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_have_the_same_parts(page):
    english, chinese = page, f"zh/{page}"

    assert len(headings_of(DOCS / english)) == len(headings_of(DOCS / chinese))
    assert len(rows(english)) == len(rows(chinese))
    for kind in ("- ", r"\d\. ", "```"):
        found = [
            len(re.findall(f"^{kind}", read(DOCS / name), re.MULTILINE))
            for name in (english, chinese)
        ]
        assert found[0] == found[1], kind


@pytest.mark.parametrize("number", range(5))
def test_both_languages_show_the_same_settings(number):
    blocks = [
        read_block(f"{folder}auth.md", "python", number).replace(
            "公钥指纹", "the key's fingerprint"
        )
        for folder in LANGUAGES
    ]

    assert blocks[0] == blocks[1]


@pytest.mark.parametrize(
    ("folder", "heading"),
    [
        ("", "What visitors read, and what it means"),
        ("zh/", "访客看到的提示是什么意思"),
    ],
)
def test_visitors_read_what_the_page_explains(folder, heading):
    with override(LANGUAGES[folder]):
        said = {str(text) for text in [*CHAT_TEXTS.values(), *PAGE_TEXTS.values()]}

    sentences = rows_below(f"{folder}faq.md", heading)

    assert len(sentences) == 8
    assert set(sentences) <= said


@pytest.mark.parametrize("folder", LANGUAGES)
def test_the_permissions_are_those_of_the_readme(folder):
    table = (
        read(ROOT / "README.md").split("| group | permissions |")[1].split("\n\n")[0]
    )
    permissions = set(re.findall(r"`(\w+)`", table))

    assert len(permissions) > 10
    assert permissions <= set(re.findall(r"`(\w+)`", read(DOCS / f"{folder}auth.md")))
