"""Two releases meet in one page, because one half of it came out of a cache.

Each release is today's scripts with another number for the protocol.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

import coze_widget

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.site")]

STATIC = Path(coze_widget.__file__).parent / "static" / "coze_widget"
LOADER, PAGE, CHAT = "loader.js", "panel.js", "chat.js"
PREVIOUS, OURS, NEXT, STRANGE = 1, 2, 3, 4


def text_of(name):
    return (STATIC / name).read_text(encoding="utf-8")


def script_of(name, protocol):
    text = text_of(name)
    line = f"const PROTOCOL = {OURS};"
    assert line in text
    return text.replace(line, f"const PROTOCOL = {protocol};")


def serve(visitor, name, protocol):
    body = script_of(name, protocol)
    answer = {"body": body, "content_type": "text/javascript"}
    visitor.context.route(f"**/{name}", lambda route: route.fulfill(**answer))


@pytest.fixture(params=["frame", "inline"])
def guests(make_widget, request):
    return make_widget(guests="isolated", place=request.param)


@pytest.mark.parametrize("half", [PAGE, CHAT])
@pytest.mark.parametrize("protocol", [PREVIOUS, NEXT])
def test_neighbours_understand_each_other(visitor, guests, half, protocol):
    serve(visitor, half, protocol)
    visitor.visit()

    visitor.open_chat()
    visitor.say("hello")
    visitor.close_chat()
    visitor.open_chat()

    expect(visitor.transcript).to_contain_text("hello")


@pytest.mark.parametrize("half", [PAGE, CHAT])
def test_strangers_say_so_at_once_and_loading_the_page_anew_helps(
    visitor, guests, half
):
    serve(visitor, half, STRANGE)
    visitor.visit()

    for _ in range(2):
        visitor.launcher.click()
        expect(visitor.cover).to_contain_text("could not be loaded", timeout=1500)
        expect(visitor.page.get_by_role("progressbar")).not_to_be_visible()
        visitor.page.keyboard.press("Escape")
    visitor.launcher.click()

    visitor.context.unroute_all()
    with visitor.page.expect_navigation():
        visitor.page.get_by_role("button", name="Try again").click()
    visitor.open_chat()
    visitor.say("hello")


def test_a_second_loader_leaves_the_page_to_the_first(visitor, guests):
    visitor.visit()

    visitor.page.evaluate(text_of(LOADER))

    expect(visitor.launcher).to_have_count(1)
    visitor.open_chat()
    visitor.say("hello")
    expect(visitor.page.locator("iframe")).to_have_count(int(guests.place == "frame"))


def test_a_page_of_the_release_before_names_no_panel(visitor, guests):
    visitor.page.add_init_script("""
        document.addEventListener("readystatechange", () => {
            const island = document.querySelector("#coze-widget-support");
            if (!island) return;
            const said = JSON.parse(island.textContent);
            delete said.panel_url;
            island.textContent = JSON.stringify(said);
        }, { once: true });
    """)
    visitor.visit()

    visitor.open_chat()

    visitor.say("hello")


@pytest.mark.parametrize("protocol", [OURS, NEXT])
def test_a_second_script_of_the_chat_builds_no_second_chat(visitor, guests, protocol):
    visitor.visit()
    visitor.open_chat()
    place = visitor.page.frames[-1]  # the frame, or the page itself

    place.evaluate(script_of(CHAT, protocol))

    visitor.say("hello")
    expect(visitor.chat.locator("[data-coze-chat]")).to_have_count(1)
    expect(visitor.input).to_have_count(1)
