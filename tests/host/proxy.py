"""A reverse proxy that ends TLS, as nginx would in front of the project."""

from __future__ import annotations

import contextlib
import datetime
import http.client
import ipaddress
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

# These are of one connection, not of the message.
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
DAY = datetime.timedelta(days=1)


def write_certificate(path, hosts):
    """Write a key and its own certificate for these hosts, and for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, hosts[0])])
    names = [
        *map(x509.DNSName, hosts),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def pass_on(self):
        server = self.server
        path = self.path
        if server.strips:
            path = path.removeprefix(server.strips) or "/"
        headers = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in HOP_BY_HOP
        }
        headers["X-Forwarded-Proto"] = "https"
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with contextlib.closing(
            http.client.HTTPConnection("127.0.0.1", server.backend_port, timeout=20)
        ) as connection:
            connection.request(self.command, path, body or None, headers)
            answer = connection.getresponse()
            content = answer.read()
        server.answers.append((self.command, self.path, answer.status))
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = pass_on

    def log_message(self, *arguments):
        """Say nothing: the tests' output is for people."""


class Proxy(ThreadingHTTPServer):
    """Serves `https://<host>:<port>`; what was answered is in `answers`."""

    daemon_threads = True

    def __init__(self, backend_port, *, certificate, strips=""):
        self.backend_port = backend_port
        self.strips = strips
        self.answers = []
        super().__init__(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        # The handshake belongs into the connection's own thread.
        self.socket = context.wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False
        )

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *exc_info):
        self.shutdown()
        self.server_close()

    def handle_error(self, *arguments):
        """Browsers hang up when they like."""
