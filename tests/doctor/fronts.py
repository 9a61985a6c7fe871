"""A site as browsers get it: what Django says, changed by whatever stands in front of it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from django.core.cache import BaseCache
from django.core.cache.backends.locmem import LocMemCache


@dataclass
class Answer:
    body: bytes = b""
    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    # More than anybody reads to the end.
    is_endless: bool = False

    def without(self, *names):
        lower = {name.lower() for name in names}
        self.headers = [pair for pair in self.headers if pair[0].lower() not in lower]
        return self

    def having(self, **headers):
        """Add headers; X_Y is X-Y, and one that is there already comes twice."""
        added = {name.replace("_", "-"): value for name, value in headers.items()}
        self.headers = [*self.headers, *added.items()]
        return self


def answer_of(response):
    return Answer(response.content, response.status_code, list(response.items()))


class Front:
    """Answers GET with what lies at a path in `answers`; remembers who asked for what."""

    def __init__(self):
        self.answers = {}
        self.requests = []
        front = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                front.requests.append((self.path, dict(self.headers)))
                self._send(front.answers.get(self.path) or Answer(status=404))

            def _send(self, answer):
                self.send_response(answer.status)
                for name, value in answer.headers:
                    if name.lower() != "content-length":
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)
                while answer.is_endless:
                    self.wfile.write(b"<p>and more</p>" * 10_000)

            def log_message(self, *args):
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, request, client_address):
                """Whoever asked has heard enough."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}
        )
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exc_info):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Forgetful(LocMemCache):
    def set(self, *args, **kwargs):
        """Take it, and forget it."""


class CacheOfThisProcess(BaseCache):
    """Some project's own, which it takes for shared."""

    entries: ClassVar[dict[str, object]] = {}

    def __init__(self, location, params):
        super().__init__(params)

    def set(self, key, value, timeout=None, version=None):
        self.entries[key] = value

    def get(self, key, default=None, version=None):
        return self.entries.get(key, default)
