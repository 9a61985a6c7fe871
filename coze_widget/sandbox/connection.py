"""HTTP/1.1 on a socket: reads a request, writes a response or streams it."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING

from coze_widget.sandbox.application import respond
from coze_widget.sandbox.http import Request, Response, json_response

if TYPE_CHECKING:
    from coze_widget.sandbox.server import Server

MAX_BODY_BYTES = 8 * 1024 * 1024  # Coze takes 15 MB, and 512 MB of a file


class Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "coze-sandbox"
    sys_version = ""
    disable_nagle_algorithm = True  # small pieces of an answer must not wait
    timeout = 60
    server: Server

    def handle(self) -> None:
        try:
            super().handle()
        except (ConnectionError, TimeoutError):
            self.close_connection = True  # the other side has gone

    def date_time_string(self, timestamp: float | None = None) -> str:
        """What `Date` says, by the sandbox's own clock."""
        moment = self.server.state.now() if timestamp is None else timestamp
        return super().date_time_string(moment)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: `GET /sandbox/requests` tells what was asked."""

    def do_GET(self) -> None:
        refusal, body = self._read_body()
        if refusal:
            self.close_connection = True
            self._write(refusal)
            return
        request = Request(
            self.command,
            self.path,
            {name.lower(): value for name, value in self.headers.items()},
            body,
            self.client_address[0],
        )
        response = respond(request, self.server.state)
        self._write(response, logid=request.logid)

    do_POST = do_PUT = do_DELETE = do_OPTIONS = do_GET

    def _read_body(self) -> tuple[Response | None, bytes]:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdigit():
            status = HTTPStatus.LENGTH_REQUIRED
            return json_response({"error": "length required"}, status=status), b""
        if int(length) > MAX_BODY_BYTES:
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            return json_response({"error": "too large"}, status=status), b""
        return None, self.rfile.read(int(length))

    def _write(self, response: Response, *, logid: str = "") -> None:
        self.send_response(response.status)
        self.send_header("X-Tt-Logid", logid)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Type", response.content_type)
        if self.close_connection:
            self.send_header("Connection", "close")
        if isinstance(response.body, bytes):
            self._write_body(response.body, status=response.status)
        else:
            self._write_chunks(response.body)

    def _write_body(self, body: bytes, *, status: int) -> None:
        if status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _write_chunks(self, pieces: Iterator[bytes]) -> None:
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Transfer-Encoding", "chunked")
        try:
            self.end_headers()
            for piece in pieces:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
        except (ConnectionError, TimeoutError):
            self.close_connection = True
            for _ in pieces:
                pass  # nobody listens any more, but the answer runs to its end
