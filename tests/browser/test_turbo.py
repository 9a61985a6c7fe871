"""Pages that Turbo 8 swaps: visits, frames, its cache, previews, morphing."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.assets import require_asset
from tests.browser.swaps import Swapper
from tests.browser.visitor import SDK

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.swapped_pages")]

# What Turbo is about to remember, as it will be put back.
REMEMBER = """() => {
    window.remembered = [];
    document.addEventListener("turbo:before-cache", () => {
        remembered.push(document.body.cloneNode(true).innerHTML);
    });
}"""
REFRESH = """() => new Promise((resolve) => {
    document.addEventListener("turbo:morph", () => setTimeout(resolve), { once: true });
    Turbo.session.refresh(location.href);
})"""


@pytest.fixture
def turbo(visitor, make_widget):
    require_asset("turbo")
    make_widget(guests="isolated")
    make_widget(slug="sales", name="Sales", guests="isolated")
    swapper = Swapper(visitor, "turbo")
    yield swapper
    assert swapper.is_same_document, "the page was loaded anew"


def test_an_open_chat_does_not_notice_that_the_page_is_another(turbo):
    turbo.start()
    turbo.chat()

    for path in ["slow/", "", "slow/"]:
        turbo.go(path)
        turbo.expect_chat_untouched()

    turbo.expect_one(frames=1)


def test_back_brings_the_page_and_leaves_the_chat(turbo):
    turbo.start()
    turbo.go("slow/")
    turbo.chat()

    turbo.back("")

    turbo.expect_chat_untouched()
    turbo.expect_one(frames=1)


@pytest.mark.parametrize("start", ["", "placed/"])
def test_what_turbo_remembers_of_a_page_holds_nothing_of_the_chat(turbo, start):
    turbo.start(start)
    turbo.page.evaluate(REMEMBER)
    turbo.chat("a secret")

    turbo.go("bare/")
    [remembered] = turbo.page.evaluate("remembered")

    assert "coze-widget-support" in remembered
    for trace in ["a secret", "half a sentence", "<iframe", "<button type"]:
        assert trace not in remembered


def test_a_page_without_the_tag_has_no_chat_and_the_next_has_one(turbo):
    turbo.start()
    turbo.go("bare/")
    turbo.expect_none()

    turbo.go("")

    turbo.expect_one()
    turbo.visitor.open_chat()


def test_back_from_a_page_without_the_tag(turbo):
    turbo.start()
    turbo.go("bare/")
    turbo.expect_none()

    turbo.back("")

    turbo.expect_one()
    turbo.visitor.open_chat()


def test_a_preview_out_of_the_cache_is_no_page_that_counts_twice(turbo):
    turbo.start()
    turbo.go("slow/")
    turbo.chat()
    turbo.page.evaluate("""() => {
        window.renders = [];
        document.addEventListener("turbo:render", () => {
            const isPreview = document.documentElement.hasAttribute("data-turbo-preview");
            renders.push(isPreview ? "preview" : "page");
        });
    }""")

    turbo.go("")
    turbo.page.wait_for_function("renders.includes('page')")

    assert turbo.page.evaluate("renders") == ["preview", "page"]
    turbo.expect_chat_untouched()
    turbo.expect_one(frames=1)


def test_another_pages_widget_takes_the_place_of_this_ones(turbo):
    turbo.start()
    turbo.chat()

    turbo.go("sales/")

    turbo.expect_one("sales")


def test_what_the_new_page_says_of_the_widget_counts(turbo):
    turbo.start()
    turbo.chat()

    turbo.go("about/")

    expect(turbo.page.get_by_role("dialog", name="About us").first).to_be_visible()
    # The SDK is given the title at a quiet moment, and what was typed again.
    expect(turbo.visitor.chat.locator(f"{SDK}header-title")).to_have_text("About us")
    expect(turbo.visitor.input).to_have_value("half a sentence")
    expect(turbo.visitor.transcript).to_contain_text("hello")
    turbo.back("")
    expect(turbo.page.get_by_role("dialog", name="Support").first).to_be_visible()
    turbo.expect_one(frames=1)


def test_a_turbo_frame_brings_the_chat_and_takes_it_away(turbo):
    turbo.start("frame/")
    turbo.expect_none()
    turbo.page.get_by_role("link", name="Next part").click()
    turbo.expect_one()
    turbo.visitor.open_chat()

    turbo.page.get_by_role("link", name="Next part").click()

    turbo.expect_none()


@pytest.mark.parametrize("start", ["", "placed/"])
def test_a_page_that_is_morphed_keeps_the_open_chat(turbo, start):
    turbo.start(start)
    turbo.chat()

    turbo.page.evaluate(REFRESH)

    turbo.expect_chat_untouched()
    turbo.expect_one(frames=1)


def test_a_permanent_place_keeps_its_chat_which_loads_anew(turbo):
    turbo.start("permanent/")
    turbo.visitor.open_chat()
    turbo.visitor.say("hello")

    turbo.go("permanent/too/")

    turbo.expect_one(frames=1)
    expect(turbo.visitor.input).to_be_visible()
    expect(turbo.visitor.transcript).to_contain_text("hello")


def test_a_chat_in_its_place_is_found_on_each_page_and_leaves_no_shell_behind(turbo):
    turbo.start("placed/")
    turbo.go("placed/too/")
    turbo.expect_one()
    turbo.visitor.open_chat()

    turbo.back("placed/")

    turbo.expect_one(frames=1)
    expect(turbo.visitor.input).to_be_visible()


def test_a_tag_in_the_head_is_one_widget_too(turbo):
    turbo.start("head/")
    turbo.chat()

    turbo.go("slow/")

    turbo.expect_chat_untouched()
    turbo.expect_one(frames=1)
