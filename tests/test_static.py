"""The scripts and styles as files; what they do is tested in `tests/browser/`."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import coze_widget

STATIC = Path(coze_widget.__file__).parent / "static" / "coze_widget"


def read(name):
    return (STATIC / name).read_text(encoding="utf-8")


def compact(css):
    """As the loader carries it: no comments, no space that says nothing."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    css = re.sub(r" ?([{};,]) ?", r"\1", css)
    return css.replace(": ", ":").replace(";}", "}").strip()


def test_the_loader_carries_the_rules_of_the_style_sheet():
    carried = re.search(r"const STYLES =\s+`(.*?)`;", read("loader.js"), re.DOTALL)

    # After a change of launcher.css this is what the loader's STYLES must be.
    assert carried[1] == compact(read("launcher.css"))


def test_no_script_asks_for_anything_but_the_session_view_and_the_sdk():
    for name in ("loader.js", "chat.js"):
        addresses = re.findall(r"https?://[^\"'`\s]+", read(name))

        assert set(addresses) <= {"http://www.w3.org/2000/svg"}


def test_no_script_keeps_anything_in_the_browser():
    for name in ("loader.js", "chat.js"):
        assert not re.search(r"localStorage|sessionStorage|indexedDB", read(name))


def test_a_page_that_nobody_chats_on_pays_less_than_six_kilobytes():
    """The loader's share; the rest are the tag's few hundred bytes."""
    assert len(gzip.compress(read("loader.js").encode())) < 5_750
