"""Who is asking, as Coze is to know them.

A visitor comes from the server only: from Django's login, or from a cookie that we signed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.signing import BadSignature, Signer, TimestampSigner
from django.http import HttpRequest, HttpResponseBase

from coze_widget.conf import conf
from coze_widget.models import Widget
from coze_widget.partitioned_cookies import set_partitioned_cookie
from coze_widget.paths import NotMounted, mount_path
from coze_widget.validators import validate_image_url

logger = logging.getLogger(__name__)

SESSION_NAME_VERSION = 1
MAX_NICKNAME_LENGTH = 50

Kind = Literal["user", "guest", "visitor"]


@dataclass(frozen=True)
class SignedVisitor:
    """Whom a signed visitor token names, once its signature has been checked."""

    subject: str
    name: str = ""
    picture: str = ""


@dataclass(frozen=True)
class Visitor:
    """One person at one site, as they look to Coze.

    `session_name` is stable, opaque, 64 hexadecimal characters; Coze keeps a history for
    each. `guest_id` is empty for people who are logged in.
    """

    session_name: str
    nickname: str
    url: str
    guest_id: str = ""
    is_new: bool = False  # a guest of whom nobody knew before this request

    @property
    def is_guest(self) -> bool:
        return bool(self.guest_id)


def user_visitor(user: Any, widget: Widget, *, site_id: int | None) -> Visitor:
    info = _user_info(user, widget)
    return Visitor(
        session_name=session_name("user", str(user.pk), site_id=site_id),
        nickname=info.get("nickname") or widget.user_nickname,
        url=info.get("url") or widget.user_url,
    )


def guest_visitor(guest_id: str, widget: Widget, *, site_id: int | None) -> Visitor:
    """Return the guest with this id, or a new one where it is empty."""
    known = guest_id or new_guest_id()
    return Visitor(
        session_name=session_name("guest", known, site_id=site_id),
        nickname=widget.user_nickname,
        url=widget.user_url,
        guest_id=known,
        is_new=not guest_id,
    )


def signed_visitor(
    signed: SignedVisitor, widget: Widget, *, site_id: int | None
) -> Visitor:
    """Return whom a host's backend has named: its `sub` is nobody's of another host."""
    name = session_name(
        "visitor", signed.subject, site_id=site_id, issuer=str(widget.pk)
    )
    return Visitor(
        session_name=name,
        nickname=signed.name or widget.user_nickname,
        url=signed.picture or widget.user_url,
    )


def session_name(
    kind: Kind, pk: str, *, site_id: int | None, issuer: str = "", generation: int = 0
) -> str:
    """Return Coze's `session_name` of a person.

    A JSON list is an injective encoding: no two people share one text. Without the key
    nobody can tell whose name it is, or make somebody else's.
    """
    key = conf.identity_key
    if not key:
        raise ImproperlyConfigured(
            "COZE_IDENTITY_KEY is not set. Set it to a long random text and keep it: "
            "with another key everybody's chat history starts anew."
        )
    person = [
        SESSION_NAME_VERSION,
        conf.environment,
        site_id,
        kind,
        issuer,
        pk,
        generation,
    ]
    return hmac.new(
        key.encode(), json.dumps(person).encode(), hashlib.sha256
    ).hexdigest()


def user_info(user: Any, widget: Widget) -> Mapping[str, str]:
    """The default of COZE_USER_INFO: the user's full name, else their short one."""
    for method in ("get_full_name", "get_short_name"):
        name = getattr(user, method, str)()
        # Custom user models like to return the e-mail address here.
        if name and "@" not in name:
            return {"nickname": name}
    return {}


def read_guest_id(request: HttpRequest, *, is_embedded: bool = False) -> str:
    """Return the id in our signed cookie, or '' when there is none that we signed."""
    cookie = request.COOKIES.get(_cookie_name(is_embedded=is_embedded), "")
    try:
        return _signer().unsign(cookie)
    except BadSignature:
        return ""


def has_guest_cookie(request: HttpRequest, *, is_embedded: bool = False) -> bool:
    """Tell whether there is one, whoever has signed it."""
    return _cookie_name(is_embedded=is_embedded) in request.COOKIES


def read_handle(handle: str, *, days: int) -> str:
    """Return the guest's id in a handle, or '' when it is too old or not ours.

    Each answer renews it, as it renews the cookie. Without `days` the browser forgets it
    when it is closed, and we on the next day.
    """
    try:
        return _handle_signer().unsign(handle, max_age=timedelta(days=max(1, days)))
    except BadSignature:
        return ""


def make_handle(guest_id: str) -> str:
    """Return what stands in for the cookie where a browser keeps none for us.

    It is no cookie's value: scripts can read it, and the cookies they cannot.
    """
    return _handle_signer().sign(guest_id)


def new_guest_id() -> str:
    return secrets.token_urlsafe(18)


def remember_guest(
    response: HttpResponseBase,
    guest_id: str,
    *,
    days: int,
    secure: bool,
    is_embedded: bool = False,
) -> None:
    """Set the cookie; `days` = 0 leaves it to the browser to forget on closing.

    On other people's pages it is one for each of their sites (CHIPS), and needs https.
    """
    name, value = _cookie_name(is_embedded=is_embedded), _signer().sign(guest_id)
    max_age = days * 86_400 or None
    if is_embedded:
        set_partitioned_cookie(
            response, name, value, max_age=max_age, path=mount_path()
        )
    else:
        response.set_cookie(
            name,
            value,
            max_age=max_age,
            path=mount_path(),
            secure=secure,
            httponly=True,
            samesite="Lax",
        )


def forget_guest(response: HttpResponseBase, *, is_embedded: bool = False) -> None:
    """Delete the cookie; nothing happens where the app is not mounted."""
    name = _cookie_name(is_embedded=is_embedded)
    try:
        path = mount_path()
    except NotMounted:
        return
    if is_embedded:
        set_partitioned_cookie(response, name, "", max_age=0, path=path)
    else:
        response.delete_cookie(name, path=path, samesite="Lax")


def _cookie_name(*, is_embedded: bool) -> str:
    return conf.embedded_cookie_name if is_embedded else conf.visitor_cookie_name


def _handle_signer() -> TimestampSigner:
    return TimestampSigner(salt="coze_widget.visitors.handle")


def _signer() -> Signer:
    return Signer(salt="coze_widget.visitors")


def _user_info(user: Any, widget: Widget) -> dict[str, str]:
    """Ask the project, and believe only what is fit to show."""
    try:
        info = dict(conf.user_info(user, widget))
    except Exception:
        logger.exception("COZE_USER_INFO failed; the widget's own values are used.")
        return {}
    nickname, url = str(info.get("nickname") or ""), str(info.get("url") or "")
    try:
        validate_image_url(url)
    except ValidationError:
        url = ""
    return {"nickname": nickname.strip()[:MAX_NICKNAME_LENGTH], "url": url}
