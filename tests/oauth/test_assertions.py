from __future__ import annotations

import jwt
import pytest

from coze_widget.oauth.assertions import sign_assertion
from coze_widget.oauth.credentials import OAuthApp
from tests.keypairs import private_pem, rsa_key

NOW = 1_800_000_000


def sign(base_url="https://api.coze.cn"):
    app = OAuthApp(
        client_id="1125",
        public_key_id="kid-1",
        private_key=private_pem(),
        base_url=base_url,
    )
    return sign_assertion(app, session_name="alice", now=NOW, jti="j" * 43)


def read(assertion, audience="api.coze.cn"):
    return jwt.decode(
        assertion,
        rsa_key().public_key(),
        algorithms=["RS256"],
        audience=audience,
        options={"verify_exp": False, "verify_iat": False},
    )


def test_the_header_is_what_coze_asks_for():
    assert jwt.get_unverified_header(sign()) == {
        "alg": "RS256",
        "typ": "JWT",
        "kid": "kid-1",
    }


def test_the_claims_are_what_coze_asks_for():
    assert read(sign()) == {
        "iss": "1125",
        "aud": "api.coze.cn",
        "iat": NOW - 60,
        "exp": NOW + 300,
        "jti": "j" * 43,
        "session_name": "alice",
    }


@pytest.mark.parametrize(
    ("base_url", "audience"),
    [
        ("https://api.coze.com", "api.coze.com"),
        ("http://127.0.0.1:8001", "127.0.0.1:8001"),
    ],
)
def test_the_audience_is_the_host_with_its_port(base_url, audience):
    assert read(sign(base_url), audience)["aud"] == audience
