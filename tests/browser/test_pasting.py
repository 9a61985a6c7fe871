"""From Coze's snippet to a chat on a page, without typing an option."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.visitor import SDK
from tests.test_snippets import FOLDER, SECRETS, text_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.usefixtures("coze"),
    pytest.mark.urls("tests.browser.site"),
]


@pytest.fixture
def editor(transactional_db, new_visitor, django_user_model):
    visitor = new_visitor(permissions=["clipboard-read", "clipboard-write"])
    visitor.log_in(django_user_model.objects.create_superuser("editor"))
    return visitor


@pytest.fixture
def page(editor):
    """The page to paste into, from the list of widgets."""
    editor.visit(reverse("admin:coze_widget_widget_changelist"))
    editor.page.get_by_role("link", name="Paste Coze's snippet").click()
    return editor.page


def paste(page, text):
    page.get_by_label("Snippet").fill(text)
    page.get_by_role("button", name="Read it").click()


def test_a_snippet_becomes_a_chat_on_a_page(editor, page):
    paste(page, text_of(FOLDER / "two-scripts.html"))

    expect(page.locator(".coze-leak")).to_contain_text("personal access token")
    expect(page.locator(".coze-leak")).to_be_focused()
    assert SECRETS["@PAT@"] not in page.content()
    row = page.get_by_role("row").filter(has_text="ui.chatBot.title")
    expect(row).to_contain_text("Tea adviser")

    page.get_by_role("button", name="Go on in the form").click()

    expect(page.get_by_text("Nothing is saved yet.")).to_be_visible()
    expect(page.get_by_label("Slug")).to_have_value("tea-adviser")
    expect(page.get_by_label("Bot id")).to_have_value("7400000000000000001")
    page.locator("[name=_continue]").click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    page.wait_for_load_state("networkidle")

    editor.visit("/")
    editor.open_chat()

    expect(editor.chat.locator(f"{SDK}header")).to_contain_text("Tea adviser")


def test_a_change_that_is_not_ticked_stays_out(editor, widget):
    editor.visit(reverse("admin:coze_widget_widget_change", args=[widget.pk]))
    page = editor.page
    page.get_by_role("link", name="Paste Coze's snippet").click()
    paste(page, text_of(FOLDER / "two-scripts.html"))

    page.get_by_role("row").filter(has_text="ui.chatBot.title").get_by_role(
        "checkbox"
    ).uncheck()
    page.get_by_role("button", name="Go on in the form").click()
    page.get_by_text("ui.chatBot", exact=False).first.click()

    expect(page.locator("#id_chat_bot_title")).to_have_value("")
    expect(page.locator("#id_chat_bot_uploadable")).not_to_be_checked()
    page.wait_for_load_state("networkidle")


def test_a_problem_has_the_focus_and_the_text_stays(page):
    paste(page, "no snippet")

    expect(page.locator("#coze-problem")).to_be_focused()
    expect(page.get_by_label("Snippet")).to_have_value("no snippet")


def test_what_is_too_long_is_not_sent(page):
    page.get_by_label("Snippet").fill("茶" * 400_000)
    page.get_by_role("button", name="Read it").click()

    said = page.get_by_label("Snippet").evaluate("input => input.validationMessage")
    assert said.startswith("This is longer than a megabyte.")
    expect(page.locator("#coze-problem")).to_have_count(0)

    paste(page, "shorter")

    expect(page.locator("#coze-problem")).to_be_visible()


def test_the_line_for_settings_can_be_copied(page, oauth_config):
    paste(page, json.dumps(oauth_config))

    page.get_by_role("button", name="Copy").click()

    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("COZE_OAUTH_APPS = {")
