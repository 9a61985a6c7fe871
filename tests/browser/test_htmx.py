"""Pages that htmx 2 swaps: one launcher, one chat, no trace in what it remembers."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.assets import require_asset
from tests.browser.swaps import Swapper
from tests.browser.visitor import SDK

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.swapped_pages")]

SNAPSHOTS = "sessionStorage.getItem('htmx-history-cache') || ''"


@pytest.fixture
def htmx(visitor, make_widget):
    require_asset("htmx")
    make_widget(guests="isolated")
    make_widget(slug="sales", name="Sales", guests="isolated")
    swapper = Swapper(visitor, "htmx")
    yield swapper
    assert swapper.is_same_document, "the page was loaded anew"


def test_an_open_chat_does_not_notice_that_the_page_is_another(htmx):
    htmx.start()
    htmx.chat()

    for path in ["slow/", "", "slow/"]:
        htmx.go(path)
        htmx.expect_chat_untouched()

    htmx.expect_one(frames=1)


def test_back_brings_the_page_and_leaves_the_chat(htmx):
    htmx.start()
    htmx.go("slow/")
    htmx.chat()

    htmx.back("")

    htmx.expect_chat_untouched()
    htmx.expect_one(frames=1)


@pytest.mark.parametrize("start", ["", "placed/"])
def test_what_htmx_remembers_of_a_page_holds_nothing_of_the_chat(htmx, start):
    htmx.start(start)
    htmx.chat("a secret")

    htmx.go("bare/")
    remembered = htmx.page.evaluate(SNAPSHOTS)

    assert "coze-widget-support" in remembered
    for trace in ["a secret", "half a sentence", "<iframe", "<button type"]:
        assert trace not in remembered


def test_a_page_without_the_tag_has_no_chat_and_the_next_has_one(htmx):
    htmx.start()
    htmx.go("bare/")
    htmx.expect_none()

    htmx.go("")

    htmx.expect_one()
    htmx.visitor.open_chat()


def test_back_from_a_page_without_the_tag(htmx):
    htmx.start()
    htmx.go("bare/")
    htmx.expect_none()

    htmx.back("")

    htmx.expect_one()
    htmx.visitor.open_chat()


def test_back_to_a_page_without_the_tag_takes_an_open_chat_along(htmx):
    htmx.start("bare/")
    htmx.go("")
    htmx.chat()

    htmx.back("bare/")

    htmx.expect_none()


def test_another_pages_widget_takes_the_place_of_this_ones(htmx):
    htmx.start()
    htmx.chat()

    htmx.go("sales/")

    htmx.expect_one("sales")


def test_what_the_new_page_says_of_the_widget_counts(htmx):
    htmx.start()
    htmx.chat()

    htmx.go("about/")

    expect(htmx.page.get_by_role("dialog", name="About us").first).to_be_visible()
    # The SDK is given the title at a quiet moment, and what was typed again.
    expect(htmx.visitor.chat.locator(f"{SDK}header-title")).to_have_text("About us")
    expect(htmx.visitor.input).to_have_value("half a sentence")
    expect(htmx.visitor.transcript).to_contain_text("hello")
    htmx.go("")
    expect(htmx.page.get_by_role("dialog", name="Support").first).to_be_visible()
    htmx.expect_one(frames=1)


@pytest.mark.parametrize("button", ["Chat", "Chat instead"])
def test_a_part_brings_the_chat_and_takes_it_away(htmx, button):
    htmx.start("parts/")
    htmx.expect_none()

    htmx.press(button)
    htmx.expect_one()
    htmx.visitor.open_chat()
    htmx.press("Nothing")

    htmx.expect_none()


def test_a_part_may_hold_the_tag_that_the_page_holds_too(htmx):
    htmx.start("both/")
    htmx.chat()

    for _ in range(3):
        with htmx.page.expect_response("**/part/chat/"):
            htmx.press("Chat")
    htmx.press("Nothing")
    expect(htmx.page.get_by_text("Nothing.")).to_be_visible()

    htmx.expect_chat_untouched()
    htmx.expect_one(frames=1)


@pytest.mark.parametrize("button", ["Body", "Transition"])
def test_an_open_chat_survives_another_body(htmx, button):
    htmx.start("both/")
    htmx.chat()

    htmx.press(button)
    expect(htmx.page.get_by_role("button", name=button)).to_have_count(0)

    htmx.expect_chat_untouched()
    htmx.expect_one(frames=1)


def test_a_chat_in_its_place_is_found_on_each_page_and_leaves_no_shell_behind(htmx):
    htmx.start("placed/")
    htmx.go("placed/too/")
    htmx.expect_one()
    htmx.visitor.open_chat()

    htmx.back("placed/")

    htmx.expect_one(frames=1)
    expect(htmx.visitor.input).to_be_visible()


def test_twenty_pages_later_there_is_nothing_more(htmx):
    htmx.start()
    for _ in range(10):
        htmx.go("about/")
        htmx.go("")

    htmx.expect_one()
    assert not [
        path for path in htmx.visitor.asked(of=htmx.visitor.site_url) if "panel" in path
    ]


def test_a_chat_that_the_page_has_destroyed_stays_away_until_the_page_wants_it(htmx):
    htmx.start("both/")
    htmx.page.evaluate("CozeWidget.destroy('support')")

    with htmx.page.expect_response("**/part/nothing/"):
        htmx.press("Nothing")
    expect(htmx.page.get_by_text("Nothing.")).to_be_visible()
    htmx.expect_none()
    htmx.page.evaluate("CozeWidget.open('support')")

    expect(htmx.visitor.input).to_be_visible()
    htmx.expect_one(frames=1)


def test_mount_may_be_a_listener_itself(htmx):
    htmx.start()
    htmx.page.evaluate("document.addEventListener('htmx:afterSwap', CozeWidget.mount)")

    with htmx.page.expect_console_message(lambda one: one.text == "done"):
        htmx.go("slow/")
        htmx.page.evaluate("console.log('done')")

    htmx.expect_one()


def test_a_panel_that_comes_after_its_page_has_gone_is_for_nobody(htmx):
    """Reached for on one page, fetched on the next, which says it differently."""
    routes = htmx.visitor.hold_first("**/panel.js*")
    htmx.start()
    htmx.visitor.launcher.hover()
    htmx.go("about/")

    routes[0].continue_()
    htmx.visitor.open_chat()
    htmx.visitor.say("hello")

    expect(htmx.page.get_by_role("dialog", name="About us").first).to_be_visible()
    htmx.expect_one(frames=1)
