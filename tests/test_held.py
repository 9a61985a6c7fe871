from __future__ import annotations

import pytest
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache

from coze_widget.held import hold, take
from tests.caches import entries

VALUE = {"name": "Tea adviser", "order": 1, "enabled": True, "tags": [{"label": "茶"}]}


class Down(LocMemCache):
    def get(self, *args, **kwargs):
        raise ConnectionError

    def set(self, *args, **kwargs):
        raise ConnectionError


def test_what_is_held_comes_back_as_often_as_it_is_asked_for():
    key = hold("paste", VALUE, user_pk="7")

    assert take("paste", key, user_pk="7") == VALUE
    assert take("paste", key, user_pk="7") == VALUE


def test_each_key_is_random():
    keys = {hold("paste", VALUE, user_pk="7") for _ in range(3)}

    assert len(keys) == 3
    assert min(map(len, keys)) >= 32


@pytest.mark.parametrize(("kind", "user_pk"), [("paste", "8"), ("preview", "7")])
def test_it_is_for_one_person_and_one_purpose(kind, user_pk):
    key = hold("paste", VALUE, user_pk="7")

    assert take(kind, key, user_pk=user_pk) is None


@pytest.mark.parametrize("key", ["", "unknown", "x" * 100_000, "\ud800\n"])
def test_a_key_of_a_strangers_making_finds_nothing(key):
    assert take("paste", key, user_pk="7") is None


def test_it_ends():
    key = hold("paste", VALUE, user_pk="7", seconds=0)

    assert take("paste", key, user_pk="7") is None


def test_neither_key_nor_person_can_be_read_in_the_cache():
    key = hold("paste", {}, user_pk="person-7")

    [stored] = entries()
    assert key not in stored
    assert "person-7" not in stored


@pytest.mark.parametrize("kept", ["[]", 5, b"{}"])
def test_what_another_program_put_there_is_nothing(monkeypatch, kept):
    key = hold("paste", VALUE, user_pk="7")
    [stored] = entries()
    monkeypatch.setattr(caches["default"], "get", lambda _key: kept)

    assert take("paste", key, user_pk="7") is None


def test_a_cache_that_is_down_is_logged_and_holds_nothing(settings, caplog):
    settings.CACHES = {"default": {"BACKEND": "tests.test_held.Down"}}

    key = hold("paste", VALUE, user_pk="7")

    assert take("paste", key, user_pk="7") is None
    assert [record.message for record in caplog.records] == [
        "The cache took no values of a form.",
        "The cache did not return the values of a form.",
    ]
    assert key not in caplog.text
    assert "Tea adviser" not in caplog.text
