"""Content-Security-Policy: the page's nonce, and the policy of the frame's document."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponseBase


def page_nonce(request: HttpRequest) -> str:
    """Return the nonce of django-csp, or of Django's own policy (6.0), or an empty text."""
    for attribute in ("csp_nonce", "_csp_nonce"):
        nonce = getattr(request, attribute, None)
        if nonce is not None:
            return str(nonce)
    return ""


def origin_of(url: str) -> str:
    """Return the origin of an absolute URL, `'self'` of a relative one."""
    parts = urlsplit(url)
    if not parts.netloc:
        return "'self'"
    # A protocol-relative URL names a host and leaves the scheme to the page.
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme else parts.netloc


def build_frame_policy(
    *, asset_urls: Iterable[str], sdk_url: str, api_url: str, media_url: str = ""
) -> str:
    """Return what the frame's document may load.

    `'unsafe-inline'` for styles is what the SDK needs (it injects 286 `<style>` elements
    and one style attribute, measured; a nonce does not help); inside the frame it can
    only restyle the frame. Pictures come from changing hosts of Coze's, hence `https:`.
    """
    own = _unique("'self'", *map(origin_of, asset_urls))
    sdk, api, media = map(origin_of, (sdk_url, api_url, media_url))
    return "; ".join(
        [
            "default-src 'none'",
            _directive("script-src", *own, sdk),
            _directive("style-src", *own, sdk, "'unsafe-inline'"),
            _directive("font-src", *own, sdk, "data:"),
            _directive("img-src", *own, media, sdk, api, "https:", "data:", "blob:"),
            _directive("media-src", *own, api, "https:", "data:", "blob:"),
            _directive("connect-src", *own, sdk, api, *_voice_hosts(api)),
            "worker-src blob:",
            "base-uri 'none'",
            "form-action 'none'",
            "object-src 'none'",
            "frame-ancestors 'self'",
        ]
    )


def lift_site_policy(response: HttpResponseBase) -> None:
    """Keep the project's report-only policy away as well.

    The enforced one stays away by itself: Django's middleware and django-csp's leave a
    response alone that carries the header already.
    """
    response._csp_ro_config = {}  # type: ignore[attr-defined]  # Django >= 6.0
    response._csp_exempt_ro = True  # type: ignore[attr-defined]  # django-csp >= 4.0


def _voice_hosts(api_origin: str) -> list[str]:
    """Voice calls go to `ws.` beside `api.`: a constant in Coze's JavaScript client."""
    scheme, _, host = api_origin.partition("://")
    if scheme == "https" and host.startswith("api."):
        return [f"wss://ws.{host.removeprefix('api.')}"]
    return []


def _directive(name: str, *sources: str) -> str:
    return " ".join([name, *_unique(*sources)])


def _unique(*sources: str) -> list[str]:
    return list(dict.fromkeys(sources))
