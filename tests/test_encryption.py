from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from coze_widget.encryption import Undecryptable, decrypt, encrypt

OLD, NEW = "an old key, long enough for a test", "a new key, long enough for a test"


def test_a_secret_comes_back_and_its_text_says_nothing(settings):
    settings.COZE_ENCRYPTION_KEYS = [NEW]
    kept = encrypt("a secret")

    assert "a secret" not in kept
    assert kept != encrypt("a secret")
    assert decrypt(kept) == "a secret"


def test_a_new_key_in_front_encrypts_and_the_old_one_decrypts(settings):
    settings.COZE_ENCRYPTION_KEYS = [OLD]
    before = encrypt("a secret")

    settings.COZE_ENCRYPTION_KEYS = [NEW, OLD]
    after = encrypt("a secret")
    assert decrypt(before) == decrypt(after) == "a secret"

    settings.COZE_ENCRYPTION_KEYS = [NEW]
    assert decrypt(after) == "a secret"
    with pytest.raises(Undecryptable):
        decrypt(before)


def test_without_keys_of_its_own_the_identity_key_stands_in(settings):
    settings.COZE_ENCRYPTION_KEYS = None
    kept = encrypt("a secret")

    settings.COZE_ENCRYPTION_KEYS = [settings.COZE_IDENTITY_KEY]
    assert decrypt(kept) == "a secret"


@pytest.mark.parametrize("keys", [[], "a text instead of a list"])
def test_what_is_no_key_keeps_no_secret(settings, keys):
    settings.COZE_ENCRYPTION_KEYS = keys

    with pytest.raises(ImproperlyConfigured):
        encrypt("a secret")


@pytest.mark.parametrize("text", ["", "gAAAA", "café"])
def test_what_was_never_encrypted_is_no_secret(settings, text):
    settings.COZE_ENCRYPTION_KEYS = [NEW]

    with pytest.raises(Undecryptable):
        decrypt(text)
