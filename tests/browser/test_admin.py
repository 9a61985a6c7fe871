"""The niceties of a widget's form. That it works without them is in tests/test_admin.py."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("coze")]


@pytest.fixture
def editor(transactional_db, new_visitor, django_user_model):
    visitor = new_visitor()
    visitor.log_in(django_user_model.objects.create_superuser("editor"))
    return visitor


@pytest.fixture
def form(editor, widget):
    editor.visit(reverse("admin:coze_widget_widget_change", args=[widget.pk]))
    return editor.page


def save(page):
    page.locator("[name=_continue]").click()
    expect(page.locator(".messagelist .success")).to_be_visible()


def test_only_the_ids_of_the_mode_are_shown(form):
    expect(form.get_by_label("Bot id")).to_be_visible()
    expect(form.get_by_label("App id")).to_be_hidden()

    form.get_by_label("Mode").select_option("app")

    expect(form.get_by_label("Bot id")).to_be_hidden()
    expect(form.get_by_label("App id")).to_be_visible()
    expect(form.get_by_label("Workflow id")).to_be_visible()


def test_the_ids_of_the_mode_are_marked_as_required(form):
    bot, app = form.get_by_label("Bot id"), form.get_by_label("App id")
    expect(bot).to_have_attribute("required", "")
    expect(form.locator("label[for=id_bot_id]")).to_contain_class("required")

    form.get_by_label("Mode").select_option("app")

    expect(app).to_have_attribute("required", "")
    expect(form.locator("label[for=id_app_id]")).to_contain_class("required")
    expect(form.locator("#id_bot_id")).not_to_have_attribute("required", "")
    expect(form.locator("label[for=id_bot_id]")).not_to_contain_class("required")


def test_the_list_shows_on_phones_whether_a_widget_works(editor, widget):
    editor.page.set_viewport_size({"width": 390, "height": 800})

    editor.visit(reverse("admin:coze_widget_widget_changelist"))

    cell = editor.page.locator(".field-works").bounding_box()
    assert cell["x"] + cell["width"] <= 390


def test_days_are_asked_for_guests_only(form):
    expect(form.get_by_label("Remember them")).to_be_hidden()

    form.get_by_label("People who are not logged in").select_option("isolated")

    expect(form.get_by_label("Remember them")).to_be_visible()


def test_a_field_with_an_error_is_shown_in_any_mode(form):
    form.get_by_label("Mode").select_option("app")
    form.get_by_label("App id").fill("no digits")
    form.get_by_label("Mode").select_option("bot")
    form.locator("[name=_continue]").click()

    # The findings beside the form say it, too, a little later.
    error = form.locator(".errorlist", has_text="Enter the digits only")
    expect(error).to_be_visible()
    expect(form.get_by_label("App id")).to_be_visible()


def test_links_are_added_and_removed(form, widget):
    form.get_by_text("ui.footer").click()
    for number, name in enumerate(["privacy", "imprint"]):
        form.get_by_role("button", name="Add a link").click()
        row = form.locator(".coze-links-row:visible").nth(number)
        row.get_by_label("Name").fill(name)
        row.get_by_label("Text").fill(name.title())
        row.get_by_label("Link", exact=True).fill(f"https://example.com/{name}")
    form.get_by_role("button", name="Remove this link").first.click()
    save(form)

    widget.refresh_from_db()

    assert widget.footer_linkvars == {
        "imprint": {"text": "Imprint", "link": "https://example.com/imprint"}
    }


def test_tags_are_added_ticked_and_removed(form, widget):
    form.get_by_text("ui.chatBot.feedback").click()
    form.get_by_label("Thumbs up and down").check()
    for number, label in enumerate(["Wrong", "Old", "Other"]):
        form.get_by_role("button", name="Add a tag").click()
        row = form.locator(".coze-feedback .coze-links-row:visible").nth(number)
        row.get_by_label("Label").fill(label)
        row.get_by_label("Needs a comment").check()
    form.locator(".coze-feedback .coze-links-row:visible").first.get_by_label(
        "Needs a comment"
    ).uncheck()
    form.get_by_role("button", name="Remove this tag").nth(1).click()
    save(form)

    widget.refresh_from_db()

    assert widget.chat_bot_feedback_is_need is True
    assert widget.chat_bot_feedback_panel_tags == [
        {"label": "Wrong", "isNeedDetail": False},
        {"label": "Other", "isNeedDetail": True},
    ]
    form.get_by_text("ui.chatBot.feedback").click()
    rows = form.locator(".coze-feedback .coze-links-row:visible")
    expect(rows).to_have_count(2)
    expect(rows.last.get_by_label("Needs a comment")).to_be_checked()


def test_an_app_has_a_version_and_an_agent_has_none(form):
    expect(form.get_by_label("App version")).to_be_hidden()

    form.get_by_label("Mode").select_option("app")

    expect(form.get_by_label("App version")).to_be_visible()
    expect(form.get_by_label("App version")).not_to_have_attribute("required", "")


def test_the_tag_is_copied(editor, form):
    editor.context.grant_permissions(["clipboard-read", "clipboard-write"])

    form.get_by_role("button", name="Copy", exact=True).first.click()

    expect(form.get_by_role("button", name="Copied")).to_be_visible()
    copied = form.evaluate("navigator.clipboard.readText()")
    assert copied == '{% load coze_widget %}{% coze_widget "support" %}'
