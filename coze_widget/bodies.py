"""The JSON body of a request to the session view."""

from __future__ import annotations

import json
from http import HTTPStatus

from django.http import HttpRequest

from coze_widget.problems import Problem

MAX_BODY_BYTES = 16_384
MAX_TOKEN_ID_LENGTH = 64


def read_refused(request: HttpRequest) -> str:
    """Return the id of the token that Coze rejected, or ''; raises Problem.

    `visitor` and `handle` are other ways to say who one is; neither is enabled.
    """
    body = _read_object(request)
    if body.get("visitor") is not None or body.get("handle") is not None:
        raise Problem(HTTPStatus.BAD_REQUEST, "not_enabled")
    refused = body.get("refused") or ""
    if not isinstance(refused, str) or len(refused) > MAX_TOKEN_ID_LENGTH:
        raise Problem(HTTPStatus.BAD_REQUEST, "malformed")
    return refused


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
