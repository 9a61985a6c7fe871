"""The scripts that the documentation shows run in a page with the widget."""

from __future__ import annotations

import pytest
from django.template import engines
from playwright.sync_api import expect

from tests.documents import DOCS, all_blocks, blocks_of

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.site")]


@pytest.fixture
def page(visitor, make_widget):
    make_widget(guests="isolated")
    visitor.visit()
    expect(visitor.launcher).to_be_visible()
    return visitor.page


@pytest.mark.parametrize("block", all_blocks("js"), ids=str)
def test_scripts_run(page, block):
    page.evaluate("(text) => { new Function(text)(); }", block.text)


def blocks_with(text):
    blocks = blocks_of(DOCS / "javascript.md")
    return [block for block in blocks if text in block.text and block.language == "js"]


def run(page, text):
    [block] = blocks_with(text)
    page.evaluate("(text) => { new Function(text)(); }", block.text)


def test_a_chat_in_the_hand_is_opened(page, visitor):
    run(page, "showChatBot()")

    expect(visitor.shell).to_be_visible()


def test_a_chat_is_told_of_the_order(page, visitor):
    run(page, "Order 4711")

    visitor.open_chat()

    expect(visitor.chat.locator(".coze-chat-sdk-header-title")).to_have_text(
        "Order 4711"
    )


def test_a_page_marks_itself_and_holds_the_chat(page, visitor):
    run(page, "form.unsaved")
    visitor.open_chat()
    expect(page.locator("html.has-chat-support")).to_be_attached()

    form = "const form = document.createElement('form'); form.className = 'unsaved';"
    page.evaluate(f"() => {{ {form} document.body.append(form); }}")
    page.evaluate("CozeWidget.close('support')")

    expect(visitor.input).to_be_visible()


def test_a_page_asks_before_the_chat_opens(page, visitor):
    run(page, "asksFirst")
    visitor.launcher.click()
    page.wait_for_timeout(300)
    expect(visitor.page.locator("iframe")).not_to_be_visible()

    page.evaluate("document.documentElement.dataset.consent = 'yes'")

    visitor.open_chat()


@pytest.mark.parametrize("name", ["Ask us", "Contact"])
def test_the_pages_own_elements_open_the_chat(visitor, make_widget, name):
    make_widget(guests="isolated")
    show_block(visitor, "data-coze-open")

    visitor.page.get_by_text(name, exact=True).click()

    expect(visitor.shell).to_be_visible()


def test_buttons_for_cozes_sdk_open_and_close_it(visitor, make_widget):
    make_widget(guests="isolated")
    show_block(visitor, "cozeWebSDK")

    visitor.page.get_by_text("Ask us", exact=True).click()
    expect(visitor.shell).to_be_visible()
    visitor.page.evaluate("cozeWebSDK.hideChatBot()")

    expect(visitor.shell).not_to_be_visible()


def show_block(visitor, text):
    """The block in a page of its own, in place of the site's first one."""
    [block] = [
        block
        for block in blocks_of(DOCS / "javascript.md")
        if block.language == "html+django" and text in block.text
    ]
    html = engines["django"].from_string(block.text).render()
    answer = {"body": f"<!DOCTYPE html>{html}", "content_type": "text/html"}
    visitor.context.route(f"{visitor.site_url}/", lambda route: route.fulfill(**answer))
    visitor.visit()
    expect(visitor.launcher).to_be_visible()
