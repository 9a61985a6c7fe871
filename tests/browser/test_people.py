"""Two people, one browser: nobody ever sees another's words."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.site")]

BOT = {"mode": "bot"}
APP = {
    "mode": "app",
    "app_id": "7400000000000000011",
    "workflow_id": "7400000000000000012",
}
FRAME = {"place": "frame"}
LAZY = {"place": "inline", "load": "click"}
EAGER = {"place": "inline", "load": "eager"}
COZES_BUTTON = {"place": "inline", "load": "eager", "launcher": "sdk"}


@pytest.fixture(params=[BOT, APP], ids=["bot", "app"])
def mode(request):
    return request.param


@pytest.fixture(
    params=[FRAME, LAZY, EAGER, COZES_BUTTON],
    ids=["frame", "lazy", "eager", "cozes-button"],
)
def place(request):
    return request.param


def names_at(coze):
    """Under which names messages were sent; Coze's log shows them."""
    chats = [one["body"] for one in coze.requests if one["path"].endswith("/chat")]
    bodies = [body for body in chats if body]  # a preflight has none
    return {body.get("user_id") or body["ext"]["user_id"] for body in bodies}


def test_one_persons_chat_is_there_again_and_another_sees_none_of_it(
    visitor, alice, bob, make_widget, coze, mode, place
):
    make_widget(**mode, **place)
    visitor.log_in(alice)
    visitor.visit()
    visitor.open_chat()
    visitor.say("apples for alice")

    visitor.visit()
    visitor.open_chat()

    expect(visitor.transcript).to_contain_text("apples for alice")

    visitor.log_out()
    visitor.log_in(bob)
    visitor.visit()
    visitor.open_chat()
    visitor.say("bananas for bob")

    expect(visitor.transcript).not_to_contain_text("alice")
    assert [len(name) for name in names_at(coze)] == [64, 64]


def test_a_person_who_changes_while_the_page_stands_gets_a_chat_of_their_own(
    visitor, alice, bob, make_widget, place
):
    make_widget(**place)
    visitor.log_in(alice)
    visitor.visit()
    visitor.open_chat()
    visitor.say("apples for alice")
    visitor.close_chat()
    visitor.log_out()
    visitor.log_in(bob)

    visitor.open_chat()
    visitor.say("bananas for bob")

    expect(visitor.transcript).not_to_contain_text("apples")


@pytest.mark.parametrize("place", [FRAME, COZES_BUTTON], ids=["frame", "cozes-button"])
def test_guests_have_a_history_of_their_own(new_visitor, make_widget, place):
    make_widget(guests="isolated", **place)
    first, second = new_visitor(), new_visitor()
    first.visit()
    first.open_chat()
    first.say("from the first guest")

    second.visit()
    second.open_chat()
    second.say("from the second guest")

    expect(second.transcript).not_to_contain_text("first guest")


def test_two_tabs_of_a_guest_settle_on_one_id(visitor, make_widget, coze):
    make_widget(guests="isolated")
    # Long enough that the second tab asks before the first one has its cookie.
    coze.add_fault("/api/permission/oauth2/token", latency_ms=500, times=2)
    other = visitor.new_tab()
    for page in (visitor.page, other):
        page.goto(visitor.site_url)
    for page in (visitor.page, other):
        page.locator(".launcher").click(no_wait_after=True)
    for page in (visitor.page, other):
        field = page.frame_locator("iframe").locator("textarea.coze-chat-sdk-textarea")
        # The tabs ask one after the other.
        expect(field).to_be_visible(timeout=15_000)

    listed = [one for one in coze.requests if one["path"] == "/v1/conversations"]

    assert len({one["query"]["user_id"] for one in listed}) == 1


@pytest.mark.parametrize("place", [FRAME, LAZY], ids=["frame", "lazy"])
def test_a_guest_may_start_over_as_a_new_visitor(visitor, make_widget, place):
    make_widget(guests="isolated", **place)
    visitor.visit()
    visitor.open_chat()
    visitor.say("to be left behind")
    expect(visitor.strip).to_contain_text("You are chatting as a guest.")

    visitor.strip.get_by_role("button", name="Start over as a new visitor").click()

    expect(visitor.transcript).not_to_contain_text("left behind")
    visitor.visit()
    visitor.open_chat()
    expect(visitor.transcript).not_to_contain_text("left behind")


def test_a_trial_says_that_everybody_shares_it(visitor, make_widget, coze, settings):
    settings.DEBUG = True
    settings.COZE_OAUTH_APPS = {}
    settings.COZE_BASE_URL = coze.url
    settings.COZE_PERSONAL_ACCESS_TOKEN = coze.issue_token(prefix="pat_")
    make_widget(guests="isolated")
    visitor.visit()
    visitor.open_chat()

    expect(visitor.strip).to_contain_text("everybody shares this history")


def test_who_is_logged_in_is_told_nothing_about_guests(visitor, alice, make_widget):
    make_widget(guests="isolated")
    visitor.log_in(alice)
    visitor.visit()
    visitor.open_chat()

    expect(visitor.strip).to_have_count(0)
