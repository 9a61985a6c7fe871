from __future__ import annotations

import threading

import pytest

from coze_widget.oauth import keys
from coze_widget.oauth.keys import PrivateKeyError, _KeyCache, load_private_key
from tests.keypairs import elliptic_pem, private_pem, public_pem, rsa_key


def test_a_key_is_parsed_once():
    assert load_private_key(private_pem()) is load_private_key(private_pem())


def test_threads_of_a_cold_process_parse_once(monkeypatch):
    parsed = []
    monkeypatch.setattr(keys, "_parse", lambda pem: parsed.append(pem) or rsa_key())
    cache = _KeyCache(2)
    threads = [threading.Thread(target=cache.load, args=("pem",)) for _ in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert parsed == ["pem"]


def test_the_key_used_longest_ago_makes_room(monkeypatch):
    parsed = []
    monkeypatch.setattr(keys, "_parse", lambda pem: parsed.append(pem) or rsa_key())
    cache = _KeyCache(2)

    for pem in ("one", "two", "one", "three", "one", "two"):
        cache.load(pem)

    assert parsed == ["one", "two", "three", "two"]


def test_the_cache_does_not_hold_the_pem():
    load_private_key(private_pem())

    assert all(isinstance(digest, bytes) for digest in keys._cache._keys)
    assert "PRIVATE" not in repr(vars(keys._cache))


NO_PEM = "is not a PEM, which begins with -----BEGIN PRIVATE KEY-----"
WRONG_KEYS = {
    "prose": (lambda: "hello", NO_PEM),
    "not even UTF-8": (lambda: "\udcff", NO_PEM),
    "cut": (
        lambda: private_pem()[:300] + private_pem()[400:],
        "is a damaged PEM; is it whole, from BEGIN to END?",
    ),
    "public": (
        public_pem,
        "is the public half; Coze's console hands out the private one",
    ),
    "elliptic": (
        elliptic_pem,
        "is not an RSA key, which is the only kind that Coze accepts",
    ),
    "short": (
        lambda: private_pem(rsa_key(1024)),
        "is an RSA key of 1024 bits; at least 2048 are needed",
    ),
    "encrypted": (
        lambda: private_pem(passphrase="open sesame"),
        "is encrypted; store it without a passphrase",
    ),
}


@pytest.mark.parametrize(
    ("make_pem", "problem"), WRONG_KEYS.values(), ids=WRONG_KEYS.keys()
)
def test_a_wrong_key_is_called_by_its_name(make_pem, problem):
    with pytest.raises(PrivateKeyError) as caught:
        load_private_key(make_pem())

    assert str(caught.value) == problem
    assert caught.value.__context__ is None
