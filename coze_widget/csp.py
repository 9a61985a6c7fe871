"""What a page tells us of its policy, and what the frame's document may do."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponseBase

from coze_widget.conf import conf
from coze_widget.origin_patterns import read_origins
from coze_widget.sdk_addresses import COZE_FOLDERS

# What a browser asks people about, or what reaches out of it. Those that Chromium knows:
# of others it complains in the console.
DENIED_FEATURES = (
    "camera",
    "display-capture",
    "geolocation",
    "hid",
    "idle-detection",
    "local-fonts",
    "midi",
    "payment",
    "publickey-credentials-get",
    "serial",
    "usb",
)

# What the inner document of COZE_FRAME_SANDBOX may do: above all, have no origin. Links
# open in windows that are free of it.
SANDBOX = (
    "allow-scripts",
    "allow-popups",
    "allow-popups-to-escape-sandbox",
    "allow-downloads",
)


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


def script_source(url: str) -> str:
    """Return the source that lets this script in, and those that it loads from beside it.

    On Coze's hosts lie other people's files, too: only the SDK's folder is named there,
    unless COZE_SDK_ORIGINS has the whole host.
    """
    origin = origin_of(url)
    folder = next((folder for folder in COZE_FOLDERS if url.startswith(folder)), "")
    return folder if folder and origin not in conf.sdk_origins else origin


def voice_hosts(api_origin: str) -> list[str]:
    """Voice calls go to `ws.` beside `api.`: a constant in Coze's JavaScript client."""
    scheme, _, host = api_origin.partition("://")
    if scheme == "https" and host.startswith("api."):
        return [f"wss://ws.{host.removeprefix('api.')}"]
    return []


def build_frame_headers(
    *,
    policy: str,
    allowed_origins: str,
    has_voice: bool,
    is_outer: bool = False,
    is_sandboxed: bool = False,
) -> dict[str, str]:
    """Return what the frame's document says to the browser about itself.

    With `credentialless` pages that are isolated (COEP) may hold it: what the SDK loads
    from other hosts, which promise nothing, comes without their cookies.
    """
    return {
        "Content-Security-Policy": policy,
        "Cross-Origin-Embedder-Policy": "credentialless",
        # To Firefox even the outer document is of another origin than the inner one.
        "Cross-Origin-Resource-Policy": (
            "cross-origin" if is_sandboxed else _resource_policy(allowed_origins)
        ),
        "Permissions-Policy": _permissions_policy(
            # What has no origin no list can name.
            microphone=("*" if is_outer else "(self)") if has_voice else "()"
        ),
    }


def frame_ancestors(allowed_origins: str) -> list[str]:
    """Return whose pages may hold the frame: the site's, and those that the row names."""
    pages = read_origins("\n".join(conf.page_origins))
    return ["'self'", *pages, *read_origins(allowed_origins)]


def build_frame_policy(
    *,
    asset_urls: Iterable[str],
    sdk_url: str,
    api_url: str,
    media_url: str = "",
    has_voice: bool = False,
    ancestors: Iterable[str] = ("'self'",),
    is_sandboxed: bool = False,
) -> str:
    """Return what the frame's document may load.

    `'unsafe-inline'` for styles is what the SDK needs (it injects 286 `<style>` elements
    and one style attribute, measured; a nonce does not help); inside the frame it can
    only restyle the frame. Pictures come from changing hosts of Coze's, hence `https:`.
    """
    own = _unique("'self'", *map(origin_of, asset_urls))
    sdk, api, media = map(origin_of, (sdk_url, api_url, media_url))
    voice = voice_hosts(api) if has_voice else []
    # Without an origin it has nothing to ask of the site (docs/adr/0019).
    home = [] if is_sandboxed else own
    sandbox = [_directive("sandbox", *SANDBOX)] if is_sandboxed else []
    return "; ".join(
        [
            "default-src 'none'",
            _directive("script-src", *own, script_source(sdk_url)),
            _directive("style-src", *own, sdk, "'unsafe-inline'"),
            _directive("font-src", *own, sdk, "data:"),
            _directive("img-src", *own, media, sdk, api, "https:", "data:", "blob:"),
            _directive("media-src", *own, api, "https:", "data:", "blob:"),
            _directive("connect-src", *home, sdk, api, *voice),
            "worker-src blob:",
            *_ends(ancestors),
            *sandbox,
        ]
    )


def build_outer_policy(asset_urls: Iterable[str], *, ancestors: Iterable[str]) -> str:
    """Return what the document around the inner one may load: nothing of Coze's."""
    own = _unique("'self'", *map(origin_of, asset_urls))
    return "; ".join(
        [
            "default-src 'none'",
            _directive("script-src", *own),
            _directive("style-src", *own),
            "connect-src 'self'",
            "frame-src 'self'",
            *_ends(ancestors),
        ]
    )


def lift_site_policy(response: HttpResponseBase) -> None:
    """Keep the project's report-only policy away as well.

    The enforced one stays away by itself: Django's middleware and django-csp's leave a
    response alone that carries the header already.
    """
    response._csp_ro_config = {}  # type: ignore[attr-defined]  # Django >= 6.0
    response._csp_exempt_ro = True  # type: ignore[attr-defined]  # django-csp >= 4.0


def _resource_policy(allowed_origins: str) -> str:
    """Say whose isolated pages may hold the frame; `frame-ancestors` binds the others."""
    if read_origins(allowed_origins):
        return "cross-origin"
    return "same-site" if conf.frame_origin or conf.page_origins else "same-origin"


def _permissions_policy(*, microphone: str) -> str:
    denied = [f"{feature}=()" for feature in DENIED_FEATURES]
    return ", ".join([*denied, f"microphone={microphone}"])


def _ends(ancestors: Iterable[str]) -> list[str]:
    return [
        "base-uri 'none'",
        "form-action 'none'",
        "object-src 'none'",
        _directive("frame-ancestors", *ancestors),
    ]


def _directive(name: str, *sources: str) -> str:
    return " ".join([name, *_unique(*sources)])


def _unique(*sources: str) -> list[str]:
    return list(dict.fromkeys(sources))
