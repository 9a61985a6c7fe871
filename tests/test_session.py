from __future__ import annotations

import datetime
import json
import time

import cozepy
import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sites.models import Site
from django.db import OperationalError, connection

from coze_widget import urls, views
from coze_widget.executors import release_connections
from coze_widget.signals import token_limited
from coze_widget.tokens import token_id
from coze_widget.trial import trial_token
from tests.loop_client import LoopClient
from tests.sessions import SAME, URL, browser, handler, post, problem

# Every test of this file runs under both handlers.
__all__ = ["handler"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("coze")]
PAT = "pat_" + "a" * 40


@pytest.fixture
def alice(django_user_model):
    return django_user_model.objects.create_user(
        "alice", "alice@shop.example", first_name="Alice", last_name="Liddell"
    )


@pytest.fixture
def bob(django_user_model):
    return django_user_model.objects.create_user("bob", "bob@shop.example")


@pytest.fixture
def guests(make_widget):
    return make_widget(guests="isolated", user_nickname="Guest")


def mints(coze):
    return [entry for entry in coze.requests if entry["path"].endswith("/token")]


def test_a_logged_in_person_gets_a_token_of_their_own(widget, alice):
    response = post(browser(alice))

    assert response.status_code == 200
    answer = response.json()
    assert answer["token"].startswith("czs_")
    assert len(answer["token_id"]) == 16
    assert answer["epoch"] == answer["user"]["id"]
    assert len(answer["epoch"]) == 64
    assert answer["user"]["nickname"] == "Alice Liddell"
    assert answer["user"]["url"] == ""
    assert answer["notice"] is None
    assert abs(answer["now"] - time.time()) < 5
    assert 3590 <= answer["expires_at"] - answer["now"] <= 3600


def test_nothing_keeps_the_answer(widget, alice):
    headers = post(browser(alice)).headers

    assert headers["Cache-Control"] == "no-store"
    assert {"Cookie", "Origin"} <= set(headers["Vary"].split(", "))
    assert "Access-Control-Allow-Origin" not in headers


def test_two_people_are_two_and_one_person_is_one(widget, alice, bob):
    first, again, other = (post(browser(user)).json() for user in (alice, alice, bob))

    assert first["token"] == again["token"]
    assert first["epoch"] == again["epoch"]
    assert other["epoch"] != first["epoch"]
    assert other["token"] != first["token"]


def test_nothing_of_the_person_is_sent_to_coze(widget, alice, coze):
    post(browser(alice))

    assert "alice" not in json.dumps(mints(coze)).lower()


@pytest.fixture
def coze_as(coze):
    """The official client, with the token that we handed out."""
    with cozepy.SyncHTTPClient() as http_client:
        yield lambda answer: cozepy.Coze(
            cozepy.TokenAuth(answer["token"]), coze.url, http_client
        )


def say(client, text, user_id):
    events = client.chat.stream(
        bot_id="7400000000000000001",
        user_id=user_id,
        additional_messages=[cozepy.Message.build_user_question_text(text)],
    )
    return "".join(
        event.message.content
        for event in events
        if event.event == cozepy.ChatEventType.CONVERSATION_MESSAGE_DELTA
    )


def conversations(client):
    page = client.conversations.list(bot_id="7400000000000000001")
    return [conversation.id for conversation in page.items]


def test_the_official_client_chats_as_alice_and_does_not_see_bob(
    widget, alice, bob, coze_as
):
    answers = [post(browser(user)).json() for user in (alice, bob)]
    as_alice, as_bob = (coze_as(answer) for answer in answers)

    assert "hello from alice" in say(as_alice, "hello from alice", "alice")
    assert len(conversations(as_alice)) == 1
    assert conversations(as_bob) == []
    assert "hello from bob" in say(as_bob, "hello from bob", "bob")
    assert set(conversations(as_alice)).isdisjoint(conversations(as_bob))


def test_two_sites_know_one_person_by_two_names(widget, alice):
    for domain in ("a.example", "b.example"):
        Site.objects.create(domain=domain, name=domain)
    client = browser(alice)

    epochs = {
        post(client, HTTP_HOST=host).json()["epoch"]
        for host in ("a.example", "b.example", "nobody.example")
    }

    assert len(epochs) == 3


# Who may ask


def test_a_stranger_is_asked_to_log_in(widget, coze):
    response = post(browser())

    assert problem(response) == (401, "login_required")
    assert response.json()["login_url"] == "/admin/login/"
    assert mints(coze) == []


def test_a_login_page_that_is_not_there_is_not_named(widget, coze, settings, caplog):
    settings.LOGIN_URL = "no-such-name"

    response = post(browser())

    assert problem(response) == (401, "login_required")
    assert "login_url" not in response.json()
    assert "LOGIN_URL leads nowhere: 'no-such-name'" in caplog.text


def test_an_inactive_user_is_turned_away(widget, alice, settings):
    settings.AUTHENTICATION_BACKENDS = [
        "django.contrib.auth.backends.AllowAllUsersModelBackend"
    ]
    client = browser(alice)
    alice.is_active = False
    alice.save()

    assert problem(post(client)) == (403, "not_allowed")


def test_djangos_own_backend_forgets_an_inactive_user(widget, alice):
    client = browser(alice)
    alice.is_active = False
    alice.save()

    assert problem(post(client)) == (401, "login_required")


@pytest.mark.parametrize("slug", ["other", "support"])
def test_unknown_and_disabled_widgets_look_alike(make_widget, alice, slug):
    make_widget(enabled=False)

    response = post(browser(alice), url=f"/chat/{slug}/session/")

    assert problem(response) == (404, "not_found")


def test_another_sites_widget_does_not_exist(make_widget, alice):
    site = Site.objects.create(domain="b.example", name="b")
    make_widget(site=site)

    assert problem(post(browser(alice))) == (404, "not_found")
    assert post(browser(alice), HTTP_HOST="b.example").status_code == 200


def test_a_login_required_middleware_and_atomic_requests_do_not_matter(
    widget, alice, settings, monkeypatch
):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]

    assert problem(post(browser())) == (401, "login_required")
    assert post(browser(alice)).status_code == 200


def test_no_database_makes_a_transaction_of_it(monkeypatch):
    monkeypatch.setattr(views, "connections", ["default", "reports"])

    @views.outside_transactions
    def view(request):
        """Any view."""

    assert view._non_atomic_requests == {"default", "reports"}


def test_a_project_without_authentication_has_guests_only(guests, settings):
    settings.MIDDLEWARE = []

    assert post(browser()).json()["notice"] == "guest"


# When


@pytest.fixture
def now():
    return datetime.datetime.now(datetime.timezone.utc)


def test_before_its_time_the_chat_says_when_it_opens(make_widget, alice, coze, now):
    opening = now + datetime.timedelta(days=30)
    make_widget(shown_from=opening)

    response = post(browser(alice))

    assert problem(response) == (403, "closed")
    assert response.json()["detail"] == "The chat is closed at the moment."
    assert response.json()["opens_at"] == int(opening.timestamp())
    assert mints(coze) == []


def test_after_its_time_the_chat_says_nothing_of_an_opening(make_widget, alice, now):
    make_widget(shown_until=now)

    response = post(browser(alice))

    assert problem(response) == (403, "closed")
    assert "opens_at" not in response.json()


def test_weekly_hours_are_asked_again_at_the_door(make_widget, alice, now):
    """A page with the wrong clock, or none, gets no token either."""
    soon = now + datetime.timedelta(hours=2)
    hours = {
        "days": [soon.isoweekday()],
        "from": f"{soon:%H}:00",
        "to": f"{soon:%H}:59",
    }
    make_widget(weekly_hours=[hours], time_zone="UTC")
    expected = soon.replace(minute=0, second=0, microsecond=0)

    response = post(browser(alice))

    assert problem(response) == (403, "closed")
    assert response.json()["opens_at"] == int(expected.timestamp())


def test_within_its_time_it_is_open(make_widget, alice, now):
    day = datetime.timedelta(days=1)
    every_day = {"days": [1, 2, 3, 4, 5, 6, 7], "from": "00:00", "to": "00:00"}
    make_widget(weekly_hours=[every_day], shown_from=now - day, shown_until=now + day)

    assert post(browser(alice)).status_code == 200


def test_strangers_learn_the_hours_and_no_more(make_widget, now):
    """They stand in the page; who may chat does not."""
    make_widget(shown_until=now, staff_only=True)

    assert problem(post(browser())) == (403, "closed")


# Where the request comes from


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "same-origin", "origin": "http://testserver"},
        {"origin": "http://testserver"},
        {"origin": "https://trusted.example"},
        {"origin": "http://testserver", "host": "TestServer"},
    ],
)
def test_the_sites_own_pages_may_ask(widget, alice, settings, headers):
    settings.CSRF_TRUSTED_ORIGINS = ["https://trusted.example"]

    assert post(browser(alice, **headers)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "cross-site", "origin": "https://trusted.example"},
        {"origin": "null"},
        {"origin": "https://evil.example"},
        {"origin": "https://testserver"},
        {"origin": "http://testserver:8000"},
        {"origin": "http://testserver.evil.example"},
        {"origin": "https://sub.trusted.example"},
    ],
)
def test_other_pages_may_not(widget, alice, settings, headers, caplog, coze):
    settings.CSRF_TRUSTED_ORIGINS = [
        "https://trusted.example",
        "https://*.trusted.example",
    ]

    response = post(browser(alice, **headers))

    assert problem(response) == (403, "bad_origin")
    assert "expected is 'http://testserver'" in caplog.text
    assert "SECURE_PROXY_SSL_HEADER" in caplog.text
    assert mints(coze) == []


# What is asked


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        ("{", "application/json", (400, "malformed")),
        ("[]", "application/json", (400, "malformed")),
        (" ", "application/json", (400, "malformed")),
        (b"\xff", "application/json", (400, "malformed")),
        ('{"refused": 1}', "application/json", (400, "malformed")),
        (json.dumps({"refused": "a" * 65}), "application/json", (400, "malformed")),
        ('{"visitor": "x"}', "application/json", (400, "not_enabled")),
        ('{"handle": 7}', "application/json", (400, "malformed")),
        ("{}", "text/plain", (415, "unsupported_media_type")),
        ("a=b", "application/x-www-form-urlencoded", (415, "unsupported_media_type")),
        (" " * 1_048_576, "application/json", (413, "too_large")),
    ],
)
def test_a_body_that_is_none_is_named(
    widget, alice, coze, body, content_type, expected
):
    response = post(browser(alice), body, content_type=content_type)

    assert problem(response) == expected
    assert mints(coze) == []


def test_a_body_nested_too_deeply_is_malformed(widget, alice):
    assert problem(post(browser(alice), "[" * 16_000)) == (400, "malformed")


@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "options"])
def test_only_post_is_answered(widget, alice, method):
    response = getattr(browser(alice), method)(URL)

    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"
    assert response.headers["Cache-Control"] == "no-store"


def test_a_refused_token_is_replaced_once(widget, alice, coze):
    client = browser(alice)
    first = post(client).json()

    body = json.dumps({"refused": first["token_id"]})
    second = post(client, body).json()
    third = post(client, body).json()

    assert second["token"] != first["token"]
    assert third["token"] == second["token"]
    assert len(mints(coze)) == 2


# Coze says no


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"status": 500}, (502, "bad_gateway")),
        ({"status": 502}, (502, "bad_gateway")),
        ({"status": 408}, (504, "timeout")),
        ({"status": 429}, (503, "unavailable")),
        ({"status": 403, "code": 4101}, (502, "bad_gateway")),
        ({"body": "<html>", "content_type": "text/html"}, (502, "bad_gateway")),
        ({"body": ""}, (502, "bad_gateway")),
        ({"body": '{"access_token": "czs_x"}'}, (502, "bad_gateway")),
        (
            {"body": '{"access_token": "czs_x", "expires_in": 900}'},
            (502, "bad_gateway"),
        ),
    ],
)
def test_cozes_failures_are_told_without_their_words(
    widget, alice, coze, fault, expected
):
    coze.add_fault("/api/permission", times=None, **fault)

    response = post(browser(alice))

    assert problem(response) == expected
    assert int(response.headers["Retry-After"]) > 0
    assert b"czs_" not in response.content


def test_coze_out_of_reach(widget, alice, coze):
    coze.stop()

    assert problem(post(browser(alice))) == (503, "unavailable")


def test_while_coze_is_down_a_working_token_is_served(widget, alice, coze):
    client = browser(alice)
    first = post(client).json()
    coze.stop()

    assert post(client).json()["token"] == first["token"]


def test_what_nobody_mends_in_seconds_is_asked_again_in_a_minute(widget, alice, coze):
    coze.add_fault("/api/permission", status=401, code="invalid_client")

    response = post(browser(alice))

    assert problem(response) == (502, "bad_gateway")
    assert response.headers["Retry-After"] == "60"


def test_cozes_own_pause_is_passed_on(widget, alice, coze):
    coze.add_fault("/api/permission", status=429, headers={"Retry-After": "33"})

    assert post(browser(alice)).headers["Retry-After"] == "33"


@pytest.mark.parametrize(
    "broken",
    [
        {"COZE_OAUTH_APPS": {}},
        {"COZE_IDENTITY_KEY": ""},
        {"COZE_TOKEN_DURATION_SECONDS": "3600"},
        {"COZE_TOKEN_DURATION_SECONDS": 0},
    ],
)
def test_a_mistake_in_the_settings_is_in_the_log_only(
    widget, alice, settings, caplog, broken
):
    for name, value in broken.items():
        setattr(settings, name, value)

    response = post(browser(alice))

    assert problem(response) == (503, "unavailable")
    assert response.headers["Retry-After"] == "60"
    assert "COZE_" in caplog.text
    assert "COZE_" not in response.content.decode()


def test_no_credential_is_logged(widget, alice, coze, settings, caplog):
    token = post(browser(alice)).json()["token"]
    coze.add_fault("/api/permission", status=401)
    post(browser(alice), json.dumps({"refused": token_id(token)}))

    assert "Coze gave no token" in caplog.text
    assert token not in caplog.text
    assert "PRIVATE KEY" not in caplog.text


# Guests


def cookie_of(response):
    return response.cookies.get("coze_visitor")


def test_a_guest_gets_a_history_and_a_cookie(guests):
    response = post(browser())

    answer = response.json()
    cookie = cookie_of(response)
    assert answer["notice"] == "guest"
    assert answer["user"]["nickname"] == "Guest"
    assert cookie["path"] == "/chat/"
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["secure"]
    assert cookie["max-age"] == ""


def test_the_cookie_is_secure_over_https_and_lives_as_the_row_says(make_widget):
    make_widget(guests="isolated", guest_days=30)

    cookie = cookie_of(post(browser(), secure=True))

    assert cookie["secure"]
    assert cookie["max-age"] == 30 * 86_400


def test_a_guest_comes_back_and_another_is_another(guests):
    client = browser()

    first, again = post(client).json(), post(client).json()
    other = post(browser()).json()

    assert first["epoch"] == again["epoch"]
    assert first["token"] == again["token"]
    assert other["epoch"] != first["epoch"]


@pytest.mark.parametrize("forged", ["x", "x:y", "alice"])
def test_a_forged_cookie_is_no_cookie(guests, forged):
    client = browser()
    epoch = post(client).json()["epoch"]
    client.cookies["coze_visitor"] = forged

    assert post(client).json()["epoch"] != epoch


def test_who_logs_in_is_no_guest_any_more(guests, alice):
    client = browser()
    guest = post(client).json()
    client.force_login(alice)

    response = post(client)

    assert response.json()["epoch"] != guest["epoch"]
    assert response.json()["notice"] is None
    assert cookie_of(response)["max-age"] == 0


def test_no_cookie_is_set_before_the_chat_opens(guests, client):
    assert not client.get("/chat/support/frame/").cookies


def test_a_guest_may_start_over(guests):
    client = browser()
    first = post(client).json()

    response = post(client, url="/chat/support/forget/")

    assert response.status_code == 204
    assert cookie_of(response)["path"] == "/chat/"
    assert post(client).json()["epoch"] != first["epoch"]


def test_starting_over_is_guarded_like_the_session(guests):
    response = post(browser(origin="null"), url="/chat/support/forget/")

    assert problem(response) == (403, "bad_origin")


# Databases


@pytest.mark.django_db(transaction=True)
def test_no_database_connection_is_held_while_coze_is_asked(
    widget, alice, coze, monkeypatch
):
    closed = []
    monkeypatch.setattr(connection, "close", lambda: closed.append(len(mints(coze))))

    post(browser(alice))

    assert closed[0] == 0
    assert len(mints(coze)) == 1


def test_a_connection_in_a_transaction_is_left_alone(widget, alice, monkeypatch):
    closed = []
    monkeypatch.setattr(connection, "close", lambda: closed.append(True))

    release_connections()

    assert closed == []


# A PAT on trial


@pytest.fixture
def trial(settings, make_widget):
    settings.COZE_OAUTH_APPS = {}
    settings.COZE_PERSONAL_ACCESS_TOKEN = PAT
    settings.DEBUG = True
    return make_widget(guests="isolated")


def test_the_developer_alone_may_try_a_pat(trial, caplog):
    answer = post(browser(), HTTP_HOST="localhost:8000").json()

    assert answer["token"] == PAT
    assert answer["notice"] == "trial"
    assert "all visitors share one history" in caplog.text
    assert PAT not in caplog.text


def test_a_trial_widget_is_on_the_developers_page(trial, client):
    response = client.get("/chat/support/frame/", HTTP_HOST="127.0.0.1")

    assert b"https://lf-cdn.coze.cn/obj/unpkg/" in response.content
    assert client.get("/chat/support/frame/").status_code == 404


@pytest.mark.parametrize(
    ("debug", "extra"),
    [
        (False, {}),
        (True, {"REMOTE_ADDR": "192.168.0.2"}),
        (True, {"HTTP_HOST": "shop.example"}),
        (True, {"HTTP_HOST": "localhost.shop.example"}),
        (True, {"HTTP_FORWARDED": "for=1.2.3.4"}),
        (True, {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}),
        (True, {"HTTP_X_FORWARDED_PROTO": "https"}),
        (True, {"HTTP_X_REAL_IP": "127.0.0.1"}),
        (True, {"HTTP_VIA": "1.1 proxy"}),
        (True, {"HTTP_ORIGIN": "https://shop.example", "HTTP_SEC_FETCH_SITE": SAME}),
        (True, {"HTTP_REFERER": "https://shop.example/"}),
    ],
)
def test_anywhere_else_a_pat_is_not_handed_out(trial, settings, debug, extra):
    settings.DEBUG = debug

    response = post(browser(), **{"HTTP_HOST": "localhost", **extra})

    assert problem(response) == (503, "unavailable")
    assert PAT not in response.content.decode()


def test_the_developers_own_page_may_say_where_it_is(trial):
    headers = {"HTTP_HOST": "localhost:8000", "HTTP_ORIGIN": "http://localhost:8000"}

    answer = post(browser(), HTTP_REFERER="http://localhost:8000/x", **headers)

    assert answer.json()["token"] == PAT


def test_without_a_request_there_is_no_developer(trial):
    assert trial_token(None, oauth_app="default") == ""


def test_an_oauth_app_makes_the_pat_unused(trial, oauth_config, settings):
    settings.COZE_OAUTH_APPS = {"default": oauth_config}

    answer = post(browser(), HTTP_HOST="[::1]:8000", REMOTE_ADDR="::1").json()

    assert answer["token"] != PAT


# Too often

HERS = "93.184.216.34"


@pytest.mark.parametrize("limit", ["person_requests", "address_requests"])
def test_a_flood_of_requests_is_stopped(widget, alice, settings, coze, limit):
    settings.COZE_LIMITS = {limit: "2/hour"}
    client = browser(alice)

    answers = [post(client, REMOTE_ADDR=HERS) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert problem(answers[2]) == (429, "rate_limited")
    assert 0 < int(answers[2].headers["Retry-After"]) <= 3600
    assert answers[2].headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("limit", ["person", "address", "widget"])
def test_what_costs_a_token_is_limited_and_what_is_kept_is_not(
    widget, alice, settings, coze, limit
):
    settings.COZE_LIMITS = {limit: "1/hour"}
    client = browser(alice)
    token = post(client, REMOTE_ADDR=HERS).json()["token_id"]

    again = post(client, REMOTE_ADDR=HERS)
    refused = post(client, json.dumps({"refused": token}), REMOTE_ADDR=HERS)

    assert again.json()["token_id"] == token
    assert problem(refused) == (429, "rate_limited")
    assert len(mints(coze)) == 1


def test_a_spent_budget_is_nobodys_fault(widget, alice, bob, settings, coze):
    settings.COZE_LIMITS = {"oauth_app": "1/hour"}
    kept = browser(alice)
    post(kept)

    refused = post(browser(bob))

    assert problem(refused) == (503, "unavailable")
    assert 0 < int(refused.headers["Retry-After"]) <= 3600
    assert post(kept).status_code == 200
    assert len(mints(coze)) == 1


def test_limits_are_told(widget, alice, settings):
    settings.COZE_LIMITS = {"person": "0/hour", "widget": "1/hour"}
    heard = []

    def hear(**signal):
        heard.append((signal["oauth_app"], signal["limit"]))

    token_limited.connect(hear)
    client = browser(alice)
    token = post(client, REMOTE_ADDR=HERS).json()["token_id"]
    post(client, json.dumps({"refused": token}), REMOTE_ADDR=HERS)
    token_limited.disconnect(hear)

    assert heard == [("default", "widget")]


def test_in_an_outage_nobody_is_counted_and_the_log_stays_quiet(
    widget, alice, bob, settings, coze, caplog
):
    settings.COZE_BREAKER_FAILURES = 1
    settings.COZE_BREAKER_RESET_SECONDS = 60
    settings.COZE_LIMITS = {"widget": "1/hour"}
    coze.add_fault("/api/permission", times=None, status=500)
    post(browser(alice))
    caplog.clear()

    answers = [post(browser(bob)) for _ in range(3)]

    assert [problem(answer) for answer in answers] == [(503, "unavailable")] * 3
    assert 0 < int(answers[0].headers["Retry-After"]) <= 60
    assert not [record for record in caplog.records if "coze" in record.name]
    assert len(mints(coze)) == 1


# What it costs


@pytest.fixture
def warm(settings):
    settings.COZE_WIDGET_MAX_AGE_SECONDS = 3600


def test_a_guest_who_comes_again_costs_no_query(
    guests, warm, django_assert_num_queries
):
    client = browser()
    post(client)

    with django_assert_num_queries(0):
        assert post(client).status_code == 200


def test_who_is_logged_in_costs_what_the_login_costs(
    widget, alice, warm, django_assert_num_queries
):
    client = browser(alice)
    post(client)

    # Django's own: of the session, and of the user.
    with django_assert_num_queries(2):
        assert post(client).status_code == 200


# A database that fails


@pytest.fixture
def lost_sessions(monkeypatch):
    """The rows are known; whose session this is, the database does not say."""

    def fail(*args, **kwargs):
        raise OperationalError("the server closed the connection")

    def begin():
        monkeypatch.setattr(SessionStore, "load", fail)

    return begin


def test_a_database_that_fails_is_no_bare_500(
    widget, alice, lost_sessions, caplog, monkeypatch
):
    client = browser(alice)
    lost_sessions()

    answers = [post(client) for _ in range(3)]

    assert [problem(answer) for answer in answers] == [(503, "unavailable")] * 3
    assert answers[0].headers["Retry-After"]
    assert caplog.text.count("The database failed when somebody opened a chat") == 1

    monkeypatch.undo()
    if isinstance(client, LoopClient):
        monkeypatch.setattr(urls, "_is_under_asgi", lambda: True)
    assert post(client).status_code == 200
    assert "The database answers again" in caplog.text
