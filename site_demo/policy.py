"""What the page needs to allow where Coze's script runs in the page itself.

In a frame none of this is needed: `frame-src 'self'` is enough.
"""

from __future__ import annotations

from django.conf import settings

from coze_widget.conf import conf
from coze_widget.models import Widget
from coze_widget.oauth_apps import find_oauth_app
from coze_widget.page_policies import Embedding, addresses_of, find_needs, to_header


def build_inline_policy() -> str:
    """Return the site's policy, and in it what `manage.py coze_csp inline` prints."""
    policy = {name: list(sources) for name, sources in settings.SECURE_CSP.items()}
    for name, sources in _inline_directives().items():
        known = policy.setdefault(name, [])
        known.extend(source for source in sources if source not in known)
    return to_header(policy)


def _inline_directives() -> dict[str, list[str]]:
    widget = Widget.objects.filter(slug="inline").first() or Widget(slug="inline")
    base_url = find_oauth_app("default").base_url if conf.oauth_apps else conf.base_url
    addresses = addresses_of(widget, Embedding.INLINE, base_url=base_url)
    return find_needs(Embedding.INLINE, addresses).directives()
