"""Secrets that lie in the database, as Fernet keeps them (`cryptography`).

The first of COZE_ENCRYPTION_KEYS encrypts, all of them decrypt: so a key is rotated by
putting a new one in front.
"""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.core.exceptions import ImproperlyConfigured

from coze_widget.conf import conf

_PURPOSE = b"coze_widget.encryption"


class Undecryptable(Exception):  # a state of the settings
    """Raised where none of the keys is the one that has encrypted a secret."""


def encrypt(secret: str) -> str:
    return _fernet().encrypt(secret.encode()).decode()


def decrypt(text: str) -> str:
    """Return the secret; raises Undecryptable, whose text says nothing of it."""
    try:
        return _fernet().decrypt(text.encode()).decode()
    except (InvalidToken, ValueError):
        raise Undecryptable(
            "None of COZE_ENCRYPTION_KEYS has encrypted this secret."
        ) from None


def _fernet() -> MultiFernet:
    said: object = conf.encryption_keys
    if isinstance(said, str):
        # Its letters would be the keys.
        raise ImproperlyConfigured(
            "COZE_ENCRYPTION_KEYS is a text, not a list of texts."
        )
    keys = tuple(conf.encryption_keys)
    if not keys:
        raise ImproperlyConfigured(
            "Neither COZE_ENCRYPTION_KEYS nor COZE_IDENTITY_KEY is set: secrets cannot "
            "be encrypted."
        )
    return _fernet_of(keys)


@lru_cache(maxsize=8)
def _fernet_of(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet(Fernet(_derive(key)) for key in keys)


def _derive(key: str) -> bytes:
    kdf = HKDF(SHA256(), length=32, salt=None, info=_PURPOSE)
    return base64.urlsafe_b64encode(kdf.derive(key.encode()))
