"""What the page needs to allow where Coze's script runs in the page itself.

In a frame none of this is needed: `frame-src 'self'` is enough.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

from coze_widget.conf import conf
from coze_widget.oauth_apps import find_oauth_app, sdk_url


def build_inline_policy() -> str:
    api, sdk = _coze_origins()
    wider = {
        "script-src": [sdk],
        # The SDK injects `<style>` elements; a nonce does not reach them.
        "style-src": ["'unsafe-inline'"],
        "font-src": ["data:", sdk],
        "img-src": ["blob:", "https:", sdk, api],
        "connect-src": [api, sdk],
        "media-src": ["blob:", "data:", "https:", api],
    }
    policy = {name: list(sources) for name, sources in settings.SECURE_CSP.items()}
    for name, sources in wider.items():
        policy.setdefault(name, []).extend(dict.fromkeys(sources))
    return "; ".join(" ".join([name, *sources]) for name, sources in policy.items())


def _coze_origins() -> tuple[str, str]:
    """Return the origins of the API and of the SDK."""
    api = find_oauth_app("default").base_url if conf.oauth_apps else conf.base_url
    parts = urlsplit(sdk_url(api, "latest"))
    return api, f"{parts.scheme}://{parts.netloc}"
