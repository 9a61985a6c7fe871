from __future__ import annotations

import pytest

from tests.sandbox.caller import say


@pytest.fixture
def conversation(alice):
    """Seven questions, numbered."""
    return alice.begin(messages=[say(str(number)) for number in range(1, 8)])


def read(page):
    return [int(message["content"]) for message in page["data"]]


def test_history_comes_newest_first(alice, conversation):
    page = alice.history(conversation["id"])

    assert read(page) == [7, 6, 5, 4, 3, 2, 1]
    assert page["has_more"] is False
    assert page["first_id"] == page["data"][0]["id"]
    assert page["last_id"] == page["data"][-1]["id"]


def test_older_messages_stand_after_the_last_id(alice, conversation):
    page = alice.history(conversation["id"], limit=3)
    older = alice.history(conversation["id"], limit=3, after_id=page["last_id"])
    oldest = alice.history(conversation["id"], limit=3, after_id=older["last_id"])

    assert (read(page), page["has_more"]) == ([7, 6, 5], True)
    assert (read(older), older["has_more"]) == ([4, 3, 2], True)
    assert (read(oldest), oldest["has_more"]) == ([1], False)


def test_newer_messages_stand_before_an_id(alice, conversation):
    messages = alice.history(conversation["id"])["data"]

    page = alice.history(conversation["id"], limit=2, before_id=messages[3]["id"])
    rest = alice.history(conversation["id"], limit=5, before_id=messages[3]["id"])

    assert (read(page), page["has_more"]) == ([6, 5], True)
    assert (read(rest), rest["has_more"]) == ([7, 6, 5], False)


def test_history_can_be_read_from_the_beginning(alice, conversation):
    page = alice.history(conversation["id"], order="asc", limit=2)

    assert read(page) == [1, 2]


def test_the_history_of_one_chat(alice):
    conversation = alice.begin()
    alice.talk(conversation["id"], "one")
    [(_, chat), *_] = alice.talk(conversation["id"], "two")

    page = alice.history(conversation["id"], chat_id=chat["id"])

    assert [message["role"] for message in page["data"]] == ["assistant", "user"]
    assert page["data"][1]["content"] == "two"


def test_an_empty_history_has_no_ids(alice):
    page = alice.history(alice.begin()["id"])

    assert (page["data"], page["first_id"], page["last_id"]) == ([], "", "")
    assert page["has_more"] is False


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 51},
        {"limit": -1},
        {"limit": "many"},
        {"order": "random"},
        {"after_id": "1"},
        {"before_id": "1"},
    ],
)
def test_a_wrong_page_is_refused(alice, conversation, body):
    assert alice.history(conversation["id"], **body)["code"] == 4000


def test_a_message_is_deleted(alice, conversation):
    [last, *_] = alice.history(conversation["id"])["data"]
    path = "/v1/conversation/message/delete"
    query = {"conversation_id": conversation["id"], "message_id": last["id"]}

    assert alice.ask("POST", path, params=query)["data"]["id"] == last["id"]
    assert alice.ask("POST", path, params=query)["code"] == 4200
    assert read(alice.history(conversation["id"])) == [6, 5, 4, 3, 2, 1]


@pytest.fixture
def feedback(alice):
    """Sends feedback on the bot's first answer."""
    conversation = alice.begin()
    alice.talk(conversation["id"], "Hello")
    answer, question = alice.history(conversation["id"])["data"]
    path = f"/v1/conversations/{conversation['id']}/messages/"

    def send(method="POST", *, about=answer, **body):
        return alice.ask(method, f"{path}{about['id']}/feedback", json=body)["code"]

    send.question = question
    return send


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"feedback_type": "like"}, 0),
        ({"feedback_type": "unlike", "comment": "x" * 250}, 0),
        ({"feedback_type": "unlike", "reason_types": ["x" * 30] * 10}, 0),
        ({"feedback_type": "unlike", "reason_types": None, "comment": None}, 0),
        ({"feedback_type": "love"}, 4000),
        ({}, 4000),
        ({"feedback_type": "like", "comment": "x" * 251}, 4000),
        ({"feedback_type": "like", "comment": ["x"]}, 4000),
        ({"feedback_type": "like", "reason_types": ["x"] * 11}, 4000),
        ({"feedback_type": "like", "reason_types": ["x" * 31]}, 4000),
        ({"feedback_type": "like", "reason_types": "x"}, 4000),
    ],
)
def test_feedback_has_limits(feedback, body, code):
    assert feedback(**body) == code


def test_feedback_is_withdrawn(feedback):
    feedback(feedback_type="like")

    assert feedback("DELETE") == 0


def test_feedback_is_about_answers(feedback):
    assert feedback(about=feedback.question, feedback_type="like") == 4000
    assert feedback(about={"id": "1"}, feedback_type="like") == 4200
