"""Blue Kiln, another shop beside the demo: pages from files, on a host of its own.

Nothing here is Django's. It stands for a static site, WordPress or another framework that
has the demo's chat on its pages, and a small backend that says who its visitors are.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from string import Template
from types import TracebackType

import jwt

from site_demo.people import Person

PAGES = Path(__file__).parent / "kiln_pages"
# What is there, under which path; the first two are filled in.
FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/zh/": ("zh.html", "text/html; charset=utf-8"),
    "/kiln.css": ("kiln.css", "text/css; charset=utf-8"),
    "/kiln.js": ("kiln.js", "text/javascript; charset=utf-8"),
    "/kiln.svg": ("kiln.svg", "image/svg+xml"),
}
CUSTOMERS = {
    person.username: person
    for person in (Person("dora", "Dora", "Kern"), Person("emil", "Emil", "Fu"))
}
COOKIE = "blue_kiln_person"
TOKEN_SECONDS = 300


@dataclass(frozen=True)
class Chat:
    """What the owner of the chat has told this shop."""

    site_url: str
    slug: str
    audience: str
    secret: str = field(repr=False)


def sign_visitor(person: Person, chat: Chat, *, now: int) -> str:
    """Return a token that says who is there: what any backend does with its own words."""
    claims = {
        "sub": person.username,
        "name": person.name,
        "aud": chat.audience,
        "iat": now,
        "exp": now + TOKEN_SECONDS,
    }
    return jwt.encode(claims, chat.secret, algorithm="HS256")


def build_policy(site_url: str) -> str:
    """Return all that a strict page has to allow for the chat: one origin, four times."""
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src 'self' {site_url}",
            f"connect-src 'self' {site_url}",
            f"frame-src {site_url}",
            f"img-src 'self' {site_url}",
            "style-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "require-trusted-types-for 'script'",
        ]
    )


class Kiln:
    """The server, in a thread of its own from `with` on."""

    def __init__(self, *, host: str, port: int, chat: Chat) -> None:
        handler = type("KilnHandler", (_Handler,), {"chat": chat})
        self._server = ThreadingHTTPServer((host, port), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"http://{host}:{self._server.server_port}"

    def __enter__(self) -> Kiln:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    chat: Chat
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/me":
            person = self._person()
            self._send_json({"person": person.username if person else "guest"})
        elif path in FILES:
            self._send_file(path)
        else:
            self._send(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/visitor-token":
            self._send_token()
        elif self.path.startswith("/become/"):
            self._become(self.path.removeprefix("/become/"))
        else:
            self._send(HTTPStatus.NOT_FOUND)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the addresses of the demo stay in sight."""

    def _send_token(self) -> None:
        person = self._person()
        if person is None:
            self._send(HTTPStatus.NO_CONTENT)
            return
        token = sign_visitor(person, self.chat, now=int(time.time()))
        self._send(HTTPStatus.OK, token.encode(), {"Content-Type": "text/plain"})

    def _become(self, name: str) -> None:
        """A real shop has a login; here a button says who one is."""
        if name not in (*CUSTOMERS, "guest"):
            self._send(HTTPStatus.NOT_FOUND)
            return
        cookie = f"{COOKIE}={name}; Path=/; HttpOnly; SameSite=Lax"
        self._send(HTTPStatus.NO_CONTENT, headers={"Set-Cookie": cookie})

    def _person(self) -> Person | None:
        cookies = self.headers.get("Cookie", "").split(";")
        named = [cookie.strip().partition("=") for cookie in cookies]
        names = [value for name, _, value in named if name == COOKIE]
        return CUSTOMERS.get(names[0]) if names else None

    def _send_file(self, path: str) -> None:
        name, content_type = FILES[path]
        text = (PAGES / name).read_text(encoding="utf-8")
        if name.endswith(".html"):
            text = Template(text).substitute(
                site_url=self.chat.site_url, slug=self.chat.slug
            )
        headers = {
            "Content-Type": content_type,
            "Content-Security-Policy": build_policy(self.chat.site_url),
        }
        self._send(HTTPStatus.OK, text.encode(), headers)

    def _send_json(self, body: Mapping[str, str]) -> None:
        headers = {"Content-Type": "application/json"}
        self._send(HTTPStatus.OK, json.dumps(body).encode(), headers)

    def _send(
        self,
        status: HTTPStatus,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        if status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
