"""The signed statement of who asks, which Coze exchanges for an access token."""

from __future__ import annotations

from urllib.parse import urlsplit

import jwt

from coze_widget.oauth.credentials import OAuthApp

# Long enough for two clocks and the retries, short enough to be worthless later:
# Coze exchanges an assertion once, whatever its life.
_LIFE_SECONDS = 300
_CLOCK_SKEW_SECONDS = 60


def sign_assertion(app: OAuthApp, *, session_name: str, now: int, jti: str) -> str:
    """Return a JWT as Coze's OAuth JWT guide asks for; `jti` is used once.

    `now` is the moment by Coze's clock, as far as we know it.
    """
    claims = {
        "iss": app.client_id,
        "aud": _name_audience(app.base_url),
        # Set back: a clock that is ahead of Coze's must not sign in the future.
        "iat": now - _CLOCK_SKEW_SECONDS,
        "exp": now + _LIFE_SECONDS,
        "jti": jti,
        "session_name": session_name,
    }
    return jwt.encode(
        claims, app.signing_key, "RS256", headers={"kid": app.public_key_id}
    )


def _name_audience(base_url: str) -> str:
    """The API's host without scheme, with its port if any, as cozepy derives it."""
    return urlsplit(base_url).netloc
