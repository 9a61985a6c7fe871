"""Parsed private keys, kept because parsing costs a hundred signatures."""

from __future__ import annotations

import threading
from collections import OrderedDict
from hashlib import sha256

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from coze_widget.sentences import Sentence as _

_LEAST_BITS = 2048  # RFC 7518, section 3.3
_MOST_KEYS = 16


class PrivateKeyError(ValueError):
    """Raised when a text is no RSA private key; the message never quotes the text."""


class _KeyCache:
    """Bounded, and keyed by a digest: the PEM itself is not kept a second time."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._keys: OrderedDict[bytes, RSAPrivateKey] = OrderedDict()
        self._lock = threading.Lock()

    def load(self, pem: str) -> RSAPrivateKey:
        digest = sha256(pem.encode(errors="replace")).digest()
        # Parsing under the lock: twenty threads of a cold process parse once.
        with self._lock:
            if digest not in self._keys:
                self._keys[digest] = _parse(pem)
                while len(self._keys) > self._size:
                    self._keys.popitem(last=False)
            self._keys.move_to_end(digest)
            return self._keys[digest]


_cache = _KeyCache(_MOST_KEYS)


def load_private_key(pem: str) -> RSAPrivateKey:
    """Parse a PEM once per process; raise `PrivateKeyError` saying what it is."""
    return _cache.load(pem)


def _parse(pem: str) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except TypeError:
        problem: str = _("is encrypted; store it without a passphrase")
    except (ValueError, UnsupportedAlgorithm):
        problem = _describe_unreadable(pem)
    else:
        if isinstance(key, RSAPrivateKey) and key.key_size >= _LEAST_BITS:
            return key
        problem = _describe_unsuitable(key)
    raise PrivateKeyError(problem)


def _describe_unreadable(pem: str) -> str:
    if "PUBLIC KEY-----" in pem:
        return _("is the public half; Coze's console hands out the private one")
    if "PRIVATE KEY-----" in pem:
        return _("is a damaged PEM; is it whole, from BEGIN to END?")
    return _("is not a PEM, which begins with -----BEGIN PRIVATE KEY-----")


def _describe_unsuitable(key: object) -> str:
    if isinstance(key, RSAPrivateKey):
        return _(
            "is an RSA key of %(bits)s bits; at least %(least_bits)s are needed",
            bits=key.key_size,
            least_bits=_LEAST_BITS,
        )
    return _("is not an RSA key, which is the only kind that Coze accepts")
