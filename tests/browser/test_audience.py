"""Who, where and when, from the page to the door: the tag, the loader, the session view."""

from __future__ import annotations

import datetime

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.site")]
NOT_OPEN = "This chat is not open to you."


@pytest.fixture
def members(alice):
    group = Group.objects.create(name="Tea")
    alice.groups.add(group)


def now():
    return datetime.datetime.now(datetime.timezone.utc)


@pytest.mark.usefixtures("members")
def test_members_chat_and_others_read_that_it_is_not_for_them(
    visitor, alice, bob, make_widget
):
    make_widget(groups=["Tea"])
    visitor.log_in(bob)
    visitor.visit()

    visitor.launcher.click()

    expect(visitor.sign).to_contain_text(NOT_OPEN)

    visitor.log_out()
    visitor.log_in(alice)
    visitor.visit()
    visitor.open_chat()
    visitor.say("tea, please")


@pytest.mark.usefixtures("members")
def test_a_button_that_hides_is_for_members_only(visitor, alice, bob, make_widget):
    make_widget(groups=["Tea"], hide_from_others=True)
    visitor.log_in(bob)
    visitor.visit()

    expect(visitor.page.locator("h1")).to_be_visible()
    expect(visitor.launcher).to_have_count(0)

    visitor.log_out()
    visitor.log_in(alice)
    visitor.visit()
    visitor.open_chat()


def test_a_page_that_stood_too_long_meets_a_closed_door(
    visitor, alice, make_widget, committed
):
    """The page still holds no end: the row got it afterwards."""
    widget = make_widget()
    visitor.log_in(alice)
    visitor.visit()
    expect(visitor.launcher).to_be_visible()
    with committed():
        widget.shown_from = now() + datetime.timedelta(days=1)
        widget.save()

    visitor.launcher.click()

    expect(visitor.sign).to_contain_text("The chat is closed at the moment.")
    expect(visitor.sign).to_contain_text("It opens again")


def test_of_several_the_first_that_is_open_shows(visitor, make_widget):
    day = datetime.timedelta(days=1)
    make_widget(slug="past", order=1, shown_until=now() - day)
    make_widget(slug="present", order=2, shown_until=now() + day)
    make_widget(slug="rest", order=3)

    visitor.visit()

    expect(visitor.page.locator(".launcher:visible")).to_have_count(1)
    hosts = visitor.page.locator("div[data-coze-widget]")
    shown = [
        host.get_attribute("data-coze-widget")
        for host in hosts.all()
        if host.locator(".launcher").is_visible()
    ]
    assert shown == ["present"]


def test_a_button_of_the_pages_own_opens_the_chat(visitor, alice, make_widget):
    make_widget(launcher="none")
    visitor.log_in(alice)
    visitor.visit("/asked/")

    visitor.page.get_by_role("button", name="Ask us").click()

    expect(visitor.input).to_be_visible()
