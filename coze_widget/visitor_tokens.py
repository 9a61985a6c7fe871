"""Signed visitor tokens: a host's backend says who is on its page (JWT, RFC 7519).

What a token may be is narrower than what JWTs may be (RFC 8725): the key says the
algorithm, never the header; nothing that a header names is fetched or believed.
"""

from __future__ import annotations

import base64
import json
import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeGuard

import jwt
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from coze_widget.catalogue import catalogue
from coze_widget.conf import conf
from coze_widget.encryption import Undecryptable
from coze_widget.jwks import JwksUnavailable, find_keys
from coze_widget.key_material import MIN_SECRET_BYTES, PublicKey, load_public_key
from coze_widget.models import Algorithm, Widget
from coze_widget.validators import validate_image_url
from coze_widget.visitor_keys import TokenKey, keys_of
from coze_widget.visitors import MAX_NICKNAME_LENGTH, SignedVisitor

logger = logging.getLogger(__name__)

MAX_TOKEN_LENGTH = 8192
MAX_SUBJECT_LENGTH = 200
MAX_PICTURE_LENGTH = 500
MAX_KID_LENGTH = 200
# By how much the clocks of two servers may differ.
LEEWAY_SECONDS = 30

_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+")


class BadVisitorToken(Exception):  # as the problem is called
    """Raised for a token that proves nobody; its text is a reason, and nothing of it."""


class VisitorKeysUnavailable(BadVisitorToken):
    """Raised where nobody can tell, since the host's JWKS document cannot be had now."""


class NoVisitorKeys(Exception):  # a state of the widget
    """Raised where the widget has no enabled key: it takes no visitor tokens."""


def read_visitor_token(
    token: str,
    widget: Widget,
    request: HttpRequest,
    *,
    clock: Callable[[], float] = time.time,
) -> SignedVisitor:
    """Return whom the token names, or raise BadVisitorToken; the log says why.

    Raises NoVisitorKeys, too, and RowsUnreadable while the database is away. A key with a
    JWKS address may make it wait for two seconds: not for an event loop.
    """
    keys = keys_of(widget)
    if not keys:
        raise NoVisitorKeys
    try:
        claims, key = _verify(token, keys)
        _judge(claims, issuer=key.issuer, now=clock())
        _require(
            claims.get("aud") in _as_audiences(audience_of(widget, request)),
            "it is for another widget or site (aud)",
        )
        return _read_visitor(claims)
    except BadVisitorToken as exc:
        logger.warning("A visitor token for “%s” was refused: %s.", widget.slug, exc)
        raise


def audience_of(widget: Widget, request: HttpRequest) -> str:
    """Return what a token has to say in `aud`: "<slug>@<domain of the site>".

    It is the widget's own site, else the current one; its host, where no site row fits.
    """
    site_id = widget.site_id or catalogue.site_id(request)
    domain = catalogue.domain(site_id) or request.get_host()
    return f"{widget.slug}@{domain.lower()}"


# the signature


@sensitive_variables()
def _verify(token: str, keys: Iterable[TokenKey]) -> tuple[dict[str, Any], TokenKey]:
    """Return the claims, and the key whose signature the token has."""
    parts = _split(token)
    header = _read_object(parts[0])
    algorithm, kid = _read_header(header)
    fitting = [key for key in keys if key.algorithm == algorithm]
    _require(bool(fitting), "no key of the widget is for its algorithm")
    # A key's name may be its `kid`; it only saves time.
    fitting.sort(key=lambda key: key.name != kid)
    unavailable = False
    for key in fitting:
        try:
            is_signed = any(
                _is_signed(token, one, algorithm) for one in _materials(key, kid)
            )
        except JwksUnavailable:
            unavailable = True
            continue
        if is_signed:
            return _read_object(parts[1]), key
    if unavailable:
        raise VisitorKeysUnavailable("its keys cannot be fetched")
    raise BadVisitorToken("no key of the widget has signed it")


def _split(token: str) -> tuple[str, str]:
    _require(len(token) <= MAX_TOKEN_LENGTH, "it is too long")
    found = _COMPACT.fullmatch(token)
    if found is None:
        raise BadVisitorToken("it is no signed JWT")
    return found[1], found[2]


def _read_header(header: Mapping[str, Any]) -> tuple[str, str]:
    """Return `alg` and `kid`. What else there is, jku, x5u or jwk say, is not looked at."""
    # Extensions that have to be understood (RFC 7515, 4.1.11, and RFC 7797): none is.
    _require("crit" not in header and "b64" not in header, "its header has crit or b64")
    algorithm, kid = header.get("alg"), header.get("kid", "")
    is_named = isinstance(algorithm, str) and algorithm in Algorithm.values
    is_kid = isinstance(kid, str) and len(kid) <= MAX_KID_LENGTH
    _require(is_named and is_kid, "its algorithm or its kid is not acceptable")
    return str(algorithm), kid


@sensitive_variables()
def _materials(key: TokenKey, kid: str) -> Iterator[bytes | PublicKey]:
    """Yield what may verify for this row. What the settings or a row spoil is logged."""
    try:
        if key.algorithm == Algorithm.HS256:
            secret = key.decrypt_secret()
            if len(secret) < MIN_SECRET_BYTES:
                raise ValidationError("The secret is too short.")
            yield secret
        elif key.public_key:
            yield load_public_key(key.public_key, key.algorithm)
        else:
            yield from find_keys(key.jwks_url, key.algorithm, kid)
    except (Undecryptable, ValidationError) as exc:
        said = exc.messages[0] if isinstance(exc, ValidationError) else str(exc)
        logger.error("The visitor key “%s” cannot be used: %s", key.name, said)


def _is_signed(token: str, material: bytes | PublicKey, algorithm: str) -> bool:
    try:
        jwt.PyJWS().decode_complete(token, material, algorithms=[algorithm])
    except jwt.PyJWTError:
        return False
    return True


# the claims


def _judge(claims: Mapping[str, Any], *, issuer: str, now: float) -> None:
    expires_at = claims.get("exp")
    if not _is_moment(expires_at):
        raise BadVisitorToken("it says no time at which it ends (exp)")
    latest = now + conf.visitor_token_max_age_seconds + LEEWAY_SECONDS
    _require(expires_at > now - LEEWAY_SECONDS, "it has expired")
    _require(expires_at <= latest, "it is good for too long (exp)")
    for name in ("iat", "nbf"):
        if name in claims:
            began_at = claims[name]
            is_over = _is_moment(began_at) and began_at <= now + LEEWAY_SECONDS
            _require(is_over, f"it is from the future, or says no time ({name})")
    if issuer:
        _require(claims.get("iss") == issuer, "it is of another issuer (iss)")


def _is_moment(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _as_audiences(audience: str) -> tuple[object, ...]:
    return audience, [audience]


def _read_visitor(claims: Mapping[str, Any]) -> SignedVisitor:
    subject = claims.get("sub")
    if (
        not isinstance(subject, str)
        or not 1 <= len(subject) <= MAX_SUBJECT_LENGTH
        or not subject.isprintable()
        or subject.isspace()
    ):
        raise BadVisitorToken("it names nobody (sub)")
    return SignedVisitor(
        subject=subject,
        name=_read_name(claims.get("name")),
        picture=_read_picture(claims.get("picture")),
    )


def _read_name(name: object) -> str:
    if not isinstance(name, str):
        return ""
    shown = "".join(char if char.isprintable() else " " for char in name)
    return " ".join(shown.split())[:MAX_NICKNAME_LENGTH]


def _read_picture(picture: object) -> str:
    """Return its address where we would take it from an editor, else ''."""
    if not isinstance(picture, str) or len(picture) > MAX_PICTURE_LENGTH:
        return ""
    try:
        validate_image_url(picture)
    except ValidationError:
        return ""
    return picture


# both


def _read_object(segment: str) -> dict[str, Any]:
    """Read one part. No two readers take the same of doubles, NaN is none of JSON."""
    try:
        text = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)).decode()
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise BadVisitorToken("it holds what is not plain JSON") from None
    if not isinstance(value, dict):
        raise BadVisitorToken("it holds something else than claims")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands there twice")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _require(is_met: bool, reason: str) -> None:  # noqa: FBT001  # an assertion
    if not is_met:
        raise BadVisitorToken(reason)
