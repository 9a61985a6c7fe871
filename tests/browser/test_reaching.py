"""Who reaches for the launcher has the site's own part fetched, and nothing of Coze's."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.site")]


@pytest.fixture(autouse=True)
def _guests(make_widget):
    make_widget(guests="isolated")


def reach(visitor):
    visitor.visit()
    visitor.launcher.hover()
    expect(visitor.page.locator("iframe")).to_be_attached()
    visitor.page.frame_locator("iframe").locator("[data-coze-chat]").wait_for(
        state="attached"
    )


def test_reaching_asks_coze_for_nothing_and_nobody_who_is_there(visitor):
    reach(visitor)

    assert visitor.asked(of=visitor.coze_url) == []
    assert not [
        path for path in visitor.asked(of=visitor.site_url) if "session" in path
    ]
    assert visitor.context.cookies() == []
    expect(visitor.shell).not_to_be_visible()


def test_the_click_goes_on_from_there(visitor):
    reach(visitor)

    visitor.open_chat()

    frames = [path for path in visitor.asked(of=visitor.site_url) if "frame" in path]
    assert len(frames) == 1


def test_a_click_while_the_frame_is_on_its_way_does_not_wait_for_our_script(
    visitor,
):
    held = visitor.hold_first("**/chat.js")
    visitor.visit()
    visitor.launcher.hover()
    expect(visitor.page.locator("iframe")).to_be_attached()
    visitor.page.wait_for_function(
        "document.querySelector('div[data-coze-widget]').shadowRoot"
        ".querySelector('iframe').contentDocument?.querySelector('link[rel=preload]')"
    )
    assert visitor.asked(of=visitor.coze_url) == []

    with visitor.page.expect_request("**/chat-app-sdk/**"):
        visitor.launcher.click()
    held[0].continue_()

    expect(visitor.input).to_be_visible()


def test_what_nobody_opened_does_not_stay_when_it_cannot_greet(visitor):
    visitor.context.route("**/chat.js", lambda route: route.abort())
    visitor.visit()
    visitor.launcher.hover()
    expect(visitor.page.locator("iframe")).to_be_attached()

    expect(visitor.page.locator("iframe")).to_have_count(0)
    visitor.context.unroute("**/chat.js")
    visitor.open_chat()
