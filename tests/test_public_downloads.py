"""Downloads from hosts that an editor names, over real TLS on localhost."""

from __future__ import annotations

import gzip
import socket

import pytest

from coze_widget import public_downloads
from coze_widget.public_downloads import MAX_BODY_BYTES, DownloadFailed, download
from tests.keypairs import tls_context
from tests.tiny_server import TinyServer, at_most, http_answer

HOST = "keys.example"
BODY = b'{"keys": []}'
OK = http_answer(BODY)


class Host(TinyServer):
    """Is asked with GET: a request ends with its head."""

    def _read_request(self, connection):
        data = b""
        while b"\r\n\r\n" not in data and (chunk := connection.recv(65536)):
            data += chunk
        return data


class Names:
    """What the names of hosts mean, and which were looked up."""

    def __init__(self, monkeypatch):
        self.addresses = {HOST: ["127.0.0.1"]}
        self.asked = []
        self._real = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", self.look_up)

    def look_up(self, host, port, *args, **kwargs):
        if host in self.addresses:
            self.asked.append(host)
            return [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
                for address in self.addresses[host]
            ]
        if host.endswith(".example"):
            raise socket.gaierror(-2, "Name or service not known")
        return self._real(host, port, *args, **kwargs)


@pytest.fixture
def names(monkeypatch):
    return Names(monkeypatch)


@pytest.fixture
def tls(tmp_path, settings, names, monkeypatch):
    """A certificate of the host's, trusted; and localhost counts as public for once."""
    monkeypatch.setattr(public_downloads, "is_public", lambda address: True)
    settings.COZE_CA_BUNDLE = str(tmp_path / "host.pem")
    return tls_context(tmp_path / "host.pem", HOST)


def url_of(server, host=HOST):
    return f"https://{host}:{server.netloc.partition(':')[2]}/keys?a=1"


def failure(url):
    with pytest.raises(DownloadFailed) as caught:
        download(url)
    return str(caught.value)


def test_a_document_comes_from_the_address_that_was_checked(tls, names):
    """The name is looked up once: what it means a moment later is of no account."""
    with Host(OK, tls=tls) as server:
        assert download(url_of(server)) == BODY

        request = server.requests[0].decode().lower()

    assert names.asked == [HOST]
    assert request.startswith("get /keys?a=1 http/1.1\r\n")
    assert f"host: {url_of(server).split('/')[2]}\r\n" in request
    assert "accept-encoding: identity\r\n" in request
    assert "cookie" not in request
    assert "authorization" not in request


def test_the_next_address_is_tried_where_the_first_is_silent(tls, names):
    names.addresses[HOST] = ["127.0.0.2", "127.0.0.1"]

    with Host(OK, tls=tls) as server:
        assert download(url_of(server)) == BODY


def test_the_certificate_is_the_hosts(tls, names):
    names.addresses["other.example"] = ["127.0.0.1"]

    with Host(OK, tls=tls) as server:
        said = failure(url_of(server, "other.example"))

        assert server.requests == []
    assert said == "no usable answer (SSLError)"


def test_a_certificate_that_nobody_trusts_is_refused(tls, settings):
    settings.COZE_CA_BUNDLE = ""

    with Host(OK, tls=tls) as server:
        assert failure(url_of(server)) == "no usable answer (SSLError)"


def test_certificates_may_be_trusted_by_folder(tls, settings, tmp_path):
    """OpenSSL looks for files with names of its own there; this folder has none."""
    settings.COZE_CA_BUNDLE = str(tmp_path)

    with Host(OK, tls=tls) as server:
        assert failure(url_of(server)) == "no usable answer (SSLError)"


@pytest.mark.parametrize(
    "url", ["http://keys.example/", "file:///etc/passwd", "https://"]
)
def test_nothing_but_https_is_asked(names, url):
    assert failure(url) == "its address is not https"
    assert names.asked == []


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["10.0.0.1"], ["8.8.8.8", "169.254.169.254"]]
)
def test_a_name_that_leads_within_is_not_followed(names, addresses, monkeypatch):
    monkeypatch.setattr(public_downloads, "_get", None)
    names.addresses[HOST] = addresses

    assert failure(f"https://{HOST}/keys") == (
        "its name leads to an address that is not public"
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_an_address_within_is_not_asked(host):
    assert failure(f"https://{host}/keys") == (
        "its name leads to an address that is not public"
    )


@pytest.mark.parametrize("host", ["unknown.example", "a" * 64 + ".test"])
def test_a_name_that_nobody_knows_is_said(names, host):
    assert failure(f"https://{host}/keys") == "its name is not known"


def test_a_name_without_an_address_is_said(names):
    names.addresses[HOST] = []

    assert failure(f"https://{HOST}/keys") == "its name has no address"


def test_a_redirect_is_not_followed(tls):
    to = http_answer(b"", status="302 Found", extra="Location: https://10.0.0.1/\r\n")

    with Host(to, tls=tls) as server:
        assert failure(url_of(server)) == "HTTP 302"
        assert len(server.requests) == 1


def test_an_error_is_no_document(tls):
    with Host(http_answer(BODY, status="404 Not Found"), tls=tls) as server:
        assert failure(url_of(server)) == "HTTP 404"


def test_a_document_has_an_end(tls):
    largest = http_answer(b"k" * MAX_BODY_BYTES)
    larger = http_answer(b"k" * (MAX_BODY_BYTES + 1))

    with Host(largest, tls=tls) as server:
        assert len(download(url_of(server))) == MAX_BODY_BYTES
    with Host(larger, tls=tls) as server:
        assert failure(url_of(server)) == "the document is too long"


def test_a_document_may_come_in_pieces(tls):
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

    with Host(
        head + b"5\r\n", b'{"key\r\n', b'7\r\ns": []}\r\n0\r\n\r\n', tls=tls
    ) as server:
        assert download(url_of(server)) == BODY


def test_what_is_packed_stays_packed(tls):
    """A kilobyte of gzip can be a megabyte."""
    packed = gzip.compress(b"0" * 1_000_000)
    answer = http_answer(packed, extra="Content-Encoding: gzip\r\n")

    with Host(answer, tls=tls) as server:
        assert download(url_of(server)) == packed


def test_a_host_that_drips_is_left(tls, monkeypatch):
    monkeypatch.setattr(public_downloads, "TOTAL_SECONDS", 0.3)
    dripping = [http_answer(b"k" * 200)[:-200], *([0.05, b"k"] * 200)]

    with Host(*dripping, tls=tls) as server, at_most(3):
        assert failure(url_of(server)).startswith("no usable answer (")


def test_no_address_is_tried_after_the_time_is_over(tls, names, monkeypatch):
    monkeypatch.setattr(public_downloads, "TOTAL_SECONDS", 0.2)
    names.addresses[HOST] = ["127.0.0.1", "127.0.0.3"]
    tried = []
    get = public_downloads._get

    def note(url, host, address, deadline):
        tried.append(address)
        return get(url, host, address, deadline)

    monkeypatch.setattr(public_downloads, "_get", note)

    with Host(1, tls=tls) as server:
        assert failure(url_of(server)).startswith("no usable answer (")

    assert tried == ["127.0.0.1"]


def test_what_is_no_http_is_said(tls):
    with Host(b"hello\r\n\r\n", None, tls=tls) as server:
        assert failure(url_of(server)) == "no usable answer (ConnectionError)"
