"""Two people never share anything; nor does one person on two sites."""

from __future__ import annotations

import random
import secrets

import pytest
from django.core.cache import caches
from hypothesis import assume, given
from hypothesis import strategies as st

from coze_widget import tokens
from coze_widget.shared_cache import shared_cache
from coze_widget.tokens import find_token, get_token, token_id, want_token
from coze_widget.visitors import session_name
from tests.services import redis_url

PAIRS_COUNT = 10_000
PEOPLE_COUNT = 150
SITES = (1, 2, None)

people = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["user", "guest"]),
        "pk": st.text(max_size=40),
        "site_id": st.none() | st.integers(0, 99),
        "issuer": st.text(max_size=10),
        "generation": st.integers(0, 3),
    }
)
environments = st.text(max_size=10)


@given(people, people, environments, environments)
def test_another_person_has_another_name_and_another_key(
    oauth_app, settings, one, other, one_environment, other_environment
):
    assume((one, one_environment) != (other, other_environment))

    names, keys = [], []
    for person, settings.COZE_ENVIRONMENT in (
        (one, one_environment),
        (other, other_environment),
    ):
        names.append(session_name(**person))
        keys.append(want_token("default", names[-1]).key)

    assert names[0] != names[1]
    assert keys[0] != keys[1]


@pytest.fixture
def redis(settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": redis_url(),
            "KEY_PREFIX": f"isolation-{secrets.token_hex(4)}",
        }
    }
    shared_cache.forget()
    return caches["default"]


def test_ten_thousand_pairs_over_a_real_cache(coze, redis, settings):
    settings.COZE_LIMITS = dict.fromkeys(["oauth_app"])
    names = [
        session_name("user", str(pk), site_id=site_id)
        for pk in range(PEOPLE_COUNT)
        for site_id in SITES
    ]
    minted = {name: get_token("default", name) for name in names}
    chance = random.Random(20261121)

    for _ in range(PAIRS_COUNT):
        one, other = chance.sample(names, 2)
        assert minted[one].value != minted[other].value
        assert want_token("default", one).key != want_token("default", other).key

    owners = coze.state.tokens
    for name in names:
        kept = find_token(want_token("default", name))
        assert kept == minted[name]
        assert owners._grants[kept.value].owner.session_name == name


def test_no_entry_of_the_cache_is_worth_anything_under_another_key(coze, redis):
    names = [session_name("user", str(pk), site_id=1) for pk in range(12)]
    ids = [token_id(get_token("default", name).value) for name in names]
    sealed = [redis.get(want_token("default", name).key) for name in names]

    for own, name in enumerate(names):
        for other, entry in enumerate(sealed):
            redis.set(want_token("default", name).key, entry)
            kept = tokens._read(want_token("default", name))
            found = token_id(kept.value) if kept else ""
            assert found == (ids[own] if own == other else "")
