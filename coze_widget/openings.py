"""When somebody last got a token of an OAuth app: then the chat can be opened.

One write for each token that is minted, which costs a request to Coze anyhow.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time

from django.core.cache import caches

from coze_widget.conf import conf
from coze_widget.oauth.credentials import OAuthApp

logger = logging.getLogger(__name__)

KEEP_SECONDS = 30 * 86_400


def note_opening(app: OAuthApp) -> None:
    try:
        caches[conf.cache_alias].set(_key(app), int(time.time()), KEEP_SECONDS)
    except Exception:
        logger.exception("The cache did not take that a chat was opened.")


def last_opening(app: OAuthApp) -> int | None:
    """Return the moment in Unix seconds; None where this cache knows of none."""
    try:
        moment = caches[conf.cache_alias].get(_key(app))
    except Exception:
        logger.exception("The cache did not tell whether a chat was opened.")
        return None
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
