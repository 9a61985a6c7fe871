"""Access tokens of people: minted once, kept encrypted in Django's cache, reused.

Coze cannot revoke a token, so its life is the time for which a logged-out person's copy
still works. A token is reused until a leeway before its end, in which the next request
renews it; while Coze is down, a token that still works is still served.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.cache import caches
from django.core.exceptions import ImproperlyConfigured

from coze_widget.conf import conf
from coze_widget.exceptions import CozeError
from coze_widget.flights import Flights
from coze_widget.oauth.client import AccessToken, OAuthClient
from coze_widget.oauth.credentials import OAuthApp
from coze_widget.oauth_apps import find_oauth_app, get_client
from coze_widget.openings import note_opening

logger = logging.getLogger(__name__)

SCHEMA = 1
MAX_LEEWAY_SECONDS = 300
# The upper one is Coze's.
MIN_DURATION_SECONDS, MAX_DURATION_SECONDS = 60, 86_399

_flights: Flights[AccessToken] = Flights()


@dataclass(frozen=True)
class TokenRequest:
    """Whose token is wanted, and from which app."""

    app: OAuthApp
    client: OAuthClient
    session_name: str
    duration_seconds: int
    # The id of a token that Coze rejected: this one is not served again.
    refused: str = ""


def get_token(
    oauth_app: str,
    session_name: str,
    *,
    refused: str = "",
    before_mint: Callable[[], None] = lambda: None,
) -> AccessToken:
    """Return a token that works now, minting one when none is kept.

    Raises CozeError when Coze gives none and none is left, CredentialsError when the
    credentials cannot give one, ImproperlyConfigured when the settings are wrong.
    `before_mint` runs just before Coze is asked, or waited for.
    """
    wanted = TokenRequest(
        find_oauth_app(oauth_app),
        get_client(oauth_app),
        session_name,
        _duration_seconds(),
        refused,
    )
    key = cache_key(wanted)
    kept = _read(key)
    if kept and _is_fresh(kept, wanted):
        return kept
    # Here, since who waits for another's mint waits for Coze as well.
    before_mint()
    token = _flights.run(key, lambda: _renew(key, wanted))
    if token_id(token.value) == refused:
        # We joined the flight of somebody who did not know that this one is refused.
        token = _flights.run(key, lambda: _renew(key, wanted))
    return token


def is_duration(seconds: object) -> bool:
    """Tell whether Coze would mint a token for this long, and the browser have time."""
    return (
        isinstance(seconds, int)
        and MIN_DURATION_SECONDS <= seconds <= MAX_DURATION_SECONDS
    )


def _duration_seconds() -> int:
    seconds = conf.token_duration_seconds
    if not is_duration(seconds):
        raise ImproperlyConfigured(
            "COZE_TOKEN_DURATION_SECONDS is not a whole number from "
            f"{MIN_DURATION_SECONDS} to {MAX_DURATION_SECONDS}."
        )
    return seconds


def token_id(token: str) -> str:
    """Return a name for a token that can be sent and logged: it leads back to nothing."""
    return hashlib.sha256(token.encode()).hexdigest()[:16]


def cache_key(wanted: TokenRequest) -> str:
    """Return a key that says nothing and changes with everything a token depends on."""
    app = wanted.app
    parts = [
        SCHEMA,
        app.base_url,
        app.client_id,
        app.account_id,
        app.enterprise_id,
        None if app.scope is None else dict(app.scope),
        wanted.duration_seconds,
        wanted.session_name,
    ]
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    return f"coze_widget:token:{digest}"


def _renew(key: str, wanted: TokenRequest) -> AccessToken:
    """Mint, unless another flight has landed since; a failure loses no working token."""
    kept = _read(key)
    if kept and _is_fresh(kept, wanted):
        return kept
    try:
        token = wanted.client.fetch_token(
            session_name=wanted.session_name, duration_seconds=wanted.duration_seconds
        )
    except CozeError as exc:
        if kept and token_id(kept.value) != wanted.refused:
            logger.warning("Coze gave no new token, the old one is served: %s", exc)
            return kept
        raise
    _write(key, token)
    note_opening(wanted.app)
    return token


def _is_fresh(token: AccessToken, wanted: TokenRequest) -> bool:
    leeway = min(MAX_LEEWAY_SECONDS, wanted.duration_seconds / 10)
    is_refused = token_id(token.value) == wanted.refused
    return not is_refused and token.expires_at - time.time() > leeway


def _read(key: str) -> AccessToken | None:
    """Return the kept token while it works; what cannot be read is as good as absent."""
    try:
        sealed = caches[conf.cache_alias].get(key)
    except Exception:
        logger.exception("The cache did not answer; a token is minted instead.")
        return None
    try:
        sealed_for, value, expires_at = json.loads(_fernet().decrypt(sealed))
    except (InvalidToken, TypeError):
        # Absent, or sealed before SECRET_KEY changed.
        return None
    # Whoever can write to the cache must not give one person's token to another.
    is_usable = sealed_for == key and expires_at > time.time()
    return AccessToken(value, expires_at) if is_usable else None


def _write(key: str, token: AccessToken) -> None:
    token_for = json.dumps([key, token.value, token.expires_at])
    sealed = _fernet().encrypt(token_for.encode())
    try:
        caches[conf.cache_alias].set(
            key, sealed, timeout=token.expires_at - time.time()
        )
    except Exception:
        logger.exception("The cache took no token; the next request mints again.")


def _fernet() -> Fernet:
    """A cache is read by more people than a settings file, hence the encryption."""
    return _fernet_of(settings.SECRET_KEY)


@lru_cache(maxsize=4)
def _fernet_of(secret_key: str) -> Fernet:
    derive = HKDF(SHA256(), length=32, salt=None, info=b"coze_widget.tokens")
    return Fernet(base64.urlsafe_b64encode(derive.derive(secret_key.encode())))
