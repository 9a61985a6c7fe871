from __future__ import annotations

import json
import os

import pytest
import requests

from coze_widget.conf import conf
from coze_widget.sandbox.server import Sandbox
from coze_widget.testing.assertions import assert_refused, assert_said
from coze_widget.testing.chats import ChatFailed
from coze_widget.testing.coze import running_coze

pytestmark = pytest.mark.django_db


def test_coze_gives_no_token(coze, coze_chat, coze_widget, alice):
    coze.fail("token")
    assert_refused(alice, "bad_gateway", widget=coze_widget)

    coze.recover()
    assert coze_chat(alice).say("hello")


def test_coze_gives_no_token_once(coze, coze_chat, coze_widget, alice):
    coze.fail("token", status=502, times=1)

    assert_refused(alice, "bad_gateway", widget=coze_widget)
    assert coze_chat(alice)


def test_coze_cannot_be_reached(coze, coze_widget, coze_chat, alice, bob):
    chat = coze_chat(alice)
    chat.say("hello")

    with coze.unreachable():
        assert_refused(bob, "unavailable", widget=coze_widget)
        with pytest.raises(requests.ConnectionError):
            chat.say("are you there?")

    assert_said(chat, "hello")
    assert coze_chat(bob)


def test_the_quota_is_used_up(coze, either_mode, coze_chat, alice):
    chat = coze_chat(alice)
    coze.fail("chat", code=4028)

    with pytest.raises(ChatFailed, match="4028 Your free quota") as caught:
        chat.say("hello")

    assert caught.value.code == 4028


@pytest.mark.parametrize("text", ["/fail", "/error"])
def test_an_answer_fails(coze_chat, alice, text):
    with pytest.raises(ChatFailed, match="5000 Internal error"):
        coze_chat(alice).say(text)


@pytest.mark.parametrize(
    "fault", [{}, {"status": 200, "body": "<html>"}, {"body": "[]"}]
)
def test_an_answer_that_is_not_cozes(coze, coze_chat, alice, fault):
    chat = coze_chat(alice)
    coze.fail("/v3/chat", **fault)

    with pytest.raises(ChatFailed) as caught:
        chat.say("hello")

    assert caught.value.code == (200 if fault else 500)


def test_a_slow_answer_is_an_answer(coze, coze_chat, alice):
    coze.fail("history", latency_ms=1)

    assert coze_chat(alice).say("hello")


def test_a_token_that_has_run_out(coze, coze_chat, alice):
    chat = coze_chat(alice)
    coze.sandbox.expire_tokens(chat.session_name)

    with pytest.raises(ChatFailed, match="700012006"):
        chat.say("hello")


def test_what_was_asked_can_be_looked_at(coze, coze_chat, alice):
    coze_chat(alice).say("hello")

    paths = [entry["path"] for entry in coze.requests]

    assert paths[0].endswith("/oauth2/token")
    assert paths[-1] == "/v3/chat"
    assert "alice" not in json.dumps(coze.requests[0])


# Nothing is left of a test


@pytest.mark.parametrize("_time", ["first", "second"])
def test_every_test_begins_anew(_time, coze, coze_chat, alice):
    assert coze.requests == []
    assert coze_chat(alice).history() == []

    coze_chat(alice).say("hello")
    coze.fail("chat")


def test_no_token_of_an_earlier_test_is_served(coze, coze_chat, alice, settings):
    """Primary keys begin at 1 again, and the cache still has the token of the first."""
    coze_chat(alice)
    coze.reset()
    for name, value in coze.build_settings().items():
        setattr(settings, name, value)

    assert coze_chat(alice).say("hello")


def test_the_settings_are_those_of_the_project_again(settings):
    settings.COZE_OAUTH_APPS = {"members": "members.json"}
    settings.COZE_WIDGETS_ENABLED = False
    settings.COZE_PROXIES = {"https": "http://proxy:3128"}

    stand_in = running_coze().build_settings()

    assert set(stand_in["COZE_OAUTH_APPS"]) == {"default", "members"}
    assert stand_in["COZE_WIDGETS_ENABLED"] is True
    assert stand_in["COZE_PROXIES"] == {}
    assert conf.widgets_enabled is False


def test_one_coze_serves_the_process(coze):
    assert running_coze() is coze


def test_a_forked_process_has_a_coze_of_its_own(coze, monkeypatch):
    monkeypatch.setattr(os, "getpid", lambda: -1)

    other = running_coze()

    assert other is not coze
    assert isinstance(other.sandbox, Sandbox)
    assert other.url != coze.url
    other.sandbox.stop()
