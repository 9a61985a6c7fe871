"""The scripts that the documentation shows run in a page with the widget."""

from __future__ import annotations

import pytest
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


def test_a_button_of_ones_own_opens_the_chat(page, visitor):
    script = next(
        block
        for block in blocks_of(DOCS / "javascript.md")
        if "data-chat" in block.text and block.language == "js"
    )
    page.evaluate("(text) => { new Function(text)(); }", script.text)
    page.evaluate(
        """() => {
            const button = document.createElement("button");
            button.dataset.chat = "support";
            button.textContent = "Ask us";
            document.body.append(button);
        }"""
    )

    page.get_by_role("button", name="Ask us").click()

    expect(visitor.input).to_be_visible()
