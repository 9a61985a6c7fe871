"""Assertions on chats and pages, for any test runner."""

from __future__ import annotations

import secrets
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse

from coze_widget.models import Widget
from coze_widget.testing.chats import Chat, ChatFailed
from coze_widget.testing.pages import find_islands
from coze_widget.testing.sessions import Refused, fetch_session

# What test clients return, or a page's text, as of Playwright's `page.content()`.
Page = HttpResponse | StreamingHttpResponse | str


def assert_isolated(one: Chat, other: Chat) -> None:
    """Both say something; each finds their own words and nothing of the other."""
    __tracebackhide__ = True
    if one.session_name == other.session_name:
        raise AssertionError(f"{one!r} and {other!r} are the same person to Coze.")
    if one.session["token"] == other.session["token"]:
        raise AssertionError(f"{one!r} and {other!r} share one token.")
    words = {one: secrets.token_hex(8), other: secrets.token_hex(8)}
    for chat, word in words.items():
        chat.say(word)
    for chat, stranger in ((one, other), (other, one)):
        assert_said(chat, words[chat])
        _assert_never_said(chat, words[stranger])
        _assert_cannot_read(chat, stranger.conversation_ids())


def assert_said(chat: Chat, text: str) -> None:
    """Somebody who opens this chat finds the text in a message, theirs or the bot's."""
    __tracebackhide__ = True
    if not _finds(chat, text):
        said = [message.text for message in chat.history()]
        raise AssertionError(f"{chat!r} has no message with {text!r}; it has {said!r}.")


def assert_refused(who: Any, code: str, *, widget: Widget, at: str = "") -> None:
    """Opening the chat ends with this code of the session view: "login_required", …"""
    __tracebackhide__ = True
    try:
        fetch_session(who, widget, at=at)
    except Refused as refused:
        if refused.code != code:
            raise AssertionError(f"{refused}; expected is {code}.") from None
    else:
        raise AssertionError(f"The chat was opened; expected is {code}.")


def assert_widget(page: Page, slug: str = "") -> dict[str, Any]:
    """The page holds this widget, or any; return what it tells the widget's script."""
    __tracebackhide__ = True
    islands = find_islands(_read_html(page))
    if slug not in islands and (slug or not islands):
        wanted = f"the widget “{slug}”" if slug else "a widget"
        raise AssertionError(f"The page lacks {wanted}; it has {_list(islands)}.")
    return islands[slug or next(iter(islands))]


def assert_no_widget(page: Page) -> None:
    __tracebackhide__ = True
    islands = find_islands(_read_html(page))
    if islands:
        raise AssertionError(f"The page has {_list(islands)}.")


def _finds(chat: Chat, text: str) -> bool:
    return any(text in message.text for message in chat.history())


def _assert_never_said(chat: Chat, text: str) -> None:
    if _finds(chat, text):
        raise AssertionError(f"{chat!r} finds what somebody else has said.")


def _assert_cannot_read(chat: Chat, conversation_ids: list[str]) -> None:
    """Whoever guesses the id of somebody else's conversation learns nothing."""
    for conversation_id in conversation_ids:
        try:
            chat.read_conversation(conversation_id)
        except ChatFailed:
            continue
        raise AssertionError(f"{chat!r} can read somebody else's conversation.")


def _list(islands: dict[str, Any]) -> str:
    return ", ".join(f"“{slug}”" for slug in islands) or "none"


def _read_html(page: Page) -> str:
    """Refuse what is no page: a redirect to the login holds no widget either."""
    if isinstance(page, str):
        return page
    kind = page.headers.get("Content-Type", "")
    if page.status_code // 100 == 3 or not kind.startswith("text/html"):
        raise AssertionError(f"This is no page: {page.status_code} {kind}".rstrip())
    return page.getvalue().decode(page.charset)
