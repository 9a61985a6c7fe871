"""Breaking one thing makes the doctor name exactly that thing, and what to do about it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from coze_widget import console
from coze_widget.doctor.examination import Examination
from coze_widget.doctor.patients import Patient
from coze_widget.doctor.steps import channel
from coze_widget.doctor.steps import chat as chat_step
from coze_widget.doctor.steps.channel import look_at_channel
from coze_widget.doctor.steps.chat import look_at_chat
from coze_widget.doctor.steps.conversations import look_at_isolation
from coze_widget.doctor.steps.permissions import look_at_permissions
from coze_widget.models import Mode
from coze_widget.sandbox.catalogue import (
    APP_ID,
    BOT_ID,
    UNPUBLISHED_BOT_ID,
    WORKFLOW_ID,
)
from tests.doctor.examining import by_step, examine
from tests.keypairs import private_pem, rsa_key

pytestmark = pytest.mark.django_db

TOKEN_PATH = "/api/permission/oauth2/token"
BOT_PATH = f"/v1/bots/{BOT_ID}"
WORKFLOW_PATH = f"/v1/workflows/{WORKFLOW_ID}"
LIST_PATH = "/v1/conversations"
HISTORY_PATH = "/v1/conversation/message/list"


@pytest.fixture
def world(coze, widget, settings, oauth_config, monkeypatch):
    return SimpleNamespace(
        coze=coze,
        widget=widget,
        settings=settings,
        oauth_config=oauth_config,
        monkeypatch=monkeypatch,
    )


@pytest.fixture
def app_world(world):
    change_widget(mode=Mode.APP, bot_id="", app_id=APP_ID, workflow_id=WORKFLOW_ID)(
        world
    )
    return world


def change_widget(**fields):
    def change(world):
        for name, value in fields.items():
            setattr(world.widget, name, value)
        world.widget.save()

    return change


def change_oauth_app(**fields):
    def change(world):
        world.settings.COZE_OAUTH_APPS = {"default": {**world.oauth_config, **fields}}

    return change


def wrong_key(world):
    other = private_pem(rsa_key(2049))
    change_oauth_app(private_key=other)(world)


def short_key(world):
    change_oauth_app(private_key=private_pem(rsa_key(1024)))(world)


def other_region(world):
    world.coze.add_fault(
        TOKEN_PATH, code="invalid_client", msg="kid not registered", status=401
    )
    world.monkeypatch.setattr(console, "COZE_CN_BASE_URL", world.coze.url)
    world.monkeypatch.setitem(console.REGIONS, world.coze.url, "coze.cn")


def coze_down(world):
    world.coze.stop()


def half_down(world):
    world.coze.add_fault(TOKEN_PATH, status=503, body="<html>", times=None)


def withhold(*permissions):
    return lambda world: world.coze.withhold(*permissions)


def fault(path, **fields):
    return lambda world: world.coze.add_fault(path, **{"times": None, **fields})


def unbind(thing_id):
    return lambda world: world.coze.unbind(thing_id)


def publish_to_api_alone(thing_id):
    return lambda world: world.coze.publish_to_api_alone(thing_id)


def mix_histories(world):
    world.coze.mix_histories()


def use_up_quota(world):
    world.coze.use_up_quota()


def answer(data):
    return {"status": 200, "body": f'{{"code": 0, "data": {data}}}'}


def tick(group, name):
    return (
        f"In Coze's console, tick “{name}” in the group “{group}” of the OAuth app, then "
        "press authorise (授权) again."
    )


def call_it(name):
    return f" For a channel app it is called “{name}”."


def compare(place):
    return (
        f"Compare it with the digits after {place} in the studio's address; coze.cn and "
        "coze.com share nothing."
    )


def grant(group):
    return (
        f"Tick “getMetadata” in the group “{group}”, press authorise (授权) again, and "
        "include the workspace it is in."
    )


PUBLISH = "In Coze's studio, publish it to API as well as to Chat SDK."
BIND = "In Coze's studio, publish it to Chat SDK again."
PUBLISH_TO_SDK = "In Coze's studio, publish it to Chat SDK as well as to API."
GATEWAY = (
    "If the bot is an organisation's, check account_id; if there is a gateway in between, "
    "check that it passes the header Authorization on."
)
TRY_LATER = "Try again later; with the logid Coze's support can look it up."
PLAN = (
    "The free plan's dialogues are used up, whatever the balance says: move the account "
    "to another plan."
)
LEAK = "Let nobody chat until that is settled: ask Coze's support whether session_name"

# What is broken → the steps that fail, and how their advice begins.
BOT_FAULTS = [
    (short_key, {"key": ""}),
    (
        wrong_key,
        {"token": "Check that client_id, public_key_id and private_key belong"},
    ),
    (
        change_oauth_app(public_key_id="other"),
        {"token": "Coze does not know the key: client_id or public_key_id is wrong"},
    ),
    (
        other_region,
        {
            "token": "If the app was made at coze.com, its base_url is https://api.coze.com"
        },
    ),
    (
        coze_down,
        {
            "sdk": "",
            "token": "If that is the sandbox, start it: `python manage.py coze",
        },
    ),
    (half_down, {"token": TRY_LATER}),
    (change_widget(bot_id="1"), {"bot": compare("/bot/")}),
    (change_widget(bot_id=UNPUBLISHED_BOT_ID), {"bot": PUBLISH}),
    (unbind(BOT_ID), {"bot": BIND}),
    (publish_to_api_alone(BOT_ID), {"channel": PUBLISH_TO_SDK}),
    (fault(BOT_PATH, code=4100, status=401), {"bot": GATEWAY}),
    (fault(BOT_PATH, code=5000), {"bot": TRY_LATER}),
    (withhold("Bot.getMetadata"), {"bot": grant("Bot")}),
    (
        withhold("Bot.chat"),
        {"permissions": tick("Bot", "chat") + call_it("botChat")},
    ),
    (
        withhold("Conversation.listConversation"),
        {"permissions": tick("Conversation", "listConversation")},
    ),
    (
        withhold("Conversation.createConversation"),
        {"permissions": tick("Conversation", "createConversation")},
    ),
    (
        withhold("Conversation.editConversation"),
        {"permissions": tick("Conversation", "editConversation")},
    ),
    (
        withhold("Message.listMessage"),
        {
            "permissions": tick("Message", "listMessage")
            + call_it("listConversationMessage")
        },
    ),
    (
        withhold("Chat.cancelChat"),
        {"permissions": tick("Chat", "cancelChat") + call_it("cancelConversationChat")},
    ),
    (withhold("File.uploadFile"), {"permissions": tick("File", "uploadFile")}),
    (
        fault("/v1/conversation/create", code=5000),
        {"conversation": TRY_LATER},
    ),
    (
        fault("/v1/conversation/create", **answer("{}")),
        {"conversation": "Check base_url and what is in between."},
    ),
    (
        fault("/v1/conversation/create", **answer('"no"')),
        {"conversation": "Check base_url and what is in between."},
    ),
    (
        fault("/v1/files", status=403, body="<html>"),
        {"permissions": "In Coze's console, check that the app is enabled, tick"},
    ),
    (
        fault("/v1/audio", code=700012006, status=401),
        {"permissions": "Check that client_id, public_key_id and private_key"},
    ),
    (mix_histories, {"isolation": LEAK}),
    (use_up_quota, {"chat": PLAN}),
]
APP_FAULTS = [
    (change_widget(app_id="1"), {"bot": compare("/project-ide/")}),
    (change_widget(workflow_id="1"), {"workflow": compare("workflow=")}),
    (unbind(APP_ID), {"bot": BIND}),
    (publish_to_api_alone(APP_ID), {"channel": PUBLISH_TO_SDK}),
    (withhold("App.getMetadata"), {"bot": grant("App")}),
    (withhold("Workflow.getMetadata"), {"workflow": grant("Workflow")}),
    (withhold("Workflow.run"), {"permissions": tick("Workflow", "run")}),
    (
        withhold("Conversation.createConversation"),
        {"permissions": tick("Conversation", "createConversation")},
    ),
    (mix_histories, {"isolation": LEAK}),
    (use_up_quota, {"chat": PLAN}),
]


def find(findings, outcome):
    return {one.step: one.advice for one in findings if one.outcome.value == outcome}


def check(findings, expected):
    failing = find(findings, "fail")
    assert failing.keys() == expected.keys()
    for step, beginning in expected.items():
        assert failing[step].startswith(beginning)
    [last] = by_step(findings)["chat"]
    assert last.outcome.value in ("skip", "fail")


@pytest.mark.parametrize(("break_it", "expected"), BOT_FAULTS)
def test_a_fault_is_named_and_nothing_else(world, break_it, expected):
    healthy = find(examine(world.widget), "warn")

    break_it(world)

    findings = examine(world.widget)
    check(findings, expected)
    assert find(findings, "warn").keys() <= healthy.keys()


@pytest.mark.parametrize(("break_it", "expected"), APP_FAULTS)
def test_a_fault_of_an_app_is_named_and_nothing_else(app_world, break_it, expected):
    break_it(app_world)

    check(examine(app_world.widget), expected)


def test_a_key_that_is_too_short_is_told_its_length(world):
    short_key(world)

    [finding] = by_step(examine(world.widget))["key"]

    assert finding.seen == (
        'OAuth app "default": private_key is an RSA key of 1024 bits; at least 2048 are '
        "needed."
    )


def test_a_refusal_says_who_where_and_what_support_asks_for(world):
    world.coze.withhold("File.uploadFile")

    [finding] = by_step(examine(world.widget))["permissions"]

    assert finding.seen == "The OAuth app lacks “File.uploadFile”."
    assert finding.who == (
        "This is for: The owner of the Coze account. Place: Coze's console, OAuth apps."
    )
    assert finding.facts.startswith("HTTP 200, code 4101, logid ")


def test_every_permission_of_cozes_guide_is_tried(world):
    withheld = {
        f"{group}.{name}"
        for group, names in console.PERMISSIONS
        for name in names.split(", ")
    }
    patient = Patient(world.widget)
    patient.meet_stranger()
    world.coze.withhold(*withheld)

    list(look_at_permissions(patient))

    read_by_other_steps = {"Bot.getMetadata", "App.getMetadata", "Workflow.getMetadata"}
    assert patient.missing_permissions == withheld - read_by_other_steps


def test_a_channel_app_is_examined_as_well(world):
    config = world.coze.make_oauth_config(client_id="74", channel=True)
    change_oauth_app(**config)(world)

    findings = examine(world.widget, may_chat=True)

    assert find(findings, "fail") == {}
    assert by_step(findings)["channel"][0].outcome.value == "skip"


def test_each_missing_permission_is_named(world):
    world.coze.withhold("File.uploadFile", "Chat.cancelChat")

    findings = by_step(examine(world.widget))["permissions"]

    assert [one.seen for one in findings] == [
        "The OAuth app lacks “Chat.cancelChat”.",
        "The OAuth app lacks “File.uploadFile”.",
    ]


def test_what_needs_a_permission_is_skipped_for_want_of_it(world):
    world.coze.withhold("Bot.chat", "Message.listMessage")

    findings = by_step(examine(world.widget, may_chat=True))

    assert findings["conversation"][0].seen == "That needs: Message.listMessage."
    assert findings["chat"][0].seen == "That needs: A conversation, Bot.chat."


@pytest.mark.parametrize("name", ["createTranscription", "createSpeech"])
def test_a_permission_for_voice_is_missed_where_voice_is_on(world, name):
    world.coze.withhold(f"Audio.{name}")

    [off] = by_step(examine(world.widget))["permissions"]
    change_widget(chat_bot_is_need_audio=True)(world)
    [on] = by_step(examine(world.widget))["permissions"]

    assert (off.outcome.value, off.advice) == (
        "warn",
        f"Only voice needs it, which is off. {tick('Audio', name)}",
    )
    assert (on.outcome.value, on.advice) == ("fail", tick("Audio", name))


@pytest.mark.parametrize(("shift", "word"), [(3600, "slow"), (-3600, "fast")])
def test_a_clock_that_is_wrong_is_told(world, shift, word):
    world.coze.shift_clock(shift)

    findings = examine(world.widget)

    [clock] = by_step(findings)["clock"]
    assert find(findings, "fail") == {}
    assert (clock.outcome.value, clock.seen) == (
        "warn",
        f"This machine's clock is 3600 seconds {word}.",
    )
    assert clock.advice == (
        "It is allowed for; set this machine's clock all the same (NTP)."
    )


def test_a_region_of_cozes_own_is_named(world):
    change_oauth_app(coze_api_base="https://api.coze.cn")(world)

    [finding] = by_step(examine(world.widget, is_offline=True))["region"]

    assert (finding.outcome.value, finding.seen) == (
        "pass",
        "The chat talks to coze.cn; assertions are for “api.coze.cn”.",
    )


def test_an_address_that_is_none_of_cozes_is_told(world):
    change_oauth_app(coze_api_base="https://coze.example.com")(world)

    [finding] = by_step(examine(world.widget, is_offline=True))["region"]

    assert (finding.outcome.value, finding.seen) == (
        "warn",
        "https://coze.example.com is none of Coze's own addresses.",
    )
    assert finding.advice.startswith("If that is a gateway of yours")


def test_a_bot_without_a_name_is_known_all_the_same(world):
    world.coze.add_fault(BOT_PATH, **answer('{"name": 7}'))

    [finding] = by_step(examine(world.widget))["bot"]

    assert finding.seen == "Coze knows it; it has no name."


# Whether it is published to Chat SDK


def test_what_is_published_to_chat_sdk_is_found(world):
    [finding] = by_step(examine(world.widget))["channel"]

    assert (finding.outcome.value, finding.seen) == (
        "pass",
        "It is published to Chat SDK.",
    )


@pytest.mark.parametrize("permission", ["Workspace.listWorkspace", "Bot.listBot"])
def test_who_may_not_list_leaves_it_open(world, permission):
    world.coze.withhold(permission)

    findings = examine(world.widget)

    [finding] = by_step(findings)["channel"]
    assert find(findings, "fail") == {}
    assert finding.outcome.value == "skip"
    assert finding.seen.startswith("The OAuth app may not list what is published")


@pytest.mark.parametrize(
    "data",
    [
        "{}",
        '{"workspaces": null}',
        '{"workspaces": [7]}',
        '{"workspaces": [{"id": []}]}',
    ],
)
def test_workspaces_of_an_odd_shape_leave_it_open(world, data):
    world.coze.add_fault("/v1/workspaces", **answer(data))

    [finding] = by_step(examine(world.widget))["channel"]

    assert finding.outcome.value == "skip"


def test_a_long_list_is_read_page_by_page(world, monkeypatch):
    monkeypatch.setattr(channel, "PAGE_SIZE", 1)
    monkeypatch.setattr(channel, "MAX_PAGES", 3)
    patient = Patient(world.widget)
    patient.meet_stranger()
    other = answer('{"items": [{"id": "1"}]}')
    world.coze.add_fault("/v1/bots", times=1, **other)

    [sight] = look_at_channel(patient)
    world.coze.add_fault("/v1/bots", times=None, **other)
    [endless] = look_at_channel(patient)

    assert (sight.outcome.value, endless.outcome.value) == ("fail", "fail")
    assert [
        one["query"]["page_num"]
        for one in world.coze.requests
        if one["path"] == "/v1/bots"
    ] == ["1", "2", "1", "2", "3"]


# What the chatflow takes


def inputs(**parameters):
    shown = ", ".join(f'"{name}": {one}' for name, one in parameters.items())
    return answer(f'{{"input": {{"parameters": {{{shown}}}}}}}')


def test_a_parameter_that_the_chatflow_does_not_take_is_named(app_world):
    change_widget(parameters={"city": "Riga", "zip": "1"})(app_world)

    [finding] = by_step(examine(app_world.widget))["workflow"]

    assert (finding.outcome.value, finding.seen) == (
        "warn",
        "The chatflow takes no zip.",
    )
    assert finding.advice == (
        "Take it out of the widget's parameters, or add it to the start node."
    )


@pytest.mark.parametrize(("page_sends", "outcome"), [(True, "warn"), (False, "fail")])
def test_a_parameter_that_is_required_is_named(app_world, page_sends, outcome):
    change_widget(page_sets_parameters=page_sends)(app_world)
    app_world.coze.add_fault(
        WORKFLOW_PATH,
        **inputs(
            city='{"required": true}',
            USER_INPUT='{"required": true}',
            zip='{"required": "yes"}',
        ),
    )

    [finding] = by_step(examine(app_world.widget))["workflow"]

    assert (finding.outcome.value, finding.seen) == (
        outcome,
        "The chatflow requires city, and the widget does not send it.",
    )
    assert finding.advice == (
        "Add it to the widget's parameters, or let the page send it."
    )


@pytest.mark.parametrize(
    "data",
    ["{}", '{"input": []}', '{"input": {"parameters": [1]}}', '{"input": null}'],
)
def test_inputs_of_an_odd_shape_are_none(app_world, data):
    app_world.coze.add_fault(WORKFLOW_PATH, **answer(data))

    [finding] = by_step(examine(app_world.widget))["workflow"]

    assert finding.outcome.value == "pass"


def test_what_is_no_input_is_left_out(app_world):
    change_widget(parameters={"city": "Riga"})(app_world)
    app_world.coze.add_fault(
        WORKFLOW_PATH, **inputs(**{" ": "{}", "city": "{}", "zip": "[]"})
    )

    [finding] = by_step(examine(app_world.widget))["workflow"]

    assert finding.outcome.value == "pass"


# Whether people are kept apart


def test_a_leak_says_how(world):
    world.coze.mix_histories()

    [finding] = by_step(examine(world.widget))["isolation"]

    assert finding.seen == (
        "Two people who know nothing of each other share conversations: it is in the "
        "other one's list; its messages can be read."
    )


@pytest.mark.parametrize(
    "data",
    [
        "null",
        "[]",
        "{}",
        '{"conversations": null}',
        '{"conversations": "none"}',
        '{"conversations": {"id": "1"}}',
        '{"conversations": [null, 1, "x", {}]}',
    ],
)
def test_lists_of_an_odd_shape_prove_nothing(world, data):
    world.coze.add_fault(LIST_PATH, method="GET", times=None, **answer(data))

    findings = examine(world.widget)

    [finding] = by_step(findings)["isolation"]
    assert find(findings, "fail") == {}
    assert (finding.outcome.value, finding.seen) == (
        "warn",
        "Nobody finds the conversation, not even who has begun it.",
    )
    assert finding.advice == "So nothing is proved. Run the doctor again in a minute."


@pytest.mark.parametrize("data", ["null", "{}", '"x"', "[1, null]"])
def test_a_history_of_an_odd_shape_is_empty(world, data):
    world.coze.add_fault(HISTORY_PATH, times=2, **answer(data))

    assert find(examine(world.widget), "fail") == {}


def test_a_token_that_is_not_taken_proves_nothing(world):
    patient = Patient(world.widget)
    patient.meet_stranger()
    world.coze.add_fault(HISTORY_PATH, code=700012006, status=401)

    with pytest.raises(Exception, match="access token is invalid"):
        list(look_at_isolation(patient))


# A message


@pytest.fixture
def chatting(world, monkeypatch):
    """A patient to whom only the last step is left, and that in no time."""
    monkeypatch.setattr(chat_step, "POLL_SECONDS", 0)
    monkeypatch.setattr(chat_step, "MAX_POLLS", 3)
    patient = Patient(world.widget, may_chat=True)
    patient.meet_stranger()
    return patient


SLOW = "Try it in Coze's studio; a model that is slow there is slow here."


def test_a_bot_that_does_not_answer_in_time(chatting, coze, monkeypatch):
    monkeypatch.setattr(chat_step, "POLL_SECONDS", 0.004)
    coze.add_fault(HISTORY_PATH, times=None, **answer("[]"))

    [sight] = look_at_chat(chatting)

    assert (sight.outcome.value, sight.advice, sight.facts) == ("fail", SLOW, "")
    assert sight.seen == "The bot has not answered in 0 seconds."


def test_a_bot_that_fails_says_why(chatting, monkeypatch):
    monkeypatch.setattr(chat_step, "QUESTION", "/fail")

    [sight] = look_at_chat(chatting)

    assert (sight.outcome.value, sight.advice) == ("fail", TRY_LATER)
    assert sight.facts == "code 5000"


@pytest.mark.parametrize(
    ("reply", "facts"),
    [
        (answer('{"last_error": {"code": 4999}}'), "code 4999"),
        (answer('{"last_error": {"code": "x"}}'), ""),
        (answer('{"last_error": []}'), ""),
        (answer("[]"), ""),
        ({"code": 4101}, ""),
    ],
)
def test_why_a_bot_is_silent_may_stay_unknown(
    chatting, coze, monkeypatch, reply, facts
):
    monkeypatch.setattr(chat_step, "QUESTION", "/fail")
    coze.add_fault("/v3/chat/retrieve", **reply)

    [sight] = look_at_chat(chatting)

    assert (sight.advice, sight.facts) == (SLOW, facts)


def test_an_answer_takes_its_time(chatting, coze):
    coze.add_fault(HISTORY_PATH, times=2, **answer("[]"))

    [sight] = look_at_chat(chatting)

    assert sight.seen == "The bot has answered."


@pytest.mark.parametrize("may_chat", [False, True])
def test_a_free_quota_that_is_used_up_is_explained(world, may_chat):
    world.coze.use_up_quota()

    findings = examine(world.widget, may_chat=may_chat)

    [finding] = by_step(findings)["chat"]
    assert finding.seen == "Coze refused: Your free quota has been used up."
    assert finding.who == (
        "This is for: The owner of the Coze account. Place: Coze's console, plan and "
        "balance."
    )
    assert "code 4028, logid " in finding.facts


def test_a_quota_that_ends_with_the_message_is_explained(chatting, coze):
    coze.use_up_quota()

    [finding] = [one for one in Examination(chatting).run() if one.step == "chat"]

    assert finding.advice == PLAN


# What was made


def test_who_stops_half_way_leaves_nothing(world):
    examination = Examination(Patient(world.widget)).run()
    next(one for one in examination if one.step == "permissions")
    made = len(world.coze.state.conversations._by_id)

    examination.close()

    assert made == 1
    assert world.coze.state.conversations._by_id == {}


def test_what_cannot_be_deleted_is_left(world):
    world.coze.add_fault("/v1/conversations/", method="DELETE", code=5000, times=None)

    findings = examine(world.widget)

    assert find(findings, "fail") == {"conversation": TRY_LATER}
    assert len(world.coze.state.conversations._by_id) == 2


def test_permissions_are_tried_without_a_conversation_too(world):
    patient = Patient(world.widget)
    patient.meet_stranger()
    world.coze.withhold("Conversation.createConversation", "Chat.cancelChat")

    list(look_at_permissions(patient))

    assert patient.missing_permissions == {
        "Conversation.createConversation",
        "Chat.cancelChat",
    }
