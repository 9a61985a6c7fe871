"""A real deadline for an exchange over HTTP.

`requests` bounds each read, so a server that sends a byte now and then holds the
caller for ever. Here every read of status, headers and body gets what is left of the
whole. Only the system's name look-up, and trying the further addresses of a host that
does not answer, are beyond it.
"""

from __future__ import annotations

import functools
import http.client
import io
import math
import socket
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection


class Deadline:
    """A moment, by a clock that nobody sets back."""

    def __init__(
        self, seconds: float, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._monotonic = monotonic
        self._end = monotonic() + seconds

    def remaining(self) -> float:
        return self._end - self._monotonic()

    def capped(self, seconds: float) -> Deadline:
        """Return one that is no later, and no more than so many seconds from now."""
        return Deadline(min(seconds, self.remaining()), monotonic=self._monotonic)


# Routers forget a connection that is silent for minutes, and then whatever is sent on it
# goes nowhere: the system asks after it before that, and finds the dead ones.
_KEEP_ALIVE = [
    *HTTPConnection.default_socket_options,
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in (
            ("TCP_KEEPIDLE", 30),
            ("TCP_KEEPINTVL", 10),
            ("TCP_KEEPCNT", 3),
        )
        if hasattr(socket, name)
    ),
]

# How a deadline reaches a connection which the pool makes or has kept.
current_deadline: ContextVar[Deadline] = ContextVar("coze_widget_deadline")


class DeadlineAdapter(HTTPAdapter):
    """Gives every connection, direct or through any proxy, the deadline's reader.

    Its requests are sent with `current_deadline` set. Idle connections are kept alive.
    """

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, socket_options=_KEEP_ALIVE, **kwargs)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        return super().proxy_manager_for(*args, socket_options=_KEEP_ALIVE, **kwargs)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = _bound(pool.ConnectionCls)
        return pool


@functools.cache
def _bound(connection: type[http.client.HTTPConnection]) -> type:
    if connection.response_class is _DeadlineResponse:
        return connection
    name = f"Deadline{connection.__name__}"
    return type(name, (connection,), {"response_class": _DeadlineResponse})


class _DeadlineResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        raw = self.fp.detach()
        reader = _DeadlineReader(sock, raw, current_deadline.get())
        self.fp = io.BufferedReader(reader)


class _DeadlineReader(io.RawIOBase):
    """A socket's bytes; no read waits longer than the exchange has left."""

    def __init__(
        self, sock: socket.socket, raw: io.RawIOBase, deadline: Deadline
    ) -> None:
        self._sock = sock
        self._raw = raw
        self._longest = sock.gettimeout() or math.inf
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        remaining = self._deadline.remaining()
        if remaining <= 0:
            raise TimeoutError
        self._sock.settimeout(min(self._longest, remaining))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
