"""When somebody last got a token of an OAuth app: then the chat can be opened.

One write for each token that is minted, which costs a request to Coze anyhow.
"""

from __future__ import annotations

import hashlib
import json
import time

from coze_widget.oauth.credentials import OAuthApp
from coze_widget.shared_cache import shared_cache

KEEP_SECONDS = 30 * 86_400


def note_opening(app: OAuthApp) -> None:
    shared_cache.set(_key(app), int(time.time()), KEEP_SECONDS)


def last_opening(app: OAuthApp) -> int | None:
    """Return the moment in Unix seconds; None where this cache knows of none."""
    moment = shared_cache.get(_key(app))
    return moment if isinstance(moment, int) else None


def fingerprint(app: OAuthApp) -> str:
    """Return a name for keys in the cache: another key or scope is another app here."""
    parts = [
        hashlib.sha256(app.private_key.encode()).hexdigest(),
        dict(app.scope or {}),
        app.base_url,
        app.client_id,
        app.public_key_id,
        app.account_id,
        app.enterprise_id,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _key(app: OAuthApp) -> str:
    return f"coze_widget:opening:{fingerprint(app)}"
