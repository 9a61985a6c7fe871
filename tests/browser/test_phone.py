"""On a phone the chat is the whole screen, and the page is given back as it was."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.site")]

PHONE = {
    "viewport": {"width": 375, "height": 667},
    "has_touch": True,
    "is_mobile": True,
}


@pytest.fixture
def phone(new_visitor):
    return new_visitor(**PHONE)


@pytest.fixture
def guests(make_widget):
    return make_widget(guests="isolated")


def scrolled(visitor):
    return visitor.page.evaluate("window.scrollY")


def test_the_chat_is_the_whole_screen(phone, guests):
    phone.visit()

    phone.open_chat()

    expect(phone.shell).to_have_attribute("aria-modal", "true")
    box = phone.page.locator("iframe").bounding_box()
    assert box == {"x": 0, "y": 0, "width": 375, "height": 667}


def test_fields_are_large_enough_that_the_page_is_not_zoomed(phone, guests):
    phone.visit()
    phone.open_chat()

    size = phone.input.evaluate("(field) => getComputedStyle(field).fontSize")

    assert float(size.removesuffix("px")) >= 16


def test_the_page_behind_stands_still_and_is_given_back(phone, guests):
    phone.visit()
    phone.page.evaluate("document.documentElement.style.overflowY = 'scroll'")
    phone.page.evaluate("window.scrollTo(0, 200)")
    before = phone.page.evaluate("document.documentElement.getAttribute('style')")

    phone.open_chat()
    phone.page.mouse.wheel(0, 300)
    assert scrolled(phone) == 200
    hidden = phone.page.evaluate("getComputedStyle(document.documentElement).overflow")
    assert hidden == "hidden"
    phone.close_chat()

    after = phone.page.evaluate("document.documentElement.getAttribute('style')")
    assert after == before
    assert scrolled(phone) == 200


def test_a_page_without_styles_of_its_own_has_none_afterwards(phone, guests):
    phone.visit()
    phone.open_chat()
    phone.close_chat()

    assert not phone.page.evaluate("document.documentElement.hasAttribute('style')")


def test_back_closes_the_chat_first(phone, guests):
    phone.visit("/?from")
    phone.visit()
    phone.open_chat()

    phone.page.go_back()

    expect(phone.input).not_to_be_visible()
    assert phone.page.url == f"{phone.site_url}/"
    phone.page.evaluate("history.back()")  # go_back() waits for a load: none comes
    expect(phone.page).to_have_url(f"{phone.site_url}/?from")


def test_the_close_button_takes_its_entry_along(phone, guests):
    phone.visit("/?from")
    phone.visit()
    for _ in range(3):
        phone.open_chat()
        phone.close_chat()
    phone.page.wait_for_function("!history.state")

    phone.page.evaluate("history.back()")  # go_back() waits for a load: none comes

    expect(phone.page).to_have_url(f"{phone.site_url}/?from")


def test_the_pages_own_router_does_not_notice(phone, guests):
    phone.visit()
    phone.page.evaluate("""() => {
        history.replaceState({ page: 1 }, "");
        window.heard = [];
        const isMine = (event) => event.state && event.state.page;
        window.addEventListener("popstate", (event) => heard.push(isMine(event)));
    }""")

    phone.open_chat()
    phone.page.go_back()
    expect(phone.input).not_to_be_visible()
    phone.open_chat()
    phone.close_chat()
    phone.page.wait_for_function("history.state.page === 1")

    assert phone.page.evaluate("heard.filter(Boolean)") == []


def test_entries_that_the_page_pushes_meanwhile_are_the_pages(phone, guests):
    phone.visit()
    phone.open_chat()
    phone.page.evaluate("history.pushState({ page: 2 }, '', '/?two')")

    phone.page.go_back()
    expect(phone.input).to_be_visible()
    phone.page.go_back()

    expect(phone.input).not_to_be_visible()
    assert phone.page.url == f"{phone.site_url}/"


def test_a_page_that_has_moved_on_is_not_taken_back(phone, guests):
    phone.visit()
    phone.open_chat()
    phone.page.evaluate("history.pushState({ page: 2 }, '', '/?two')")

    phone.close_chat()

    assert phone.page.url == f"{phone.site_url}/?two"
    assert phone.page.evaluate("history.state") == {"page": 2}


def test_opened_again_at_once_back_still_closes(phone, guests):
    phone.visit()
    phone.open_chat()
    phone.page.evaluate("CozeWidget.close('support'); CozeWidget.open('support')")
    expect(phone.input).to_be_visible()
    phone.page.wait_for_function("history.state && history.state.coze_widget")

    phone.page.go_back()

    expect(phone.input).not_to_be_visible()


def test_what_is_pushed_holds_no_data(phone, guests):
    phone.visit()
    phone.open_chat()

    assert phone.page.evaluate("history.state") == {"coze_widget": "support"}


def test_the_keyboard_leaves_the_input_in_sight(phone, guests):
    phone.visit()
    phone.open_chat()

    # What a keyboard does: only the visual viewport shrinks.
    phone.page.evaluate("""() => {
        Object.defineProperties(visualViewport, {
            height: { value: 300 }, offsetTop: { value: 20 },
        });
        visualViewport.dispatchEvent(new Event("resize"));
    }""")

    box = phone.page.locator(".panel").bounding_box()
    assert (box["y"], box["height"]) == (20, 300)


def test_a_screen_that_is_turned_gets_the_other_shape(visitor, guests):
    visitor.visit()
    visitor.open_chat()
    expect(visitor.shell).to_have_attribute("aria-modal", "false")

    visitor.page.set_viewport_size({"width": 375, "height": 667})
    expect(visitor.shell).to_have_attribute("aria-modal", "true")
    visitor.page.set_viewport_size({"width": 1000, "height": 700})

    expect(visitor.shell).to_have_attribute("aria-modal", "false")
    assert not visitor.page.evaluate("document.documentElement.hasAttribute('style')")


def test_a_row_may_want_the_whole_screen_everywhere(visitor, make_widget):
    make_widget(guests="isolated", base_layout="mobile")
    visitor.visit()
    visitor.open_chat()

    expect(visitor.shell).to_have_attribute("aria-modal", "true")


def test_inline_too_the_chat_fits_the_screen(phone, guests):
    phone.visit("/inline/")
    phone.open_chat()

    assert phone.page.locator(".coze-chat-sdk-panel").bounding_box()["width"] == 375
    phone.page.go_back()
    expect(phone.input).not_to_be_visible()


def test_inline_the_guests_notice_makes_room(phone, guests):
    phone.visit("/inline/")
    phone.open_chat()
    expect(phone.strip).to_contain_text("You are chatting as a guest.")

    phone.input.press("H")

    expect(phone.strip).to_have_count(0)
