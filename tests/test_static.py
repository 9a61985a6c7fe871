"""The scripts and styles as files; what they do is tested in `tests/browser/`."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

import coze_widget
from tests.pages import render

STATIC = Path(coze_widget.__file__).parent / "static" / "coze_widget"


SCRIPTS = ["loader.js", "panel.js", "chat.js"]
# A row that differs from the defaults in all that a page is told.
LARGEST = {
    "launcher_corner": "bottom-left",
    "launcher_offset_x": 32,
    "launcher_offset_y": 96,
    "launcher_size": 72,
    "launcher_color": "#0b7a4b",
    "launcher_icon_url": "https://cdn.example.com/media/pictures/launcher.png",
    "launcher_label": "Ask us about your order",
    "color_scheme": "auto",
    "chat_bot_title": "Questions about orders and parcels",
    "weekly_hours": [{"days": [1, 2, 3, 4, 5], "from": "09:00", "to": "18:00"}],
    "time_zone": "Asia/Shanghai",
}


def read(name):
    return (STATIC / name).read_text(encoding="utf-8")


def compact(css):
    """As the scripts carry it: no comments, no space that says nothing."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    css = re.sub(r" ?([{};,]) ?", r"\1", css)
    return css.replace(": ", ":").replace(";}", "}").strip()


@pytest.mark.parametrize(("part", "name"), [(0, "loader.js"), (1, "panel.js")])
def test_the_scripts_carry_the_rules_of_the_style_sheet(part, name):
    rules = read("launcher.css").split("/* panel.js */")[part]
    carried = re.search(r"const STYLES =\s+`(.*?)`;", read(name), re.DOTALL)

    # After a change of launcher.css this is what the script's STYLES must be.
    assert carried[1] == compact(rules)


def test_no_script_asks_for_anything_but_the_session_view_and_the_sdk():
    for name in SCRIPTS:
        addresses = re.findall(r"https?://[^\"'`\s]+", read(name))

        assert set(addresses) <= {"http://www.w3.org/2000/svg"}


def test_before_somebody_wants_to_chat_nothing_is_kept_in_the_browser():
    uses = re.findall(r"\w*(?:Storage|indexedDB|cookie)[\w.]*", read("loader.js"))

    assert uses == ["sessionStorage.getItem"]


@pytest.mark.django_db
@pytest.mark.usefixtures("oauth_app")
@pytest.mark.parametrize("fields", [{}, LARGEST], ids=["plain", "largest"])
def test_a_page_that_nobody_chats_on_pays_less_than_six_kilobytes(make_widget, fields):
    make_widget(**fields)

    html = gzip.compress(render().encode())
    loader = gzip.compress(read("loader.js").encode())

    assert len(html) > 300
    assert len(html) + len(loader) < 6 * 1024


def test_what_comes_with_the_first_reach_stays_small():
    assert len(gzip.compress(read("panel.js").encode())) < 11 * 1024
