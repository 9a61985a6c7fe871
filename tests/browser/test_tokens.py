"""A token that ends costs the visitor nothing, at the opening and in mid-chat."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from tests.patience import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.site")]

MINUTE = 60 * 1000
FRAME = {"place": "frame"}
INLINE = {"place": "inline"}
COZES_BUTTON = {"place": "inline", "load": "eager", "launcher": "sdk"}


@pytest.fixture(
    params=[FRAME, INLINE, COZES_BUTTON], ids=["frame", "inline", "cozes-button"]
)
def place(request):
    return request.param


@pytest.fixture
def open_chat(visitor, alice, make_widget):
    """Somebody who is logged in and has said something; the clock is ours."""

    def open_chat(**fields):
        make_widget(**fields)
        visitor.page.clock.install()
        visitor.log_in(alice)
        visitor.visit()
        visitor.open_chat()
        visitor.say("first")
        return visitor

    return open_chat


def spend(visitor, *, minutes):
    """The visitor sits there all the while: now and then a key is pressed."""
    for minute in range(0, minutes, 10):
        visitor.page.clock.fast_forward(min(10, minutes - minute) * MINUTE)
        visitor.input.press("End")


def mints(coze):
    return [one for one in coze.requests if one["path"].endswith("/token")]


def go_on_until(visitor, is_so):
    """Lets the browser's clock run until it is so."""
    wait_until(is_so, pause=lambda: visitor.page.clock.run_for(100))


def wait_for_mints(visitor, coze, number):
    go_on_until(visitor, lambda: len(mints(coze)) >= number)


def wait_for_a_new_mount(visitor, coze):
    """Until the chat has been mounted with another token than the first."""

    def is_new():
        used = tokens_of(coze, "/message/list")
        return used[-1] != used[0]

    go_on_until(visitor, is_new)
    expect(visitor.input).to_be_visible()


def tokens_of(coze, path):
    bearing = [one for one in coze.requests if one["token"]]
    return [one["token"] for one in bearing if one["path"].endswith(path)]


def test_a_chat_opens_with_a_token_that_has_ended(open_chat, coze, place):
    visitor = open_chat(**place)
    coze.expire_tokens()

    visitor.visit()
    visitor.open_chat()

    expect(visitor.transcript).to_contain_text("first")
    assert len(mints(coze)) == 2


def test_a_token_is_renewed_before_it_ends(open_chat, coze, place):
    visitor = open_chat(**place)
    cache.clear()  # the site's own copy is as old as the visitor's

    spend(visitor, minutes=59)
    wait_for_a_new_mount(visitor, coze)
    visitor.say("second")

    first, second = tokens_of(coze, "/chat")
    assert first != second
    assert len(mints(coze)) == 2


def test_a_half_typed_message_is_carried_over(open_chat, coze, place):
    visitor = open_chat(**place)
    visitor.input.fill("half a sentence")
    cache.clear()

    spend(visitor, minutes=59)
    wait_for_mints(visitor, coze, 2)
    visitor.page.clock.fast_forward(50_000)
    wait_for_a_new_mount(visitor, coze)

    expect(visitor.input).to_have_value("half a sentence")
    expect(visitor.input).to_be_focused()
    visitor.input.press("Enter")
    expect(visitor.transcript).to_contain_text('You said: "half a sentence"')
    first, second = tokens_of(coze, "/chat")
    assert first != second


def test_an_answer_on_its_way_is_not_cut_off(open_chat, coze):
    visitor = open_chat()
    coze.add_fault("/v3/chat", latency_ms=1500)
    visitor.page.clock.fast_forward(58 * MINUTE + 30_000)
    visitor.input.fill("take your time")
    visitor.input.press("Enter")
    visitor.page.clock.run_for(400)
    cache.clear()

    visitor.page.clock.fast_forward(31_000)
    visitor.page.clock.run_for(1000)

    expect(visitor.transcript).to_contain_text('You said: "take your time"')


def test_nothing_is_renewed_for_nobody(open_chat, coze):
    visitor = open_chat()
    cache.clear()

    visitor.page.clock.fast_forward(2 * 60 * MINUTE)
    visitor.page.clock.run_for(1000)
    assert len(mints(coze)) == 1

    visitor.input.press("End")
    visitor.page.clock.run_for(1000)
    expect(visitor.input).to_be_visible()
    visitor.say("second")
    wait_until(
        lambda: len(mints(coze)) == 2, pause=lambda: visitor.page.wait_for_timeout(50)
    )


def test_an_end_that_nobody_foresaw_costs_one_click(open_chat, coze):
    visitor = open_chat()
    coze.revoke_tokens()

    visitor.input.fill("second")
    visitor.input.press("Enter")
    visitor.chat.locator(".coze-chat-sdk-failed").last.click()

    expect(visitor.transcript).to_contain_text('You said: "second"')
    assert len(mints(coze)) == 2


def test_an_end_during_a_renewal_is_told_to_the_site(open_chat, coze):
    visitor = open_chat()
    held = visitor.hold_first("**/session/")
    visitor.page.clock.fast_forward(59 * MINUTE + 1000)
    visitor.input.press("End")
    go_on_until(visitor, lambda: held)
    coze.revoke_tokens()
    visitor.input.fill("second")
    visitor.input.press("Enter")
    visitor.page.clock.run_for(500)

    held[0].continue_()  # answered with the token that the site still believes in
    wait_for_mints(visitor, coze, 2)
    visitor.chat.locator(".coze-chat-sdk-failed").last.click()

    expect(visitor.transcript).to_contain_text('You said: "second"')
    expect(visitor.sign).to_have_count(0)


def test_a_missing_permission_does_not_loop(visitor, alice, make_widget, coze):
    make_widget()
    visitor.log_in(alice)
    coze.add_fault("/v1/", code=4101, times=None)
    visitor.visit()

    visitor.launcher.click()

    expect(visitor.sign).to_contain_text("The chat is not set up completely yet.")
    assert len(mints(coze)) <= 2
    coze.clear_faults()
    visitor.chat.get_by_role("button", name="Try again").click()
    expect(visitor.input).to_be_visible()


def test_who_logs_out_in_mid_chat_reads_so_at_the_next_renewal(open_chat, coze):
    visitor = open_chat()
    visitor.log_out()

    visitor.page.clock.fast_forward(59 * MINUTE + 1000)
    visitor.input.press("End")
    visitor.page.clock.run_for(1000)

    expect(visitor.sign).to_contain_text("Please log in to chat.")
    expect(visitor.input).to_have_count(0)


def test_another_person_at_the_next_renewal_gets_a_chat_of_their_own(
    open_chat, bob, coze
):
    visitor = open_chat()
    visitor.log_in(bob)

    visitor.page.clock.fast_forward(59 * MINUTE + 1000)
    visitor.input.press("End")
    visitor.page.clock.run_for(1000)

    expect(visitor.transcript).not_to_contain_text("first")
    visitor.say("from bob")
    expect(visitor.transcript).not_to_contain_text("first")


def test_a_renewal_that_fails_is_tried_again_in_silence(open_chat, coze):
    visitor = open_chat()
    cache.clear()
    coze.add_fault("/api/permission/oauth2/token", status=500, times=1)

    spend(visitor, minutes=59)
    wait_for_mints(visitor, coze, 2)
    expect(visitor.sign).to_have_count(0)
    visitor.page.clock.run_for(10_000)
    wait_for_a_new_mount(visitor, coze)

    visitor.say("second")
    first, second = tokens_of(coze, "/chat")
    assert first != second


def test_no_token_is_printed_at_the_construction(visitor, alice, make_widget):
    make_widget()
    printed = []
    visitor.page.on("console", lambda message: printed.append(message.text))
    visitor.log_in(alice)
    visitor.visit()
    visitor.open_chat()

    constructions = [text for text in printed if "constructor" in text]
    assert len(constructions) == 1
    assert "czs_" not in constructions[0]
