"""Django's test client over the ASGI handler, to be used like the one over WSGI."""

from __future__ import annotations

from functools import partial

from asgiref.sync import async_to_sync
from django.test import AsyncClient


class LoopClient:
    """Knows the arguments that our tests use, headers as `HTTP_…` among them."""

    def __init__(self, *, headers=None, **options):
        self._client = _Client(**options)
        self._headers = headers or {}

    def __getattr__(self, name):
        found = getattr(self._client, name)
        if name not in ("get", "post", "head", "put", "delete", "options"):
            return found
        return partial(self._ask, found)

    def _ask(self, method, *args, **options):
        self._client.address = options.pop("REMOTE_ADDR", "127.0.0.1")
        return async_to_sync(method)(*args, **_in_asgi(self._headers, options))


class _Client(AsyncClient):
    async def request(self, **scope):
        """A host that is given takes the place of Django's own one."""
        scope["headers"] = list(dict(scope["headers"]).items())
        scope["client"] = [self.address, 40_000]
        return await super().request(**scope)


def _in_asgi(headers, options):
    names = [name for name in options if name.startswith("HTTP_")]
    named = {name[5:].replace("_", "-"): options.pop(name) for name in names}
    return {**options, "headers": {**headers, **named, **options.pop("headers", {})}}
