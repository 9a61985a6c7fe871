"""What the owner of the account at Coze may have brought about."""

from __future__ import annotations

import pytest
import requests

from coze_widget.sandbox.routes import PERMISSIONS
from tests.sandbox.caller import APP, BOT, WORKFLOW, WORKSPACE

FAULTY_CALLS = [
    ("Bot.chat", "POST", "/v3/chat"),
    ("Bot.getMetadata", "GET", "/v1/bots/1"),
    ("Conversation.createConversation", "POST", "/v1/conversation/create"),
    ("Conversation.editConversation", "DELETE", "/v1/conversations/1"),
    ("Workflow.run", "POST", "/v1/workflows/chat"),
    ("Audio.createSpeech", "POST", "/v1/audio/speech"),
]


@pytest.mark.parametrize(("permission", "method", "path"), FAULTY_CALLS)
def test_a_permission_is_looked_at_before_the_arguments(
    sandbox, alice, permission, method, path
):
    before = alice.ask(method, path)["code"]

    sandbox.withhold(permission)

    refusal = alice.ask(method, path)
    assert before not in (0, 4101)
    assert (refusal["code"], refusal["msg"]) == (
        4101,
        f"The token lacks the permission {permission}.",
    )
    assert refusal["detail"]["logid"]


def test_who_one_is_needs_no_permission(sandbox, alice):
    sandbox.withhold(*PERMISSIONS)

    assert alice.ask("GET", "/v1/users/me")["code"] == 0


def test_what_is_withheld_adds_up_and_leaves_the_rest(sandbox, alice):
    sandbox.withhold("Bot.chat")
    sandbox.withhold("Bot.getMetadata")

    assert alice.ask("POST", "/v3/chat")["code"] == 4101
    assert alice.ask("GET", f"/v1/bots/{BOT}")["code"] == 4101
    assert alice.ask("GET", "/v1/conversations", params={"bot_id": BOT})["code"] == 0


def test_an_unbound_bot_neither_opens_nor_chats(sandbox, alice):
    sandbox.unbind(BOT)

    assert alice.ask("GET", f"/v1/bots/{BOT}")["code"] == 702242003
    assert alice.chat("", "Hello").json()["code"] == 702242003


def test_an_unbound_app_does_not_open(sandbox, alice):
    sandbox.unbind(APP)

    assert alice.ask("GET", f"/v1/apps/{APP}")["code"] == 702242003
    assert alice.ask("GET", f"/v1/workflows/{WORKFLOW}")["code"] == 0


@pytest.mark.parametrize(
    ("thing", "path"), [(BOT, "/v1/bots"), (APP, "/v1/apps")], ids=["bot", "app"]
)
def test_what_was_published_to_api_alone_is_in_no_list_of_chat_sdk(
    sandbox, alice, thing, path
):
    def count(connector_id):
        query = {"workspace_id": WORKSPACE, "connector_id": connector_id}
        return alice.ask("GET", path, params=query)["data"]["total"]

    before = count("999")

    sandbox.publish_to_api_alone(thing)

    assert (before, count("999"), count("1024")) == (1, 0, 1)
    assert alice.ask("GET", f"{path}/{thing}")["code"] == 0


@pytest.mark.parametrize(("connector_id", "code"), [("999", 702242003), ("1024", None)])
def test_what_was_published_to_api_alone_does_not_chat_in_chat_sdk(
    sandbox, alice, connector_id, code
):
    sandbox.publish_to_api_alone(BOT)
    sandbox.publish_to_api_alone(APP)

    bot = {"bot_id": BOT, "user_id": "a", "connector_id": connector_id}
    app = {"app_id": APP, "workflow_id": WORKFLOW, "connector_id": connector_id}

    for path, body in (("/v3/chat", bot), ("/v1/workflows/chat", app)):
        response = alice.send("POST", path, json={**body, "stream": True})
        shown = response.json() if code else {}
        assert shown.get("code") == code


def test_mixed_histories_are_everybodys(sandbox, alice, bob):
    sandbox.mix_histories()

    mine = alice.begin()

    found = bob.ask(
        "GET", "/v1/conversations", params={"bot_id": BOT, "connector_id": "999"}
    )
    assert [one["id"] for one in found["data"]["conversations"]] == [mine["id"]]
    assert bob.history(mine["id"])["code"] == 0


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v3/chat", {"bot_id": BOT, "user_id": "a"}),
        ("/v1/workflows/chat", {"app_id": APP, "workflow_id": WORKFLOW}),
    ],
)
def test_without_quota_nobody_chats(sandbox, alice, path, body):
    sandbox.use_up_quota()

    refusal = alice.ask("POST", path, json=body)

    assert (refusal["code"], refusal["msg"]) == (
        4028,
        "Your free quota has been used up.",
    )


def test_a_reset_puts_the_account_in_order(sandbox, alice):
    sandbox.withhold("Bot.chat")
    sandbox.use_up_quota()

    sandbox.reset()

    assert sandbox.state.account.withheld == set()
    assert not sandbox.state.account.is_out_of_quota


def change(sandbox, document):
    return requests.post(f"{sandbox.url}/sandbox/account", json=document, timeout=10)


def test_programs_change_it_over_http(sandbox, alice):
    response = change(
        sandbox, {"withheld": ["Bot.chat"], "unbound": [BOT], "mixes_histories": True}
    )

    assert response.status_code == 200
    assert alice.ask("POST", "/v3/chat")["code"] == 4101
    assert alice.ask("GET", f"/v1/bots/{BOT}")["code"] == 702242003
    assert sandbox.state.account.mixes_histories


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (
            {"witheld": []},
            "witheld is unknown; known are withheld, unbound, api_only, "
            "mixes_histories, is_out_of_quota",
        ),
        ({"mixes_histories": 1}, "mixes_histories must be of type bool"),
        ({"unbound": "x"}, "unbound must be a list of texts"),
        ({"unbound": [1]}, "unbound must be a list of texts"),
    ],
)
def test_a_wrong_wish_is_refused_with_a_sentence(sandbox, document, sentence):
    response = change(sandbox, {"is_out_of_quota": True, **document})

    assert (response.status_code, response.json()) == (400, {"error": sentence})
    assert not sandbox.state.account.is_out_of_quota


def test_a_permission_that_does_not_exist_is_not_withheld(sandbox):
    with pytest.raises(ValueError, match=r"Bot\.talk is no permission; known are App"):
        sandbox.withhold("Bot.talk")
