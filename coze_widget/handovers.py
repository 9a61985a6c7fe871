"""Who is on the page, said to the frame's host by the page's (docs/adr/0018).

With COZE_FRAME_ORIGIN the frame is of another origin than the page, and no cookie of the
page's host reaches it. So the page's host judges the person and signs a few words for the
frame's: a JWT (RFC 7519) that is good for a minute, at one widget.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest

from coze_widget.conf import conf
from coze_widget.frame_host import is_on_frame_host
from coze_widget.models import Widget
from coze_widget.visitors import Visitor

logger = logging.getLogger(__name__)

LIFE_SECONDS = 60
# Between the clocks of the site's own servers.
LEEWAY_SECONDS = 10
ALGORITHM = "HS256"
# Says what kind of JWT it is (RFC 8725, 3.11): a host's visitor token is another kind.
TYPE = "coze-handover+jwt"
ISSUER = "coze_widget"
CLAIMS = ["iss", "aud", "iat", "exp", "sub", "nickname", "url", "guest"]

_PURPOSE = b"coze_widget.handovers"

# What the library raises for what is no JWT at all; a text may be any text.
_UNREADABLE = (jwt.InvalidTokenError, ValueError, RecursionError)


class BadHandover(Exception):
    """Raised for a handover that proves nobody; its text holds nothing of it."""


@dataclass(frozen=True)
class HandedOver(Visitor):
    """A visitor whom the page's host knows. A guest's id stays there, in its cookie."""

    is_handed_guest: bool = False

    @property
    def is_guest(self) -> bool:
        return self.is_handed_guest


def sign_handover(visitor: Visitor, widget: Widget) -> tuple[str, int]:
    """Return the JWT, and when it ends (Unix seconds).

    It holds what Coze is going to hear: no primary key, no address, no cookie. Raises
    ImproperlyConfigured without a key.
    """
    issued_at = int(time.time())
    expires_at = issued_at + LIFE_SECONDS
    claims = {
        "iss": ISSUER,
        "aud": _audience(widget),
        "iat": issued_at,
        "exp": expires_at,
        "sub": visitor.session_name,
        "nickname": visitor.nickname,
        "url": visitor.url,
        "guest": visitor.is_guest,
    }
    token = jwt.encode(claims, _key(), algorithm=ALGORITHM, headers={"typ": TYPE})
    return token, expires_at


def is_handover(token: str) -> bool:
    """Tell whether it says that it is one, which anybody may say."""
    try:
        return bool(jwt.get_unverified_header(token).get("typ") == TYPE)
    except _UNREADABLE:
        return False


def read_handover(token: str, widget: Widget, request: HttpRequest) -> Visitor:
    """Return whom the page's host has judged, a minute ago at most; raises BadHandover.

    The audience needs no second look here. Raises ImproperlyConfigured without a key.
    """
    if not is_on_frame_host(request):
        raise BadHandover("it is for the frame's host only")
    _note_login(request)
    claims = _verify(token, widget)
    return HandedOver(
        session_name=claims["sub"],
        nickname=claims["nickname"],
        url=claims["url"],
        is_handed_guest=claims["guest"],
    )


def _verify(token: str, widget: Widget) -> dict[str, Any]:
    if not is_handover(token):
        raise BadHandover("it is another kind of token")
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            _key(),
            algorithms=[ALGORITHM],
            audience=_audience(widget),
            issuer=ISSUER,
            leeway=LEEWAY_SECONDS,
            options={"require": CLAIMS},
        )
    except _UNREADABLE as exc:
        # The library's own text repeats what the token says.
        raise BadHandover(f"it is not good: {type(exc).__name__}") from None
    return claims


def _audience(widget: Widget) -> str:
    """Name the row: the page's host and the frame's may be of different sites."""
    return f"{widget.slug}@{widget.site_id or ''}@{conf.environment}"


def _note_login(request: HttpRequest) -> None:
    """Say once what undoes the sibling host: a cookie of the page's host that comes along."""
    if settings.SESSION_COOKIE_NAME in request.COOKIES:
        _warn_of_login(conf.frame_origin)


@lru_cache(maxsize=1)
def _warn_of_login(origin: str) -> None:
    logger.warning(
        "A browser has sent the session's cookie to %s, so Coze's script can act there as "
        "the person. Leave SESSION_COOKIE_DOMAIN empty, and let nobody log in on that "
        "host. This is said once.",
        origin,
    )


def _key() -> bytes:
    key = conf.identity_key
    if not key:
        raise ImproperlyConfigured("COZE_IDENTITY_KEY is not set.")
    return _derive(key)


@lru_cache(maxsize=4)
def _derive(key: str) -> bytes:
    """Another key for another purpose: no handover is anybody's `session_name`."""
    kdf = HKDF(SHA256(), length=32, salt=None, info=_PURPOSE)
    return kdf.derive(key.encode())
