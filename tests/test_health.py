from __future__ import annotations

import time

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient
from django.urls import reverse

from coze_widget import events, health
from coze_widget.catalogue import catalogue
from coze_widget.exceptions import ConnectionFailedError
from coze_widget.local_copies import RowsUnreadable
from coze_widget.oauth_apps import get_client
from coze_widget.shared_cache import shared_cache
from tests.elsewhere import elsewhere

__all__ = ["elsewhere"]
TOKEN = "what a monitor knows"
HEALTH = "/chat/health/"
BACKENDS = "django.core.cache.backends."


@pytest.fixture(autouse=True)
def _own_counters(monkeypatch):
    monkeypatch.setattr(events, "counters", events.Counters())


@pytest.fixture
def details(client, settings):
    """What a monitor with the token reads."""
    settings.COZE_HEALTH_TOKEN = TOKEN

    def read():
        return client.get(HEALTH, headers={"Authorization": f"Bearer {TOKEN}"}).json()

    return read


@pytest.fixture
def cache_down(settings):
    """A Redis that is not there, as somebody's request has just found out."""
    settings.CACHES = {
        "default": {
            "BACKEND": BACKENDS + "redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:9/0",
        }
    }
    shared_cache.get("anything")


@pytest.fixture
def coze_down(oauth_app, settings):
    """Coze does not answer, and the breaker has noticed."""
    settings.COZE_MAX_RETRIES = 0
    settings.COZE_BREAKER_FAILURES = 2
    settings.COZE_BREAKER_RESET_SECONDS = 60
    for _ in range(2):
        with pytest.raises(ConnectionFailedError):
            get_client("default").fetch_token(session_name="somebody")


@pytest.fixture
def database_down(elsewhere, settings):
    """A real PostgreSQL that has gone away, as somebody's request has just found out."""
    settings.COZE_WIDGET_MAX_AGE_SECONDS = 5
    elsewhere.stop()
    with pytest.raises(RowsUnreadable):
        catalogue.all(None)


# What a balancer reads


@pytest.mark.usefixtures("oauth_app")
def test_a_balancer_reads_a_status_and_nothing_else(client):
    response = client.get(reverse("coze_widget:health"))

    assert response.status_code == 200
    assert response.json() == {"status": "ok"}
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.usefixtures("oauth_app")
def test_a_balancer_may_ask_for_the_head_only(client):
    response = client.head(HEALTH)

    assert response.status_code == 200
    assert response.content == b""


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_nothing_can_be_sent(client, method):
    response = getattr(client, method)(HEALTH)

    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD"


@pytest.mark.django_db
@pytest.mark.usefixtures("oauth_app")
def test_it_costs_no_query_and_leaves_no_cookie(
    client, settings, django_assert_num_queries
):
    settings.SESSION_SAVE_EVERY_REQUEST = True

    with django_assert_num_queries(0):
        response = client.get(HEALTH)

    assert response.status_code == 200
    assert not response.cookies


@pytest.mark.usefixtures("oauth_app")
def test_it_asks_for_no_login(client, settings):
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]

    assert client.get(HEALTH).status_code == 200


@pytest.mark.usefixtures("oauth_app")
def test_it_works_on_an_event_loop():
    response = async_to_sync(AsyncClient().get)(HEALTH)

    assert response.json() == {"status": "ok"}


# An outage keeps the node


@pytest.mark.usefixtures("oauth_app", "cache_down")
def test_without_the_cache_it_is_degraded_and_stays(client, details):
    response = client.get(HEALTH)

    assert (response.status_code, response.json()) == (200, {"status": "degraded"})
    assert details()["reasons"] == ["cache_down"]


@pytest.mark.usefixtures("coze_down")
def test_without_coze_it_is_degraded_and_stays(client, details):
    response = client.get(HEALTH)

    assert (response.status_code, response.json()) == (200, {"status": "degraded"})
    assert details()["reasons"] == ["breaker_open"]
    assert details()["breakers"] == {"default": "open"}


@pytest.mark.usefixtures("oauth_app", "database_down")
def test_without_the_database_it_is_degraded_and_stays(client, details):
    response = client.get(HEALTH)

    assert (response.status_code, response.json()) == (200, {"status": "degraded"})
    assert details()["reasons"] == ["database_down"]


@pytest.mark.usefixtures("oauth_app", "database_down")
def test_where_nobody_comes_a_failed_database_is_forgotten(client, monkeypatch):
    assert client.get(HEALTH).json() == {"status": "degraded"}

    later(monkeypatch, catalogue._widgets, seconds=1 + health.KNOWN_SECONDS)
    later(monkeypatch, catalogue._sites, seconds=1 + health.KNOWN_SECONDS)

    assert client.get(HEALTH).json() == {"status": "ok"}


@pytest.mark.usefixtures("coze_down")
def test_where_nobody_comes_an_open_breaker_is_no_outage(client, details, monkeypatch):
    breaker = get_client("default").breaker
    # So long the breaker itself lets nobody ask.
    later(monkeypatch, breaker, seconds=60)
    assert client.get(HEALTH).json() == {"status": "degraded"}

    later(monkeypatch, breaker, seconds=60 + health.KNOWN_SECONDS)

    assert client.get(HEALTH).json() == {"status": "ok"}
    assert details()["breakers"] == {"default": "open"}


def later(monkeypatch, clocked, *, seconds):
    monkeypatch.setattr(clocked, "_monotonic", lambda: time.monotonic() + seconds)


def test_a_balancer_is_answered_while_the_cache_hangs(client, oauth_app, settings):
    settings.CACHES = {"default": {"BACKEND": "tests.test_health.NeverAsked"}}

    assert client.get(HEALTH).json() == {"status": "ok"}


class NeverAsked:
    def __init__(self, *args):
        raise AssertionError("the cache was asked")  # pragma: no cover


# A mistake in the settings takes it away


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"COZE_IDENTITY_KEY": ""}, "no_identity_key"),
        ({"COZE_TOKEN_DURATION_SECONDS": 5}, "bad_token_duration"),
        ({"COZE_OAUTH_APPS": {}}, "no_usable_oauth_app"),
        ({"COZE_OAUTH_APPS": {"default": "/nowhere.json"}}, "no_usable_oauth_app"),
        ({"COZE_OAUTH_APPS": None}, "no_usable_oauth_app"),
        ({"COZE_CA_BUNDLE": "/nowhere.pem"}, "no_usable_oauth_app"),
    ],
)
def test_a_process_that_can_serve_nobody_fails(
    client, details, oauth_app, settings, changes, reason
):
    for name, value in changes.items():
        setattr(settings, name, value)

    response = client.get(HEALTH)

    assert (response.status_code, response.json()) == (503, {"status": "failed"})
    assert response.headers["Cache-Control"] == "no-store"
    assert details()["reasons"] == [reason]


def test_one_oauth_app_that_works_is_enough(client, oauth_app, settings):
    settings.COZE_OAUTH_APPS = {"a broken one": "/nowhere.json", "default": oauth_app}

    assert client.get(HEALTH).json() == {"status": "ok"}


@pytest.mark.parametrize(("debug", "status"), [(True, "ok"), (False, "failed")])
def test_a_trial_needs_no_oauth_app(client, settings, debug, status):
    settings.DEBUG = debug
    settings.COZE_PERSONAL_ACCESS_TOKEN = "pat_for_tests"

    assert client.get(HEALTH).json() == {"status": status}


def test_where_widgets_are_switched_off_nothing_is_missed(client, details, settings):
    settings.COZE_WIDGETS_ENABLED = False

    assert client.get(HEALTH).json() == {"status": "ok"}
    assert details()["widgets"]["enabled"] is False


# Who may know more


def test_the_token_opens_the_rest(details, oauth_app):
    assert details()["reasons"] == []


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        "Bearer ä",
        f"Basic {TOKEN}",
        TOKEN,
    ],
)
def test_another_header_opens_nothing(client, settings, oauth_app, header):
    settings.COZE_HEALTH_TOKEN = TOKEN

    response = client.get(HEALTH, headers={"Authorization": header})

    assert response.json() == {"status": "ok"}


def test_the_scheme_may_be_written_as_one_likes(client, settings, oauth_app):
    settings.COZE_HEALTH_TOKEN = TOKEN

    response = client.get(HEALTH, headers={"Authorization": f"bearer  {TOKEN} "})

    assert "reasons" in response.json()


@pytest.mark.parametrize("token", ["", None])
def test_no_token_in_the_settings_is_nobodys(client, settings, oauth_app, token):
    settings.COZE_HEALTH_TOKEN = token

    for header in ("Bearer ", "Bearer", f"Bearer {token}"):
        response = client.get(HEALTH, headers={"Authorization": header})

        assert response.json() == {"status": "ok"}


@pytest.mark.usefixtures("oauth_app")
def test_staff_sees_the_rest(client, nadia):
    client.force_login(nadia)

    assert "counters" in client.get(HEALTH).json()


@pytest.mark.django_db
@pytest.mark.usefixtures("oauth_app")
def test_staff_sees_it_on_an_event_loop_too(nadia):
    client = AsyncClient()
    client.force_login(nadia)

    assert "counters" in async_to_sync(client.get)(HEALTH).json()


@pytest.mark.usefixtures("oauth_app")
def test_others_who_are_logged_in_do_not(client, django_user_model, db):
    client.force_login(django_user_model.objects.create_user("alice"))

    assert client.get(HEALTH).json() == {"status": "ok"}


@pytest.mark.usefixtures("oauth_app")
def test_a_project_without_people_has_no_staff(client, settings):
    settings.MIDDLEWARE = []
    client.cookies[settings.SESSION_COOKIE_NAME] = "anything"

    assert client.get(HEALTH).json() == {"status": "ok"}


@pytest.mark.usefixtures("oauth_app")
def test_a_session_that_cannot_be_read_is_nobodys(client, settings, caplog):
    """Without the mark `django_db` pytest lets no query through."""
    client.cookies[settings.SESSION_COOKIE_NAME] = "anything"

    assert client.get(HEALTH).json() == {"status": "ok"}
    assert "could not find out who asks" in caplog.text


# The rest


def test_the_process_and_its_versions(details, oauth_app):
    told = details()

    assert set(told["versions"]) == {"coze_widget", "django", "python"}
    assert told["process"]["pid"] > 0
    assert told["process"]["uptime_seconds"] >= 0


def test_the_cache_of_one_process(details, oauth_app, settings):
    settings.CACHES = {"default": {"BACKEND": BACKENDS + "locmem.LocMemCache"}}

    assert details()["cache"] == {
        "alias": "default",
        "is_up": True,
        "is_shared": False,
    }


def test_a_cache_that_is_shared(details, oauth_app, settings, tmp_path):
    settings.CACHES = {
        "default": {
            "BACKEND": BACKENDS + "filebased.FileBasedCache",
            "LOCATION": tmp_path,
        }
    }

    assert details()["cache"]["is_shared"] is True


def test_an_operator_is_told_of_a_cache_that_nobody_has_missed_yet(
    details, oauth_app, settings
):
    settings.CACHES = {
        "default": {
            "BACKEND": BACKENDS + "redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:9/0",
        }
    }

    assert details()["cache"]["is_up"] is False


def test_what_has_been_counted(details, oauth_app):
    events.minted("default", seconds=0.5)

    assert details()["counters"] == events.snapshot()
    assert details()["counters"]["events"] == {"minted": {"default": 1}}


@pytest.mark.usefixtures("coze")
def test_what_visitors_did_has_been_counted(client, details, make_widget):
    make_widget(guests="isolated")
    for _ in range(2):
        response = client.post(
            "/chat/support/session/", "{}", content_type="application/json"
        )
        assert response.status_code == 200

    told = details()

    assert told["counters"]["events"] == {
        "minted": {"default": 1},
        "reused": {"default": 1},
    }
    assert response.json()["token"] not in str(told)
    assert response.json()["epoch"] not in str(told)


def test_breaker_and_clock_of_the_oauth_apps_in_use(details, coze):
    get_client("default").fetch_token(session_name="somebody")

    told = details()

    assert told["breakers"] == {"default": "closed"}
    assert told["clock_skew_seconds"] == {coze.url: 0.0}


@pytest.mark.django_db
def test_the_age_of_the_rows(details, oauth_app, settings, rf):
    assert details()["widgets"]["rows_age_seconds"] is None

    settings.COZE_WIDGET_MAX_AGE_SECONDS = 60
    catalogue.all(None)
    time.sleep(0.01)

    assert 0.01 <= details()["widgets"]["rows_age_seconds"] < 60


def test_no_secret_is_told(client, settings, details, oauth_app, coze_down):
    events.minted("default", seconds=0.5)

    told = str(details())

    secrets = [
        settings.COZE_IDENTITY_KEY,
        settings.SECRET_KEY,
        TOKEN,
        oauth_app["client_id"],
        oauth_app["public_key_id"],
        oauth_app["private_key"].splitlines()[1],
        "somebody",
    ]
    assert [secret for secret in secrets if secret in told] == []


def broken():
    raise ZeroDivisionError


def test_what_cannot_be_found_out_is_null_and_logged(
    details, oauth_app, monkeypatch, caplog
):
    monkeypatch.setitem(health._SECTIONS, "breakers", broken)

    told = details()

    assert told["breakers"] is None
    assert told["process"]["pid"] > 0
    assert "could not find something out" in caplog.text


def test_a_mistake_of_ours_takes_no_node_away(client, oauth_app, monkeypatch):
    for conditions in (health._FAILURES, health._LOSSES):
        for name in conditions:
            monkeypatch.setitem(conditions, name, broken)

    assert client.get(HEALTH).json() == {"status": "ok"}
