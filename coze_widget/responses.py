"""A response that shared caches may keep, and that answers its own conditions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags

from coze_widget.conf import conf
from coze_widget.csp import lift_site_policy


class CookielessResponse(HttpResponse):
    """Ignores `set_cookie`, through which Django's middleware sets cookies.

    With SESSION_SAVE_EVERY_REQUEST Django's middleware would stamp one visitor's session
    onto a document that a CDN hands to the next.
    """

    def set_cookie(self, *args: Any, **kwargs: Any) -> None:
        return None


def public_document(
    request: HttpRequest, document: str, headers: Mapping[str, str]
) -> CookielessResponse:
    """Return the document with the headers that hold its policies, as 200 or 304.

    The 304 must carry them too: a browser takes the headers of the stored answer
    from it, and Django's own 304 (ConditionalGetMiddleware) drops ours, whereupon a CSP
    middleware stamps the site's and the second opening is blocked.
    """
    headers = {
        **headers,
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": f"public, max-age={conf.frame_max_age_seconds}"
        + ("" if conf.frame_max_age_seconds else ", must-revalidate"),
    }
    response = public_answer(request, document, headers)
    lift_site_policy(response)
    return response


def public_answer(
    request: HttpRequest,
    text: str,
    headers: dict[str, str],
    *,
    content_type: str | None = None,
) -> CookielessResponse:
    """Return the text as 200, or as 304 to who has it; both carry all of the headers."""
    etag = _etag(text, headers)
    # Answered here, so nobody after us may answer it again, without the policy.
    known = parse_etags(request.META.pop("HTTP_IF_NONE_MATCH", ""))
    request.META.pop("HTTP_IF_MODIFIED_SINCE", None)
    if etag in known or f"W/{etag}" in known:
        response = CookielessResponse(status=HTTPStatus.NOT_MODIFIED)
        del response.headers["Content-Type"]
    else:
        response = CookielessResponse(text, content_type=content_type)
    for name, value in {**headers, "ETag": etag}.items():
        response.headers[name] = value
    # A page cache would answer the next time without us, and its 304 has no policy.
    request._cache_update_cache = False  # type: ignore[attr-defined]
    return response


def _etag(document: str, headers: dict[str, str]) -> str:
    whole = "\n".join([document, *(f"{k}: {v}" for k, v in sorted(headers.items()))])
    return f'"{hashlib.sha256(whole.encode()).hexdigest()[:32]}"'
