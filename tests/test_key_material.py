"""Secrets, public keys and addresses that are fit for visitor tokens, and those that are not."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from django.core.exceptions import ValidationError

from coze_widget.key_material import (
    MIN_SECRET_BYTES,
    load_public_key,
    new_secret,
    require_fit,
    validate_jwks_url,
    validate_secret,
)
from coze_widget.models import VisitorKey
from tests.host_tokens import elliptic_key, public_pem_of
from tests.keypairs import private_pem, rsa_key


def code_of(check, *values):
    with pytest.raises(ValidationError) as caught:
        check(*values)
    return caught.value.code


# secrets


def test_a_new_secret_is_fit_and_new():
    secret = new_secret()

    validate_secret(secret)
    assert len(secret) == 43
    assert secret != new_secret()


@pytest.mark.parametrize(
    ("secret", "code"),
    [
        ("s" * (MIN_SECRET_BYTES - 1), "bad_secret_length"),
        ("s" * 501, "bad_secret_length"),
        ("", "bad_secret"),
        ("s" * 31 + " s", "bad_secret"),
        ("s" * 31 + "\n", "bad_secret"),
        ("密" * 32, "bad_secret"),
        (public_pem_of(rsa_key()), "pem_as_secret"),
        (private_pem(), "pem_as_secret"),
    ],
    ids=range(8),
)
def test_a_secret_that_is_none_is_refused(secret, code):
    assert code_of(validate_secret, secret) == code


# public keys


def test_keys_of_both_kinds_are_read():
    assert load_public_key(public_pem_of(rsa_key()), "RS256").key_size == 2048
    pem = "\n" + public_pem_of(elliptic_key()) + "\n"
    assert load_public_key(pem, "ES256").curve.name == "secp256r1"


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "HS256"])
def test_a_private_key_is_refused_whatever_it_is_for_and_not_repeated(algorithm):
    with pytest.raises(ValidationError) as caught:
        load_public_key(private_pem(), algorithm)

    assert caught.value.code == "private_key"
    assert private_pem().splitlines()[1] not in repr(caught.value)


@pytest.mark.parametrize("pem", ["", "no PEM", "-----BEGIN PUBLIC KEY-----\nAAAA"])
def test_what_is_no_public_key_is_refused(pem):
    assert code_of(load_public_key, pem, "RS256") == "no_public_key"


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (rsa_key(1024), "RS256"),
        (rsa_key(), "ES256"),
        (rsa_key(), "HS256"),
        (elliptic_key(), "RS256"),
        (ec.generate_private_key(ec.SECP384R1()), "ES256"),
        (ec.generate_private_key(ec.SECP256K1()), "ES256"),
        (ed25519.Ed25519PrivateKey.generate(), "ES256"),
    ],
    ids=range(7),
)
def test_a_key_that_does_not_fit_its_algorithm_is_refused(key, algorithm):
    assert code_of(load_public_key, public_pem_of(key), algorithm) == "unfit_key"


def test_a_key_that_only_costs_time_is_refused(monkeypatch):
    monkeypatch.setattr("coze_widget.key_material.MAX_RSA_BITS", 2047)

    assert code_of(require_fit, rsa_key().public_key(), "RS256") == "unfit_key"


def test_a_private_key_is_no_public_one():
    assert isinstance(rsa_key(), rsa.RSAPrivateKey)
    assert code_of(require_fit, rsa_key(), "RS256") == "unfit_key"


# addresses


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/.well-known/jwks.json",
        "https://shop.example:8443/keys?site=1",
        "https://8.8.8.8/keys",
        "https://[2606:4700::1111]/keys",
    ],
)
def test_https_on_the_public_internet_is_taken(url):
    validate_jwks_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://shop.example/keys",
        "//shop.example/keys",
        "file:///etc/passwd",
        "https://",
        "https://:443/keys",
        "https://user:password@shop.example/keys",
        "https://shop.example@attacker.example/keys",
        "https://shop.example/keys#a",
        "https://shop.example:0/keys",
        "https://shop.example:99999/keys",
        "https://[::1/keys",
        "https://shop.example/a b",
        "https://shop.example/\nkeys",
        "https://shop.example\\@attacker.example/",
        "https://学.example/keys",
    ],
)
def test_an_address_that_is_not_plain_https_is_refused(url):
    assert code_of(validate_jwks_url, url) == "bad_jwks_url"


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "a.localhost",
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "[::1]",
        "[::ffff:10.0.0.1]",
        "0.0.0.0",
    ],
)
def test_an_address_within_is_refused(host):
    assert code_of(validate_jwks_url, f"https://{host}/keys") == "private_jwks_url"


# the row


def test_a_row_names_the_fields_that_are_wrong():
    key = VisitorKey(
        name="k", algorithm="RS256", public_key="no PEM", jwks_url="http://a.example"
    )

    with pytest.raises(ValidationError) as caught:
        key.clean()

    assert set(caught.value.message_dict) == {"public_key", "jwks_url"}


def test_a_row_in_order_is_taken():
    VisitorKey(name="k", algorithm="HS256", encrypted_secret="e").clean()
    VisitorKey(name="k", algorithm="RS256", public_key=public_pem_of(rsa_key())).clean()
    VisitorKey(
        name="k", algorithm="ES256", jwks_url="https://shop.example/keys"
    ).clean()
