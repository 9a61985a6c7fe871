"""The JSON body of a request to the session view."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http import HTTPStatus

from django.http import HttpRequest

from coze_widget.problems import Problem

MAX_BODY_BYTES = 16_384
MAX_LENGTHS = {"refused": 64, "visitor": 8_192, "handle": 256, "consent": 64}


@dataclass(frozen=True)
class Opening:
    """What the chat's script says when it asks for a token. Nothing of it is believed.

    `refused` is the id of a token that Coze rejected; `visitor` a signed token that says
    who somebody is; `handle` a guest's id that we signed; `consent` the epoch for which
    the visitor has agreed, empty for somebody whom nobody knew yet, and None for nobody.
    """

    refused: str = ""
    # Reports of errors hold what objects say of themselves.
    visitor: str = field(default="", repr=False)
    handle: str = field(default="", repr=False)
    consent: str | None = None
    is_embedded: bool = False


def read_opening(request: HttpRequest) -> Opening:
    """Return what the body says; raises Problem for what is no such body."""
    body = _read_object(request)
    consent = body.get("consent")
    is_embedded = body.get("embedded") or False
    if not isinstance(is_embedded, bool):
        raise Problem(HTTPStatus.BAD_REQUEST, "malformed")
    return Opening(
        refused=_read_text(body, "refused"),
        visitor=_read_text(body, "visitor"),
        handle=_read_text(body, "handle"),
        consent=None if consent is None else _read_text(body, "consent"),
        is_embedded=is_embedded,
    )


def _read_text(body: dict[str, object], name: str) -> str:
    text = body.get(name) or ""
    if not isinstance(text, str) or len(text) > MAX_LENGTHS[name]:
        raise Problem(HTTPStatus.BAD_REQUEST, "malformed")
    return text


def _read_object(request: HttpRequest) -> dict[str, object]:
    if request.content_type != "application/json":
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type")
    # Reading one byte more than allowed bounds a body that names no length, too.
    raw = request.read(MAX_BODY_BYTES + 1)
    if len(raw) > MAX_BODY_BYTES:
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large")
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as exc:
        raise Problem(HTTPStatus.BAD_REQUEST, "malformed") from exc
    if not isinstance(body, dict):
        raise Problem(HTTPStatus.BAD_REQUEST, "malformed")
    return body
