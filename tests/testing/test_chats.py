from __future__ import annotations

import pytest
import requests
from django.test import Client

from coze_widget.testing.assertions import assert_isolated, assert_said
from coze_widget.testing.chats import Message

pytestmark = pytest.mark.django_db


def test_somebody_says_something_and_finds_it_again(either_mode, coze_chat, alice):
    chat = coze_chat(alice)

    reply = chat.say("hello")

    assert 'You said: "hello"' in reply
    assert chat.history() == [Message("user", "hello"), Message("assistant", reply)]
    assert_said(coze_chat(alice), "hello")


def test_the_whole_of_a_chinese_reply_arrives(coze_chat, alice):
    assert "你说：“你好”" in coze_chat(alice).say("你好")


def test_start_parameters_are_sent(either_mode, coze_chat, alice):
    either_mode.parameters = {"season": "spring"}

    assert '{"season": "spring"}' in coze_chat(alice).say("hello")


def test_nothing_was_said_before(coze_chat, alice):
    assert coze_chat(alice).history() == []


def test_two_people_are_isolated(either_mode, coze_chat, alice, bob):
    assert_isolated(coze_chat(alice), coze_chat(bob))


def test_two_guests_are_isolated_and_one_is_known_again(guests, coze_chat):
    client = Client()
    guest = coze_chat(client)

    assert_isolated(guest, coze_chat())

    assert coze_chat(client).session_name == guest.session_name


def test_one_person_is_not_isolated_from_themselves(coze_chat, alice):
    with pytest.raises(AssertionError, match="are the same person to Coze"):
        assert_isolated(coze_chat(alice), coze_chat(alice))


def test_a_site_that_hands_out_one_token_is_found_out(coze_chat, alice, bob):
    first, second = coze_chat(alice), coze_chat(bob)
    second.session["token"] = first.session["token"]

    with pytest.raises(AssertionError, match="share one token"):
        assert_isolated(first, second)


def test_a_shared_history_is_found_out(coze, coze_chat, alice, bob):
    """As with tokens that carry no session_name."""
    first, second = coze_chat(alice), coze_chat(bob)
    for chat in (first, second):
        chat.session["token"] = coze.sandbox.issue_token()

    with pytest.raises(AssertionError, match="finds what somebody else has said"):
        assert_isolated(first, second)


def test_a_readable_conversation_is_found_out(coze, coze_chat, alice, bob, monkeypatch):
    first, second = coze_chat(alice), coze_chat(bob)
    monkeypatch.setattr(type(first), "read_conversation", lambda chat, id_: [])
    monkeypatch.setattr("coze_widget.testing.assertions.assert_said", lambda *_: None)

    with pytest.raises(AssertionError, match="can read somebody else's conversation"):
        assert_isolated(first, second)


def test_what_was_not_said_is_named_with_what_was(coze_chat, alice):
    chat = coze_chat(alice)
    chat.say("hello")

    with pytest.raises(AssertionError, match=r"no message with 'goodbye'.*'hello'"):
        assert_said(chat, "goodbye")


def test_a_long_history_is_read_to_its_end(coze, coze_chat, alice):
    chat = coze_chat(alice)
    for number in range(27):
        chat.say(f"message {number}")

    texts = [message.text for message in chat.history() if message.role == "user"]

    assert texts == [f"message {number}" for number in range(27)]


def test_many_conversations_are_read_oldest_first(coze, coze_chat, alice):
    chat = coze_chat(alice)
    chat.say("oldest")
    for _ in range(51):
        requests.post(
            f"{coze.url}/v1/conversation/create",
            json={"bot_id": coze.bot_id, "connector_id": "999"},
            headers={"Authorization": f"Bearer {chat.session['token']}"},
            timeout=5,
        )
    chat.say("newest")

    assert len(chat.conversation_ids()) == 52
    assert [message.text for message in chat.history()][::2] == ["oldest", "newest"]


def test_nothing_that_is_shown_of_a_chat_is_a_token(coze_chat, alice):
    chat = coze_chat(alice)

    assert repr(chat) == f"<Chat with coze-test as {chat.session_name[:8]}>"
