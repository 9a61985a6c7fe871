from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache, caches
from django.core.cache.backends.locmem import LocMemCache

from coze_widget import tokens
from coze_widget.exceptions import (
    AuthenticationError,
    CircuitOpenError,
    ConnectionFailedError,
    InternalServerError,
    RateLimitError,
)
from coze_widget.exceptions import TimeoutError as CozeTimeoutError
from coze_widget.leases import acquire
from coze_widget.limits import Limited
from coze_widget.oauth.client import AccessToken
from coze_widget.oauth.credentials import CredentialsError
from coze_widget.outcomes import leave_failure
from coze_widget.tokens import (
    afetch_token,
    find_token,
    get_token,
    token_id,
    want_token,
)
from tests.caches import entries

ALICE, BOB = "a" * 64, "b" * 64


@pytest.fixture
def now(monkeypatch):
    """The clock of this module only: Coze's and the assertion's go on."""

    class Clock:
        ahead = 0

        real = staticmethod(tokens.time.time)
        monotonic = staticmethod(tokens.time.monotonic)
        sleep = staticmethod(tokens.time.sleep)

        def time(self):
            return self.real() + self.ahead

    clock = Clock()
    monkeypatch.setattr(tokens, "time", clock)
    return clock


def mints(coze):
    return [entry for entry in coze.requests if entry["path"].endswith("/token")]


def test_a_token_is_minted_once_and_reused(coze):
    first, second = get_token("default", ALICE), get_token("default", ALICE)

    assert first == second
    assert len(mints(coze)) == 1


def test_who_comes_again_within_seconds_costs_no_trip_to_the_cache(coze, monkeypatch):
    first = get_token("default", ALICE)
    assert get_token("default", ALICE) == first
    monkeypatch.setattr(tokens, "_read", pytest.fail)

    assert get_token("default", ALICE) == first


def test_it_lives_as_long_as_the_settings_say(coze, settings):
    settings.COZE_TOKEN_DURATION_SECONDS = 120

    token = get_token("default", ALICE)

    assert 115 <= token.expires_at - tokens.time.time() <= 121
    assert mints(coze)[0]["body"]["duration_seconds"] == 120


def test_everybody_has_their_own(coze):
    assert get_token("default", ALICE) != get_token("default", BOB)


def renewal_seconds(coze, now, name=ALICE):
    """Return how long before its end a token is renewed, by trying."""
    first = get_token("default", name)
    for ahead in range(3600 - 400, 3600, 5):
        now.ahead = ahead
        if get_token("default", name) != first:
            return 3600 - ahead
    raise AssertionError("it never was")  # pragma: no cover


def test_a_token_near_its_end_is_renewed(coze, now):
    leeway = tokens.MAX_LEEWAY_SECONDS

    assert leeway * 0.75 - 5 <= renewal_seconds(coze, now) <= leeway * 1.25 + 5


def test_people_who_came_at_one_time_do_not_come_back_at_one_time(coze, now):
    moments = set()
    for number in range(6):
        now.ahead = 0
        moments.add(renewal_seconds(coze, now, name=f"{number:064}"))

    assert len(moments) > 3


def test_a_short_life_has_a_short_leeway(coze, now, settings):
    settings.COZE_TOKEN_DURATION_SECONDS = 60
    first = get_token("default", ALICE)

    now.ahead = 51
    assert get_token("default", ALICE) == first
    now.ahead = 57
    assert get_token("default", ALICE) != first


@pytest.fixture
def held_lease(coze):
    """Another process is just minting for Alice."""
    wanted = want_token("default", ALICE)
    lease = acquire(f"{wanted.key}:lease", at_most_seconds=60)
    yield lease
    lease.release()


def test_while_one_renews_the_others_are_served(coze, now, request):
    first = get_token("default", ALICE)
    now.ahead = 3500
    request.getfixturevalue("held_lease")

    assert get_token("default", ALICE) == first
    assert len(mints(coze)) == 1


def wait_in_thread(**wanted):
    pool = ThreadPoolExecutor(1)
    future = pool.submit(get_token, "default", ALICE, **wanted)
    pool.shutdown(wait=False)
    return future


def test_of_the_last_seconds_nobody_is_served(coze, now, request):
    first = get_token("default", ALICE)
    now.ahead = 3600 - tokens.MAX_LAST_SECONDS + 5
    lease = request.getfixturevalue("held_lease")

    waiting = wait_in_thread()
    time.sleep(0.2)
    assert not waiting.done()
    lease.release()

    assert waiting.result(5) != first


def test_who_waits_gets_the_token_of_another_process(coze, held_lease):
    waiting = wait_in_thread()
    time.sleep(0.1)
    token = AccessToken("minted elsewhere", int(time.time()) + 3600)
    tokens._write(want_token("default", ALICE), token)

    assert waiting.result(5) == token
    assert mints(coze) == []


def test_who_waits_gets_the_error_of_another_process(coze, held_lease):
    key = want_token("default", ALICE).key
    leave_failure(key, InternalServerError("of last time", status=500))
    waiting = wait_in_thread()
    time.sleep(0.2)
    assert not waiting.done()

    leave_failure(key, RateLimitError("slow down", status=429, retry_after=7))
    held_lease.release()

    with pytest.raises(RateLimitError, match="slow down"):
        waiting.result(5)
    assert mints(coze) == []


def test_who_waits_for_a_process_that_is_gone_takes_its_place(coze, held_lease):
    waiting = wait_in_thread()
    time.sleep(0.1)
    caches["default"].delete(f"{want_token('default', ALICE).key}:lease")

    assert waiting.result(5)
    assert len(mints(coze)) == 1


def test_nobody_waits_longer_than_the_total_time_out(coze, held_lease, settings):
    settings.COZE_TOTAL_TIMEOUT_SECONDS = 0.3

    with pytest.raises(CozeTimeoutError, match="too long until Coze could be asked"):
        get_token("default", ALICE)


def test_what_landed_before_the_lease_was_had_is_taken(coze, monkeypatch):
    """Another process gives its lease back in just this moment."""
    wanted = want_token("default", ALICE)
    token = AccessToken("minted elsewhere", int(time.time()) + 3600)

    def acquire_late(key, **options):
        tokens._write(wanted, token)
        return acquire(key, **options)

    monkeypatch.setattr(tokens, "acquire", acquire_late)

    assert get_token("default", ALICE) == token
    assert mints(coze) == []


def test_a_site_that_has_minted_enough_serves_what_it_has(coze, now, monkeypatch):
    first = get_token("default", ALICE)

    def spend(oauth_app):
        raise Limited(retry_after=9, limit="oauth_app")

    monkeypatch.setattr(tokens, "spend_mint", spend)
    now.ahead = 3500

    assert get_token("default", ALICE) == first
    with pytest.raises(Limited):
        get_token("default", BOB)


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

    def land_first(key, fetch, **options):
        flights.append(key)
        return first if len(flights) == 1 else run(key, fetch, **options)

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


class Ears:
    """What `coze_widget.events` is told."""

    def __init__(self, monkeypatch):
        self.heard = []
        for name in ("minted", "reused", "refused", "failed"):
            monkeypatch.setattr(tokens.events, name, self.hear(name))

    def hear(self, name):
        return lambda *args, **kwargs: self.heard.append((name, args, kwargs))

    @property
    def names(self):
        return [name for name, _args, _kwargs in self.heard]


@pytest.fixture
def ears(monkeypatch):
    return Ears(monkeypatch)


def test_what_happens_is_told(coze, ears):
    token = get_token("default", ALICE)
    get_token("default", ALICE)
    get_token("default", ALICE, refused=token_id(token.value))
    coze.stop()
    with pytest.raises(ConnectionFailedError):
        get_token("default", BOB)

    assert ears.names == ["minted", "reused", "refused", "minted", "failed"]
    assert {args[0] for _name, args, _kwargs in ears.heard} == {"default"}
    assert ears.heard[0][2]["seconds"] > 0


def test_what_is_not_known_here_was_not_refused(coze, ears):
    get_token("default", ALICE, refused="0" * 16)

    assert ears.names == ["minted"]


# In an event loop


def arun(*wanted):
    async def gather():
        with ThreadPoolExecutor(1) as executor:
            flights = [afetch_token(one, executor) for one in wanted]
            return await asyncio.gather(*flights, return_exceptions=True)

    return asyncio.run(gather())


def test_a_loop_gets_one_mint_a_person(coze):
    alice, bob = want_token("default", ALICE), want_token("default", BOB)

    first, second, third = arun(alice, bob, alice)

    assert first == third != second
    assert len(mints(coze)) == 2
    assert find_token(alice) == first


def test_who_leaves_takes_nothing_from_those_who_stay(coze):
    coze.add_fault("/api/permission", latency_ms=200)
    wanted = want_token("default", ALICE)

    async def main():
        with ThreadPoolExecutor(1) as executor:
            leaving = asyncio.create_task(afetch_token(wanted, executor))
            staying = asyncio.create_task(afetch_token(wanted, executor))
            await asyncio.sleep(0.05)
            leaving.cancel()
            return await staying

    assert asyncio.run(main()) == find_token(wanted)
    assert len(mints(coze)) == 1


def test_who_waits_too_long_for_a_thread_costs_no_mint(coze, settings):
    settings.COZE_TOTAL_TIMEOUT_SECONDS = 0.05
    free = threading.Event()

    async def main():
        with ThreadPoolExecutor(1) as executor:
            executor.submit(free.wait, 5)
            waiting = asyncio.create_task(
                afetch_token(want_token("default", ALICE), executor)
            )
            await asyncio.sleep(0.1)
            free.set()
            await waiting

    with pytest.raises(CozeTimeoutError, match="too long until Coze could be asked"):
        asyncio.run(main())
    assert mints(coze) == []


def test_who_gets_a_thread_too_late_costs_no_mint_either(coze, settings, monkeypatch):
    settings.COZE_TOTAL_TIMEOUT_SECONDS = 0.2
    free = threading.Event()

    async def main():
        with ThreadPoolExecutor(1) as executor:

            def read_failure(key):
                """Somebody's mint comes first."""
                executor.submit(free.wait, 5)

            monkeypatch.setattr(tokens, "read_failure", read_failure)
            waiting = asyncio.create_task(
                afetch_token(want_token("default", ALICE), executor)
            )
            await asyncio.sleep(0.3)
            free.set()
            await waiting

    with pytest.raises(CozeTimeoutError):
        asyncio.run(main())
    assert mints(coze) == []


def test_a_loop_that_lands_with_a_refused_token_flies_again(coze, monkeypatch):
    first = get_token("default", ALICE)
    run, flights = tokens._flights.arun, []

    async def land_first(key, fetch, **options):
        flights.append(key)
        return first if len(flights) == 1 else await run(key, fetch, **options)

    monkeypatch.setattr(tokens._flights, "arun", land_first)
    [token] = arun(want_token("default", ALICE, refused=token_id(first.value)))

    assert token != first


def test_a_loop_waits_for_another_process_without_a_thread(coze, held_lease):
    token = AccessToken("minted elsewhere", int(time.time()) + 3600)
    wanted = want_token("default", ALICE)

    async def main():
        with ThreadPoolExecutor(1) as executor:
            waiting = asyncio.create_task(afetch_token(wanted, executor))
            await asyncio.sleep(0.1)
            # The only thread is free for others.
            other = await afetch_token(want_token("default", BOB), executor)
            tokens._write(wanted, token)
            return await waiting, other

    assert asyncio.run(main()) == (token, find_token(want_token("default", BOB)))
    assert len(mints(coze)) == 1


def test_a_loop_does_not_wait_for_ever(coze, held_lease, settings, ears):
    settings.COZE_TOTAL_TIMEOUT_SECONDS = 0.3

    [error] = arun(want_token("default", ALICE))

    assert isinstance(error, CozeTimeoutError)
    assert ears.names == ["failed"]


@pytest.fixture
def hanging(monkeypatch):
    """A cache that hangs: whoever leads is in it."""
    gate, gate.is_reached = threading.Event(), threading.Event()

    def hang(*args):
        gate.is_reached.set()
        gate.wait(30)
        raise ConnectionFailedError("It hung.")

    monkeypatch.setattr(tokens, "_try", hang)
    monkeypatch.setattr(tokens, "_patience_seconds", lambda deadline: 0.05)
    yield gate
    gate.set()


def test_nobody_waits_for_one_who_hangs(coze, hanging):
    leading = wait_in_thread()
    assert hanging.is_reached.wait(30)

    with pytest.raises(CozeTimeoutError):
        get_token("default", ALICE)
    [error] = arun(want_token("default", ALICE))
    assert isinstance(error, CozeTimeoutError)
    assert not leading.done()
    # What it logs is none of the next test's business.
    hanging.set()
    leading.exception(30)


# What is remembered of failures


def test_a_refused_key_is_not_asked_for_again_and_again(coze, caplog):
    coze.add_fault("/api/permission", times=None, status=401)

    errors = []
    for name in (ALICE, BOB, ALICE):
        with pytest.raises(AuthenticationError) as caught:
            get_token("default", name)
        errors.append(caught.value)

    assert [error.is_news for error in errors] == [True, False, False]
    assert len(mints(coze)) == 1
    assert len([one for one in caplog.records if one.levelname == "WARNING"]) == 1


def test_a_refused_key_is_asked_for_again_in_a_while(coze, monkeypatch):
    monkeypatch.setattr(tokens, "REFUSAL_SECONDS", 0.1)
    coze.add_fault("/api/permission", status=401)
    with pytest.raises(AuthenticationError):
        get_token("default", ALICE)
    time.sleep(0.15)

    assert get_token("default", ALICE)


def test_while_one_of_this_process_renews_the_others_are_served(coze, now):
    first = get_token("default", ALICE)
    now.ahead = 3500
    coze.add_fault("/api/permission", latency_ms=300)
    renewing = wait_in_thread()
    while not tokens._flights.is_under_way(want_token("default", ALICE).key):
        time.sleep(0.01)  # pragma: no cover  # or it is under way already

    assert find_token(want_token("default", ALICE)) == first
    assert renewing.result(5) != first


# What the cache holds


def token_keys():
    return [
        key for key in entries() if re.fullmatch("coze_widget:token:[0-9a-f]{64}", key)
    ]


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
        return want_token("default", ALICE).key

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
    tokens.forget()

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

    set = add = delete = get


def test_a_cache_that_is_down_leaves_one_mint_a_process(coze, settings, caplog):
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
        "broken": {"BACKEND": "tests.test_tokens.BrokenCache"},
    }
    settings.COZE_CACHE = "broken"

    assert get_token("default", ALICE) == get_token("default", ALICE)
    assert len(mints(coze)) == 1
    assert "The cache “broken” does not answer" in caplog.text


@pytest.mark.parametrize(
    "lie", ["text", "文字", b"bytes", 17, ["a", "list"], {"a": "dict"}]
)
def test_what_another_program_left_under_our_key_is_no_token(coze, lie):
    wanted = want_token("default", ALICE)
    for key in (wanted.key, f"{wanted.key}:lease", f"{wanted.key}:failure"):
        cache.set(key, lie, None)

    assert get_token("default", ALICE) == get_token("default", ALICE)
    assert len(mints(coze)) == 1


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
    wanted = want_token("default", ALICE)
    assert "PRIVATE KEY" not in repr(wanted)
    assert json.dumps(repr(wanted)).isascii()


# While the breaker is open


@pytest.fixture
def outage(coze, settings):
    """The first failure opens the breaker, and no probe is due while the test lasts."""
    settings.COZE_BREAKER_FAILURES = 1
    settings.COZE_BREAKER_RESET_SECONDS = 60

    def begin():
        coze.add_fault("/api/permission", times=None, status=500)
        with pytest.raises(InternalServerError):
            get_token("default", "c" * 64)
        coze.clear_requests()

    return begin


def test_in_an_outage_nobody_is_counted_or_waited_for(coze, outage, monkeypatch):
    outage()
    monkeypatch.setattr(tokens, "spend_mint", pytest.fail)

    with pytest.raises(CircuitOpenError) as caught:
        find_token(want_token("default", ALICE))

    assert 0 < caught.value.retry_after <= 60
    assert mints(coze) == []


def test_in_an_outage_a_token_near_its_end_is_served(coze, outage, now, ears):
    first = get_token("default", ALICE)
    outage()
    now.ahead = 3590

    assert find_token(want_token("default", ALICE)) == first
    assert ears.names == ["minted", "failed", "reused"]


def test_in_an_outage_a_refused_token_is_not_served(coze, outage, ears):
    first = get_token("default", ALICE)
    outage()

    with pytest.raises(CircuitOpenError):
        find_token(want_token("default", ALICE, refused=token_id(first.value)))
    assert ears.names == ["minted", "failed", "failed"]
