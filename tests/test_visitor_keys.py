"""What a process keeps of the visitor keys."""

from __future__ import annotations

import pytest

from coze_widget.encryption import Undecryptable
from coze_widget.models import Widget
from coze_widget.visitor_keys import VisitorKeys, keys_of
from tests.host_tokens import SECRET, make_key, make_rsa_key

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _kept_for_a_while(settings):
    settings.COZE_WIDGET_MAX_AGE_SECONDS = 60


def names_of(widget):
    return [key.name for key in keys_of(widget)]


def test_a_widget_has_its_enabled_keys_the_newest_first(make_widget, committed):
    widget, other = make_widget(), make_widget(slug="other")
    with committed():
        make_key(widget, name="old")
        make_rsa_key(widget, name="new")
        make_key(widget, name="off", is_enabled=False)
        make_key(other, name="another's")

    assert names_of(widget) == ["new", "old"]
    assert names_of(other) == ["another's"]


def test_a_widget_that_is_not_saved_has_none(db):
    assert keys_of(Widget()) == ()


def test_keys_are_asked_for_once(widget, committed, django_assert_num_queries):
    with committed():
        make_key(widget)
    keys_of(widget)

    with django_assert_num_queries(0):
        assert names_of(widget) == ["shop"]


def test_a_key_that_is_switched_off_is_off_at_once(widget, committed):
    with committed():
        key = make_key(widget)
    assert names_of(widget) == ["shop"]

    with committed():
        key.is_enabled = False
        key.save()

    assert names_of(widget) == []


def test_a_key_that_is_deleted_is_gone_at_once(widget, committed):
    with committed():
        key = make_key(widget)
    assert names_of(widget) == ["shop"]

    with committed():
        key.delete()

    assert names_of(widget) == []


def test_a_key_goes_with_its_widget(widget, committed):
    with committed():
        make_key(widget)
    same = Widget(pk=widget.pk)
    assert names_of(same) == ["shop"]

    with committed():
        widget.delete()

    assert names_of(same) == []


def test_another_process_knows_after_the_age_of_the_copy(widget, committed):
    """Its signals are its own; so what was switched off is good there for that long."""
    now = [0.0]
    elsewhere = VisitorKeys(monotonic=lambda: now[0])
    with committed():
        key = make_key(widget)
    assert len(elsewhere.of(widget)) == 1
    with committed():
        key.delete()

    now[0] = 59
    assert len(elsewhere.of(widget)) == 1
    now[0] = 60
    assert elsewhere.of(widget) == ()


def test_nobody_reads_the_secret_by_looking(widget, committed):
    with committed():
        row = make_key(widget)
    [key] = keys_of(widget)

    assert key.decrypt_secret() == SECRET.encode()
    for text in (repr(key), str(row), repr(row), repr(vars(key))):
        assert SECRET not in text
    assert row.encrypted_secret not in repr(key)


def test_a_secret_of_other_settings_is_undecryptable(widget, committed, settings):
    with committed():
        make_key(widget)
    settings.COZE_ENCRYPTION_KEYS = ["another key, as long as the one that was lost"]

    with pytest.raises(Undecryptable):
        keys_of(widget)[0].decrypt_secret()
