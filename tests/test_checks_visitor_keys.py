from __future__ import annotations

import pytest

from coze_widget.checks import check_settings, check_widgets
from coze_widget.checks.visitor_keys import check_visitor_keys, check_visitor_settings
from coze_widget.encryption import encrypt
from coze_widget.models import VisitorKey
from tests.host_tokens import make_key, make_rsa_key
from tests.messages import ids, only

KEYS = ["a first key that is long enough for this", "and a second one that is as long"]


def settings_messages():
    return list(check_visitor_settings())


def row_messages():
    return list(check_visitor_keys("default"))


# settings


def test_what_is_left_out_is_in_order(settings):
    assert settings_messages() == []


@pytest.mark.parametrize("keys", [KEYS, tuple(KEYS), None])
def test_long_keys_are_in_order(settings, keys):
    settings.COZE_ENCRYPTION_KEYS = keys

    assert settings_messages() == []


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (KEYS[0], "COZE_ENCRYPTION_KEYS is not a list of texts."),
        ([KEYS[0], 5], "COZE_ENCRYPTION_KEYS is not a list of texts."),
        (5, "COZE_ENCRYPTION_KEYS is not a list of texts."),
        ([], "COZE_ENCRYPTION_KEYS is empty: no secret can be kept."),
        (
            [KEYS[0], "k" * 31],
            "A key in COZE_ENCRYPTION_KEYS is shorter than 32 characters.",
        ),
    ],
    ids=range(5),
)
def test_encryption_keys_that_encrypt_nothing(settings, keys, said):
    settings.COZE_ENCRYPTION_KEYS = keys

    [message] = settings_messages()
    assert only([message], "E044") == said
    assert "k" * 31 not in f"{message.msg} {message.hint}"
    assert "E044" in ids(check_settings())


@pytest.mark.parametrize("seconds", [30, 600, 86_400])
def test_an_age_of_a_short_token_is_in_order(settings, seconds):
    settings.COZE_VISITOR_TOKEN_MAX_AGE_SECONDS = seconds

    assert settings_messages() == []


@pytest.mark.parametrize(
    "seconds", [0, -1, 29, 86_401, 60.5, True, "600", None], ids=repr
)
def test_an_age_that_is_nonsense(settings, seconds):
    settings.COZE_VISITOR_TOKEN_MAX_AGE_SECONDS = seconds

    assert only(settings_messages(), "E045") == (
        "COZE_VISITOR_TOKEN_MAX_AGE_SECONDS is not a whole number from 30 to 86400."
    )


# rows


@pytest.fixture
def any_key(widget):
    return make_key(widget)


def test_keys_that_can_be_used_are_in_order(widget, any_key):
    make_rsa_key(widget)

    assert row_messages() == []


def test_a_secret_that_the_settings_cannot_decrypt(any_key, settings):
    settings.COZE_ENCRYPTION_KEYS = KEYS

    said = only(row_messages(), "E046")

    assert said == (
        "The visitor key “shop” of the widget “support” cannot be decrypted: tokens that "
        "it has signed are refused."
    )
    assert "E046" in ids(check_widgets(databases=["default"]))


def test_a_key_that_was_rotated_out_and_kept_behind_is_in_order(widget, settings):
    settings.COZE_ENCRYPTION_KEYS = KEYS[:1]
    make_key(widget, encrypted_secret=encrypt("s" * 32))
    settings.COZE_ENCRYPTION_KEYS = KEYS[::-1]

    assert row_messages() == []


@pytest.mark.parametrize("keys", [[], 5, [5]], ids=repr)
def test_keys_of_nonsense_have_their_own_message(any_key, settings, keys):
    settings.COZE_ENCRYPTION_KEYS = keys

    assert row_messages() == []
    assert "E044" in ids(settings_messages())


def test_an_address_or_a_key_that_went_around_the_form(widget):
    make_key(widget, algorithm="RS256", jwks_url="http://shop.example/keys")
    make_key(widget, algorithm="ES256", public_key=make_rsa_key(widget).public_key)

    address, key = row_messages()

    assert ids([address, key]) == ["W047", "W047"]
    assert address.msg == (
        "The visitor key “shop” of the widget “support” cannot be used: Enter an address "
        "that starts with https://, without a password and without #."
    )
    assert "does not fit the algorithm" in key.msg


def test_what_is_switched_off_is_not_judged(make_widget, settings):
    make_key(make_widget(), is_enabled=False)
    make_key(make_widget(slug="off", enabled=False))
    settings.COZE_ENCRYPTION_KEYS = KEYS

    assert row_messages() == []


def test_without_the_table_the_other_rows_are_judged_all_the_same(
    make_widget, monkeypatch, settings
):
    """`migrate` checks before it makes the table."""
    settings.COZE_OAUTH_APPS = {}
    make_widget()
    monkeypatch.setattr(VisitorKey._meta, "db_table", "nothing")

    assert "W010" in ids(check_widgets(databases=["default"]))
