"""What visitor tokens are signed and verified with: secrets, public keys, their addresses.

What is refused raises ValidationError, whose text quotes nothing of it.
"""

from __future__ import annotations

import re
import secrets
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from coze_widget.public_addresses import is_public

PublicKey = RSAPublicKey | EllipticCurvePublicKey

MIN_SECRET_BYTES = 32  # RFC 7518, section 3.2: as long as the hash
MAX_SECRET_BYTES = 500
MIN_RSA_BITS = 2048  # RFC 7518, section 3.3
# Longer ones only cost time, and a JWKS document is somebody else's.
MAX_RSA_BITS = 8192


def new_secret() -> str:
    """Return 32 random bytes as base64url text; the text itself is the HMAC key."""
    return secrets.token_urlsafe(MIN_SECRET_BYTES)


def validate_secret(secret: str) -> None:
    """Take one line of printable ASCII: what every language makes the same bytes of."""
    if "-----BEGIN" in secret:
        raise ValidationError(
            _(
                "A key in PEM is no secret for HS256: whoever has the public half could "
                "sign with it. If it was a private key, revoke it."
            ),
            code="pem_as_secret",
        )
    if not re.fullmatch(r"[!-~]+", secret):
        raise ValidationError(
            _("Use Latin letters, digits and signs only, without spaces."),
            code="bad_secret",
        )
    if not MIN_SECRET_BYTES <= len(secret) <= MAX_SECRET_BYTES:
        raise ValidationError(
            _("A secret has %(least)d to %(most)d characters."),
            code="bad_secret_length",
            params={"least": MIN_SECRET_BYTES, "most": MAX_SECRET_BYTES},
        )


@lru_cache(maxsize=64)
def load_public_key(pem: str, algorithm: str) -> PublicKey:
    """Return the key in a PEM text, once it fits the algorithm."""
    if "PRIVATE KEY-----" in pem:
        raise ValidationError(
            _(
                "This is a private key, and was not kept. It may have been seen on its "
                "way here: revoke it, make a new pair, and paste the public half."
            ),
            code="private_key",
        )
    try:
        key = load_pem_public_key(pem.strip().encode())
    except (ValueError, UnsupportedAlgorithm):
        raise ValidationError(
            _("This is no public key in PEM, -----BEGIN PUBLIC KEY-----."),
            code="no_public_key",
        ) from None
    return require_fit(key, algorithm)


def require_fit(key: object, algorithm: str) -> PublicKey:
    """Return the key, where it is of the algorithm's kind."""
    if algorithm == "RS256" and isinstance(key, RSAPublicKey):
        if MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
            return key
    elif (
        algorithm == "ES256"
        and isinstance(key, EllipticCurvePublicKey)
        and isinstance(key.curve, SECP256R1)
    ):
        return key
    raise ValidationError(
        _(
            "This key does not fit the algorithm: RS256 needs RSA with %(least)d to "
            "%(most)d bits, ES256 the curve P-256."
        ),
        code="unfit_key",
        params={"least": MIN_RSA_BITS, "most": MAX_RSA_BITS},
    )


def validate_jwks_url(url: str) -> None:
    """Refuse what would not be fetched, as far as no name has to be looked up for it."""
    parts = _split(url)
    if parts is None:
        raise ValidationError(
            _(
                "Enter an address that starts with https://, without a password and "
                "without #."
            ),
            code="bad_jwks_url",
        )
    if not _may_be_public(parts.hostname or ""):
        raise ValidationError(
            _("This host is not on the public internet: its keys are not fetched."),
            code="private_jwks_url",
        )


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:  # half an IPv6 address, a port that is none
        return None
    is_plain = parts.username is None and "#" not in url
    is_ascii = re.fullmatch(r"[!-~]+", url) and "\\" not in url
    return parts if is_whole and is_plain and is_ascii else None


def _may_be_public(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return host != "localhost" and not host.endswith(".localhost")
    return is_public(host)
