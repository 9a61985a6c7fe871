"""Whoever comes back to a page is asked for again, before anything is seen."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.patience import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.site")]

FRAME = {"place": "frame"}
INLINE = {"place": "inline"}
COZES_BUTTON = {"place": "inline", "load": "eager", "launcher": "sdk"}
SESSION = "**/session/"


# Playwright loses sight of the frames of a page that comes back from the cache.
LOOK = """() => {
    const hosts = Array.from(document.querySelectorAll("div[data-coze-widget]"));
    const frame = hosts.map((host) => host.shadowRoot.querySelector("iframe"))[0];
    const inside = frame ? frame.contentDocument : document;
    // A frame that is drawn anew for somebody else is empty at first.
    const host = inside && inside.querySelector("[data-coze-chat]");
    if (!host) return { asked: 0, sentence: "", draft: null, words: "" };
    const panel = host.shadowRoot.querySelector(".panel");
    const field = inside.querySelector("textarea.coze-chat-sdk-textarea");
    const isSeen = Boolean(field) && getComputedStyle(field).visibility === "visible";
    if (isSeen) field.focus();
    const resources = inside.defaultView.performance.getEntriesByType("resource");
    return {
        asked: resources.filter(({ name }) => name.endsWith("/session/")).length,
        sentence: panel ? panel.innerText : "",
        draft: isSeen ? field.value : null,
        words: isSeen ? inside.querySelector(".coze-chat-sdk-messages").innerText : "",
    };
}"""

everywhere = pytest.mark.parametrize(
    "place", [FRAME, INLINE, COZES_BUTTON], ids=["frame", "inline", "cozes-button"]
)


@pytest.fixture
def place():
    return FRAME


@pytest.fixture
def chatting(visitor, alice, make_widget, place):
    """Alice has said something, and types."""
    make_widget(**place)
    visitor.log_in(alice)
    visitor.visit()
    visitor.open_chat()
    visitor.say("apples for alice")
    visitor.input.fill("half a sentence")
    return visitor


def asked_for_sessions(visitor):
    asked = visitor.asked(of=visitor.site_url)
    return len([path for path in asked if path.endswith("/session/")])


def mounts(coze):
    """How often the chat has asked for what was said before."""
    asked = [one["path"] for one in coze.requests]
    return len([path for path in asked if path.endswith("/message/list")])


def go_away(visitor):
    visitor.page.evaluate(
        "addEventListener('pageshow', (event) => { window.kept = event.persisted })"
    )
    visitor.visit("/zh/")


def come_back(visitor):
    """`page.go_back()` would wait for a load that does not come."""
    visitor.page.evaluate("history.back()")
    expect(visitor.page.locator("html[lang=en]")).to_be_attached()
    assert visitor.page.evaluate("window.kept")


def wait_to_see(visitor, is_right):
    seen = []

    def look():
        seen.append(visitor.page.evaluate(LOOK))
        return is_right(seen[-1])

    wait_until(look, pause=lambda: visitor.page.wait_for_timeout(20))
    return seen[-1]


def names_at(coze):
    chats = [one["body"] for one in coze.requests if one["path"].endswith("/chat")]
    return {body["user_id"] for body in chats if body}  # a preflight has none


def let_bob_wait(coze):
    """The site has no token for him yet."""
    coze.add_fault("/api/permission/oauth2/token", latency_ms=1000)


def expect_words_of_nobody(visitor):
    """Neither on the screen nor for Tab and screen readers."""
    expect(visitor.sign).to_contain_text("Connecting")
    expect(visitor.transcript).not_to_be_visible()
    expect(visitor.input).not_to_be_visible()


def expect_a_chat_of_bobs(visitor):
    expect(visitor.input).to_be_visible()
    expect(visitor.sign).to_have_count(0)
    expect(visitor.input).to_have_value("")
    visitor.say("bananas for bob")
    expect(visitor.transcript).not_to_contain_text("apples")


@everywhere
def test_back_to_the_page_of_somebody_else(chatting, bob, coze):
    go_away(chatting)
    chatting.log_in(bob)
    let_bob_wait(coze)

    come_back(chatting)
    covered = chatting.page.evaluate(LOOK)
    assert "Connecting" in covered["sentence"]
    assert covered["draft"] is None

    wait_to_see(chatting, lambda seen: seen["draft"] == "")
    chatting.page.keyboard.type("bananas for bob")
    chatting.page.keyboard.press("Enter")
    answer = 'You said: "bananas for bob"'
    seen = wait_to_see(chatting, lambda seen: answer in seen["words"])
    assert "apples" not in seen["words"]
    assert len(names_at(coze)) == 2


@everywhere
def test_back_to_ones_own_page(chatting, coze):
    before, mounted = chatting.page.evaluate(LOOK), mounts(coze)

    go_away(chatting)
    come_back(chatting)

    seen = wait_to_see(chatting, lambda seen: not seen["sentence"])
    assert seen["draft"] == "half a sentence"
    assert "apples for alice" in seen["words"]
    assert seen["asked"] == before["asked"] + 1
    assert mounts(coze) == mounted


@everywhere
def test_the_person_changes_in_another_tab(chatting, bob, coze):
    chatting.set_hidden(True)
    chatting.log_in(bob)
    let_bob_wait(coze)

    chatting.set_hidden(False)
    expect_words_of_nobody(chatting)

    expect_a_chat_of_bobs(chatting)


def test_somebody_logs_out_in_another_tab(chatting):
    chatting.set_hidden(True)
    chatting.log_out()

    chatting.set_hidden(False)

    expect(chatting.sign).to_contain_text("Please log in to chat.")
    expect(chatting.input).to_have_count(0)


def test_who_logs_in_in_another_tab_need_not_ask_again(chatting, bob):
    chatting.set_hidden(True)
    chatting.log_out()
    chatting.set_hidden(False)
    expect(chatting.sign).to_contain_text("Please log in to chat.")
    chatting.set_hidden(True)
    chatting.log_in(bob)

    chatting.set_hidden(False)

    expect_a_chat_of_bobs(chatting)


@everywhere
def test_a_tab_that_was_hidden_asks_once_and_keeps_the_draft(chatting, coze):
    before, mounted = asked_for_sessions(chatting), mounts(coze)

    chatting.set_hidden(True)
    chatting.set_hidden(False)
    chatting.set_focused(True)

    expect(chatting.input).to_be_visible()
    expect(chatting.sign).to_have_count(0)
    expect(chatting.input).to_have_value("half a sentence")
    expect(chatting.input).to_be_focused()
    assert asked_for_sessions(chatting) == before + 1
    assert mounts(coze) == mounted


def test_the_person_changes_in_another_window(chatting, bob):
    chatting.page.clock.install()
    chatting.set_focused(False)
    chatting.page.clock.run_for(10)
    chatting.log_in(bob)
    chatting.page.clock.fast_forward(20_000)

    chatting.set_focused(True)

    expect(chatting.transcript).not_to_contain_text("apples")
    expect_a_chat_of_bobs(chatting)


def test_a_chat_that_opened_without_the_focus_is_one_that_was_left(chatting, bob):
    chatting.close_chat()
    chatting.page.clock.install()
    chatting.set_focused(False)
    chatting.page.clock.run_for(10)
    chatting.page.evaluate("CozeWidget.open('support')")
    # Until it has been asked who is there; the clock would end that.
    expect(chatting.cover).to_be_hidden()
    expect(chatting.transcript).to_contain_text("apples")
    chatting.log_in(bob)
    chatting.page.clock.fast_forward(20_000)

    chatting.set_focused(True)

    expect(chatting.transcript).not_to_contain_text("apples")
    expect_a_chat_of_bobs(chatting)


def test_a_step_between_page_and_chat_asks_nobody(chatting):
    before = asked_for_sessions(chatting)
    chatting.page.clock.install()
    button = chatting.page.get_by_role("button", name="Basket")

    button.focus()
    chatting.page.clock.run_for(20_000)
    chatting.input.focus()

    expect(chatting.sign).to_have_count(0)
    assert asked_for_sessions(chatting) == before


def test_a_closed_chat_asks_nobody(chatting):
    chatting.close_chat()
    before = asked_for_sessions(chatting)

    chatting.set_hidden(True)
    chatting.set_hidden(False)
    chatting.page.wait_for_timeout(100)

    assert asked_for_sessions(chatting) == before


def test_what_cannot_be_asked_stays_covered(chatting, bob):
    chatting.set_hidden(True)
    chatting.log_in(bob)
    chatting.context.route(SESSION, lambda route: route.abort())

    chatting.set_hidden(False)

    expect(chatting.sign).to_contain_text("not available right now.")
    expect(chatting.input).not_to_be_visible()
    chatting.context.unroute(SESSION)
    chatting.sign.get_by_role("button", name="Try again").click()
    expect_a_chat_of_bobs(chatting)


@everywhere
def test_a_covered_chat_can_be_closed(chatting):
    chatting.set_hidden(True)
    chatting.context.route(SESSION, lambda route: route.abort())
    chatting.set_hidden(False)
    expect(chatting.sign).to_contain_text("not available right now.")

    chatting.sign.get_by_role("button", name="Close chat").click()
    expect(chatting.sign).not_to_be_visible()
    chatting.context.unroute(SESSION)
    chatting.open_chat()

    expect(chatting.transcript).to_contain_text("apples for alice")
