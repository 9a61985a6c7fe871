from __future__ import annotations

import threading
import time

import pytest

from coze_widget.sandbox.access_tokens import Owner
from coze_widget.sandbox.answer import Answer
from coze_widget.sandbox.conversations import Chat, Conversation
from coze_widget.sandbox.replies import Reply
from tests.sandbox.caller import (
    APP,
    BOT,
    UNPUBLISHED_BOT,
    WORKFLOW,
    find_answer,
    parse_event,
    read_events,
    say,
)


def names(events):
    return [event for event, _ in events]


class Listener:
    """Reads an answer as it comes."""

    def __init__(self, response):
        self.response = response
        self.lines = response.iter_lines(chunk_size=1, decode_unicode=True)

    def take(self, count):
        return [self.next() for _ in range(count)]

    def next(self):
        first, second = (self.next_line() for _ in range(2))
        return parse_event(f"{first}\n{second}")

    def next_line(self):
        return next(line for line in self.lines if line)

    def rest(self):
        return [line for line in self.lines if line]

    def leave(self):
        self.response.close()


@pytest.fixture
def listen(alice):
    """Alice says something and listens; she leaves at the end."""
    listeners = []

    def listen(conversation, text):
        listeners.append(Listener(alice.chat(conversation["id"], text)))
        return listeners[-1]

    yield listen
    for listener in listeners:
        listener.leave()


def test_an_answer_comes_in_pieces(alice):
    events = alice.talk(alice.begin()["id"], "Good morning")

    deltas = [data for event, data in events if event == "conversation.message.delta"]
    assert names(events)[:2] == [
        "conversation.chat.created",
        "conversation.chat.in_progress",
    ]
    assert len(deltas) > 3
    assert "".join(delta["content"] for delta in deltas) == find_answer(events)
    assert len({delta["id"] for delta in deltas}) == 1
    assert events[-1] == ("done", "[DONE]")


def test_an_answer_ends_with_suggestions_and_the_finish(alice):
    events = alice.talk(alice.begin()["id"], "Good morning")

    completed = [
        data["type"]
        for event, data in events
        if event == "conversation.message.completed"
    ]
    assert completed == ["answer", "follow_up", "follow_up", "follow_up", "verbose"]
    assert names(events)[-2] == "conversation.chat.completed"
    assert events[-2][1]["status"] == "completed"
    assert events[-2][1]["completed_at"]


def test_the_bot_repeats_and_counts(alice):
    conversation = alice.begin()

    first = find_answer(alice.talk(conversation["id"], "Good morning"))
    second = find_answer(alice.talk(conversation["id"], "你好"))

    assert first == 'You said: "Good morning"\nThis is message 1 of our conversation.'
    assert second == "你说：“你好”\n这是本次会话的第 2 条消息。"


def test_an_answer_really_streams(alice, listen):
    began = time.monotonic()

    events = listen(alice.begin(), "/slow").take(4)

    assert names(events)[2:] == ["conversation.message.delta"] * 2
    assert time.monotonic() - began < 3  # the whole takes eight seconds and more


def test_histories_are_told_apart_by_session_name(alice, bob):
    conversation = alice.begin()
    alice.talk(conversation["id"], "A secret")

    answer = bob.chat(conversation["id"], "Tell me").json()

    assert answer["code"] == 4002
    assert len(alice.history(conversation["id"])["data"]) == 2


def test_a_chat_without_a_conversation_begins_one(alice):
    [(_, chat), *_] = alice.talk(None, "Hello")

    assert len(alice.history(chat["conversation_id"])["data"]) == 2


def test_a_conversation_of_another_channel_is_refused(alice):
    conversation = alice.begin(connector_id="1024")

    assert alice.chat(conversation["id"], "Hello").json()["code"] == 4002


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"bot_id": "1"}, 4006),
        ({"bot_id": UNPUBLISHED_BOT}, 4015),
        ({"user_id": ""}, 4000),
        ({"parameters": "text"}, 4000),
        ({"additional_messages": [say("")]}, 4005),
        ({"stream": False, "auto_save_history": False}, 4007),
    ],
)
def test_a_wrong_chat_is_refused(alice, fields, code):
    conversation = alice.begin()

    assert alice.chat(conversation["id"], "Hello", **fields).json()["code"] == code


def test_a_refused_chat_leaves_nothing_behind(alice):
    conversation = alice.begin()

    alice.chat(conversation["id"], "Hello", parameters="text").close()

    assert alice.history(conversation["id"])["data"] == []
    assert names(alice.talk(conversation["id"], "Hello"))[-1] == "done"


def test_only_one_chat_runs_in_a_conversation(alice, listen):
    conversation = alice.begin()
    listen(conversation, "/slow").take(1)

    assert alice.chat(conversation["id"], "And now?").json()["code"] == 4016


def cancel(caller, chat):
    body = {"conversation_id": chat["conversation_id"], "chat_id": chat["id"]}
    return caller.ask("POST", "/v3/chat/cancel", json=body)


def test_an_answer_is_stopped(alice, listen):
    conversation = alice.begin()
    listener = listen(conversation, "/slow")
    [(_, chat), *_] = listener.take(4)

    answer = cancel(alice, chat)

    rest = listener.rest()
    assert answer["data"]["status"] == "canceled"
    assert rest[-2:] == ["event:done", 'data:"[DONE]"']
    assert "event:conversation.chat.completed" not in rest
    assert alice.history(conversation["id"])["data"][0]["content"].startswith("I ")
    assert cancel(alice, chat)["code"] == 4104


def test_an_answer_is_stopped_before_its_first_word(alice, listen):
    conversation = alice.begin()
    listener = listen(conversation, "/slow")
    [(_, chat)] = listener.take(1)

    cancel(alice, chat)

    assert "event:conversation.message.delta" not in listener.rest()
    page = alice.history(conversation["id"])
    assert [message["role"] for message in page["data"]] == ["user"]


def test_a_chat_that_is_stopped_at_once_stays_stopped(sandbox):
    conversation = Conversation(Owner("1", "alice"), BOT, "999")
    chat = Chat(conversation.id, BOT)
    events = Answer(sandbox.state, conversation, chat, Reply("Hello")).stream()
    next(events)

    chat.status = "canceled"

    assert "".join(event.decode() for event in events).count("event:") == 2
    assert chat.status == "canceled"


@pytest.mark.parametrize("chat_id", ["", "1"])
def test_an_unknown_chat_cannot_be_stopped(alice, chat_id):
    chat = {"conversation_id": alice.begin()["id"], "id": chat_id}

    assert cancel(alice, chat)["code"] == 4001


def test_an_answer_runs_on_when_nobody_listens(alice, listen):
    conversation = alice.begin()
    listener = listen(conversation, "/long")
    listener.take(3)

    listener.leave()

    assert wait_for_answer(alice, conversation["id"]).count("\n") == 11


def wait_for_answer(caller, conversation_id):
    for _ in range(200):
        [last, *_] = caller.history(conversation_id)["data"]
        if last["type"] == "answer":
            return last["content"]
        threading.Event().wait(0.02)
    raise AssertionError("no answer came")  # pragma: no cover - the failure itself


def test_a_tool_is_called_first(alice):
    conversation = alice.begin()

    events = alice.talk(conversation["id"], "/tool What time is it?")

    completed = [
        data["type"]
        for event, data in events
        if event == "conversation.message.completed"
    ]
    assert completed[:3] == ["function_call", "tool_response", "answer"]
    assert find_answer(events).startswith("The tool says: 12:00.")
    assert len(alice.history(conversation["id"])["data"]) == 4


def test_an_answer_fails(alice):
    events = alice.talk(alice.begin()["id"], "/fail")

    assert names(events)[-2:] == ["conversation.chat.failed", "done"]
    assert events[-2][1]["last_error"] == {"code": 5000, "msg": "Internal error."}


def test_an_answer_breaks_off(alice):
    conversation = alice.begin()

    events = alice.talk(conversation["id"], "/error")

    assert names(events)[-2:] == ["error", "done"]
    assert events[-2][1] == {"code": 5000, "msg": "Internal error."}
    assert names(alice.talk(conversation["id"], "Again"))[-1] == "done"


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        ("/help", "I am a stand-in for a Coze bot."),
        ("你能做什么？", "我是 Coze 智能体的替身"),
        ("Who can see this chat?", "Only you."),
        ("谁能看到这段对话？", "只有你自己。"),
    ],
)
def test_the_bot_answers_about_itself(alice, text, beginning):
    answer = find_answer(alice.talk(alice.begin()["id"], text))

    assert answer.startswith(beginning)


def test_without_a_session_name_the_bot_says_that_all_share(sandbox, alice):
    token = sandbox.issue_token(prefix="pat_")
    alice.session.headers["Authorization"] = f"Bearer {token}"

    answer = find_answer(alice.talk(alice.begin()["id"], "Who can see this chat?"))

    assert answer.startswith("Everybody who chats here")


def test_parameters_are_quoted(alice):
    events = alice.talk(alice.begin()["id"], "Hello", parameters={"city": "巴黎"})

    assert find_answer(events).startswith('Start parameters: {"city": "巴黎"}\n')


def test_files_are_named(alice, sandbox):
    file = alice.ask("POST", "/v1/files/upload", files={"file": ("a.txt", b"a")})
    parts = (
        f'[{{"type": "file", "file_id": "{file["data"]["id"]}"}},'
        '{"type": "image", "file_id": "1"}, {"type": "text", "text": "See"}]'
    )
    conversation = alice.begin()

    events = alice.talk(
        conversation["id"],
        "",
        additional_messages=[say(parts, "object_string")],
    )

    assert find_answer(events).startswith('Files received: a.txt, ?\nYou said: "See"')
    assert '"name": "a.txt"' in alice.history(conversation["id"])["data"][1]["content"]


def test_a_chat_without_a_message_is_answered(alice):
    events = alice.talk(alice.begin()["id"], "", additional_messages=[])

    assert find_answer(events).startswith('You said: "(no text)"')


def test_without_a_stream_the_caller_polls(alice):
    conversation = alice.begin()
    chat = alice.chat(conversation["id"], "Hello", stream=False).json()["data"]
    query = {"conversation_id": conversation["id"], "chat_id": chat["id"]}

    now = alice.ask("GET", "/v3/chat/retrieve", params=query)["data"]
    messages = alice.ask("GET", "/v3/chat/message/list", params=query)["data"]

    assert chat["status"] == "in_progress"
    assert now["status"] == "completed"
    assert [message["type"] for message in messages] == ["answer"]


def chat_with_app(caller, **fields):
    body = {
        "app_id": APP,
        "workflow_id": WORKFLOW,
        "connector_id": "999",
        "additional_messages": [say("Hello")],
        "parameters": {"city": "Paris"},
        "ext": {"user_id": "somebody"},
        **fields,
    }
    return caller.send("POST", "/v1/workflows/chat", json=body, stream=True)


def test_an_app_quotes_its_start_parameters(alice):
    events = read_events(chat_with_app(alice))

    assert find_answer(events).startswith('Start parameters: {"city": "Paris"}')
    assert events[-1] == ("done", {"debug_url": ""})


def test_an_app_goes_on_in_its_default_conversation(alice, bob):
    [(_, first), *_] = read_events(chat_with_app(alice))
    [(_, second), *_] = read_events(chat_with_app(alice))
    [(_, stranger), *_] = read_events(chat_with_app(bob))

    assert second["conversation_id"] == first["conversation_id"]
    assert stranger["conversation_id"] != first["conversation_id"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"app_id": BOT}, 4200),
        ({"workflow_id": "1"}, 4200),
        ({"conversation_id": "1"}, 4002),
        ({"parameters": []}, 4000),
    ],
)
def test_a_wrong_chat_with_an_app_is_refused(alice, fields, code):
    assert chat_with_app(alice, **fields).json()["code"] == code
