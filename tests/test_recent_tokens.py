from __future__ import annotations

import pytest

from coze_widget import recent_tokens
from coze_widget.oauth.client import AccessToken
from coze_widget.recent_tokens import KEEP_SECONDS, RecentTokens

TOKEN, OTHER = AccessToken("one", 2_000_000_000), AccessToken("two", 2_000_000_000)


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def recent(clock):
    return RecentTokens(monotonic=clock)


def test_each_key_has_its_own(recent):
    recent.put("a", TOKEN)
    recent.put("b", OTHER)

    assert recent.get("a") == TOKEN
    assert recent.get("b") == OTHER
    assert recent.get("c") is None


def test_it_is_kept_for_seconds(recent, clock):
    recent.put("a", TOKEN)

    clock.now += KEEP_SECONDS - 0.1
    assert recent.get("a") == TOKEN
    clock.now += 0.2
    assert recent.get("a") is None


def test_what_is_read_again_is_recent_again(recent, clock):
    recent.put("a", TOKEN)
    clock.now += KEEP_SECONDS
    recent.put("a", OTHER)

    assert recent.get("a") == OTHER


def test_there_are_not_too_many(recent, monkeypatch):
    monkeypatch.setattr(recent_tokens, "MAX_TOKENS", 2)
    for key in ("a", "b"):
        recent.put(key, TOKEN)
    recent.put("a", TOKEN)
    recent.put("c", TOKEN)

    assert [recent.get(key) for key in "abc"] == [TOKEN, None, TOKEN]


def test_a_new_process_knows_none(recent):
    recent.put("a", TOKEN)

    recent.forget()

    assert recent.get("a") is None
