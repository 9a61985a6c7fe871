"""The frame on a host of its own: who is on the page is said by the page's host."""

from __future__ import annotations

import base64
import datetime
import json
import logging
import time

import jwt
import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, RequestFactory

from coze_widget import handovers, urls
from coze_widget.handovers import (
    BadHandover,
    is_handover,
    read_handover,
    sign_handover,
)
from coze_widget.models import Widget
from coze_widget.signals import token_limited
from coze_widget.visitors import Visitor
from tests.loop_client import LoopClient

PAGE, FRAME = "shop.example", "chat.shop.example"
WIDGET = Widget(slug="support", name="Support")
ALICE = Visitor("a" * 64, "Alice", "/alice.png")
GUEST = Visitor("b" * 64, "Guest", "", guest_id="a guest's id, which is secret")
SAME = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(autouse=True)
def _sibling(settings):
    settings.COZE_FRAME_ORIGIN = f"https://{FRAME}"
    settings.COZE_PAGE_ORIGINS = [f"https://{PAGE}"]
    handovers._warn_of_login.cache_clear()


def on(host, **extra):
    return RequestFactory(headers={"host": host}).post("/", **extra)


def key(settings):
    kdf = HKDF(SHA256(), length=32, salt=None, info=b"coze_widget.handovers")
    return kdf.derive(settings.COZE_IDENTITY_KEY.encode())


@pytest.fixture
def forge(settings):
    """What somebody signs who has our key, so that only what differs can be wrong."""

    def sign(*, header=None, algorithm="HS256", secret=None, without=(), **claims):
        now = int(time.time())
        whole = {
            "iss": "coze_widget",
            "aud": "support@@default",
            "iat": now,
            "exp": now + 60,
            "sub": "a" * 64,
            "nickname": "Alice",
            "url": "",
            "guest": False,
            **claims,
        }
        kept = {name: value for name, value in whole.items() if name not in without}
        headers = {"typ": "coze-handover+jwt", **(header or {})}
        secret = key(settings) if secret is None else secret
        return jwt.encode(kept, secret, algorithm=algorithm, headers=headers)

    return sign


# The token


def test_a_person_is_on_the_frames_host_who_they_are_on_the_pages():
    token, expires_at = sign_handover(ALICE, WIDGET)

    visitor = read_handover(token, WIDGET, on(FRAME))

    assert is_handover(token)
    assert abs(expires_at - time.time() - 60) < 5
    assert (visitor.session_name, visitor.nickname, visitor.url) == (
        "a" * 64,
        "Alice",
        "/alice.png",
    )
    assert not visitor.is_guest


def test_a_guest_is_known_as_one_and_their_id_stays_with_the_page():
    token, _expires_at = sign_handover(GUEST, WIDGET)

    visitor = read_handover(token, WIDGET, on(FRAME))

    assert (visitor.is_guest, visitor.guest_id) == (True, "")
    assert "secret" not in json.dumps(jwt.decode(token, options=UNVERIFIED))


UNVERIFIED = {"verify_signature": False}


def test_it_holds_what_coze_will_hear_and_nothing_else():
    token, _expires_at = sign_handover(ALICE, WIDGET)

    claims = jwt.decode(token, options=UNVERIFIED)

    assert sorted(claims) == sorted(handovers.CLAIMS)


def test_our_own_forgery_is_good_so_that_the_others_fail_for_their_reason(forge):
    assert read_handover(forge(), WIDGET, on(FRAME)).session_name == "a" * 64


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": 1}, "ExpiredSignatureError"),
        ({"iat": 2**33, "exp": 2**33 + 60}, "ImmatureSignatureError"),
        ({"aud": "sales@@default"}, "InvalidAudienceError"),
        ({"aud": "support@1@default"}, "InvalidAudienceError"),
        ({"aud": "support@@staging"}, "InvalidAudienceError"),
        ({"iss": "somebody"}, "InvalidIssuerError"),
        ({"sub": 5}, "InvalidSubjectError"),
        *[
            ({"without": [name]}, "MissingRequiredClaimError")
            for name in handovers.CLAIMS
        ],
    ],
    ids=range(7 + len(handovers.CLAIMS)),
)
def test_one_for_another_time_or_place_is_refused(forge, claims, reason):
    with pytest.raises(BadHandover, match=reason):
        read_handover(forge(**claims), WIDGET, on(FRAME))


def test_clocks_of_the_sites_own_servers_may_differ_a_little(forge):
    token = forge(iat=int(time.time()) + 8, exp=int(time.time()) - 8)

    assert read_handover(token, WIDGET, on(FRAME)).session_name == "a" * 64


@pytest.mark.parametrize(
    "secret",
    [b"x" * 32, b"an identity key for tests only, long enough to be one"],
    ids=["another key", "the identity key itself"],
)
def test_one_that_somebody_else_signed_is_refused(forge, secret):
    with pytest.raises(BadHandover, match="InvalidSignatureError"):
        read_handover(forge(secret=secret), WIDGET, on(FRAME))


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_is_refused_even_with_our_key(forge, algorithm, settings):
    secret = key(settings) * 2

    with pytest.raises(BadHandover, match="InvalidAlgorithmError"):
        read_handover(forge(algorithm=algorithm, secret=secret), WIDGET, on(FRAME))


def test_an_unsigned_one_is_refused(forge):
    with pytest.raises(BadHandover, match="InvalidAlgorithmError"):
        read_handover(forge(algorithm="none", secret=""), WIDGET, on(FRAME))


def test_a_visitor_token_of_a_host_is_another_kind(forge):
    token = forge(header={"typ": "JWT"})

    assert not is_handover(token)
    with pytest.raises(BadHandover, match="another kind"):
        read_handover(token, WIDGET, on(FRAME))


def in_base64(text):
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "...",
        "no JWT",
        "\ud800.\ud800.\ud800",
        f"{in_base64('[' * 5000)}.e30.e30",
        f"{in_base64('[]')}.e30.e30",
        f"{in_base64('null')}.e30.e30",
        f"{in_base64('{}')}.e30.e30",
    ],
    ids=range(8),
)
def test_what_is_no_token_is_none_and_breaks_nothing(token):
    assert not is_handover(token)


def test_one_whose_body_is_nonsense_breaks_nothing():
    header = in_base64('{"alg": "HS256", "typ": "coze-handover+jwt"}')

    with pytest.raises(BadHandover):
        read_handover(f"{header}.!.!", WIDGET, on(FRAME))


def test_the_reason_repeats_nothing_of_the_token(forge):
    with pytest.raises(BadHandover) as caught:
        read_handover(forge(aud="<alice@shop.example>"), WIDGET, on(FRAME))

    assert "alice" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_the_pages_own_host_takes_none():
    token, _expires_at = sign_handover(ALICE, WIDGET)

    with pytest.raises(BadHandover, match="frame's host"):
        read_handover(token, WIDGET, on(PAGE))


def test_none_is_good_once_the_setting_is_gone(settings):
    token, _expires_at = sign_handover(ALICE, WIDGET)
    settings.COZE_FRAME_ORIGIN = ""

    with pytest.raises(BadHandover):
        read_handover(token, WIDGET, on(FRAME))


def test_without_an_identity_key_nobody_is_handed_over(settings):
    token, _expires_at = sign_handover(ALICE, WIDGET)
    settings.COZE_IDENTITY_KEY = ""

    with pytest.raises(ImproperlyConfigured):
        read_handover(token, WIDGET, on(FRAME))
    with pytest.raises(ImproperlyConfigured):
        sign_handover(ALICE, WIDGET)


def test_a_session_that_reaches_the_frames_host_is_said_once(caplog):
    token, _expires_at = sign_handover(ALICE, WIDGET)
    request = on(FRAME)
    request.COOKIES["sessionid"] = "a secret"

    for _time in range(2):
        read_handover(token, WIDGET, request)

    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert "SESSION_COOKIE_DOMAIN" in record.getMessage()
    assert "secret" not in record.getMessage()


# The view


@pytest.fixture
def alice(django_user_model):
    return django_user_model.objects.create_user(
        "alice", "alice@shop.example", first_name="Alice"
    )


@pytest.fixture
def guests(make_widget):
    return make_widget(guests="isolated", user_nickname="Guest")


# The session view answers under both handlers, and so must what leads to it.
CLIENTS = {"wsgi": Client, "asgi": LoopClient}


@pytest.fixture(params=CLIENTS)
def browser(request, monkeypatch):
    """Opens a browser: `browser(alice)`, with Django's CSRF checks as in the real world."""
    client_class = CLIENTS[request.param]
    monkeypatch.setattr(urls, "_is_under_asgi", lambda: request.param == "asgi")

    def open_one(user=None):
        client = client_class(enforce_csrf_checks=True)
        if user:
            client.force_login(user)
        return client

    return open_one


def post(client, name, host, body="{}", headers=SAME, **extra):
    return client.post(
        f"/chat/support/{name}/",
        body,
        content_type="application/json",
        headers={"host": host, **headers},
        **extra,
    )


def hand_over(client, **extra):
    return post(client, "visitor", PAGE, **extra)


def enter(client, handover=None, host=FRAME, **body):
    if handover is not None:
        body["visitor"] = handover.json()["visitor"]
    return post(client, "session", host, json.dumps(body))


def problem(response):
    assert response.headers["Content-Type"] == "application/problem+json"
    return response.status_code, response.json()["code"]


pytest_db = pytest.mark.django_db
answering = pytest.mark.usefixtures("coze")


@pytest_db
@answering
def test_a_person_keeps_their_chat_when_the_frame_moves_to_its_own_host(
    browser, widget, alice
):
    page = browser(alice)

    before = enter(page, host=PAGE).json()
    # The cookies of the page's host stay there.
    after = enter(browser(), hand_over(page)).json()

    assert after["epoch"] == before["epoch"]
    assert after["user"] == {**before["user"], "nickname": "Alice"}
    assert after["token"] == before["token"]
    assert after["notice"] is None


@pytest_db
@answering
def test_a_guest_keeps_theirs_and_their_cookie_is_the_pages(browser, guests):
    page = browser()

    before = enter(page, host=PAGE).json()
    handover = hand_over(page)
    entered = enter(browser(), handover)

    assert entered.json()["epoch"] == before["epoch"]
    assert entered.json()["notice"] == "guest"
    assert "coze_visitor" in handover.cookies
    assert not entered.cookies
    assert "handle" not in entered.json()


@pytest_db
@answering
def test_a_new_guest_is_given_the_cookie_at_the_handover(browser, guests):
    page = browser()

    first, again = hand_over(page), hand_over(page)

    epochs = {enter(browser(), one).json()["epoch"] for one in (first, again)}
    assert len(epochs) == 1
    cookie = first.cookies["coze_visitor"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (
        "/chat/",
        True,
        "Lax",
    )


@pytest_db
@answering
def test_whoever_logs_in_loses_the_guests_cookie_at_the_handover(
    browser, guests, alice
):
    page = browser()
    hand_over(page)
    page.force_login(alice)

    handover = hand_over(page)

    assert handover.cookies["coze_visitor"]["max-age"] == 0


@pytest_db
@answering
def test_nothing_keeps_the_handover(browser, widget, alice):
    response = hand_over(browser(alice))

    assert sorted(response.json()) == ["expires_at", "now", "visitor"]
    assert abs(response.json()["now"] - time.time()) < 5
    assert response.headers["Cache-Control"] == "no-store"
    assert {"Cookie", "Origin"} <= set(response.headers["Vary"].split(", "))
    assert "Access-Control-Allow-Origin" not in response.headers


@pytest_db
@answering
def test_who_must_log_in_is_led_to_the_pages_host(browser, widget):
    response = hand_over(browser(), secure=True)

    assert problem(response) == (401, "login_required")
    assert response.json()["login_url"] == f"https://{PAGE}/admin/login/"


@pytest_db
@answering
def test_where_there_is_no_login_page_there_is_no_link(browser, widget, settings):
    settings.LOGIN_URL = "no-such-name"

    response = hand_over(browser())

    assert problem(response) == (401, "login_required")
    assert "login_url" not in response.json()


@pytest_db
@answering
def test_the_audience_is_judged_where_the_login_is(browser, make_widget, alice):
    make_widget(staff_only=True)

    assert problem(hand_over(browser(alice))) == (403, "not_allowed")

    alice.is_staff = True
    alice.save()

    assert enter(browser(), hand_over(browser(alice))).status_code == 200


@pytest_db
@answering
def test_out_of_hours_nobody_is_handed_over(browser, make_widget, alice):
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    make_widget(shown_until=past)

    assert problem(hand_over(browser(alice))) == (403, "closed")


@pytest_db
@answering
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-site", "Origin": f"https://{FRAME}"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Origin": f"https://{FRAME}"},
        {"Origin": f"http://{PAGE}.evil.example"},
        {"Origin": f"http://{PAGE}:8443"},
        {"Origin": "null"},
    ],
    ids=["the frame", "a stranger", "old frame", "look-alike", "port", "null"],
)
def test_nobody_but_the_page_is_told_who_is_there(browser, widget, alice, headers):
    response = hand_over(browser(alice), headers=headers)

    assert problem(response) == (403, "bad_origin")


@pytest_db
@answering
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("[]", (400, "malformed")),
        ("{", (400, "malformed")),
        ('{"visitor": 5}', (400, "malformed")),
        (" " * 20_000, (413, "too_large")),
    ],
    ids=range(4),
)
def test_what_is_no_such_body_is_refused(browser, widget, alice, body, expected):
    assert problem(hand_over(browser(alice), body=body)) == expected


@pytest_db
@answering
def test_it_cannot_be_fetched(browser, widget, alice):
    client = browser(alice)

    response = client.get("/chat/support/visitor/", headers={"host": PAGE})

    assert problem(response) == (405, "method_not_allowed")
    assert response.headers["Allow"] == "POST"


@pytest_db
@answering
def test_a_visitor_token_in_the_body_makes_nobody_somebody_else(browser, widget, alice):
    page = browser(alice)

    plain, with_more = (
        jwt.decode(hand_over(page, body=body).json()["visitor"], options=UNVERIFIED)
        for body in ("{}", '{"visitor": "x.y.z", "handle": "x", "embedded": true}')
    )

    assert plain["sub"] == with_more["sub"]


@pytest_db
@answering
def test_a_widget_that_is_not_there_hands_nobody_over(browser, make_widget, alice):
    make_widget(enabled=False)

    assert problem(hand_over(browser(alice))) == (404, "not_found")


@pytest_db
@answering
def test_without_the_setting_there_is_no_such_view(browser, widget, alice, settings):
    settings.COZE_FRAME_ORIGIN = ""

    assert problem(hand_over(browser(alice))) == (404, "not_found")


@pytest_db
@answering
def test_the_frames_host_hands_nobody_over(browser, widget, alice):
    response = post(browser(alice), "visitor", FRAME)

    assert problem(response) == (404, "not_found")


@pytest_db
@answering
def test_the_limits_hold_here_too(browser, widget, alice, settings):
    settings.COZE_LIMITS = {"person_requests": "2/minute"}
    heard = []

    def hear(limit, **signal):
        heard.append(limit)

    token_limited.connect(hear)
    page = browser(alice)

    answers = [hand_over(page) for _time in range(3)]

    token_limited.disconnect(hear)
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert problem(answers[-1]) == (429, "rate_limited")
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert heard == ["person_requests"]


@pytest_db
@answering
def test_without_an_identity_key_the_view_says_no_more_than_that(
    browser, widget, alice, settings
):
    settings.COZE_IDENTITY_KEY = ""

    assert problem(hand_over(browser(alice))) == (503, "unavailable")


# The session view on the frame's host


@pytest_db
@answering
def test_a_login_counts_for_nothing_on_the_frames_host(browser, widget, alice):
    """A session's cookie that reaches it, Coze's script can use as well."""
    response = enter(browser(alice))

    assert problem(response) == (401, "bad_visitor")


@pytest_db
@answering
def test_a_guests_cookie_counts_for_nothing_there_either(browser, guests):
    page = browser()
    hand_over(page)

    assert problem(enter(page)) == (401, "bad_visitor")


@pytest_db
@answering
def test_a_guest_of_other_peoples_pages_needs_nobody_to_hand_them_over(
    browser, guests, alice
):
    """Nor are they the person who happens to be logged in."""
    first = enter(browser(alice), embedded=True).json()
    page = enter(browser(), hand_over(browser(alice))).json()

    assert first["notice"] == "guest"
    assert first["epoch"] != page["epoch"]


@pytest_db
@answering
def test_who_must_log_in_there_is_led_away_from_the_frames_host(browser, widget):
    response = enter(browser(), embedded=True)

    assert problem(response) == (401, "login_required")
    assert response.json()["login_url"] == f"https://{PAGE}/admin/login/"


@pytest_db
@answering
def test_a_bad_handover_is_nobodys_and_no_token_in_the_log(
    browser, guests, forge, caplog
):
    token = forge(secret=b"x" * 32)

    response = post(browser(), "session", FRAME, json.dumps({"visitor": token}))

    assert problem(response) == (401, "bad_visitor")
    assert not response.cookies
    assert "InvalidSignatureError" in caplog.text
    assert token not in caplog.text


@pytest_db
@answering
def test_a_handover_lets_nobody_chat_out_of_hours(browser, widget, alice, committed):
    handover = hand_over(browser(alice))
    with committed():
        widget.shown_until = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
        widget.save()

    assert problem(enter(browser(), handover)) == (403, "closed")


@pytest_db
@answering
def test_a_handover_at_one_widget_is_good_at_no_other(
    browser, widget, make_widget, alice
):
    make_widget(slug="sales", staff_only=True)
    handover = hand_over(browser(alice)).json()["visitor"]

    response = browser().post(
        "/chat/sales/session/",
        json.dumps({"visitor": handover}),
        content_type="application/json",
        headers={"host": FRAME, **SAME},
    )

    assert problem(response) == (401, "bad_visitor")


@pytest_db
@answering
def test_the_pages_own_session_view_answers_as_ever(browser, widget, alice):
    """For a chat in the page itself, for previews, and for pages from a cache."""
    assert enter(browser(alice), host=PAGE).status_code == 200


@pytest_db
@answering
def test_whoever_is_handed_over_has_to_agree_as_well(browser, make_widget):
    make_widget(guests="isolated", consent_text="Coze will read what you write.")
    page = browser()

    refused = enter(browser(), hand_over(page))
    entered = enter(browser(), hand_over(page), consent=refused.json()["epoch"])

    assert problem(refused) == (403, "consent_required")
    assert entered.json()["epoch"] == refused.json()["epoch"]
