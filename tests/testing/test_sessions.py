from __future__ import annotations

from http import HTTPStatus

import pytest
from django.http import HttpResponse

from coze_widget.testing.assertions import assert_refused
from coze_widget.testing.sessions import Refused
from coze_widget.testing.widgets import save_widget

pytestmark = pytest.mark.django_db


def test_the_site_decides_who_may_chat(coze_widget, coze_chat):
    with pytest.raises(Refused, match="answered 401 login_required") as caught:
        coze_chat()

    assert caught.value.status == HTTPStatus.UNAUTHORIZED
    assert_refused(None, "login_required", widget=coze_widget)


def test_a_guest_of_the_async_client_is_known_again(guests, coze_chat, async_client):
    guest = coze_chat(async_client)

    assert coze_chat(async_client).session_name == guest.session_name


def test_another_refusal_than_expected(coze_widget):
    with pytest.raises(AssertionError, match="login_required; expected is not_allowed"):
        assert_refused(None, "not_allowed", widget=coze_widget)


def test_no_refusal_where_one_was_expected(coze_widget, alice):
    with pytest.raises(AssertionError, match="was opened; expected is login_required"):
        assert_refused(alice, "login_required", widget=coze_widget)


def test_an_answer_that_is_no_problem_is_a_refusal_too(coze_widget, settings):
    settings.MIDDLEWARE = ["tests.testing.test_sessions.closed_for_maintenance"]

    assert_refused(None, "", widget=coze_widget)


def closed_for_maintenance(get_response):
    return lambda request: HttpResponse("closed", status=503)


def test_a_site_on_https_only(coze_widget, coze_chat, alice, settings):
    settings.SECURE_SSL_REDIRECT = True

    assert coze_chat(alice).say("hello")


@pytest.mark.django_db(transaction=True)
def test_a_live_server_knows_who_is_logged_in(
    live_server,
    coze_widget,
    coze_chat,
    alice,
):
    chat = coze_chat(alice, at=live_server.url)

    assert chat.session_name == coze_chat(alice).session_name
    assert 'You said: "hello"' in chat.say("hello")
    assert_refused(None, "login_required", widget=coze_widget, at=live_server.url)


def test_another_widget_of_the_project(coze, coze_chat, alice, settings):
    settings.COZE_OAUTH_APPS = {"members": settings.COZE_OAUTH_APPS["default"]}
    widget = save_widget(slug="members", oauth_app="members")

    assert coze_chat(alice, widget=widget).say("hello")


def test_whoever_is_asked_for_consent_agrees(coze_chat, coze_widget, alice):
    coze_widget.guests = "isolated"
    coze_widget.consent_text = "What you write goes to Coze."
    coze_widget.save()

    for person in (alice, None):
        assert coze_chat(person).say("hello")
