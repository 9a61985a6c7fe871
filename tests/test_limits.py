from __future__ import annotations

import logging
import math
import os
import subprocess
import sys
import time
import uuid

import pytest
from django.core.cache import caches
from django.test import RequestFactory

from coze_widget import limits
from coze_widget.limits import (
    DEFAULTS,
    Limited,
    count_mint,
    count_request,
    read_rates,
    spend_mint,
)
from coze_widget.models import Widget
from coze_widget.problems import problem_of_limit
from tests.services import redis_url

ALICE, BOB = "a" * 64, "b" * 64
OFFICE, HOME = "93.184.216.35", "93.184.216.34"
TEA, BOOKS = Widget(pk=1, oauth_app="default"), Widget(pk=2, oauth_app="default")
REDIS = "django.core.cache.backends.redis.RedisCache"


def come(count=count_mint, *, who=ALICE, address="127.0.0.1", widget=TEA):
    count(RequestFactory(REMOTE_ADDR=address).post("/"), widget, who)


def limit_met(*args, **kwargs):
    """Return the name of the limit that refuses, "" if none does."""
    try:
        come(*args, **kwargs)
    except Limited as exc:
        return exc.limit
    return ""


@pytest.fixture(params=["memory", "redis"])
def _cache(request, settings):
    if request.param == "redis":
        settings.CACHES = {
            "default": {
                "BACKEND": REDIS,
                "LOCATION": redis_url(),
                "KEY_PREFIX": f"limits-{uuid.uuid4()}",
            }
        }


def allow(settings, **rates):
    settings.COZE_LIMITS = rates


@pytest.mark.usefixtures("_cache")
@pytest.mark.parametrize(
    ("limit", "others"),
    [
        ("person", [{"address": OFFICE}, {"address": HOME}, {"widget": BOOKS}]),
        ("address", [{"who": BOB}, {"who": "c" * 64}, {"widget": BOOKS}]),
        ("widget", [{"who": BOB}, {"address": HOME}, {"who": "c" * 64}]),
    ],
)
def test_what_each_limit_counts(limit, others, settings):
    allow(settings, **{limit: "4/hour"})

    met = [limit_met(**{"address": OFFICE, **other}) for other in [*others, {}, {}]]

    assert met == ["", "", "", "", limit]


@pytest.mark.usefixtures("_cache")
@pytest.mark.parametrize(
    ("limit", "other"),
    [
        ("person", {"who": BOB}),
        ("address", {"address": HOME}),
        ("widget", {"widget": BOOKS}),
    ],
)
def test_one_who_is_limited_is_nobody_elses_matter(limit, other, settings):
    allow(settings, **{limit: "1/hour"})
    come(address=OFFICE)

    assert limit_met(address=OFFICE) == limit
    assert limit_met(**{"address": OFFICE, **other}) == ""


def test_one_house_is_one_address(settings):
    allow(settings, address="1/hour")
    come(address="2606:2800:220:1::1")

    assert limit_met(address="2606:2800:220:1:2:3:4:5", who=BOB) == "address"
    assert limit_met(address="2606:2800:220:2::1", who=BOB) == ""


def test_an_address_that_is_not_seen_is_not_counted(settings):
    allow(settings, address="1/hour")

    assert [limit_met(address="127.0.0.1") for _ in range(3)] == ["", "", ""]


def test_a_refused_person_costs_the_widget_nothing(settings):
    allow(settings, person="1/hour", widget="2/hour")
    come()
    limit_met()

    assert limit_met(who=BOB) == ""


@pytest.mark.usefixtures("_cache")
def test_a_budget_is_one_for_all_widgets_of_an_oauth_app(settings):
    allow(settings, oauth_app="2/hour")
    spend_mint("default")
    spend_mint("default")
    spend_mint("staff")

    with pytest.raises(Limited) as caught:
        spend_mint("default")

    assert caught.value.limit == "oauth_app"


@pytest.mark.usefixtures("_cache")
def test_the_remaining_time_is_said(settings):
    allow(settings, person="2/hour")
    come()
    come()

    with pytest.raises(Limited) as caught:
        come()

    rest = math.ceil(3600 - time.time() % 3600)
    assert caught.value.retry_after in (rest, rest + 1)
    assert str(caught.value) == (
        f"The limit “person” is met for {caught.value.retry_after} s."
    )


def test_of_several_rates_each_holds(settings):
    allow(settings, person="5/day; 2/hour")
    come()
    come()

    assert limit_met() == "person"


# Requests whose token is kept


@pytest.mark.parametrize(
    ("limit", "others"),
    [
        ("person_requests", {"address": HOME}),
        ("address_requests", {"who": BOB, "widget": BOOKS}),
    ],
)
def test_requests_are_limited_too(limit, others, settings):
    allow(settings, **{limit: "2/hour"})
    come(count_request, address=OFFICE)
    come(count_request, **{"address": OFFICE, **others})

    assert limit_met(count_request, address=OFFICE) == limit


def test_two_widgets_of_a_page_are_two_counts(settings):
    allow(settings, person_requests="1/hour")
    come(count_request, widget=TEA)

    assert limit_met(count_request, widget=BOOKS) == ""
    assert limit_met(count_request, widget=TEA) == "person_requests"


def test_requests_do_not_touch_the_shared_cache(settings):
    settings.CACHES = {"default": {"BACKEND": "nowhere.at.all"}}

    come(count_request, address=OFFICE)


def test_memory_is_bounded(settings, monkeypatch):
    monkeypatch.setattr(limits._own_memory, "_max_entries", 100)

    for guest in range(500):
        come(count_request, who=str(guest))

    assert len(limits._own_memory._cache) <= 100


def test_a_new_process_has_counted_nothing(settings):
    allow(settings, person_requests="1/hour")
    come(count_request)

    limits.forget()

    assert limit_met(count_request) == ""


# Settings


def test_the_defaults_are_what_they_say():
    assert all(read_rates(rate) for rate in DEFAULTS.values())


@pytest.mark.parametrize("off", [None, ""])
def test_a_limit_can_be_switched_off(off, settings):
    allow(settings, person=off)

    assert {limit_met() for _ in range(610)} == {""}


@pytest.mark.parametrize(
    "wrong", ["often", "0/hour", "1/year", "2/48 hours", 30, ["1/hour"], True]
)
def test_a_value_that_cannot_be_meant_leaves_the_default(wrong, settings):
    allow(settings, person=wrong)

    met = [limit_met() for _ in range(601)]

    assert met == [""] * 600 + ["person"]


@pytest.mark.parametrize("wrong", [None, "30/hour", ["person"]])
def test_settings_of_another_kind_leave_the_defaults(wrong, settings):
    settings.COZE_LIMITS = wrong

    met = [limit_met() for _ in range(601)]

    assert met == [""] * 600 + ["person"]


def test_ten_tabs_and_a_full_office_meet_no_limit():
    for _tab in range(10):
        come(count_request, address=OFFICE)
        come(address=OFFICE)
    for colleague in range(500):
        come(count_request, who=str(colleague), address=OFFICE)
        come(who=str(colleague), address=OFFICE)
        spend_mint("default")


# The cache


def keys_of(cache):
    return list(cache._cache)


def test_the_cache_learns_neither_addresses_nor_names():
    come(address=OFFICE)
    spend_mint("the shop's own app")

    keys = " ".join(keys_of(caches["default"]))

    assert keys.count("coze_widget:limit") == 4
    for personal in (OFFICE, ALICE, "shop"):
        assert personal not in keys


def test_another_identity_key_makes_other_keys(settings):
    come(address=OFFICE)
    before = set(keys_of(caches["default"]))
    settings.COZE_IDENTITY_KEY = "another identity key, just as long as the first"

    come(address=OFFICE)

    assert len(set(keys_of(caches["default"])) - before) == 3


def test_while_the_cache_is_down_this_process_counts(settings, caplog):
    caplog.set_level(logging.INFO)
    settings.CACHES = {
        "default": {"BACKEND": REDIS, "LOCATION": "redis://127.0.0.1:9/0"}
    }
    allow(settings, person="2/hour")

    assert [limit_met() for _ in range(4)] == ["", "", "person", "person"]
    assert len(caplog.messages) == 1
    assert "does not answer" in caplog.text


def test_a_cache_that_holds_something_else_refuses_nobody(settings):
    allow(settings, person="2/hour")
    come()
    [key] = [key for key in keys_of(caches["default"]) if "/person/" in key]
    caches["default"].set(key.removeprefix(":1:"), "x")

    assert limit_met() == ""


TEN_MINTS = """
import sys
import django
from django.test import RequestFactory, override_settings
django.setup()
from coze_widget.limits import Limited, count_mint
from coze_widget.models import Widget
url, prefix = sys.argv[1:]
cache = {
    "BACKEND": "django.core.cache.backends.redis.RedisCache",
    "LOCATION": url,
    "KEY_PREFIX": prefix,
}
rates = {"person": "12/hour"}
print("ready", flush=True)
sys.stdin.readline()
allowed = 0
with override_settings(CACHES={"default": cache}, COZE_LIMITS=rates):
    for _ in range(10):
        try:
            count_mint(RequestFactory(REMOTE_ADDR="").post("/"), Widget(pk=1), "a" * 64)
        except Limited:
            continue
        allowed += 1
print(allowed)
"""


def test_two_processes_share_the_count():
    url, prefix = redis_url(), f"limits-{uuid.uuid4()}"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", TEN_MINTS, url, prefix],
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    # Only now, so that neither has finished before the other begins.
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    allowed = [int(process.communicate(timeout=60)[0]) for process in processes]

    assert sum(allowed) == 12


# What a visitor is told


def told(limit):
    return problem_of_limit(Limited(17, limit)).response()


@pytest.mark.parametrize(
    "limit", ["person", "address", "widget", "person_requests", "address_requests"]
)
def test_who_is_limited_is_told_when_to_come_back(limit):
    response = told(limit)

    assert response.status_code == 429
    assert response.headers["Retry-After"] == "17"
    assert b'"code": "rate_limited"' in response.content


def test_a_spent_budget_is_nobodys_fault():
    response = told("oauth_app")

    assert response.status_code == 503
    assert response.headers["Retry-After"] == "17"
    assert b'"code": "unavailable"' in response.content
