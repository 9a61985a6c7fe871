"""Who one is on other people's pages, with a signed visitor token, and with consent."""

from __future__ import annotations

import json
import time

import jwt
import pytest
from django.contrib.auth.models import AnonymousUser

from coze_widget import identities
from coze_widget.bodies import Opening
from coze_widget.encryption import encrypt
from coze_widget.models import VisitorKey
from coze_widget.visitor_tokens import VisitorKeysUnavailable
from coze_widget.visitors import make_handle, read_handle
from tests.sessions import browser, handler, post, problem

# Every test of this file runs under both handlers.
__all__ = ["handler"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("coze")]
COOKIE = "coze_visitor_embedded"
FORGET = "/chat/support/forget/"
SECRET = "a secret that both sides know, long enough"


@pytest.fixture
def alice(django_user_model):
    return django_user_model.objects.create_user("alice", first_name="Alice")


@pytest.fixture
def guests(make_widget):
    return make_widget(guests="isolated", allowed_origins="https://shop.example")


@pytest.fixture
def key(guests):
    return VisitorKey.objects.create(
        widget=guests, name="Shop", encrypted_secret=encrypt(SECRET)
    )


def ask(client, **body):
    return post(client, json.dumps(body))


def embedded(client, **body):
    return ask(client, embedded=True, **body)


def sign(secret=SECRET, **changes):
    now = int(time.time())
    claims = {
        "sub": "customer-5",
        "aud": "support@testserver",
        "iat": now,
        "exp": now + 60,
        **changes,
    }
    return jwt.encode(claims, secret, "HS256")


# Guests on other people's pages


def test_a_guest_there_gets_a_cookie_for_that_site_alone(guests):
    response = embedded(browser())

    header = response.cookies[COOKIE].OutputString()
    parts = header.split("; ")
    assert {"HttpOnly", "Secure", "SameSite=None", "Partitioned", "Path=/chat/"} <= {
        *parts
    }
    assert "coze_visitor" not in response.cookies


def test_with_the_cookie_one_is_the_same_and_gets_no_handle(guests):
    client = browser()
    first = embedded(client).json()

    again = embedded(client).json()

    assert again["epoch"] == first["epoch"]
    assert "handle" in first
    assert "handle" not in again


def test_without_the_cookie_the_handle_says_who_one_is(guests):
    first = embedded(browser()).json()

    again = embedded(browser(), handle=first["handle"]).json()

    assert again["epoch"] == first["epoch"]
    ids = {read_handle(one["handle"], days=0) for one in (first, again)}
    assert len(ids) == 1
    assert "" not in ids


@pytest.mark.parametrize(
    ("days", "age_days", "is_known"), [(0, 2, False), (7, 2, True)]
)
def test_a_handle_ends_as_the_row_says(days, age_days, is_known, monkeypatch):
    handle = make_handle("somebody")
    later = time.time() + age_days * 86_400
    monkeypatch.setattr(time, "time", lambda: later)

    assert bool(read_handle(handle, days=days)) is is_known


def test_the_cookie_wins_over_a_handle(guests):
    client = browser()
    first = embedded(client).json()

    again = embedded(client, handle=make_handle("somebody else")).json()

    assert again["epoch"] == first["epoch"]


def test_a_handle_that_we_did_not_sign_is_nobodys(guests):
    first = embedded(browser()).json()
    forged = first["handle"][:-1] + ("A" if first["handle"][-1] != "A" else "B")

    assert embedded(browser(), handle=forged).json()["epoch"] != first["epoch"]


def test_a_cookie_is_no_handle_and_a_handle_no_cookie(guests):
    client = browser()
    first = embedded(client).json()
    cookie = client.cookies[COOKIE].value
    other = browser()
    other.cookies[COOKIE] = first["handle"]

    assert embedded(browser(), handle=cookie).json()["epoch"] != first["epoch"]
    assert embedded(other).json()["epoch"] != first["epoch"]


def test_on_our_own_pages_a_handle_says_nothing(guests):
    first = embedded(browser()).json()

    own = ask(browser(), handle=first["handle"])

    assert own.json()["epoch"] != first["epoch"]
    assert "handle" not in own.json()
    assert "coze_visitor" in own.cookies


def test_the_row_says_for_how_long(make_widget):
    make_widget(guests="isolated", guest_days=30)

    assert embedded(browser()).cookies[COOKIE]["max-age"] == 30 * 86_400


def test_a_new_visitor_there_leaves_the_cookie_of_our_own_pages(guests):
    client = browser()
    embedded(client)

    response = post(client, '{"embedded": true}', url=FORGET)

    assert response.status_code == 204
    assert "Partitioned" in response.cookies[COOKIE].OutputString()
    assert response.cookies[COOKIE]["max-age"] == 0
    assert "coze_visitor" not in response.cookies


def test_who_is_logged_in_there_gets_rid_of_the_guest(guests, alice):
    client = browser()
    embedded(client)
    client.force_login(alice)

    response = embedded(client)

    assert response.json()["user"]["nickname"] == "Alice"
    assert response.cookies[COOKIE]["max-age"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {"embedded": "yes"},
        {"consent": 5},
        {"handle": "x" * 257},
        {"visitor": "x" * 8193},
        {"consent": "x" * 65},
    ],
)
def test_what_says_nothing_is_refused(guests, body):
    assert problem(ask(browser(), **body)) == (400, "malformed")


# Signed visitors


def test_a_signed_visitor_is_one_person_wherever_they_come_from(key):
    first, again = (embedded(browser(), visitor=sign()).json() for _ in range(2))
    other = embedded(browser(), visitor=sign(sub="customer-6")).json()

    assert first["epoch"] == again["epoch"]
    assert other["epoch"] != first["epoch"]
    assert first["notice"] is None
    assert "handle" not in first


def test_the_token_says_name_and_picture(key):
    signed = sign(name="Mei", picture="https://shop.example/mei.png")

    user = embedded(browser(), visitor=signed).json()["user"]

    assert user["nickname"] == "Mei"
    assert user["url"] == "https://shop.example/mei.png"


def test_two_customers_of_the_same_name_are_two_people(key, make_widget):
    other = make_widget(slug="other", guests="isolated")
    VisitorKey.objects.create(
        widget=other, name="Other", encrypted_secret=encrypt(SECRET)
    )

    ours = embedded(browser(), visitor=sign()).json()
    theirs = post(
        browser(),
        json.dumps({"visitor": sign(aud="other@testserver")}),
        url="/chat/other/session/",
    ).json()

    assert theirs["epoch"] != ours["epoch"]


def test_a_visitor_of_their_pk_is_not_the_user_here(key, alice):
    own = ask(browser(alice)).json()

    signed = ask(browser(), visitor=sign(sub=str(alice.pk))).json()

    assert signed["epoch"] != own["epoch"]


def test_the_token_wins_over_the_login_and_is_never_merged_with_it(key, alice):
    client = browser(alice)
    own = ask(client).json()

    signed = ask(client, visitor=sign()).json()

    assert signed["epoch"] == ask(browser(), visitor=sign()).json()["epoch"]
    assert signed["user"]["nickname"] != "Alice"
    assert ask(client).json()["epoch"] == own["epoch"]


def test_a_bad_token_makes_nobody_a_guest_or_a_user(key, alice, coze):
    for client in (browser(), browser(alice)):
        response = ask(client, visitor=sign("another secret, as long as the first one"))

        assert problem(response) == (401, "bad_visitor")
        assert not response.cookies
    assert coze.requests == []


def test_without_a_key_no_token_is_taken(guests, caplog):
    assert problem(ask(browser(), visitor=sign())) == (400, "not_enabled")
    assert "A visitor token for “support” was refused" in caplog.text


def test_guesses_are_counted_by_address(key, settings):
    settings.COZE_LIMITS = {"address_requests": "3/minute"}
    bad = sign("another secret, as long as the first one")

    body = json.dumps({"visitor": bad})
    answers = [
        problem(post(browser(), body, REMOTE_ADDR="93.184.216.34")) for _ in range(4)
    ]

    assert answers == [(401, "bad_visitor")] * 3 + [(429, "rate_limited")]


def test_an_error_report_holds_no_token(key):
    """Reports show what objects say of themselves."""
    opening = Opening(visitor=sign(), handle=make_handle("g"))

    assert opening.visitor not in repr(opening)
    assert opening.handle not in repr(opening)


def test_keys_that_cannot_be_had_now_are_an_outage(key, monkeypatch):
    def fail(*args):
        raise VisitorKeysUnavailable("no answer")

    monkeypatch.setattr(identities, "read_visitor_token", fail)

    response = ask(browser(), visitor=sign())

    assert problem(response) == (503, "unavailable")
    assert int(response.headers["Retry-After"]) > 0


def test_who_must_log_in_may_come_with_a_token(key, guests):
    guests.guests = "login"
    guests.save()

    assert problem(ask(browser())) == (401, "login_required")
    assert ask(browser(), visitor=sign()).status_code == 200


def test_what_only_accounts_have_no_token_gives(key, guests, alice):
    guests.guests, guests.staff_only = "login", True
    guests.save()
    alice.is_staff = True
    alice.save()

    assert problem(ask(browser(alice), visitor=sign())) == (403, "not_allowed")


def test_the_projects_rule_sees_nobody_logged_in(key, guests, alice, settings):
    settings.COZE_AUDIENCES = {"rule": "tests.test_identities.is_anonymous"}
    guests.audience = "rule"
    guests.save()

    assert ask(browser(alice), visitor=sign()).status_code == 200
    assert problem(ask(browser(alice))) == (403, "not_allowed")

    settings.COZE_AUDIENCES = {"rule": "tests.test_identities.is_nobody"}
    assert problem(ask(browser(), visitor=sign())) == (403, "not_allowed")


def is_nobody(request, widget):
    return False


def is_anonymous(request, widget):
    return isinstance(request.user, AnonymousUser)


def test_where_there_are_no_accounts_nobody_was_logged_in(rf):
    request = rf.get("/")

    identities._become_nobody(request)

    assert not hasattr(request, "user")


# Consent


@pytest.fixture
def asking(guests):
    guests.consent_text = "We send what you write to Coze."
    guests.save()
    return guests


def test_before_somebody_agrees_nothing_goes_to_coze(asking, alice, coze):
    response = ask(browser(alice))

    assert problem(response) == (403, "consent_required")
    assert coze.requests == []


def test_who_agrees_names_whom_they_are(asking, alice):
    epoch = ask(browser(alice)).json()["epoch"]

    answer = ask(browser(alice), consent=epoch)

    assert answer.json()["epoch"] == epoch


def test_what_somebody_else_agreed_to_does_not_count(asking, alice, django_user_model):
    bob = django_user_model.objects.create_user("bob")
    epoch = ask(browser(alice)).json()["epoch"]

    response = ask(browser(bob), consent=epoch)

    assert problem(response) == (403, "consent_required")
    assert response.json()["epoch"] != epoch


def test_a_new_guest_has_no_name_and_no_cookie_yet(asking):
    client = browser()
    response = ask(client)

    assert response.json()["epoch"] == ""
    assert not response.cookies
    answer = ask(client, consent="")
    assert answer.status_code == 200
    assert "coze_visitor" in answer.cookies
    assert ask(client, consent="").json()["epoch"] == answer.json()["epoch"]
