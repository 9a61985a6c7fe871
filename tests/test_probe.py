"""The referee is the sandbox, and for what a bot's answer says, Coze's own client."""

from __future__ import annotations

import time
import warnings

import pytest
from django.utils.translation import override

from coze_widget.models import Widget
from coze_widget.probe import clean_name, probe
from coze_widget.sandbox.catalogue import (
    APP_ID,
    BOT_ID,
    UNPUBLISHED_BOT_ID,
    WORKFLOW_ID,
)
from tests.caches import entries
from tests.widget_data import CREDENTIALS

with warnings.catch_warnings(record=True):
    # authlib, which cozepy uses, announces its successor whatever the filters say.
    import cozepy

BOT_PATH = f"/v1/bots/{BOT_ID}"
TOKEN_PATH = "/api/permission/oauth2/token"
SANDBOX = "That was the sandbox, not Coze."


def bot(**fields):
    return Widget(**{"slug": "support", "name": "Support", "bot_id": BOT_ID, **fields})


def app(**fields):
    return bot(
        **{
            "mode": "app",
            "bot_id": "",
            "app_id": APP_ID,
            "workflow_id": WORKFLOW_ID,
            **fields,
        }
    )


def asked(coze):
    return [(one["method"], one["path"], one["query"]) for one in coze.requests]


def test_a_bot_is_read_as_the_sdk_does(coze):
    found = probe(bot())

    assert found.works
    assert found.text == "It works: Coze knows the bot as “Sandbox Bot”."
    assert (found.advice, found.facts, found.name) == (SANDBOX, "", "Sandbox Bot")
    assert asked(coze) == [("POST", TOKEN_PATH, {}), ("GET", BOT_PATH, {})]


def test_cozes_own_client_reads_the_same_name(coze):
    with cozepy.SyncHTTPClient() as http:
        client = cozepy.Coze(
            cozepy.TokenAuth(coze.issue_token(session_name="referee")),
            base_url=coze.url,
            http_client=http,
        )
        name = client.bots.retrieve(bot_id=BOT_ID).name

    assert probe(bot()).name == name


def test_an_app_is_read_as_the_sdk_does(coze):
    found = probe(app(app_version="v1&x"))

    assert found.works
    assert found.text == (
        "It works: Coze knows the app as “Sandbox App”, and its chatflow."
    )
    assert asked(coze)[1:] == [
        (
            "GET",
            f"/v1/apps/{APP_ID}",
            {"version": "v1&x", "connector_id": "999"},
        ),
        (
            "GET",
            f"/v1/workflows/{WORKFLOW_ID}",
            {"connector_id": "999", "is_debug": "false"},
        ),
    ]


def test_each_test_is_somebody_new_and_nothing_is_kept(coze):
    for _time in range(2):
        probe(bot())

    names = [grant.owner.session_name for grant in coze.state.tokens._grants.values()]
    assert len(set(names)) == 2
    assert all(name.startswith("coze_test-") for name in names)
    assert entries() == {}


@pytest.mark.parametrize("name", [None, 7, "", " \n "])
def test_a_bot_without_a_name_works(coze, name):
    coze.add_fault(BOT_PATH, status=200, body=f'{{"data": {{"name": {_json(name)}}}}}')

    found = probe(bot())

    assert (found.works, found.name) == (True, "")
    assert found.text == "It works: Coze gives the widget a token and answers."


def _json(value):
    return '" \\n "' if value == " \n " else {None: "null", 7: "7", "": '""'}[value]


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("  Tea\n\tbot\x00 ", "Tea bot"),
        ("\u202eevil\u2066", "evil"),
        ("茶" * 101, "茶" * 100),
        ("a" * 99 + " b", "a" * 99),
        ("x" * 2000, "x" * 100),
        ("</script><b>", "</script><b>"),
        (None, ""),
        (["x"], ""),
    ],
)
def test_a_name_is_one_line_of_a_hundred_characters(name, clean):
    assert clean_name(name) == clean


@pytest.mark.parametrize("secret", CREDENTIALS, ids=["pat", "cztei", "czs", "pem"])
def test_a_name_holds_no_credential(secret):
    assert clean_name(f"Bot {secret}") == "Bot [masked]"


# What it does not prove


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"COZE_IDENTITY_KEY": ""},
            "Visitors see nothing all the same. The setting COZE_IDENTITY_KEY is missing. ",
        ),
        ({}, ""),
    ],
)
def test_a_project_that_shows_no_widget_is_named(coze, settings, changes, sentence):
    for name, value in changes.items():
        setattr(settings, name, value)

    assert probe(bot()).advice == sentence + SANDBOX


def test_a_widget_that_is_off_is_named(coze):
    assert probe(bot(enabled=False)).advice == (
        f"The widget itself is switched off. {SANDBOX}"
    )


def test_at_coze_chatting_is_left_to_be_tried(
    coze, oauth_config, settings, monkeypatch
):
    monkeypatch.setattr("coze_widget.probe.is_on_this_machine", lambda url: False)

    assert probe(bot()).advice == (
        "Only a real chat shows whether the permissions for chatting are ticked."
    )


# What is wrong


def test_a_credential_that_cannot_be_used_asks_nobody(coze):
    found = probe(bot(oauth_app="gone"))

    assert not found.works
    assert found.text == (
        "COZE_OAUTH_APPS has no OAuth app named “gone”; it has: “default”."
    )
    assert coze.requests == []


def test_a_key_that_coze_does_not_know(coze, oauth_config, settings):
    settings.COZE_OAUTH_APPS = {"default": {**oauth_config, "public_key_id": "other"}}

    found = probe(bot())

    assert found.text.startswith("Coze gives no token. Coze refused: ")
    assert found.advice.startswith(
        "Coze does not know the key: client_id or public_key"
    )
    assert "HTTP 401" in found.facts
    assert "logid" in found.facts
    assert len(coze.requests) == 1


def test_the_other_region_is_named(coze, monkeypatch):
    coze.add_fault(
        TOKEN_PATH, code="invalid_client", msg="kid not registered", status=401
    )
    monkeypatch.setattr(
        "coze_widget.probe.other_region", lambda url: "https://api.coze.com"
    )

    assert probe(bot()).advice.endswith(
        "If the app was made at coze.com, its base_url is https://api.coze.com."
    )


def test_another_refusal_of_a_token_says_nothing_of_regions(coze, monkeypatch):
    coze.add_fault(TOKEN_PATH, code="access_deny", msg="app is deactivated")
    monkeypatch.setattr(
        "coze_widget.probe.other_region", lambda url: "https://api.coze.com"
    )

    found = probe(bot())

    assert found.text == "Coze gives no token. Coze refused: app is deactivated."
    assert "press 授权 (Authorise) again" in found.advice
    assert "api.coze.com" not in found.advice


FIND_BOT = (
    f"Compare the bot id {BOT_ID} with the digits after /bot/ in the address of Coze's "
    "studio. If they are the same: publish to API and to Chat SDK, and authorise the "
    "OAuth app for its workspace; coze.cn and coze.com share nothing."
)
PERMISSION = (
    "In Coze's console, tick the permission “getMetadata” in the group “Bot” of the "
    "OAuth app, press authorise (授权) again, and include the workspace of the bot. An "
    "organisation's bot needs account_id, too."
)
NOT_TAKEN = (
    "Coze has just given this token, and does not take it here. If the bot is an "
    "organisation's, check account_id; if there is a gateway in between, check that it "
    "passes the header Authorization on."
)
REFUSALS = [
    (4000, FIND_BOT),
    (4006, FIND_BOT),
    (4200, FIND_BOT),
    (4100, NOT_TAKEN),
    (700012006, NOT_TAKEN),
    (4101, PERMISSION),
    (
        4015,
        "It was never published to API: in Coze's studio, publish it to API and to Chat "
        "SDK.",
    ),
    (
        702242003,
        "It was unbound (解绑) from Chat SDK: publish it there again, in Coze's studio.",
    ),
    (
        4028,
        "The free plan's dialogues are used up, whatever the balance says: move the "
        "account to another plan.",
    ),
    (4013, "Ask less often, or raise the quota in Coze's console."),
    (5000, "Try again later; with the logid Coze's support can look it up."),
]


@pytest.mark.parametrize(
    ("code", "advice"), REFUSALS, ids=[str(code) for code, _advice in REFUSALS]
)
def test_a_refusal_says_what_to_do(coze, code, advice):
    coze.add_fault(BOT_PATH, code=code)

    found = probe(bot())

    assert not found.works
    assert found.text.startswith("The bot cannot be read. Coze refused: ")
    assert found.advice == advice
    assert f"code {code}, logid " in found.facts


def test_a_refusal_says_who_can_mend_it_and_where(coze):
    coze.add_fault(BOT_PATH, code=4028)

    assert probe(bot()).who == (
        "This is for: The owner of the Coze account. Place: Coze's console, plan and "
        "balance."
    )


def test_a_code_that_nobody_knows_is_for_nobody(coze):
    coze.add_fault(BOT_PATH, code=4999)

    assert probe(bot()).who == ""


def test_a_bot_that_was_never_published(coze):
    found = probe(bot(bot_id=UNPUBLISHED_BOT_ID))

    assert found.advice.startswith("It was never published to API")


def test_an_id_that_coze_does_not_have(coze):
    found = probe(bot(bot_id="1"))

    assert found.advice.startswith("Compare the bot id 1 with the digits after /bot/")


@pytest.mark.parametrize(
    ("fields", "text", "advice"),
    [
        ({"app_id": "1"}, "The app cannot be read.", "Compare the app id 1 with"),
        (
            {"workflow_id": "2"},
            "The app's chatflow cannot be read.",
            "Compare the workflow id 2 with the digits after workflow= in",
        ),
    ],
)
def test_what_is_wrong_with_an_app_is_told_apart(coze, fields, text, advice):
    found = probe(app(**fields))

    assert found.text.startswith(text)
    assert found.advice.startswith(advice)


@pytest.mark.parametrize(
    ("path", "group"), [("/v1/apps/", "App"), ("/v1/workflows/", "Workflow")]
)
def test_each_permission_is_named_by_its_group(coze, path, group):
    coze.add_fault(path, code=4101)

    assert f"in the group “{group}”" in probe(app()).advice


def test_a_portal_in_between_is_no_bot(coze):
    coze.add_fault(BOT_PATH, status=200, body="<html>Log in</html>")

    found = probe(bot())

    assert found.text == "The bot cannot be read. Coze refused and gave no reason."
    assert "no portal or proxy answers in its place" in found.advice


def test_nobody_answers(coze):
    coze.stop()

    found = probe(bot())
    coze.start()

    assert found.text.startswith("Coze gives no token. Nothing answers at http://127.")
    assert "start it" in found.advice


def test_all_of_it_ends_with_the_total_time_out(coze, settings):
    settings.COZE_TOTAL_TIMEOUT_SECONDS = 0.4
    coze.add_fault(TOKEN_PATH, latency_ms=250)
    coze.add_fault(BOT_PATH, latency_ms=2000)
    started = time.monotonic()

    found = probe(bot())

    assert time.monotonic() - started < 2  # as long as the bot alone would take
    assert "did not answer in time" in found.text
    assert found.advice == "Try again in a minute."


# A personal access token on trial


def test_a_personal_token_reads_the_bot_itself(coze, settings):
    settings.COZE_OAUTH_APPS = {}
    settings.COZE_BASE_URL = coze.url

    found = probe(bot(), personal_token=coze.issue_token(prefix="pat_"))

    assert found.works
    assert [path for _method, path, _query in asked(coze)] == [BOT_PATH]


def test_a_personal_token_that_ended(coze, settings):
    settings.COZE_OAUTH_APPS = {}
    settings.COZE_BASE_URL = coze.url

    found = probe(bot(), personal_token="pat_gone")

    assert found.text.startswith("The bot cannot be read. ")
    assert found.advice == (
        "The personal access token is wrong, has expired, or belongs to the other region."
    )


def test_it_is_said_in_the_language_of_whoever_asks(coze):
    coze.add_fault(TOKEN_PATH, code="access_deny")

    with override("zh-hans"):
        found = probe(bot())

    assert "授权" in found.advice
    assert "Authorise" not in found.advice
