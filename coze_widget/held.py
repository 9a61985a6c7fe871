"""Values of a form on their way to another page: minutes in the cache, under a random key.

For whoever put them there and nobody else; they are not saved, and lost when the cache is.
While it is down no process keeps them in its own memory instead: another one may have
taken a later value under the same key, and nothing is better than an older form.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
from typing import Any

from django.core.cache import caches

from coze_widget.conf import conf

logger = logging.getLogger(__name__)

KEEP_SECONDS = 900
# A key comes back in an address, from anybody.
_MAX_KEY_LENGTH = 64


def hold(
    kind: str,
    value: dict[str, Any],
    *,
    user_pk: str,
    seconds: int = KEEP_SECONDS,
    key: str = "",
) -> str:
    """Keep a value of plain JSON and return the key that its page is to ask with.

    A `key` that this person has from here already takes the new value. A cache that does
    not answer is logged, and `take` finds nothing.
    """
    key = key or secrets.token_urlsafe(24)
    try:
        caches[conf.cache_alias].set(
            _cache_key(kind, key, user_pk), json.dumps(value), timeout=seconds
        )
    except Exception:
        logger.exception("The cache took no values of a form.")
    return key


def take(kind: str, key: str, *, user_pk: str) -> dict[str, Any] | None:
    """Return what this person put there; None when it is over, or another's.

    It stays until its end: pages are loaded again.
    """
    if not key or len(key) > _MAX_KEY_LENGTH:
        return None
    try:
        kept = caches[conf.cache_alias].get(_cache_key(kind, key, user_pk))
        value = json.loads(kept) if isinstance(kept, str) else None
    except Exception:
        logger.exception("The cache did not return the values of a form.")
        return None
    return value if isinstance(value, dict) else None


def _cache_key(kind: str, key: str, user_pk: str) -> str:
    # Hashed: caches log their keys, and whoever reads logs must not get at the values.
    parts = json.dumps([kind, key, user_pk])
    return f"coze_widget:held:{hashlib.sha256(parts.encode()).hexdigest()}"
