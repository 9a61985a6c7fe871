"""The launcher and the shell around the chat."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.site")]


SDK_SCRIPT = "**/index.js"


@pytest.fixture
def guests(make_widget):
    return make_widget(guests="isolated")


def test_before_a_click_nothing_but_our_own_files_is_loaded(visitor, guests):
    visitor.visit()
    expect(visitor.launcher).to_be_visible()

    assert visitor.asked(of=visitor.coze_url) == []
    assert visitor.asked(of=visitor.site_url) == ["/", "/static/coze_widget/loader.js"]
    assert visitor.context.cookies() == []
    assert visitor.page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_the_page_gets_one_global_name(visitor, guests):
    visitor.visit("/admin/login/")
    names = set(visitor.page.evaluate("Object.keys(window)"))

    visitor.visit()
    visitor.open_chat()

    added = set(visitor.page.evaluate("Object.keys(window)")) - names
    assert added == {"CozeWidget"}


def test_the_bar_stands_as_soon_as_the_button_is_pressed(visitor, guests):
    visitor.visit()
    with visitor.page.expect_response("**/panel.js"):
        visitor.launcher.hover()
    visitor.page.wait_for_function("Boolean(CozeWidget.Panel)")

    seen = visitor.page.evaluate("""() => {
        const { shadowRoot } = document.querySelector("div[data-coze-widget]");
        shadowRoot.querySelector(".launcher").click();
        const box = shadowRoot.querySelector(".bar").getBoundingClientRect();
        return [shadowRoot.querySelector(".title").textContent, box.height > 40];
    }""")

    assert seen == ["Support", True]


def test_the_bar_goes_when_the_chat_can_be_used(visitor, guests):
    visitor.visit()

    visitor.open_chat()

    expect(visitor.cover).not_to_be_visible()
    expect(visitor.launcher).not_to_be_visible()


def test_it_is_a_button_that_says_what_it_does(visitor, guests):
    visitor.visit()
    button = visitor.page.get_by_role("button", name="Open chat")
    box = button.bounding_box()

    expect(button).to_have_attribute("aria-expanded", "false")
    assert min(box["width"], box["height"]) >= 44

    button.click()

    expect(visitor.launcher).to_have_attribute("aria-expanded", "true")
    expect(visitor.page.get_by_role("dialog", name="Support").first).to_be_visible()
    expect(visitor.page.locator("iframe")).to_have_attribute("title", "Support")


def test_the_keyboard_is_enough(visitor, guests):
    visitor.visit()
    keyboard = visitor.page.keyboard
    visitor.page.get_by_role("button", name="Basket").focus()

    keyboard.press("Tab")
    expect(visitor.launcher).to_be_focused()
    keyboard.press("Enter")
    expect(visitor.shell).to_be_visible()
    expect(visitor.input).to_be_focused()
    keyboard.type("typed by hand")
    keyboard.press("Enter")
    expect(visitor.transcript).to_contain_text('You said: "typed by hand"')
    keyboard.press("Escape")

    expect(visitor.launcher).to_be_focused()
    expect(visitor.input).not_to_be_visible()


def test_escape_closes_while_the_chat_is_on_its_way(visitor, guests):
    visitor.hold_first(SDK_SCRIPT)
    visitor.visit()
    visitor.launcher.click()
    expect(visitor.cover).to_be_visible()

    visitor.page.keyboard.press("Escape")

    expect(visitor.cover).not_to_be_visible()
    expect(visitor.launcher).to_be_focused()


def test_closing_hides_so_that_nothing_is_lost(visitor, guests):
    visitor.visit()
    visitor.open_chat()
    visitor.input.fill("half a sent")

    visitor.close_chat()
    visitor.open_chat()

    expect(visitor.input).to_have_value("half a sent")


def test_the_bars_button_closes(visitor, guests):
    visitor.hold_first(SDK_SCRIPT)
    visitor.visit()
    visitor.launcher.click()

    visitor.page.get_by_role("button", name="Close chat").click()

    expect(visitor.cover).not_to_be_visible()
    expect(visitor.launcher).to_be_visible()


def test_a_chat_without_a_close_button_keeps_the_launcher(visitor, make_widget):
    make_widget(guests="isolated", header_is_show=False)
    visitor.visit()
    visitor.open_chat()

    visitor.page.get_by_role("button", name="Close chat").last.click()

    expect(visitor.input).not_to_be_visible()
    expect(visitor.launcher).to_have_attribute("aria-label", "Open chat")


def test_after_eight_seconds_it_says_that_the_connection_is_slow(visitor, guests):
    visitor.hold_first(SDK_SCRIPT)
    visitor.page.clock.install()
    visitor.visit()
    visitor.launcher.click()
    expect(visitor.cover).to_contain_text("Connecting…")

    visitor.page.clock.fast_forward(8000)

    expect(visitor.cover).to_contain_text("The connection is slow.")
    visitor.page.get_by_role("button", name="Try again").click()
    expect(visitor.input).to_be_visible()


def test_a_frame_that_says_nothing_is_a_failure(visitor, guests):
    visitor.context.route("**/frame/", lambda route: route.fulfill(body="Not here."))
    visitor.page.clock.install()
    visitor.visit()
    visitor.launcher.click()
    visitor.page.wait_for_load_state("networkidle")

    visitor.page.clock.fast_forward(2500)

    expect(visitor.cover).to_contain_text("The chat could not be loaded.")


def test_a_tag_that_stands_twice_draws_one_launcher(visitor, guests):
    visitor.visit("/twice/")

    expect(visitor.launcher).to_have_count(1)


def test_the_page_can_open_close_and_remove_the_chat(visitor, make_widget):
    make_widget(guests="isolated", launcher="none")
    visitor.visit()
    basket = visitor.page.get_by_role("button", name="Basket")
    expect(visitor.launcher).not_to_be_visible()
    basket.focus()

    visitor.page.evaluate("CozeWidget.open('support')")
    expect(visitor.shell).to_be_visible()
    expect(visitor.input).to_be_visible()
    visitor.page.evaluate("CozeWidget.close('support')")
    expect(visitor.input).not_to_be_visible()
    expect(basket).to_be_focused()
    visitor.page.evaluate("CozeWidget.destroy('support')")
    expect(visitor.page.locator("div[data-coze-widget]")).to_have_count(0)


def test_a_removed_widget_comes_back_when_the_page_opens_it(visitor, guests):
    visitor.visit()
    visitor.open_chat()
    visitor.page.evaluate("CozeWidget.destroy('support')")

    visitor.page.evaluate("CozeWidget.open('support')")

    expect(visitor.input).to_be_visible()


def test_unknown_names_do_nothing(visitor, guests):
    visitor.visit()

    visitor.page.evaluate("""() => {
        for (const method of ["open", "close", "destroy"]) CozeWidget[method]("other");
    }""")

    expect(visitor.launcher).to_have_count(1)


def test_a_chat_that_nobody_opens_again_is_dropped(visitor, guests):
    visitor.page.clock.install()
    visitor.visit()
    visitor.open_chat()
    visitor.close_chat()

    visitor.page.clock.fast_forward(31 * 60 * 1000)

    expect(visitor.page.locator("iframe")).to_have_count(0)


def test_the_page_says_title_and_parameters_differently(visitor, make_widget):
    make_widget(
        guests="isolated",
        mode="app",
        app_id="7400000000000000011",
        workflow_id="7400000000000000012",
        parameters={"city": "Bonn", "size": 3},
    )
    visitor.visit("/titled/")
    visitor.open_chat()

    expect(visitor.chat.locator(".coze-chat-sdk-header-title")).to_have_text("Ask <us>")
    visitor.say("hello")
    expect(visitor.transcript).to_contain_text('"city": "Ulm"')
    expect(visitor.transcript).to_contain_text('"size": 3')


def test_the_frame_enforces_what_a_page_may_say(visitor, guests):
    visitor.visit()
    visitor.page.evaluate("""() => {
        const island = document.querySelector("#coze-widget-support");
        const said = JSON.parse(island.textContent);
        said.lang = "tlh";
        said.overrides = { title: "x".repeat(101), parameters: [1], sdk_url: "//evil" };
        island.textContent = JSON.stringify(said);
        CozeWidget.destroy("support");
    }""")
    visitor.page.evaluate("CozeWidget.open('support')")
    expect(visitor.shell).to_be_visible()

    expect(visitor.chat.locator(".coze-chat-sdk-header-title")).to_have_text("Support")
    expect(visitor.chat.locator("html")).to_have_attribute("lang", "en")


def test_forged_greetings_get_no_answer(visitor, guests):
    visitor.visit()
    visitor.open_chat()

    answers = visitor.page.evaluate("""async () => {
        const heard = [];
        window.addEventListener("message", (event) => heard.push(event.data.type));
        for (const protocol of [0, 1, 3, "x"]) {
            postMessage({ coze_widget: protocol, type: "hello", slug: "support" }, "*");
        }
        postMessage("hello", "*");
        await new Promise((resolve) => setTimeout(resolve, 200));
        return heard.filter((type) => type === "welcome");
    }""")

    assert answers == []


def test_chinese_pages_have_a_chinese_chat(visitor, guests):
    visitor.visit("/zh/")
    expect(visitor.launcher).to_have_attribute("aria-label", "打开聊天")

    visitor.open_chat()

    expect(visitor.chat.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(visitor.strip).to_contain_text("访客")


def test_a_rows_language_wins_over_the_pages(visitor, make_widget):
    make_widget(guests="isolated", base_lang="zh-CN")
    visitor.visit()
    visitor.open_chat()

    expect(visitor.strip).to_contain_text("访客")


def test_without_constructed_style_sheets_the_same_rules_are_linked(visitor, guests):
    visitor.page.add_init_script("""
        delete Document.prototype.adoptedStyleSheets;
        delete ShadowRoot.prototype.adoptedStyleSheets;
    """)
    visitor.visit()

    expect(visitor.launcher).to_have_css("position", "fixed")
    expect(visitor.launcher).to_have_css("border-radius", "28px")
    visitor.open_chat()
    expect(visitor.shell).to_have_css("position", "fixed")
    expect(visitor.shell).to_have_css("border-radius", "14px")


def test_an_icon_that_cannot_be_loaded_is_replaced_by_ours(visitor, make_widget):
    make_widget(guests="isolated", base_icon="http://localhost:9/none.png")
    visitor.visit()

    expect(visitor.launcher.locator("svg")).to_be_visible()
