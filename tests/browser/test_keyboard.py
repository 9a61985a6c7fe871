"""Whoever has no pointer: Tab, Enter and Escape, and where the focus goes."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.assets import require_asset
from tests.browser.islands import change_page
from tests.browser.swaps import Swapper

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.site")]

NARROW = {"viewport": {"width": 375, "height": 667}}
SDK_SCRIPT = "**/index.js"
# The deepest element that has the focus, in whichever shadow root or frame.
FOCUSED = """() => {
    let node = document.activeElement;
    while (node && node.shadowRoot && node.shadowRoot.activeElement)
        node = node.shadowRoot.activeElement;
    return node ? node.className || node.id || node.localName : "";
}"""
HELD = "document.querySelectorAll('[inert]').length"


@pytest.fixture
def guests(make_widget):
    return make_widget(guests="isolated")


@pytest.fixture
def phone(new_visitor):
    return new_visitor(**NARROW)


def focused(visitor):
    return visitor.page.evaluate(FOCUSED)


def press(visitor, *keys):
    for key in keys:
        visitor.page.keyboard.press(key)


def hold_chat(visitor, path="/"):
    """What stands then is our cover: the SDK is on its way."""
    visitor.hold_first(SDK_SCRIPT)
    visitor.visit(path)
    visitor.launcher.focus()
    press(visitor, "Enter")
    expect(visitor.cover).to_be_visible()


def test_escape_closes_from_the_launcher_that_stays(visitor, make_widget):
    make_widget(guests="isolated", header_is_show=False)
    visitor.visit()
    visitor.open_chat()
    visitor.launcher.focus()

    press(visitor, "Escape")

    expect(visitor.input).not_to_be_visible()
    expect(visitor.launcher).to_be_focused()
    expect(visitor.launcher).to_have_attribute("aria-expanded", "false")


def test_escape_closes_from_our_bar(visitor, guests):
    hold_chat(visitor)
    expect(visitor.page.get_by_role("button", name="Close chat")).to_be_focused()

    press(visitor, "Escape")

    expect(visitor.cover).not_to_be_visible()
    expect(visitor.launcher).to_be_focused()


def test_escape_in_the_page_beside_the_chat_is_the_pages(visitor, guests):
    visitor.visit()
    visitor.open_chat()
    visitor.page.get_by_role("button", name="Basket").focus()

    press(visitor, "Escape")

    expect(visitor.input).to_be_visible()


def test_escape_closes_a_whole_screen_from_anywhere(phone, guests):
    phone.visit()
    phone.open_chat()
    # Nothing has the focus.
    phone.page.evaluate("document.activeElement.blur()")

    press(phone, "Escape")

    expect(phone.input).not_to_be_visible()
    assert phone.page.evaluate(HELD) == 0


def test_escape_that_the_page_has_used_is_not_ours(phone, guests):
    phone.visit()
    phone.open_chat()
    phone.page.evaluate("""() => {
        document.activeElement.blur();
        addEventListener("keydown", (event) => event.preventDefault(), true);
    }""")

    press(phone, "Escape")

    expect(phone.input).to_be_visible()


def test_closed_escape_is_heard_nowhere(phone, guests):
    phone.visit()
    phone.open_chat()
    phone.close_chat()
    phone.page.evaluate("CozeWidget.open('support')")
    phone.page.set_viewport_size({"width": 1000, "height": 700})
    expect(phone.shell).to_have_attribute("aria-modal", "false")
    phone.page.get_by_role("button", name="Basket").focus()

    press(phone, "Escape")

    expect(phone.input).to_be_visible()


# In, and back


def test_the_focus_goes_back_to_the_element_that_opened_the_chat(visitor, make_widget):
    make_widget(guests="isolated")
    visitor.visit("/asked/")
    asked = visitor.page.get_by_role("button", name="Ask us")
    asked.focus()
    press(visitor, "Enter")
    expect(visitor.input).to_be_focused()

    press(visitor, "Escape")

    expect(asked).to_be_focused()
    expect(asked).to_have_attribute("aria-expanded", "false")


def test_the_focus_goes_back_to_where_a_script_took_it_from(visitor, guests):
    visitor.visit()
    basket = visitor.page.get_by_role("button", name="Basket")
    basket.focus()
    visitor.page.evaluate("CozeWidget.open('support')")
    expect(visitor.input).to_be_focused()

    press(visitor, "Escape")

    expect(basket).to_be_focused()


def test_what_has_gone_meanwhile_gets_no_focus(visitor, guests):
    visitor.visit()
    visitor.page.get_by_role("button", name="Basket").focus()
    visitor.page.evaluate("CozeWidget.open('support')")
    expect(visitor.input).to_be_focused()
    visitor.page.evaluate("document.querySelector('main').textContent = ''")

    press(visitor, "Escape")

    expect(visitor.launcher).to_be_focused()


def test_in_a_part_of_the_page_the_focus_goes_in_and_back(visitor, guests):
    visitor.visit("/placed/")
    visitor.launcher.focus()
    press(visitor, "Enter")
    expect(visitor.input).to_be_focused()

    visitor.chat.locator(".coze-chat-sdk-header-close").focus()
    press(visitor, "Enter")

    expect(visitor.launcher).to_be_focused()


def test_inline_the_keyboard_is_enough(visitor, make_widget):
    make_widget(guests="isolated", place="inline")
    visitor.visit()
    visitor.launcher.focus()
    press(visitor, "Enter")
    expect(visitor.input).to_be_focused()

    press(visitor, "H", "i", "Enter")
    expect(visitor.transcript).to_contain_text('You said: "Hi"')
    visitor.page.locator(".coze-chat-sdk-header-close").focus()
    press(visitor, "Enter")

    expect(visitor.input).not_to_be_visible()
    expect(visitor.launcher).to_be_focused()


# A whole screen


def test_tab_does_not_reach_the_page_behind(phone, guests):
    phone.visit()
    phone.open_chat()

    # More often than there is anything to reach.
    for key in ["Tab"] * 12 + ["Shift+Tab"] * 12:
        press(phone, key)
        assert focused(phone) not in ("A", "BUTTON", "a", "button", "launcher")


def test_neither_does_it_while_the_chat_is_on_its_way(phone, guests):
    hold_chat(phone)

    for key in ["Tab"] * 5 + ["Shift+Tab"] * 5:
        press(phone, key)
        assert focused(phone) in ("close", "iframe", "body", "html")


def test_the_page_is_given_back_as_it_was(phone, guests):
    phone.visit()
    phone.page.evaluate("""() => {
        const aside = document.createElement("aside");
        aside.setAttribute("inert", "");
        document.documentElement.append(aside);
    }""")

    phone.open_chat()
    # The body and the page's own; the head has nothing to reach.
    assert phone.page.evaluate(HELD) == 2
    phone.close_chat()

    assert phone.page.evaluate(HELD) == 1
    assert phone.page.evaluate("document.querySelector('aside').inert")
    expect(phone.launcher).to_be_focused()


def test_destroyed_and_turned_it_is_given_back_too(phone, guests):
    phone.visit()
    phone.open_chat()
    phone.page.set_viewport_size({"width": 1000, "height": 700})
    phone.page.wait_for_function(f"{HELD} === 0")
    phone.page.set_viewport_size(NARROW["viewport"])
    phone.page.wait_for_function(f"{HELD} === 1")

    phone.page.evaluate("CozeWidget.destroy('support')")

    assert phone.page.evaluate(HELD) == 0


def test_a_screen_that_becomes_narrow_takes_the_focus_along(visitor, guests):
    visitor.visit()
    visitor.open_chat()
    visitor.page.get_by_role("button", name="Basket").focus()

    visitor.page.set_viewport_size(NARROW["viewport"])

    expect(visitor.input).to_be_focused()


def test_beside_the_page_nothing_is_kept_from_anybody(visitor, guests):
    visitor.visit()
    visitor.open_chat()

    assert visitor.page.evaluate(HELD) == 0


def test_inline_the_page_holds_the_chat_and_stays_free(phone, make_widget):
    make_widget(guests="isolated", place="inline")
    phone.visit()
    phone.open_chat()

    assert phone.page.evaluate(HELD) == 0


def test_a_page_that_asks_the_visitor_is_in_reach_meanwhile(phone, guests):
    phone.visit()
    phone.open_chat()
    phone.page.evaluate("""() => {
        const sure = document.createElement("button");
        sure.id = "sure";
        document.body.append(sure);
        document.addEventListener("coze:before-hide", (event) => {
            sure.focus();
            event.detail.respondWith(new Promise((resolve) => {
                sure.onclick = () => resolve(false);
            }));
        });
    }""")

    phone.page.evaluate("CozeWidget.close('support')")
    assert focused(phone) == "sure"
    assert phone.page.evaluate(HELD) == 0
    press(phone, "Enter")

    # It stays open, and has the focus again.
    phone.page.wait_for_function(f"{HELD} === 1")
    expect(phone.input).to_be_focused()


def test_the_sites_own_consent_tool_is_in_reach(phone, make_widget):
    make_widget(guests="isolated", consent_text="May we?")
    phone.visit()
    phone.page.evaluate("""() => {
        const agree = document.createElement("button");
        agree.id = "agree";
        document.body.append(agree);
        document.addEventListener("coze:consent", (event) => {
            event.detail.respondWith(new Promise((resolve) => {
                agree.onclick = () => resolve(true);
            }));
            agree.focus();
        });
    }""")
    phone.launcher.click()
    phone.page.wait_for_function("document.activeElement.id === 'agree'")

    press(phone, "Enter")

    expect(phone.input).to_be_visible()
    phone.page.wait_for_function(f"{HELD} === 1")


def test_a_body_that_came_out_of_a_cache_is_no_dead_page(phone, guests):
    phone.visit()
    phone.open_chat()
    phone.page.evaluate("document.body.replaceWith(document.body.cloneNode(true))")
    phone.page.evaluate("CozeWidget.close('support')")

    expect(phone.input).not_to_be_visible()
    assert phone.page.evaluate(HELD) == 0


@pytest.mark.urls("tests.browser.swapped_pages")
def test_what_turbo_remembers_of_a_page_can_be_used(phone, guests):
    require_asset("turbo")
    swapper = Swapper(phone, "turbo")
    swapper.start()
    phone.open_chat()
    assert phone.page.evaluate(HELD) == 1

    # By a script: where the chat is the whole screen nobody else can.
    phone.page.evaluate("Turbo.visit('/turbo/bare/')")
    swapper.arrive("bare/")
    swapper.expect_none()
    assert phone.page.evaluate(HELD) == 0
    swapper.back("")

    expect(phone.launcher).to_be_visible()
    assert phone.page.evaluate(HELD) == 0


def test_a_launcher_that_stays_is_the_one_way_out(phone, make_widget):
    make_widget(guests="isolated", header_is_show=False)
    hold_chat(phone)
    close = phone.page.get_by_role("button", name="Close chat")

    expect(close).to_have_count(1)
    expect(close).to_be_focused()
    press(phone, "Enter")

    expect(phone.cover).not_to_be_visible()
    expect(phone.launcher).to_be_focused()


# The button that could not fetch its panel


def test_a_button_that_failed_says_so_and_works_again(visitor, guests):
    visitor.context.route("**/panel.js*", lambda route: route.abort())
    visitor.visit()
    visitor.launcher.focus()
    press(visitor, "Enter")
    failed = visitor.page.get_by_role("button", name="The chat could not be loaded.")

    # What is read is what is seen, and it is told to whoever cannot see it.
    expect(failed).to_have_text("The chat could not be loaded.")
    expect(failed).to_have_attribute("aria-live", "polite")
    expect(failed).to_have_attribute("aria-busy", "false")
    expect(failed).to_be_focused()

    visitor.context.unroute_all()
    press(visitor, "Enter")
    expect(visitor.input).to_be_focused()
    press(visitor, "Escape")
    expect(visitor.page.get_by_role("button", name="Open chat")).to_have_text("")


def test_the_pill_that_says_it_fits_a_small_screen(new_visitor, guests):
    small = new_visitor(viewport={"width": 320, "height": 256})
    change_page(small, island={"launcher": {"icon": ""}})
    small.context.route("**/panel.js*", lambda route: route.abort())
    small.visit()
    small.launcher.click()
    text = small.launcher.locator("span")
    expect(text).to_have_text("The chat could not be loaded.")

    is_whole = "(node) => node.scrollWidth <= node.clientWidth"
    assert text.evaluate(is_whole)
    box = small.launcher.bounding_box()
    assert box["x"] >= 24
