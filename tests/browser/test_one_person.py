"""What a tab keeps of a chat, for whom, and how it learns that somebody else is there."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.site")]

# As the SDK may leave it (its source names the keys), and a neighbour's.
LEAVINGS = """() => {
    localStorage.setItem("coze__ChatHistory__7", "apples for alice");
    localStorage.setItem("cache:@coze-common/chat-area", "apples");
    sessionStorage.setItem("coze__OpenSDKUID__", "alice");
    localStorage.setItem("basket", "3 teas");
}"""
VALUES = "JSON.stringify([localStorage, sessionStorage])"
KEPT = "Object.keys(localStorage).concat(Object.keys(sessionStorage)).sort()"


@pytest.fixture(params=["frame", "inline"])
def place(request):
    return request.param


@pytest.fixture
def chatting(visitor, alice, make_widget, place):
    make_widget(place=place)
    visitor.log_in(alice)
    visitor.visit()
    visitor.open_chat()
    visitor.say("apples for alice")
    return visitor


def kept(visitor):
    return visitor.page.evaluate(KEPT)


def sessions(visitor):
    asked = visitor.asked(of=visitor.site_url)
    return len([path for path in asked if path.endswith("/session/")])


# The open state


def test_before_the_first_opening_nothing_is_kept(visitor, alice, make_widget):
    make_widget()
    visitor.visit()

    assert kept(visitor) == []


def test_an_open_chat_opens_again_on_the_next_page(chatting):
    chatting.visit("/?page=2")

    expect(chatting.input).to_be_visible()
    expect(chatting.transcript).to_contain_text("apples for alice")


def test_it_does_not_take_the_focus(chatting):
    chatting.visit("/?page=2")
    chatting.page.locator("main a").focus()

    expect(chatting.input).to_be_visible()
    assert chatting.page.evaluate("document.activeElement.textContent") == "Goods"


def test_a_closed_one_stays_closed(chatting):
    chatting.close_chat()
    chatting.visit("/?page=2")

    expect(chatting.launcher).to_be_visible()
    assert "coze-widget-open" not in kept(chatting)


def test_on_a_phone_it_would_be_in_the_way(new_visitor, make_widget):
    make_widget(guests="isolated")
    phone = new_visitor(viewport={"width": 390, "height": 700})
    phone.visit()
    phone.open_chat()
    assert "coze-widget-open" not in kept(phone)

    phone.visit("/?page=2")
    expect(phone.launcher).to_be_visible()
    assert phone.page.locator("iframe").count() == 0


def test_a_screen_that_has_become_small_stays_free(chatting):
    chatting.page.set_viewport_size({"width": 390, "height": 700})
    asked = sessions(chatting)
    chatting.visit("/?page=2")

    expect(chatting.launcher).to_be_visible()
    expect(chatting.launcher).to_have_attribute("aria-busy", "false")
    assert sessions(chatting) == asked


def test_whoever_may_not_chat_any_more_is_not_bothered(chatting):
    chatting.log_out()
    chatting.visit("/?page=2")

    chatting.page.wait_for_function("!sessionStorage.getItem('coze-widget-open')")
    expect(chatting.launcher).to_be_visible()
    expect(chatting.sign).to_be_hidden()


# The half-typed message


def test_a_draft_comes_back_for_the_same_person(chatting):
    chatting.input.fill("half a sentence")
    chatting.visit("/?page=2")

    expect(chatting.input).to_have_value("half a sentence")


@pytest.mark.parametrize("place", ["frame"])
def test_of_a_chat_that_was_closed_it_does_too(chatting):
    """Inline, closing unmounts the SDK's chat, and what was typed is gone."""
    chatting.input.fill("half a sentence")
    chatting.close_chat()
    chatting.visit("/?page=2")
    chatting.open_chat()

    expect(chatting.input).to_have_value("half a sentence")


def test_it_comes_back_once(chatting):
    chatting.input.fill("half a sentence")
    chatting.visit("/?page=2")
    expect(chatting.input).to_have_value("half a sentence")
    chatting.input.fill("")
    chatting.visit("/?page=3")

    expect(chatting.input).to_be_visible()
    expect(chatting.input).to_have_value("")


def test_nobody_else_gets_it(chatting, bob):
    chatting.input.fill("half a sentence")
    chatting.log_in(bob)
    chatting.visit("/?page=2")

    expect(chatting.input).to_be_visible()
    expect(chatting.input).to_have_value("")
    assert not [key for key in kept(chatting) if "draft" in key]


# Somebody else


def test_the_frame_goes_with_the_person(visitor, alice, bob, make_widget):
    make_widget()
    visitor.log_in(alice)
    visitor.visit()
    visitor.open_chat()
    visitor.page.locator("iframe").evaluate("(frame) => { frame.isAlices = true; }")
    visitor.log_in(bob)

    visitor.set_hidden(True)
    visitor.set_hidden(False)

    expect(visitor.input).to_be_visible()
    visitor.say("bananas for bob")
    is_alices = "(frame) => frame.isAlices === true"
    assert not visitor.page.locator("iframe").evaluate(is_alices)


def test_the_sdks_leavings_go_with_the_person(chatting, bob):
    chatting.page.evaluate(LEAVINGS)
    chatting.log_in(bob)

    chatting.set_hidden(True)
    chatting.set_hidden(False)

    expect(chatting.input).to_be_visible()
    chatting.say("bananas for bob")
    assert "basket" in kept(chatting)
    assert "alice" not in chatting.page.evaluate(VALUES)


def test_what_a_crash_has_left_goes_before_the_next_opening(chatting, bob):
    """Nobody was there to clear it: the SDK must not find it."""
    chatting.close_chat()
    chatting.log_in(bob)
    chatting.visit("/?page=2")
    chatting.page.evaluate(LEAVINGS)

    chatting.open_chat()

    chatting.say("bananas for bob")
    assert "alice" not in chatting.page.evaluate(VALUES)


def test_with_the_page_they_go_too(chatting):
    chatting.visit("/admin/login/")

    assert not [key for key in kept(chatting) if "coze__" in key or "cache:" in key]


def test_with_a_logout_they_go_too(chatting):
    chatting.page.evaluate(LEAVINGS)
    chatting.log_out()

    chatting.set_hidden(True)
    chatting.set_hidden(False)

    expect(chatting.sign).to_contain_text("Please log in")
    assert "basket" in kept(chatting)
    assert not [key for key in kept(chatting) if "coze__" in key or "cache:" in key]


def test_a_tab_in_the_background_is_covered(chatting):
    chatting.set_hidden(True)

    expect(chatting.sign).to_contain_text("Connecting")
    expect(chatting.input).not_to_be_visible()


def test_another_tab_tells_of_the_change(chatting, bob):
    """Both are seen, as two windows side by side."""
    first = chatting.page
    chatting.log_in(bob)
    chatting.page = chatting.new_tab()
    chatting.visit()
    chatting.open_chat()
    chatting.say("bananas for bob")

    chatting.page = first
    expect(chatting.transcript).to_contain_text("Hello Bob")
    expect(chatting.transcript).not_to_contain_text("apples")


@pytest.fixture
def two_tabs(chatting):
    """Alice's, and one in which somebody else will be known first."""
    first, chatting.page = chatting.page, chatting.new_tab()
    chatting.visit()
    chatting.open_chat()
    expect(chatting.transcript).to_contain_text("apples")
    return first, chatting.page


def test_a_logout_seen_in_one_tab_is_seen_in_all(chatting, two_tabs):
    first, _second = two_tabs
    chatting.log_out()
    chatting.set_hidden(True)
    chatting.set_hidden(False)
    expect(chatting.sign).to_contain_text("Please log in")

    chatting.page = first
    expect(chatting.sign).to_contain_text("Please log in")
    expect(chatting.transcript).to_have_count(0)


def test_a_closed_chat_forgets_as_well(chatting, two_tabs, bob):
    first, second = two_tabs
    chatting.page = first
    chatting.close_chat()
    chatting.page = second
    chatting.log_in(bob)
    chatting.set_hidden(True)
    chatting.set_hidden(False)
    expect(chatting.transcript).not_to_contain_text("apples")

    chatting.page = first
    expect(chatting.transcript).to_have_count(0)
    chatting.open_chat()
    chatting.say("bananas")
    expect(chatting.transcript).not_to_contain_text("apples")


SDK_SCRIPT = "**/index.js"
NEWS = "new BroadcastChannel('coze-widget').postMessage({ epoch: 'another' })"


@pytest.mark.parametrize("word", ["return", "news", "page"])
def test_a_change_while_the_chat_is_opening_is_not_lost(
    visitor, alice, bob, make_widget, word
):
    """The site has said who is there, and the SDK is on its way yet."""
    make_widget()
    held = visitor.hold_first(SDK_SCRIPT)
    visitor.log_in(alice)
    visitor.visit()
    with visitor.page.expect_response("**/session/"):
        visitor.page.locator(".launcher").click()
    visitor.page.wait_for_timeout(100)
    visitor.log_in(bob)

    if word == "return":
        visitor.set_hidden(True)
        visitor.set_hidden(False)
    elif word == "news":
        visitor.page.evaluate(NEWS)
    else:
        visitor.page.evaluate("CozeWidget.get('support').identify()")
    visitor.page.wait_for_timeout(100)
    held[0].continue_()

    expect(visitor.transcript).to_contain_text("Hello Bob")


def test_without_a_broadcast_the_return_asks(new_visitor, alice, bob, make_widget):
    make_widget()
    visitor = new_visitor()
    visitor.context.add_init_script("delete window.BroadcastChannel")
    visitor.log_in(alice)
    visitor.visit()
    visitor.open_chat()
    visitor.say("apples for alice")
    visitor.log_in(bob)

    visitor.set_hidden(True)
    visitor.set_hidden(False)

    visitor.say("bananas for bob")
    expect(visitor.transcript).not_to_contain_text("apples")


def test_the_page_may_say_that_somebody_else_is_there(chatting, bob):
    chatting.log_in(bob)
    chatting.page.evaluate("CozeWidget.get('support').identify()")

    expect(chatting.transcript).not_to_contain_text("apples")
    chatting.say("bananas for bob")


def test_at_a_shared_computer_a_guest_leaves_nothing(visitor, make_widget, place):
    make_widget(guests="isolated", place=place)
    visitor.visit()
    visitor.open_chat()
    visitor.say("apples for the first")
    visitor.page.evaluate(LEAVINGS)
    visitor.input.fill("half a sentence")

    visitor.strip.get_by_role("button").click()

    expect(visitor.input).to_be_visible()
    expect(visitor.input).to_have_value("")
    visitor.say("bananas for the second")
    expect(visitor.transcript).not_to_contain_text("apples")
    assert "basket" in kept(visitor)
    assert "first" not in visitor.page.evaluate(VALUES)
    assert "sentence" not in visitor.page.evaluate(VALUES)
