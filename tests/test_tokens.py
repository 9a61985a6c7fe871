from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache, caches
from django.core.cache.backends.locmem import LocMemCache

from coze_widget import tokens
from coze_widget.exceptions import ConnectionFailedError, InternalServerError
from coze_widget.oauth.credentials import CredentialsError
from coze_widget.tokens import get_token, token_id

ALICE, BOB = "a" * 64, "b" * 64


@pytest.fixture
def now(monkeypatch):
    """The clock of this module only: Coze's and the assertion's go on."""

    class Clock:
        ahead = 0

        def time(self):
            return self.real() + self.ahead

        real = staticmethod(tokens.time.time)

    clock = Clock()
    monkeypatch.setattr(tokens, "time", clock)
    return clock


def mints(coze):
    return [entry for entry in coze.requests if entry["path"].endswith("/token")]


def test_a_token_is_minted_once_and_reused(coze):
    first, second = get_token("default", ALICE), get_token("default", ALICE)

    assert first == second
    assert len(mints(coze)) == 1


def test_it_lives_as_long_as_the_settings_say(coze, settings):
    settings.COZE_TOKEN_DURATION_SECONDS = 120

    token = get_token("default", ALICE)

    assert 115 <= token.expires_at - tokens.time.time() <= 121
    assert mints(coze)[0]["body"]["duration_seconds"] == 120


def test_everybody_has_their_own(coze):
    assert get_token("default", ALICE) != get_token("default", BOB)


def test_a_token_near_its_end_is_renewed(coze, now):
    first = get_token("default", ALICE)
    now.ahead = 3600 - tokens.MAX_LEEWAY_SECONDS - 5
    assert get_token("default", ALICE) == first

    now.ahead += 10

    assert get_token("default", ALICE) != first


def test_a_short_life_has_a_short_leeway(coze, now, settings):
    settings.COZE_TOKEN_DURATION_SECONDS = 60
    first = get_token("default", ALICE)

    now.ahead = 52
    assert get_token("default", ALICE) == first
    now.ahead = 56
    assert get_token("default", ALICE) != first


def test_while_coze_is_down_a_token_in_its_leeway_is_served(coze, now, caplog):
    first = get_token("default", ALICE)
    now.ahead = 3500
    coze.stop()

    assert get_token("default", ALICE) == first
    assert "the old one is served" in caplog.text
    assert first.value not in caplog.text


def test_a_token_past_its_end_is_not(coze, now):
    get_token("default", ALICE)
    now.ahead = 3601
    coze.stop()

    with pytest.raises(ConnectionFailedError):
        get_token("default", ALICE)


def test_a_failed_mint_loses_nothing(coze, now):
    first = get_token("default", ALICE)
    now.ahead = 3500
    coze.add_fault("/api/permission", status=500)
    get_token("default", ALICE)
    now.ahead = 0

    assert get_token("default", ALICE) == first


def test_a_refused_token_is_not_served_again_even_in_an_outage(coze):
    first = get_token("default", ALICE)
    coze.stop()

    with pytest.raises(ConnectionFailedError):
        get_token("default", ALICE, refused=token_id(first.value))
    assert get_token("default", ALICE) == first


def test_ten_tabs_with_one_refused_token_cause_one_mint(coze):
    first = get_token("default", ALICE)
    coze.add_fault("/api/permission", latency_ms=100)

    with ThreadPoolExecutor(10) as pool:
        renewed = list(
            pool.map(
                lambda _: get_token("default", ALICE, refused=token_id(first.value)),
                range(10),
            )
        )

    assert len(set(renewed)) == 1
    assert renewed[0] != first
    assert len(mints(coze)) == 2


def test_many_threads_cause_one_mint_a_person(coze):
    coze.add_fault("/api/permission", times=2, latency_ms=100)
    start = threading.Barrier(16)

    def ask(name):
        start.wait()
        return get_token("default", name)

    with ThreadPoolExecutor(16) as pool:
        got = list(pool.map(ask, [ALICE, BOB] * 8))

    assert len(mints(coze)) == 2
    assert set(got[::2]).isdisjoint(got[1::2])


def test_all_who_wait_get_the_error(coze):
    coze.add_fault("/api/permission", status=500, latency_ms=200)
    start = threading.Barrier(4)

    def ask(_):
        start.wait()
        with pytest.raises(InternalServerError):
            get_token("default", ALICE)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(4)))

    assert len(mints(coze)) == 1
    assert get_token("default", ALICE)


def test_who_joins_a_flight_that_lands_with_a_refused_token_flies_again(
    coze, monkeypatch
):
    first = get_token("default", ALICE)
    flights = []
    run = tokens._flights.run

    def land_first(key, fetch):
        flights.append(key)
        return first if len(flights) == 1 else run(key, fetch)

    monkeypatch.setattr(tokens._flights, "run", land_first)

    assert get_token("default", ALICE, refused=token_id(first.value)) != first


def test_whoever_comes_after_a_landing_takes_what_landed(coze, monkeypatch):
    reads = []
    read = tokens._read

    def miss_once(key):
        reads.append(key)
        return None if len(reads) == 1 else read(key)

    first = get_token("default", ALICE)
    monkeypatch.setattr(tokens, "_read", miss_once)

    assert get_token("default", ALICE) == first
    assert len(mints(coze)) == 1


def test_before_coze_is_asked_and_only_then(coze):
    calls = []

    for _ in range(2):
        get_token("default", ALICE, before_mint=lambda: calls.append(len(mints(coze))))

    assert calls == [0]


def token_keys():
    keys = [key.split(":", 2)[2] for key in caches["default"]._cache]
    return [key for key in keys if key.startswith("coze_widget:token:")]


def test_the_cache_holds_no_token_in_the_clear(coze):
    token = get_token("default", ALICE)

    kept = {key: cache.get(key) for key in token_keys()}
    assert len(kept) == 1
    assert token.value not in repr(kept)
    assert ALICE not in repr(kept)


def test_a_cache_of_another_secret_key_is_no_cache(coze, settings):
    first = get_token("default", ALICE)

    settings.SECRET_KEY = "another"

    assert get_token("default", ALICE) != first


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("client_id", "2"),
        ("account_id", "3"),
        ("enterprise_id", "4"),
        ("scope", {"account_permission": {}}),
        ("base_url", "http://localhost:9"),
    ],
)
def test_what_a_token_depends_on_is_in_its_key(coze, settings, change, value):
    def key(fields):
        settings.COZE_OAUTH_APPS = {"default": fields}
        app = tokens.find_oauth_app("default")
        return tokens.cache_key(
            tokens.TokenRequest(app, tokens.get_client("default"), ALICE, 900)
        )

    fields = dict(settings.COZE_OAUTH_APPS["default"])
    plain = {
        name: fields[name] for name in ("client_id", "public_key_id", "private_key")
    }

    assert key(plain) == key(dict(plain))
    assert key(plain) != key({**plain, change: value})


def test_another_life_is_another_token(coze, settings):
    first = get_token("default", ALICE)

    settings.COZE_TOKEN_DURATION_SECONDS = 1800

    assert get_token("default", ALICE) != first


def test_one_persons_entry_in_the_cache_is_no_use_to_another(coze):
    get_token("default", ALICE)
    [alices] = token_keys()
    bob = get_token("default", BOB)
    [bobs] = [key for key in token_keys() if key != alices]

    cache.set(alices, cache.get(bobs))

    assert get_token("default", ALICE) != bob


def test_the_cache_forgets_a_token_at_its_end(coze, monkeypatch):
    timeouts = []
    monkeypatch.setattr(
        caches["default"], "set", lambda key, value, timeout: timeouts.append(timeout)
    )

    get_token("default", ALICE)

    assert 3590 < timeouts[0] <= 3600


class BrokenCache(LocMemCache):
    def get(self, *args, **kwargs):
        raise OSError("down")

    set = get


def test_a_cache_that_is_down_costs_a_mint_and_no_error(coze, settings, caplog):
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
        "broken": {"BACKEND": "tests.test_tokens.BrokenCache"},
    }
    settings.COZE_CACHE = "broken"

    assert get_token("default", ALICE) != get_token("default", ALICE)
    assert "The cache did not answer" in caplog.text
    assert "The cache took no token" in caplog.text


def test_an_unknown_app_is_a_mistake_in_the_settings(settings):
    settings.COZE_OAUTH_APPS = {}

    with pytest.raises(CredentialsError) as caught:
        get_token("default", ALICE)

    assert str(caught.value) == (
        "COZE_OAUTH_APPS has no OAuth app named “default”; it has: none."
    )


def test_ids_of_tokens_lead_back_to_nothing():
    assert token_id("x") == token_id("x") != token_id("y")
    assert len(token_id("x")) == 16


def test_the_token_and_its_request_have_a_quiet_repr(coze):
    token = get_token("default", ALICE)

    assert token.value not in repr(token)
    wanted = tokens.TokenRequest(
        tokens.find_oauth_app("default"), tokens.get_client("default"), ALICE, 900
    )
    assert "PRIVATE KEY" not in repr(wanted)
    assert json.dumps(repr(wanted)).isascii()
