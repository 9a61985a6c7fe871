"""Breaking one thing makes the doctor name that thing, and nothing else."""

from __future__ import annotations

import pytest

from coze_widget.doctor.examination import STEPS, list_costs
from coze_widget.models import Mode
from coze_widget.sandbox.catalogue import APP_ID, WORKFLOW_ID
from tests.caches import entries
from tests.doctor.examining import by_step, examine, failures

pytestmark = pytest.mark.django_db

CHAT_PATH = "/v3/chat"


@pytest.fixture
def app_widget(coze, make_widget):
    return make_widget(mode=Mode.APP, bot_id="", app_id=APP_ID, workflow_id=WORKFLOW_ID)


def outcomes(findings):
    return {one.step: one.outcome.value for one in findings}


def test_a_widget_that_works_fails_nowhere(coze, widget):
    findings = examine(widget)

    assert failures(findings) == {}
    assert {step.key for step in STEPS} == set(outcomes(findings))


def test_what_was_made_is_deleted(coze, widget):
    examine(widget)

    made = [one for one in coze.requests if one["path"] == "/v1/conversation/create"]
    deleted = [one for one in coze.requests if one["method"] == "DELETE"]
    assert len(deleted) == len(made) == 3
    assert {one["status"] for one in made + deleted} == {200}
    assert coze.state.conversations._by_id == {}


def test_offline_nobody_is_asked(coze, widget):
    findings = examine(widget, is_offline=True)

    assert coze.requests == []
    assert outcomes(findings)["token"] == "skip"
    assert failures(findings) == {}


def test_no_message_is_sent_unasked(coze, widget):
    findings = examine(widget)

    assert outcomes(findings)["chat"] == "skip"
    assert not [
        one for one in coze.requests if one["path"] == CHAT_PATH and one["body"]
    ]


def test_one_message_is_sent_where_somebody_said_so(coze, widget):
    findings = examine(widget, may_chat=True)

    [finding] = by_step(findings)["chat"]
    assert (finding.outcome.value, finding.seen) == ("pass", "The bot has answered.")


@pytest.mark.parametrize("may_chat", [False, True])
def test_an_app_is_sent_no_message_at_all(coze, app_widget, may_chat):
    findings = examine(app_widget, may_chat=may_chat)

    assert by_step(findings)["chat"][0].seen == (
        "A chatflow is not run: what it does is not known here."
    )
    assert not [
        one
        for one in coze.requests
        if one["path"] == "/v1/workflows/chat" and one["body"]
    ]


def test_each_step_says_how_long_it_took(coze, widget):
    coze.add_fault("/v1/bots", latency_ms=120)

    findings = by_step(examine(widget))

    assert findings["bot"][0].seconds >= 0.12
    assert findings["workflow"][0].seconds < 0.12


def test_a_finding_is_fit_for_json(coze, widget):
    [finding] = by_step(examine(widget))["bot"]

    assert finding.outcome.label == "Fine"
    assert {**finding.to_json(), "seconds": 0} == {
        "step": "bot",
        "title": "The bot or the app",
        "outcome": "pass",
        "seen": "Coze knows it as “Sandbox Bot”.",
        "advice": "",
        "who": "",
        "facts": "",
        "seconds": 0,
    }


def test_no_finding_holds_a_token_or_a_key(coze, widget, oauth_config):
    coze.withhold("File.uploadFile")
    coze.mix_histories()

    shown = repr([finding.to_json() for finding in examine(widget, may_chat=True)])

    assert not [token for token in coze.state.tokens._grants if token in shown]
    assert oauth_config["private_key"][40:80] not in shown


def test_it_is_two_identities_that_nobody_has_and_keeps_nothing(coze, widget):
    examine(widget, may_chat=True)

    names = {grant.owner.session_name for grant in coze.state.tokens._grants.values()}
    assert len(names) == 2
    assert all(name.startswith("coze_doctor-") for name in names)
    # The step of the cache leaves a word for other processes.
    assert entries().keys() <= {"coze_widget:doctor"}


def test_it_says_before_what_it_spends():
    assert "one dialogue of the account" not in list_costs(may_chat=False)
    assert "one dialogue of the account" in list_costs(may_chat=True)


@pytest.mark.parametrize("path", ["/v1/", "/v1/bots/", "/v3/", "/api/"])
@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[7]",
        "{}",
        '{"code": true, "msg": {"a": 1}, "detail": []}',
        '{"code": 0, "data": {"id": {"a": 1}, "name": ["x"], "items": 7}}',
        "[" * 100_000,
    ],
)
def test_whatever_is_answered_each_step_has_something_to_say(coze, widget, path, body):
    coze.add_fault(path, status=200, body=body, times=None)

    findings = by_step(examine(widget))

    assert list(findings) == [step.key for step in STEPS]
    assert all(one.seen for found in findings.values() for one in found)


def test_an_app_is_examined_with_its_chatflow(coze, app_widget):
    findings = examine(app_widget, may_chat=True)

    assert failures(findings) == {}
    assert by_step(findings)["workflow"][0].seen == (
        "The chatflow is there and takes the widget's parameters."
    )
