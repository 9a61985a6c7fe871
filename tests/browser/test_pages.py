"""A guest in somebody's page: strict policies, cookies, fonts, other people's scripts."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.site")]

VIOLATIONS = """
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => {
        window.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
    });
"""


@pytest.fixture
def guests(make_widget):
    return make_widget(guests="isolated")


def add_cookie(visitor, value):
    cookie = {"name": "i18next", "value": value, "url": visitor.site_url}
    visitor.context.add_cookies([cookie])


def test_the_strictest_page_has_no_violation(visitor, guests):
    visitor.page.add_init_script(VIOLATIONS)
    visitor.visit("/strict/")
    visitor.open_chat()
    visitor.say("hello")
    visitor.close_chat()
    visitor.open_chat()

    assert visitor.page.evaluate("violations") == []
    assert visitor.page.frames[1].evaluate("violations") == []


def test_the_page_keeps_its_font(visitor, guests):
    visitor.visit()
    font = visitor.page.evaluate("getComputedStyle(document.body).fontFamily")

    visitor.open_chat()

    expect(visitor.page.locator("body")).to_have_css("font-family", font)


@pytest.mark.parametrize("path", ["/", "/inline/"])
def test_a_cookie_of_the_sites_stays_what_it_was(visitor, guests, path):
    add_cookie(visitor, "de")
    visitor.visit(path)

    visitor.open_chat()
    visitor.say("hello")

    assert visitor.cookie("i18next") == "de"


def test_in_the_frame_it_lives_as_long_as_before(visitor, guests):
    expires = int(time.time()) + 86_400
    cookie = {"name": "i18next", "value": "de", "url": visitor.site_url}
    visitor.context.add_cookies([{**cookie, "expires": expires}])
    visitor.visit()

    visitor.open_chat()
    visitor.say("hello")

    kept = visitor.context.cookies(visitor.site_url)
    assert [one["expires"] for one in kept if one["name"] == "i18next"] == [expires]


@pytest.mark.parametrize("path", ["/", "/inline/"])
def test_a_cookie_that_was_not_there_is_not_left_behind(visitor, guests, path):
    visitor.visit(path)

    visitor.open_chat()
    visitor.say("hello")

    assert visitor.cookie("i18next") is None


def test_cozes_own_button_leaves_no_cookie_either(visitor, make_widget):
    make_widget(guests="isolated", place="inline", load="eager", launcher="sdk")
    add_cookie(visitor, "de")
    visitor.visit()

    visitor.open_chat()
    visitor.say("hello")

    assert visitor.cookie("i18next") == "de"


def test_other_cookies_may_be_set_in_the_frame(visitor, guests):
    visitor.visit()
    visitor.open_chat()

    visitor.page.frames[1].evaluate("document.cookie = 'theme=dark; path=/'")

    assert visitor.cookie("theme") == "dark"
    assert "theme=dark" in visitor.page.frames[1].evaluate("document.cookie")


def test_a_page_that_swaps_its_body_keeps_the_chat(visitor, guests):
    visitor.visit()
    visitor.open_chat()
    visitor.input.fill("half a sentence")

    visitor.page.evaluate("document.body = document.createElement('body')")

    expect(visitor.input).to_have_value("half a sentence")


def test_inline_a_swapped_body_is_survived(visitor, alice, bob, make_widget):
    make_widget(place="inline")
    visitor.log_in(alice)
    visitor.visit()
    visitor.open_chat()
    visitor.close_chat()
    visitor.page.evaluate("document.body = document.createElement('body')")
    visitor.log_in(bob)

    visitor.open_chat()

    visitor.say("a new client of the SDK's")


def test_inline_a_removed_chat_comes_back_when_the_page_opens_it(visitor, guests):
    visitor.visit("/inline/")
    visitor.open_chat()
    visitor.page.evaluate("CozeWidget.destroy('support')")
    expect(visitor.input).to_have_count(0)

    visitor.page.evaluate("CozeWidget.open('support')")

    expect(visitor.input).to_be_visible()


def test_inline_the_page_can_close_the_chat(visitor, guests):
    visitor.visit("/inline/")
    visitor.open_chat()

    visitor.page.evaluate("CozeWidget.close('support')")

    expect(visitor.input).not_to_be_visible()
    expect(visitor.launcher).to_be_visible()


def test_inline_the_sdk_is_loaded_at_the_first_click(visitor, guests):
    visitor.visit("/inline/")
    expect(visitor.launcher).to_be_visible()
    assert visitor.asked(of=visitor.coze_url) == []

    visitor.open_chat()

    assert visitor.asked(of=visitor.coze_url)[0].endswith("/index.js")


def test_inline_eager_uses_the_script_that_the_page_has_brought(visitor, make_widget):
    make_widget(guests="isolated", place="inline", load="eager")
    visitor.visit()
    visitor.open_chat()

    asked = visitor.asked(of=visitor.coze_url)
    assert len([path for path in asked if path.endswith("/index.js")]) == 1


def test_inline_slow_scripts_can_be_asked_for_again(visitor, guests):
    visitor.hold_first("**/index.js")
    visitor.page.clock.install()
    visitor.visit("/inline/")
    with visitor.page.expect_request("**/index.js"):
        visitor.launcher.click()
    visitor.page.clock.fast_forward(8000)
    expect(visitor.cover).to_contain_text("The connection is slow.")

    visitor.page.get_by_role("button", name="Try again").click()

    expect(visitor.input).to_be_visible()


def test_an_island_that_somebody_broke_stops_nobody_else(visitor, guests):
    broken = '<script type="application/json" id="coze-widget-other">{</script>'
    visitor.context.route(
        visitor.site_url + "/",
        lambda route: route.fulfill(
            body=route.fetch().text().replace("<h1>", broken + "<h1>"),
            content_type="text/html",
        ),
    )
    visitor.visit()

    visitor.open_chat()

    expect(visitor.launcher).to_have_count(1)
