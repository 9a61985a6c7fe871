"""Does a request to the session view come from a page of this site?

The views are exempt from Django's CSRF cookie, since a page from a cache has none. The
browser's own word takes its place: scripts can set neither of the two headers.
"""

from __future__ import annotations

import logging

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host

from coze_widget import sightings
from coze_widget.conf import conf

logger = logging.getLogger(__name__)


def is_same_origin(request: HttpRequest) -> bool:
    """Tell whether the request is the site's own, and log seen against expected if not.

    `Sec-Fetch-Site` decides where the browser sends it (Chrome 76, Firefox 90, Safari
    16.4); before that, `Origin`. Neither: no browser, so nobody's cookies are abused.
    """
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        accepted = site == "same-origin"
    elif origin is None:
        accepted = True
    else:
        accepted = origin in _accepted_origins(request)
    _note_mismatch(request, site=site, origin=origin, accepted=accepted)
    if not accepted:
        logger.warning(
            "A request for a token was refused: Sec-Fetch-Site is %r, Origin is %r, "
            "expected is %r. Behind a proxy that ends TLS, set SECURE_PROXY_SSL_HEADER "
            "(and USE_X_FORWARDED_HOST where it changes the host).",
            site,
            origin,
            _own_origin(request),
        )
    return accepted


def _note_mismatch(
    request: HttpRequest, *, site: str | None, origin: str | None, accepted: bool
) -> None:
    """Remember for the system check what a wrong idea of our own address looks like.

    Where the browser itself says that the page is another site's, there is nothing to
    learn. No program but a browser is bound by either header, so that only hosts of ours
    count: nobody else's word gets into the message.
    """
    expected = _own_origin(request)
    if origin is None or origin == expected or not conf.widgets_enabled:
        return
    is_ours = site == "same-origin" or (site is None and not accepted)
    if is_ours and _is_host_of_ours(request, origin):
        sightings.remember(seen=origin, expected=expected, refused=not accepted)


def _is_host_of_ours(request: HttpRequest, origin: str) -> bool:
    host, _port = split_domain_port(origin.partition("://")[2])
    named = [pattern for pattern in settings.ALLOWED_HOSTS if pattern != "*"]
    own, _port = split_domain_port(request.get_host())
    return validate_host(host, [own, *named])


def _accepted_origins(request: HttpRequest) -> list[str]:
    return [_own_origin(request), *settings.CSRF_TRUSTED_ORIGINS]


def _own_origin(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}".lower()
