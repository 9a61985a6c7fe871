from __future__ import annotations

import jwt
import pytest

from coze_widget.redaction import holds_credential, name_credential, redact
from tests.keypairs import private_pem

TAIL = "a" * 40


@pytest.mark.parametrize(
    "secret",
    [
        "pat_" + TAIL,
        "cztei_" + TAIL,
        "czs_" + TAIL,
        "czu_abc",
        "CZS_ABC",
        jwt.encode({"iss": "1"}, "k" * 32),
        jwt.encode({"iss": "1"}, "k" * 32).rpartition(".")[0],
        "0123456789abcdef" * 3,
    ],
)
def test_what_looks_like_a_secret_is_masked(secret):
    assert redact(f"token {secret} is bad") == "token [masked] is bad"


def test_a_private_key_is_masked():
    assert redact(f"cannot read {private_pem()} here") == "cannot read [masked] here"


def test_a_private_key_without_its_end_is_masked():
    assert redact(private_pem()[:300]) == "[masked]"


def test_a_password_in_a_url_is_masked():
    assert redact("via http://joe:secret@proxy:1") == "via http://[masked]@proxy:1"


def test_a_secret_across_the_cut_is_masked():
    assert "czs_" not in redact("x " * 98 + "czs_" + TAIL)


def test_ordinary_words_stay():
    text = "The kid 3f9a is not registered: 应用未授权 (invalid request: iss)."

    assert redact(text) == text


def test_what_cannot_be_printed_becomes_a_space():
    assert redact("one\r\ntwo\x1b[31m\u2028three\u202e") == "one two [31m three"


def test_a_long_text_is_cut():
    assert redact("word " * 10, limit=12) == "word word w…"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("pat_" + TAIL, "a personal access token"),
        ("Bearer cztei_" + TAIL, "a service access token"),
        ("czs_" + TAIL, "an OAuth access token"),
        ("czu_" + TAIL, "an OAuth access token"),
        ("7400000000000000011", ""),
        ("/etc/compat_certificates/key.pem", ""),
    ],
)
def test_a_token_is_called_by_its_name(text, kind):
    assert name_credential(text) == kind


def test_a_token_of_another_kind_is_a_credential_too():
    jwt = ".".join(["eyJ" + "a" * 20, "b" * 20, "c" * 20])

    assert holds_credential(f"Bearer {jwt}")
    assert not holds_credential("eyJust a title. And more")
