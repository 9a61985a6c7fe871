"""A TCP server on localhost that answers as slowly or as badly as it is told."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time


def http_answer(body, *, status="200 OK", extra=""):
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
    return head.encode() + body


class TinyServer:
    """Answers each request with pieces: bytes are sent, numbers are waited.

    A piece of None closes the connection.
    """

    def __init__(self, *pieces, tls=None):
        self.pieces = pieces
        self.tls = tls
        self.requests = []
        self.connections = 0
        self._open = []
        self._stopped = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.netloc = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self._stopped.set()
        # Wakes the accepting thread, which a mere close does not.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                thread = threading.Thread(target=self._serve, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection):
        with contextlib.suppress(OSError), self._secure(connection) as secured:
            self._open.append(secured)
            while request := self._read_request(secured):
                self.requests.append(request)
                if not self._answer(secured):
                    return

    def _secure(self, connection):
        if self.tls is None:
            return connection
        with connection:
            return self.tls.wrap_socket(connection, server_side=True)

    def _answer(self, connection):
        for piece in self.pieces:
            if piece is None:
                return False
            if isinstance(piece, bytes):
                connection.sendall(piece)
            else:
                self._stopped.wait(piece)
        return True

    def _read_request(self, connection):
        data = b""
        while chunk := connection.recv(65536):
            data += chunk
            head, end, body = data.partition(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head, re.I)
            if end and length and len(body) >= int(length[1]):
                return data
        return b""


@contextlib.contextmanager
def at_most(seconds):
    start = time.monotonic()
    yield
    assert time.monotonic() - start < seconds
