"""Visitor tokens: whom they name, and everything that must name nobody."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import logging
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.contrib.sites.models import Site
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory

from coze_widget import visitor_tokens
from coze_widget.encryption import encrypt
from coze_widget.jwks import JwksUnavailable
from coze_widget.local_copies import RowsUnreadable
from coze_widget.visitor_tokens import (
    BadVisitorToken,
    NoVisitorKeys,
    VisitorKeysUnavailable,
    audience_of,
    read_visitor_token,
)
from coze_widget.visitors import SignedVisitor
from tests.host_tokens import (
    AUDIENCE,
    SECRET,
    claims,
    elliptic_key,
    make_key,
    make_rsa_key,
    part,
    public_pem_of,
    sign,
    sign_text,
)
from tests.keypairs import rsa_key

pytestmark = pytest.mark.django_db

HS256 = {"alg": "HS256"}
NO_KEY = "no key of the widget has signed it"
NOT_ITS_ALGORITHM = "no key of the widget is for its algorithm"


@pytest.fixture
def request_():
    return RequestFactory().post("/", HTTP_HOST="example.com")


@pytest.fixture
def read(widget, request_):
    return lambda token, **options: read_visitor_token(
        token, widget, request_, **options
    )


@pytest.fixture
def refusal(read, caplog):
    """Returns why a token is refused; the log says the same, once, and no more."""

    def refuse(token, **options):
        caplog.clear()
        with pytest.raises(BadVisitorToken) as caught:
            read(token, **options)
        lines = [
            record.getMessage()
            for record in caplog.records
            if record.levelno == logging.WARNING
        ]
        reason = str(caught.value)
        assert lines == [f"A visitor token for “support” was refused: {reason}."]
        assert len(token) < 8 or token not in caplog.text
        return reason

    return refuse


@pytest.fixture
def key(widget, committed):
    with committed():
        return make_key(widget)


# good ones


def test_a_secret_of_both_sides_proves_a_visitor(read, key):
    assert read(sign()) == SignedVisitor("5")


def test_a_token_may_name_and_show_its_visitor(read, key):
    token = sign(claims(name="Ada Lovelace", picture="https://shop.example/ada.png"))

    assert read(token) == SignedVisitor(
        "5", "Ada Lovelace", "https://shop.example/ada.png"
    )


def test_a_public_key_proves_a_visitor(read, widget):
    make_rsa_key(widget)
    make_key(widget, algorithm="ES256", public_key=public_pem_of(elliptic_key()))

    assert read(sign(claims(sub="rsa"), rsa_key(), "RS256")).subject == "rsa"
    assert read(sign(claims(sub="ec"), elliptic_key(), "ES256")).subject == "ec"


def test_a_jwks_address_proves_a_visitor(read, widget, monkeypatch):
    asked = []

    def find_keys(*question):
        asked.append(question)
        return [rsa_key().public_key()]

    monkeypatch.setattr(visitor_tokens, "find_keys", find_keys)
    make_key(widget, algorithm="RS256", jwks_url="https://shop.example/keys")

    assert read(sign(None, rsa_key(), "RS256", kid="k1")).subject == "5"
    assert asked == [("https://shop.example/keys", "RS256", "k1")]


def test_one_of_two_keys_is_enough_while_they_are_changed(read, widget, key):
    make_key(widget, name="new", encrypted_secret=encrypt("n" * 32))

    assert read(sign()).subject == "5"
    assert read(sign(None, "n" * 32)).subject == "5"


def test_a_kid_that_is_a_keys_name_is_tried_first(read, widget, key, monkeypatch):
    make_key(widget, name="second")
    tried = []
    materials = visitor_tokens._materials

    def note(key, kid):
        tried.append(key.name)
        return materials(key, kid)

    monkeypatch.setattr(visitor_tokens, "_materials", note)

    read(sign(None, kid="shop"))
    read(sign(None, kid="second"))

    assert tried == ["shop", "second"]


@pytest.mark.parametrize("aud", [AUDIENCE, [AUDIENCE]])
def test_the_audience_is_a_text_or_a_list_of_one(read, key, aud):
    assert read(sign(claims(aud=aud))).subject == "5"


def test_the_issuer_is_what_the_key_says(read, widget):
    make_key(widget, issuer="https://shop.example")

    assert read(sign(claims(iss="https://shop.example"))).subject == "5"


def test_a_key_without_an_issuer_takes_any(read, key):
    assert read(sign(claims(iss="whoever"))).subject == "5"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("n" * 200, "n" * 50),
        ("  Ada \n\u202e Lovelace\x00 ", "Ada Lovelace"),
        (7, ""),
        (["Ada"], ""),
        (None, ""),
    ],
)
def test_a_name_is_one_short_line_or_nothing(read, key, name, shown):
    assert read(sign(claims(name=name))).name == shown


@pytest.mark.parametrize(
    "picture",
    [
        "javascript:alert(1)",
        "http://shop.example/a.png",
        "//shop.example/a.png",
        "https://shop.example/" + "a" * 500,
        {"url": "https://shop.example/a.png"},
    ],
)
def test_a_picture_that_no_editor_could_enter_is_left_out(read, key, picture):
    assert read(sign(claims(picture=picture))) == SignedVisitor("5")


def test_what_else_a_header_names_is_not_looked_at(read, key):
    """Of jku, x5u and jwk somebody could take the attacker's own key."""
    headers = {
        "jku": "https://attacker.example/keys",
        "x5u": "https://attacker.example/cert",
        "x5c": ["MIIB"],
        "jwk": {"kty": "oct", "k": part("k" * 32)},
    }

    assert read(sign(None, **headers)).subject == "5"


def test_no_query_is_made_while_the_copy_is_good(
    read, key, settings, django_assert_num_queries
):
    settings.COZE_WIDGET_MAX_AGE_SECONDS = 60
    read(sign())

    with django_assert_num_queries(0):
        read(sign())


# the audience


def test_the_audience_names_widget_and_site(widget, request_):
    assert audience_of(widget, request_) == "support@example.com"


def test_a_sites_own_widget_has_the_audience_of_that_site(make_widget, request_):
    site = Site.objects.create(domain="B.example", name="b")
    widget = make_widget(slug="own", site=site)

    assert audience_of(widget, request_) == "own@b.example"


def test_where_no_site_row_fits_the_host_stands_for_it(widget, settings):
    request = RequestFactory().get("/", HTTP_HOST="Elsewhere.example:8000")

    assert audience_of(widget, request) == "support@elsewhere.example:8000"


# whose it is not


def test_a_widget_without_keys_takes_no_tokens(read):
    with pytest.raises(NoVisitorKeys):
        read(sign())


def test_a_rotated_out_key_proves_nobody(refusal, read, widget):
    """Somebody else's sub, signed by a key that was switched off."""
    make_key(widget, name="old", is_enabled=False)
    with pytest.raises(NoVisitorKeys):
        read(sign())

    make_key(widget, name="new", encrypted_secret=encrypt("n" * 32))

    assert refusal(sign()) == NO_KEY


def test_a_key_is_good_for_its_own_widget_only(refusal, make_widget, key):
    other = make_widget(slug="other")
    make_key(other, encrypted_secret=encrypt("o" * 32))

    assert refusal(sign(None, "o" * 32)) == NO_KEY


@pytest.mark.parametrize(
    "aud",
    [
        None,
        "",
        "other@example.com",
        "support@other.example",
        "support@example.com.attacker.example",
        "SUPPORT@example.com",
        [],
        [AUDIENCE, "other@example.com"],
        [[AUDIENCE]],
        {AUDIENCE: 1},
    ],
    ids=str,
)
def test_a_token_for_another_widget_or_site_is_refused(refusal, key, aud):
    payload = claims() | {"aud": aud}

    assert refusal(sign_text(HS256, payload)) == (
        "it is for another widget or site (aud)"
    )


@pytest.mark.parametrize(
    "iss", [None, "https://other.example", 5, ["https://a.example"]]
)
def test_a_token_of_another_issuer_is_refused(refusal, widget, iss):
    make_key(widget, issuer="https://a.example")

    assert refusal(sign_text(HS256, claims(iss=iss))) == (
        "it is of another issuer (iss)"
    )


@pytest.mark.parametrize(
    "sub",
    [None, "", " ", 5, True, ["5"], {"id": 5}, "s" * 201, "a\nb", "a\x00", "\ud800"],
    ids=repr,
)
def test_a_token_that_names_nobody_is_refused(refusal, key, sub):
    assert refusal(sign_text(HS256, claims(sub=sub))) == "it names nobody (sub)"


def test_the_longest_subject_is_taken(read, key):
    assert read(sign(claims(sub="学" * 200))).subject == "学" * 200


# times


NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"exp": NOW - 30}, "it has expired"),
        ({"exp": -1}, "it has expired"),
        ({"exp": NOW + 631}, "it is good for too long (exp)"),
        ({"exp": 10**300}, "it is good for too long (exp)"),
        ({"exp": None}, "it says no time at which it ends (exp)"),
        ({"exp": str(NOW + 60)}, "it says no time at which it ends (exp)"),
        ({"exp": True}, "it says no time at which it ends (exp)"),
        ({"iat": NOW + 31}, "it is from the future, or says no time (iat)"),
        ({"iat": "now"}, "it is from the future, or says no time (iat)"),
        ({"nbf": NOW + 31}, "it is from the future, or says no time (nbf)"),
        ({"nbf": [NOW]}, "it is from the future, or says no time (nbf)"),
    ],
    ids=str,
)
def test_a_token_of_another_time_is_refused(refusal, key, changes, reason):
    payload = claims(**{"exp": NOW + 60, **changes})

    assert refusal(sign_text(HS256, payload), clock=lambda: NOW) == reason


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": NOW - 29},
        {"exp": NOW + 630},
        {"iat": NOW + 30, "nbf": NOW + 30},
        {"iat": 0, "nbf": NOW - 0.5},
    ],
    ids=str,
)
def test_clocks_may_differ_a_little(read, key, changes):
    payload = claims(**{"exp": NOW + 60, **changes})

    assert read(sign_text(HS256, payload), clock=lambda: NOW).subject == "5"


def test_how_long_a_token_may_be_good_is_a_setting(refusal, key, settings):
    settings.COZE_VISITOR_TOKEN_MAX_AGE_SECONDS = 60
    token = sign_text(HS256, claims(exp=NOW + 91))

    assert refusal(token, clock=lambda: NOW) == "it is good for too long (exp)"


# signatures and algorithms


def test_a_token_with_none_is_refused(refusal, key):
    unsigned = jwt.encode(claims(), None, algorithm="none")

    assert refusal(unsigned) == "it is no signed JWT"


@pytest.mark.parametrize(
    "alg", ["none", "None", "nOnE", "HS512", "", None, 5], ids=repr
)
def test_the_header_does_not_choose_the_algorithm(refusal, key, alg):
    token = sign_text({"alg": alg}, claims())

    assert refusal(token) == "its algorithm or its kid is not acceptable"


def test_a_header_without_an_algorithm_is_refused(refusal, key):
    assert refusal(sign_text({"typ": "JWT"}, claims())) == (
        "its algorithm or its kid is not acceptable"
    )


def test_a_public_key_is_no_secret(refusal, widget):
    """The classic: HS256 with the RSA key that everybody may read."""
    pem = make_rsa_key(widget).public_key
    body = f"{part(HS256)}.{part(claims())}"
    digest = hmac.new(pem.encode(), body.encode(), hashlib.sha256).hexdigest()

    assert refusal(f"{body}.{part(digest)}") == NOT_ITS_ALGORITHM


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_token_of_another_algorithm_is_refused(refusal, key, algorithm):
    signing_key = rsa_key() if algorithm == "RS256" else elliptic_key()

    assert refusal(sign(None, signing_key, algorithm)) == NOT_ITS_ALGORITHM


def test_a_token_of_another_key_is_refused(refusal, widget, key):
    make_rsa_key(widget)
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    assert refusal(sign(None, "x" * 32)) == NO_KEY
    assert refusal(sign(None, stranger, "RS256")) == NO_KEY


def test_claims_cannot_be_exchanged(refusal, key):
    header, _payload, signature = sign().split(".")

    assert refusal(f"{header}.{part(claims(sub='6'))}.{signature}") == NO_KEY


@pytest.mark.parametrize(
    "headers", [{"crit": ["exp"]}, {"crit": []}, {"b64": False}, {"b64": True}], ids=str
)
def test_extensions_that_must_be_understood_are_refused(refusal, key, headers):
    token = sign_text({**HS256, **headers}, claims())

    assert refusal(token) == "its header has crit or b64"


@pytest.mark.parametrize("kid", [5, ["a"], "k" * 201, {"a": 1}], ids=str)
def test_a_kid_that_is_none_is_refused(refusal, key, kid):
    token = sign_text({**HS256, "kid": kid}, claims())

    assert refusal(token) == "its algorithm or its kid is not acceptable"


# shapes


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a",
        "a.b",
        "a.b.c.d",
        "a..c",
        ".b.c",
        "a.b.",
        "ä.b.c",
        "a.b=.c",
        "a.b c.d",
        "a.b.c\n",
        "{}",
    ],
)
def test_what_is_no_jwt_is_refused(refusal, key, token):
    assert refusal(token) == "it is no signed JWT"


def test_a_megabyte_of_claims_is_not_even_parsed(refusal, key, monkeypatch):
    monkeypatch.setattr(visitor_tokens, "_read_object", None)
    token = sign(claims(note="n" * 1_000_000))

    assert refusal(token) == "it is too long"


@pytest.mark.parametrize(
    "payload",
    [
        '{"sub": "5", "sub": "6"}',
        '{"sub": "5", "a": {"b": 1, "b": 2}}',
        '{"sub": "5", "exp": NaN}',
        '{"sub": "5", "exp": Infinity}',
        '{"exp": ' + "9" * 5000 + "}",
        '{"sub": "5"',
        "",
        "\x00",
        '{"a":' * 1000 + "1" + "}" * 1000,
    ],
    ids=itertools.count(),
)
def test_claims_that_two_readers_would_read_differently_are_refused(
    refusal, key, payload
):
    """Whoever is asked first may see another name than who is asked last."""
    reason = refusal(sign_text(HS256, payload or " "))

    assert reason in ("it holds what is not plain JSON", *NESTED)


# 1,000 levels are JSON to some versions of Python; they have no `exp` then.
NESTED = ["it says no time at which it ends (exp)"]


@pytest.mark.parametrize("payload", ["[]", '"5"', "5", "null"])
def test_claims_that_are_no_object_are_refused(refusal, key, payload):
    assert refusal(sign_text(HS256, payload)) == "it holds something else than claims"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ('{"alg": "none", "alg": "HS256"}', "it holds what is not plain JSON"),
        ('["HS256"]', "it holds something else than claims"),
    ],
)
def test_a_header_that_is_not_plain_is_refused(refusal, key, header, reason):
    assert refusal(sign_text(header, claims())) == reason


def test_bytes_that_are_no_text_are_refused(refusal, key):
    assert refusal("____.____.____") == "it holds what is not plain JSON"


# keys that cannot be used


def test_a_secret_that_cannot_be_decrypted_proves_nobody(
    refusal, key, settings, caplog
):
    settings.COZE_ENCRYPTION_KEYS = ["another key, as long as the one that was lost"]

    assert refusal(sign()) == NO_KEY
    assert "The visitor key “shop” cannot be used: None of COZE_ENC" in caplog.text
    assert SECRET not in caplog.text


def test_another_key_may_be_good_beside_it(read, widget, settings):
    make_key(widget)
    settings.COZE_ENCRYPTION_KEYS = ["another key, as long as the one that was lost"]
    make_key(widget, name="new", encrypted_secret=encrypt(SECRET))

    assert read(sign()).subject == "5"


def test_without_any_encryption_key_it_is_the_settings_fault(read, key, settings):
    settings.COZE_ENCRYPTION_KEYS = []

    with pytest.raises(ImproperlyConfigured):
        read(sign())


def test_a_short_secret_that_went_around_the_form_is_not_used(refusal, widget, caplog):
    make_key(widget, encrypted_secret=encrypt("short"))
    token = sign_text(HS256, claims())

    assert refusal(token) == NO_KEY
    assert "cannot be used: The secret is too short." in caplog.text


def test_a_pem_that_went_around_the_form_is_not_used(refusal, widget, caplog):
    make_key(widget, algorithm="RS256", public_key="no PEM")
    make_key(widget, encrypted_secret=encrypt(public_pem_of(rsa_key())))

    assert refusal(sign(None, rsa_key(), "RS256")) == NO_KEY
    assert "cannot be used: This is no public key in PEM" in caplog.text
    assert refusal(sign()) == NO_KEY


def test_keys_that_cannot_be_fetched_are_told_from_a_bad_token(
    refusal, read, widget, monkeypatch
):
    def find_keys(*question):
        raise JwksUnavailable

    monkeypatch.setattr(visitor_tokens, "find_keys", find_keys)
    make_key(widget, algorithm="RS256", jwks_url="https://shop.example/keys")
    token = sign(None, rsa_key(), "RS256")

    assert refusal(token) == "its keys cannot be fetched"
    with pytest.raises(VisitorKeysUnavailable):
        read(token)

    make_rsa_key(widget, name="older")
    assert read(token).subject == "5"


def test_a_database_that_is_away_is_no_bad_token(read, key, monkeypatch):
    def fail(widget):
        raise RowsUnreadable("OperationalError")

    monkeypatch.setattr(visitor_tokens, "keys_of", fail)

    with pytest.raises(RowsUnreadable):
        read(sign())


def test_nothing_of_a_token_is_in_what_is_raised(read, key):
    token = sign(claims(sub="somebody@shop.example", aud="other@example.com"))

    with pytest.raises(BadVisitorToken) as caught:
        read(token)

    assert "somebody" not in repr(caught.value) + json.dumps(str(caught.value))
    assert caught.value.__cause__ is None


def test_the_wall_clock_is_the_default(read, refusal, key):
    assert read(sign(claims(exp=time.time() + 60))).subject == "5"
    assert refusal(sign(claims(exp=time.time() - 60))) == "it has expired"
