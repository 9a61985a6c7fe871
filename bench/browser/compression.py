from __future__ import annotations

from django.middleware.gzip import GZipMiddleware


class SteadyGZipMiddleware(GZipMiddleware):
    """Without the random bytes against BREACH, so that two pages can be compared."""

    max_random_bytes = 0
