from __future__ import annotations

import pytest

from tests.sandbox.caller import APP, BOT, UNPUBLISHED_BOT, WORKFLOW, say


def list_conversations(caller, **query):
    query = {"bot_id": BOT, "connector_id": "999", **query}
    return caller.ask("GET", "/v1/conversations", params=query)


def list_ids(caller, **query):
    listed = list_conversations(caller, **query)["data"]["conversations"]
    return [item["id"] for item in listed]


def test_a_conversation_begins_with_its_name_and_messages(alice):
    conversation = alice.begin(
        name="Breakfast", messages=[say("Hello")], meta_data={"page": "home"}
    )

    [message] = alice.history(conversation["id"])["data"]
    assert conversation["name"] == "Breakfast"
    assert conversation["meta_data"] == {"page": "home"}
    assert conversation["connector_id"] == "999"
    assert conversation["last_section_id"] == message["section_id"]
    assert (message["type"], message["content"]) == ("question", "Hello")


def test_ids_are_beyond_the_numbers_of_javascript(alice):
    assert int(alice.begin()["id"]) > 2**53


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"bot_id": "1"}, 4006),
        ({"bot_id": None}, 4006),
        ({"name": "x" * 101}, 4000),
        ({"name": 5}, 4000),
        ({"meta_data": "text"}, 4000),
        ({"meta_data": {str(n): "x" for n in range(17)}}, 4003),
        ({"meta_data": {"k" * 65: "x"}}, 4003),
        ({"meta_data": {"": "x"}}, 4003),
        ({"meta_data": {"key": "x" * 513}}, 4003),
        ({"messages": "text"}, 4000),
        ({"messages": ["text"]}, 4000),
        ({"messages": [{"role": "system", "content": "x"}]}, 4000),
        ({"messages": [say("")]}, 4005),
        ({"messages": [{"role": "user", "content": 5}]}, 4005),
        ({"messages": [say("x", "card")]}, 4005),
        ({"messages": [say("no json", "object_string")]}, 4005),
        ({"messages": [say("{}", "object_string")]}, 4005),
        ({"messages": [say("[5]", "object_string")]}, 4005),
        ({"messages": [say("x")] * 101}, 4004),
    ],
)
def test_a_wrong_conversation_is_refused(alice, fields, code):
    body = {"bot_id": BOT, "connector_id": "999", **fields}

    answer = alice.ask("POST", "/v1/conversation/create", json=body)

    assert answer["code"] == code
    assert list_ids(alice) == []


def test_a_name_of_100_characters_is_accepted(alice):
    assert alice.begin(name="好" * 100)["name"] == "好" * 100


def test_conversations_are_listed_newest_first_and_page_by_page(alice):
    first, second, third = (alice.begin()["id"] for _ in range(3))

    page = list_conversations(alice, page_num="1", page_size="2")["data"]

    assert [item["id"] for item in page["conversations"]] == [third, second]
    assert page["has_more"] is True
    assert list_ids(alice, page_num="2", page_size="2") == [first]
    assert list_ids(alice, sort_order="ASC") == [first, second, third]


def test_conversations_can_be_sorted_by_their_last_use(alice, sandbox):
    first, second = alice.begin()["id"], alice.begin()["id"]
    owner = sandbox.state.tokens.find(
        alice.session.headers["Authorization"].removeprefix("Bearer "),
        now=sandbox.state.now(),
    ).owner
    sandbox.state.conversations.find(second, owner=owner).updated_at -= 60

    assert list_ids(alice, sort_field="updated_at") == [first, second]
    assert list_ids(alice) == [second, first]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"bot_id": ""}, 4000),
        ({"bot_id": "1"}, 4006),
        ({"bot_id": UNPUBLISHED_BOT}, 0),
        ({"page_size": "0"}, 4000),
        ({"page_size": "51"}, 4000),
        ({"sort_order": "random"}, 4000),
        ({"sort_field": "name"}, 4000),
    ],
)
def test_a_wrong_list_is_refused(alice, query, code):
    assert list_conversations(alice, **query)["code"] == code


def test_channels_have_conversations_of_their_own(alice):
    api = alice.begin(connector_id=None)

    assert list_ids(alice) == []
    assert list_ids(alice, connector_id="1024") == [api["id"]]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/conversation/retrieve?conversation_id={id}"),
        ("PUT", "/v1/conversations/{id}"),
        ("DELETE", "/v1/conversations/{id}"),
        ("POST", "/v1/conversations/{id}/clear"),
        ("POST", "/v1/conversation/message/list?conversation_id={id}"),
        ("POST", "/v1/conversation/message/delete?conversation_id={id}&message_id=1"),
        ("POST", "/v1/conversations/{id}/messages/1/feedback"),
        ("DELETE", "/v1/conversations/{id}/messages/1/feedback"),
        ("GET", "/v3/chat/message/list?conversation_id={id}&chat_id=1"),
    ],
)
def test_somebody_elses_conversation_is_as_good_as_none(alice, bob, method, path):
    conversation = alice.begin()

    theirs = bob.ask(method, path.format(**conversation), json={"name": "mine"})
    unknown = bob.ask(method, path.format(id="1"), json={"name": "mine"})

    for answer in (theirs, unknown):
        del answer["detail"]
    assert theirs == unknown
    assert theirs["code"] == 4002
    assert list_ids(bob) == []
    assert list_ids(alice) == [conversation["id"]]


def test_a_conversation_is_renamed(alice):
    path = f"/v1/conversations/{alice.begin()['id']}"

    assert alice.ask("PUT", path, json={"name": "Lunch"})["data"]["name"] == "Lunch"
    assert alice.ask("PUT", path, json={"name": "x" * 101})["code"] == 4000
    assert alice.ask("PUT", path, data="{")["code"] == 4000


def test_a_conversation_is_deleted(alice):
    conversation = alice.begin()

    answer = alice.ask("DELETE", f"/v1/conversations/{conversation['id']}")

    assert answer["code"] == 0
    assert list_ids(alice) == []
    assert alice.history(conversation["id"])["code"] == 4002


def test_clearing_begins_a_section_and_keeps_the_history(alice):
    conversation = alice.begin(messages=[say("Hello")])
    path = f"/v1/conversations/{conversation['id']}/clear"

    section = alice.ask("POST", path, json={})["data"]

    retrieve = f"/v1/conversation/retrieve?conversation_id={conversation['id']}"
    assert section["conversation_id"] == conversation["id"]
    assert section["id"] != conversation["last_section_id"]
    assert alice.ask("GET", retrieve)["data"]["last_section_id"] == section["id"]
    assert len(alice.history(conversation["id"])["data"]) == 1


def create_in_app(caller, **fields):
    body = {
        "app_id": APP,
        "workflow_id": WORKFLOW,
        "conversation_name": "Default",
        "get_or_create": True,
        "draft_mode": False,
        "connector_id": "999",
        **fields,
    }
    return caller.ask("POST", "/v1/workflow/conversation/create", json=body)


def test_the_conversation_of_an_app_is_found_again_by_its_name(alice, bob):
    first = create_in_app(alice)["data"]["id"]

    assert create_in_app(alice)["data"]["id"] == first
    assert create_in_app(alice, conversation_name="Other")["data"]["id"] != first
    assert create_in_app(bob)["data"]["id"] != first


def test_a_new_one_of_the_same_name_takes_its_place(alice):
    first = create_in_app(alice)["data"]["id"]
    second = create_in_app(alice, get_or_create=False)["data"]["id"]

    assert second != first
    assert create_in_app(alice)["data"]["id"] == second


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"app_id": "1"}, 4200),
        ({"workflow_id": None}, 4200),
        ({"conversation_name": ""}, 4000),
        ({"conversation_name": "x" * 101}, 4000),
    ],
)
def test_a_wrong_conversation_of_an_app_is_refused(alice, fields, code):
    assert create_in_app(alice, **fields)["code"] == code
