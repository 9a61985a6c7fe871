from __future__ import annotations

import json
import time

import pytest
from django.core.cache import cache
from django.utils.translation import override

from coze_widget.acceptance import Verdict, ask_about_all, ask_coze, recall, remember
from coze_widget.oauth_apps import find_oauth_app, get_client
from coze_widget.sandbox.faults import Fault
from tests.caches import entries
from tests.tiny_server import at_most

TOKEN_PATH = "/api/permission/oauth2/token"


def ask():
    return ask_coze(get_client("default"))


def requests_of(sandbox):
    return [
        entry for entry in sandbox.state.recorder.entries if entry["path"] == TOKEN_PATH
    ]


def test_coze_is_asked_once_for_a_minute_of_nobody(coze):
    verdict = ask()

    [request] = requests_of(coze)
    assert verdict.accepted
    assert abs(verdict.asked_at - time.time()) < 5
    assert request["body"]["duration_seconds"] == 60


def test_each_question_is_somebody_elses(coze):
    ask()
    ask()

    names = {grant.owner.session_name for grant in coze.state.tokens._grants.values()}

    assert len(names) == 2
    assert all(name.startswith("coze_setup-") for name in names)


def test_the_token_is_not_kept(coze):
    verdict = ask()

    assert "czs_" not in repr(verdict)
    assert not entries()


def test_an_unknown_key_is_told_from_other_refusals(coze, settings):
    fields = settings.COZE_OAUTH_APPS["default"]
    settings.COZE_OAUTH_APPS = {"default": {**fields, "public_key_id": "another"}}

    verdict = ask()

    assert not verdict.accepted
    assert verdict.is_key_unknown
    assert verdict.text.startswith("Coze refused: the kid is not registered")
    assert verdict.remedy.startswith("Coze does not know the key")
    assert "HTTP 401, code invalid_client, logid " in verdict.facts


def test_a_disabled_app_is_no_unknown_key(coze):
    coze.state.oauth_apps[0].deactivated = True

    verdict = ask()

    assert not verdict.is_key_unknown
    assert "check that the app is enabled" in verdict.remedy


def test_a_refusal_is_read_in_the_language_of_the_reader(coze):
    coze.state.faults.add(Fault(TOKEN_PATH, code="access_deny", msg="no"))

    verdict = ask()

    with override("zh-hans"):
        assert verdict.text == "被扣子拒绝：no"
        assert "授权" in verdict.remedy
    with override("fr"):
        assert verdict.text == "Coze refused: no"


def test_several_apps_are_asked_at_the_same_time(coze):
    coze.state.faults.add(Fault(TOKEN_PATH, latency_ms=700, times=None))

    with at_most(2):
        verdicts = ask_about_all([get_client("default")] * 9)

    assert [verdict.accepted for verdict in verdicts] == [True] * 9


def test_what_coze_said_is_kept_for_minutes(coze):
    app = find_oauth_app("default")
    coze.state.faults.add(Fault(TOKEN_PATH, code="access_deny", msg="no"))
    verdict = ask()

    remember(app, verdict)

    assert recall(app) == verdict
    [kept] = entries()
    assert app.client_id not in kept


def test_what_is_kept_can_be_written_as_json(coze):
    app = find_oauth_app("default")
    remember(app, ask())
    [key] = entries()

    assert json.loads(json.dumps(cache.get(key)))["accepted"] is True


def test_another_key_was_not_asked_about(coze, settings):
    remember(find_oauth_app("default"), Verdict(1.0, accepted=True))
    fields = settings.COZE_OAUTH_APPS["default"]
    settings.COZE_OAUTH_APPS = {"default": {**fields, "public_key_id": "another"}}

    assert recall(find_oauth_app("default")) is None


@pytest.mark.parametrize("kept", [["not", "ours"], {"unknown": 1}])
def test_what_cannot_be_read_was_not_said(coze, caplog, kept):
    app = find_oauth_app("default")
    remember(app, Verdict(1.0, accepted=True))
    [key] = entries()
    cache.set(key, kept)

    assert recall(app) is None
    assert "The cache did not tell" in caplog.text


def test_a_cache_that_is_down_costs_the_memory_only(coze, settings, caplog):
    settings.COZE_CACHE = "gone"
    app = find_oauth_app("default")

    remember(app, Verdict(1.0, accepted=True))

    assert recall(app) is None
    assert "The cache did not take" in caplog.text
