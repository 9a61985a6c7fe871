"""Bots, the app, its chatflow, the workspace, the account."""

from __future__ import annotations

import pytest

from coze_widget.sandbox.catalogue import BOTS
from tests.sandbox.caller import APP, BOT, UNPUBLISHED_BOT, WORKFLOW, WORKSPACE

UNKNOWN = "7499999999999999999"


def test_a_bot_has_what_the_chat_shows(alice):
    bot = alice.ask("GET", f"/v1/bots/{BOT}")["data"]

    assert (bot["bot_id"], bot["name"]) == (BOT, "Sandbox Bot")
    assert bot["icon_url"].startswith("data:image/svg+xml;base64,")
    assert "{{user_name}}" in bot["onboarding_info"]["prologue"]
    assert len(bot["onboarding_info"]["suggested_questions"]) == 3


def test_a_bot_speaks_the_language_that_is_accepted(alice):
    headers = {"Accept-Language": "zh"}

    bot = alice.ask("GET", f"/v1/bots/{BOT}", headers=headers)["data"]

    assert bot["onboarding_info"]["prologue"].startswith("你好")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"/v1/bots/{UNKNOWN}", 4200),
        (f"/v1/bots/{UNPUBLISHED_BOT}", 4015),
        (f"/v1/bots/{UNPUBLISHED_BOT}?is_published=false", 0),
        (f"/v1/bot/get_online_info?bot_id={BOT}", 0),
        ("/v1/bot/get_online_info", 4200),
        (f"/v1/apps/{APP}?version=&connector_id=999", 0),
        (f"/v1/apps/{UNKNOWN}", 4200),
        (f"/v1/workflows/{WORKFLOW}?connector_id=999&is_debug=false&caller=", 0),
        (f"/v1/workflows/{UNKNOWN}", 4200),
    ],
)
def test_what_is_unknown_or_unpublished_is_refused(alice, path, code):
    assert alice.ask("GET", path)["code"] == code


def test_the_chatflow_has_a_role_for_the_chat(alice):
    data = alice.ask("GET", f"/v1/workflows/{WORKFLOW}")["data"]

    assert data["workflow_detail"]["app_id"] == APP
    assert data["role"]["name"] == "Sandbox App"
    assert data["role"]["avatar"]["image_url"].startswith("data:image/")
    assert "input" not in data


def test_the_chatflow_tells_its_parameters_when_asked(alice):
    path = f"/v1/workflows/{WORKFLOW}?include_input_output=true"

    data = alice.ask("GET", path)["data"]

    assert data["input"]["parameters"]["city"]["type"] == "string"


def list_bots(caller, **query):
    query = {"workspace_id": WORKSPACE, **query}
    return caller.ask("GET", "/v1/bots", params=query)


@pytest.mark.parametrize(
    ("status", "ids"),
    [
        ("all", [BOT, UNPUBLISHED_BOT]),
        ("published_online", [BOT]),
        ("published_draft", [BOT]),
        ("unpublished_draft", [UNPUBLISHED_BOT]),
    ],
)
def test_bots_are_listed_by_their_status(alice, status, ids):
    answer = list_bots(alice, publish_status=status, connector_id="999")

    assert [bot["id"] for bot in answer["data"]["items"]] == ids
    assert answer["data"]["total"] == len(ids)


def test_bots_are_listed_page_by_page(alice):
    answer = list_bots(alice, publish_status="all", page_num="2", page_size="1")

    assert [bot["id"] for bot in answer["data"]["items"]] == [UNPUBLISHED_BOT]
    assert answer["data"]["total"] == len(BOTS)


def test_another_channel_has_no_bots(alice):
    assert list_bots(alice, connector_id="10000122")["data"]["total"] == 0


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"workspace_id": ""}, 4000),
        ({"workspace_id": UNKNOWN}, 4200),
        ({"publish_status": "secret"}, 4000),
        ({"page_num": "0"}, 4000),
        ({"page_num": "one"}, 4000),
        ({"page_size": "51"}, 4000),
    ],
)
def test_a_wrong_list_of_bots_is_refused(alice, query, code):
    assert list_bots(alice, **query)["code"] == code


def test_apps_and_chatflows_are_listed(alice):
    query = {"workspace_id": WORKSPACE}

    apps = alice.ask("GET", "/v1/apps", params=query)["data"]
    flows = alice.ask("GET", "/v1/workflows", params=query)["data"]
    plain = alice.ask(
        "GET", "/v1/workflows", params={**query, "workflow_mode": "workflow"}
    )["data"]

    assert [app["id"] for app in apps["items"]] == [APP]
    assert [flow["workflow_id"] for flow in flows["items"]] == [WORKFLOW]
    assert plain == {"items": [], "has_more": False}


def test_the_account_and_its_workspace(alice):
    me = alice.ask("GET", "/v1/users/me")["data"]
    workspaces = alice.ask("GET", "/v1/workspaces")["data"]

    assert me["user_id"] == "7400000000000000031"
    assert [item["id"] for item in workspaces["workspaces"]] == [WORKSPACE]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/bots/1", 401, 700012006),
        ("POST", "/v1/conversation/create", 401, 700012006),
        ("GET", "/v3/chat/retrieve", 401, 700012006),
        ("POST", "/v3/chat", 200, 4101),
        ("POST", "/v1/workflows/chat", 401, 4100),
    ],
)
def test_a_bad_token_is_answered_as_people_have_seen_it(
    sandbox, alice, method, path, status, code
):
    sandbox.revoke_tokens()

    response = alice.send(method, path, json={})

    assert response.status_code == status
    assert response.json()["code"] == code


def test_a_token_ends_by_itself(sandbox, alice):
    token = sandbox.issue_token(duration_seconds=0)
    alice.session.headers["Authorization"] = f"Bearer {token}"

    assert alice.ask("GET", f"/v1/bots/{BOT}")["code"] == 700012006


def test_another_scheme_is_no_token(sandbox, alice):
    alice.session.headers["Authorization"] = f"Basic {sandbox.issue_token()}"

    assert alice.ask("GET", f"/v1/bots/{BOT}")["code"] == 700012006


def test_an_unknown_path_is_not_found(alice):
    response = alice.send("GET", "/v9/nothing")

    assert response.status_code == 404
    assert response.json()["code"] == 4000


def test_the_envelope_carries_the_logid_of_the_header(alice):
    response = alice.send("GET", f"/v1/bots/{BOT}")

    assert response.json()["code"] == 0
    assert response.json()["detail"]["logid"] == response.headers["X-Tt-Logid"]
