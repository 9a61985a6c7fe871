"""Coze says that a bot comes or goes. Signed here after Coze's guide, apart from our code."""

from __future__ import annotations

import hashlib
import json
import time
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.http.request import UnreadablePostError
from django.urls import reverse
from django.utils import timezone

from coze_widget import callback_view
from coze_widget.models import Mode, Widget
from coze_widget.sandbox.catalogue import APP_ID, BOT_ID, WORKFLOW_ID
from coze_widget.status import find_status
from tests.pages import render

pytestmark = pytest.mark.django_db

TOKEN = "callback-token-for-tests"
# Beyond 2**53: who reads it as a float has another bot.
ID = int(BOT_ID)


@pytest.fixture(autouse=True)
def known(settings):
    settings.COZE_CALLBACK_TOKENS = [TOKEN]


@pytest.fixture
def post(client):
    def post(body, *, token=TOKEN, at=None, signed=None, **headers):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        timestamp = str(int((at or time.time()) * 1000))
        text = (timestamp + "nonce" + token).encode() + (signed or raw)
        return client.post(
            reverse("coze_widget:callback"),
            raw,
            content_type="application/json",
            headers={
                "X-Coze-Timestamp": timestamp,
                "X-Coze-Nonce": "nonce",
                "X-Coze-Signature": hashlib.sha1(text).hexdigest(),
                **headers,
            },
        )

    return post


def event(kind, *, age=0, number="1", header=None, **about):
    created_at = int((time.time() - age) * 1000)
    return {
        "header": {
            "event_type": f"bot.{kind}",
            "event_id": f"event-{number}",
            "created_at": created_at,
            "coze_account_id": 7400000000000000031,
            "api_app_id": 7400000000000000099,
            **(header or {}),
        },
        "event": {"user_id": 1, "bot_id": ID, "bot_name": "Tea", **about},
    }


def state(widget):
    widget.refresh_from_db()
    return widget.bot_state


def test_a_bot_that_was_taken_down_leaves_the_pages(post, widget, oauth_app):
    assert "coze-widget-support" in render()

    response = post(event("unpublished"))

    assert (response.status_code, response.json()) == (200, {})
    assert state(widget) == "unpublished"
    assert "coze-widget-support" not in render()
    assert "coze-widget-support" not in render('{% coze_widget "support" %}')


def test_who_chats_finds_the_door_closed(post, client, widget, coze):
    post(event("deleted"))

    address = reverse("coze_widget:session", args=["support"])
    answer = client.post(address, "{}", content_type="application/json")

    assert answer.status_code == 404
    assert coze.requests == []


def test_it_comes_back_with_its_new_name(post, widget, oauth_app):
    post(event("unpublished", age=2))

    post(event("published", number="2", bot_name="Green\ttea"))

    assert (state(widget), widget.bot_name) == ("", "Green tea")
    assert "coze-widget-support" in render()


def test_an_event_without_a_name_leaves_the_old_one(post, make_widget):
    widget = make_widget(bot_name="Tea")

    post(event("published", bot_name=None))

    assert (state(widget), widget.bot_name) == ("", "Tea")


def test_the_admin_says_why(post, widget, oauth_app):
    post(event("unpublished"))

    status = find_status(Widget.objects.get())

    assert status.works is False
    assert status.text.startswith("Coze says that its bot was taken down (")


def test_a_moment_that_nobody_wrote_down_is_left_out(make_widget, oauth_app):
    widget = make_widget(bot_state="deleted", bot_state_id=BOT_ID)

    assert "was deleted (–)" in find_status(widget).text


def test_nobody_is_asked_to_switch_it_on_again(post, widget, oauth_app):
    post(event("unpublished"))

    widget.refresh_from_db()
    assert widget.enabled
    assert widget.history.count() == 1


def test_another_bot_of_the_same_widget_is_there(post, widget, oauth_app):
    post(event("deleted"))
    widget.refresh_from_db()
    widget.bot_id = "7400000000000000002"

    assert not widget.is_gone


def test_a_widget_that_became_an_app_is_there(post, widget, oauth_app):
    post(event("deleted"))
    widget.refresh_from_db()
    widget.mode, widget.app_id, widget.workflow_id = Mode.APP, APP_ID, WORKFLOW_ID

    assert not widget.is_gone


def test_other_bots_stay(post, make_widget):
    widget = make_widget(bot_id="7400000000000000002")

    assert post(event("deleted")).status_code == 200
    assert state(widget) == ""


@pytest.mark.parametrize(
    "about", [{"bot_id": "x"}, {"bot_id": ""}, {"bot_id": "9" * 40}]
)
def test_an_id_that_is_none_is_nobodys(post, widget, about):
    assert post(event("deleted", **about)).status_code == 200
    assert state(widget) == ""


def test_another_channel_is_no_business_of_ours(post, widget):
    post(event("unpublished", header={"connector_id": 10000011}))
    assert state(widget) == ""

    post(event("unpublished", number="2", header={"connector_id": 999}))
    assert state(widget) == "unpublished"


def test_other_events_are_taken_note_of_and_change_nothing(post, widget):
    body = event("unpublished", header={"event_type": "benefit.usage"})

    assert post(body).status_code == 200
    assert state(widget) == ""


def test_an_event_counts_once(post, widget):
    body = event("unpublished", age=5)
    post(body)
    Widget.objects.update(bot_state="", bot_state_at=None)

    assert post(body).status_code == 200
    assert state(widget) == ""


def test_an_older_event_that_comes_later_changes_nothing(post, widget):
    post(event("published", number="2"))

    post(event("unpublished", age=60, number="1"))

    assert state(widget) == ""


def test_a_project_without_time_zones_keeps_moments_too(post, widget, settings):
    settings.USE_TZ = False

    post(event("unpublished"))

    widget.refresh_from_db()
    assert widget.bot_state_at.tzinfo is None


def test_each_of_two_tokens_is_good(post, widget, settings):
    settings.COZE_CALLBACK_TOKENS = ["new", "", TOKEN]

    assert post(event("unpublished")).status_code == 200
    assert post(event("published", number="2"), token="new").status_code == 200


@pytest.mark.parametrize(
    "forged",
    [
        {"token": "another"},
        {"token": ""},
        {"signed": b"{}"},
        {"X-Coze-Signature": ""},
        {"X-Coze-Signature": "ü" * 40},
        {"X-Coze-Nonce": "other"},
    ],
    ids=str,
)
def test_what_coze_has_not_signed_is_refused(post, widget, forged, caplog):
    assert post(event("deleted"), **forged).status_code == 403
    assert state(widget) == ""
    assert "A callback was refused: its signature" in caplog.text
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("age", [-3600, 3600])
def test_a_signature_is_good_for_minutes(post, widget, age):
    assert post(event("deleted"), at=time.time() - age).status_code == 403
    assert state(widget) == ""


@pytest.mark.parametrize("moment", ["soon", "", "1" * 20])
def test_a_timestamp_that_is_none_is_refused(client, widget, moment):
    raw = json.dumps(event("deleted")).encode()
    signature = hashlib.sha1(f"{moment}{TOKEN}".encode() + raw).hexdigest()

    response = client.post(
        reverse("coze_widget:callback"),
        raw,
        content_type="application/json",
        headers={"X-Coze-Timestamp": moment, "X-Coze-Signature": signature},
    )

    assert response.status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"header": {}, "event": {}}',
        b"[" * 20_000,
        event("deleted", header={"event_id": {}}),
        event("deleted", header={"event_type": 1.5}),
        event("deleted", header={"created_at": "soon"}),
        event("deleted", bot_id=[1]),
        {**event("deleted"), "event": "x"},
    ],
    ids=range(11),
)
def test_what_has_another_shape_is_refused(post, widget, body):
    assert post(body).status_code == 403
    assert state(widget) == ""


def test_a_body_is_bounded(post):
    assert post(b"x" * 65_537).status_code == 413


def test_a_sender_who_hangs_up_has_said_nothing(rf, monkeypatch):
    request = rf.post("/", b"{}", content_type="application/json")

    def fail(size):
        raise UnreadablePostError

    monkeypatch.setattr(request, "read", fail)

    assert callback_view.callback(request).status_code == 400


def test_without_a_token_there_is_no_such_address(post, settings):
    settings.COZE_CALLBACK_TOKENS = []

    assert post(event("deleted")).status_code == 404


def test_what_the_database_did_not_take_comes_again(post, widget, monkeypatch):
    body = event("unpublished")
    with monkeypatch.context() as patch:
        patch.setattr("coze_widget.callbacks.Widget.objects.filter", _fail)
        assert post(body).status_code == 503

    assert post(body).status_code == 200
    assert state(widget) == "unpublished"


def _fail(**conditions):
    raise OperationalError("down")


def test_whoever_has_seen_the_bot_brings_it_back(nadia, client, make_widget, coze):
    widget = make_widget(
        bot_state="unpublished",
        bot_state_id=BOT_ID,
        bot_state_at=timezone.now() - timedelta(hours=1),
    )
    client.force_login(nadia)

    client.post(reverse("admin:coze_widget_widget_test", args=[widget.pk]))

    assert (state(widget), widget.bot_name) == ("", "Sandbox Bot")
    assert not widget.is_gone
