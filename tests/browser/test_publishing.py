"""Drafts, versions and copies with a browser. What they do is in tests/test_publishing.py."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from coze_widget.drafts import find_draft
from coze_widget.models import Widget

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("coze")]


def url(page, *arguments):
    return reverse(f"admin:coze_widget_widget_{page}", args=arguments)


@pytest.fixture
def editor(transactional_db, new_visitor, django_user_model):
    visitor = new_visitor()
    visitor.log_in(django_user_model.objects.create_superuser("nadia"))
    return visitor


@pytest.fixture
def form(editor, widget):
    editor.visit(url("change", widget.pk))
    return editor.page


def test_a_draft_is_kept_seen_and_discarded(form, widget):
    form.locator("#id_name").fill("Later")
    form.get_by_role("button", name="Save as draft").click()

    banner = form.locator(".coze-draft")
    expect(banner).to_contain_text("nadia saved it.")
    expect(form.locator("#id_name")).to_have_value("Later")
    assert Widget.objects.get().name == "Support"

    banner.get_by_role("link", name="See what differs").click()
    expect(form.get_by_role("row", name="Name Support Later")).to_be_visible()
    form.get_by_role("button", name="Discard the draft").click()

    expect(form.locator("#id_name")).to_have_value("Support")
    expect(banner).to_have_count(0)


def test_enter_publishes_as_ever(form, widget):
    form.locator("#id_name").fill("New")
    form.locator("#id_name").press("Enter")

    expect(form.locator(".messagelist .success")).to_be_visible()
    assert Widget.objects.get().name == "New"
    assert find_draft(widget) is None


def test_an_older_version_is_published_again(editor, form, widget):
    form.locator("#id_name").fill("Worse")
    form.get_by_role("button", name="Save", exact=True).click()
    expect(form.locator(".messagelist .success")).to_be_visible()
    editor.visit(url("history", widget.pk))

    form.get_by_role("link", name="View, or publish again").click()
    form.get_by_role("button", name="Publish this version again").click()

    expect(form.locator(".messagelist .success")).to_contain_text("published again")
    expect(form.locator(".coze-versions > li")).to_have_count(3)
    assert Widget.objects.get().name == "Support"


def test_a_widget_is_copied(form):
    form.get_by_role("button", name="Copy widget").click()

    expect(form.locator(".messagelist .success")).to_contain_text("“support-2”")
    expect(form.locator("#id_name")).to_have_value("Support (copy)")
    expect(form.locator("#id_enabled")).not_to_be_checked()


@pytest.mark.parametrize("page", ["history", "draft", "change"])
def test_phones_need_no_sideways_scrolling(editor, form, widget, page):
    form.locator("#id_name").fill("L" * 100)
    form.get_by_role("button", name="Save as draft").click()
    expect(form.locator(".coze-draft")).to_be_visible()
    form.set_viewport_size({"width": 390, "height": 800})

    editor.visit(url(page, widget.pk))

    assert form.evaluate("document.documentElement.scrollWidth") <= 390
