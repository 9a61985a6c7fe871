from __future__ import annotations

import gzip
import json
import socket
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from coze_widget.exceptions import (
    ConnectionFailedError,
    InvalidResponseError,
)
from coze_widget.exceptions import TimeoutError as CozeTimeoutError
from coze_widget.oauth.deadlines import Deadline
from coze_widget.oauth.transport import Transport
from coze_widget.version import __version__
from tests.fake_network import FakeNetwork, Reply
from tests.keypairs import tls_context
from tests.tiny_server import TinyServer, at_most, http_answer

BEARER = "eyJhbGciOiJub25lIn0.eyJpc3MiOiIxIn0.c2ln"
OK = http_answer(b'{"code": 0}')


@pytest.fixture
def build():
    built = []

    def build_transport(**changes):
        options = {
            "connect_timeout": 1,
            "read_timeout": 2,
            "max_connections": 4,
        }
        built.append(Transport(**{**options, **changes}))
        return built[-1]

    yield build_transport
    for transport in built:
        transport.close()


def post(transport, netloc, *, seconds=5.0, scheme="http"):
    return transport.post(
        f"{scheme}://{netloc}/path",
        {"a": 1},
        bearer=BEARER,
        deadline=Deadline(seconds),
    )


def failure(error, *args, **kwargs):
    with pytest.raises(error) as caught:
        post(*args, **kwargs)
    return caught.value


# What is sent


def test_a_request_says_who_we_are_and_carries_json(build):
    with TinyServer(OK) as server:
        answer = post(build(headers={"X-Route": "blue"}), server.netloc)

    head, _, body = server.requests[0].decode().partition("\r\n\r\n")
    assert head.startswith("POST /path HTTP/1.1\r\n")
    assert f"\r\nUser-Agent: django-coze-widget/{__version__} " in head
    assert f"\r\nAuthorization: Bearer {BEARER}" in head
    assert "\r\nContent-Type: application/json" in head
    assert "\r\nX-Route: blue" in head
    assert json.loads(body) == {"a": 1}
    assert (answer.status, answer.payload) == (200, {"code": 0})


@pytest.mark.parametrize("name", ["Authorization", "HOST", "content-type"])
def test_the_extra_headers_may_not_replace_ours(build, name):
    with pytest.raises(ValueError, match=f"^The extra headers may not set {name}$"):
        build(headers={name: "x"})


def test_a_netrc_and_a_sessions_auth_do_not_replace_the_bearer(
    build, tmp_path, monkeypatch
):
    (tmp_path / "netrc").write_text("machine api.coze.cn login joe password secret")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    network = FakeNetwork(Reply({}))
    session = network.session()
    session.auth = ("joe", "secret")

    post(build(session=session), "api.coze.cn", scheme="https")

    assert network.requests[0].headers["Authorization"] == f"Bearer {BEARER}"


def test_time_outs_proxies_and_ca_bundle_reach_the_network(build, tmp_path):
    network = FakeNetwork(Reply({}))
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    proxies = {"https": "http://proxy.example.com:3128"}
    transport = build(session=network.session(), ca_bundle=bundle, proxies=proxies)

    post(transport, "api.coze.cn", scheme="https", seconds=1.5)

    sent = network.arguments[0]
    connect, read = sent["timeout"]
    assert (connect, sent["verify"]) == (1, str(bundle))
    assert 1 < read <= 1.5
    assert sent["proxies"]["https"] == proxies["https"]


def test_a_ca_bundle_that_is_not_there_is_named(build):
    with pytest.raises(ValueError, match=r"^The CA bundle '/no/ca' does not exist$"):
        build(ca_bundle="/no/ca")


def test_the_environment_is_not_read(build, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    with TinyServer(OK) as server:
        assert post(build(), server.netloc).status == 200


# Connections


def test_connections_are_kept_alive_and_cookies_are_not(build):
    transport = build()

    with TinyServer(http_answer(b"{}", extra="Set-Cookie: a=b\r\n")) as server:
        post(transport, server.netloc)
        post(transport, server.netloc)

    assert server.connections == 1
    assert b"ookie" not in server.requests[1]


def test_an_answer_in_chunks_is_read(build):
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

    with TinyServer(head, b'5\r\n{"a":\r\n', 0.05, b"2\r\n1}\r\n0\r\n\r\n") as server:
        assert post(build(), server.netloc).payload == {"a": 1}


def test_an_answer_that_ends_with_the_connection_is_read(build):
    pieces = (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", 0.05, b"{}", None)

    with TinyServer(*pieces) as server:
        assert post(build(), server.netloc).payload == {}


def test_a_proxy_carries_the_request(build):
    with TinyServer(OK) as proxy:
        transport = build(proxies={"http": f"http://{proxy.netloc}"})
        post(transport, "coze.example.com")

    assert proxy.requests[0].startswith(b"POST http://coze.example.com/path HTTP/1.1")


def test_a_ca_bundle_makes_a_certificate_trusted(build, tmp_path):
    context = tls_context(tmp_path / "tls.pem")

    with TinyServer(OK, tls=context) as server:
        transport = build(ca_bundle=tmp_path / "tls.pem")
        answers = [post(transport, server.netloc, scheme="https") for _ in range(2)]

    assert [answer.status for answer in answers] == [200, 200]
    assert server.connections == 1


def test_the_system_asks_after_an_idle_connection(build):
    transport = build()

    with TinyServer(OK) as server:
        post(transport, server.netloc)
        adapter = transport._session.get_adapter(f"http://{server.netloc}")
        [pool] = adapter.poolmanager.pools._container.values()
        connection = pool._get_conn()
        kept_alive = connection.sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        pool._put_conn(connection)

    assert kept_alive


def test_more_than_are_kept_are_made(build):
    """Nobody waits until somebody else has been answered."""
    transport = build(max_connections=1)

    with TinyServer(0.2, OK) as server, ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: post(transport, server.netloc), range(3)))

    assert [answer.status for answer in answers] == [200] * 3
    assert server.connections == 3


def test_its_connections_can_be_closed(build):
    network = FakeNetwork(Reply({}))
    transport = build(session=network.session())
    post(transport, "api.coze.cn", scheme="https")

    transport.close()

    assert network.requests == []


# Deadlines

DRIPS = {
    "header": [b"HTTP/1.1 200 OK\r\nX-Slow: "] + [b"x", 0.1] * 50,
    "body": [b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n"] + [b" ", 0.1] * 50,
}


@pytest.mark.parametrize("pieces", DRIPS.values(), ids=DRIPS)
def test_a_dripping_answer_meets_the_deadline(build, pieces):
    with TinyServer(*pieces) as server, at_most(1.5):
        error = failure(CozeTimeoutError, build(), server.netloc, seconds=0.4)

    assert str(error) == (
        f"{server.netloc} did not answer in time. Try again in a minute."
    )


def test_a_dripping_answer_meets_the_deadline_through_a_proxy(build):
    with TinyServer(*DRIPS["body"]) as proxy, at_most(1.5):
        transport = build(proxies={"http": f"http://{proxy.netloc}"})
        failure(CozeTimeoutError, transport, "coze.example.com", seconds=0.4)


def test_a_dripping_answer_meets_the_deadline_over_tls(build, tmp_path):
    context = tls_context(tmp_path / "tls.pem")

    with TinyServer(*DRIPS["header"], tls=context) as server, at_most(1.5):
        transport = build(ca_bundle=tmp_path / "tls.pem")
        failure(CozeTimeoutError, transport, server.netloc, scheme="https", seconds=0.4)


def test_silence_meets_the_read_time_out(build):
    with TinyServer(1) as server, at_most(0.9):
        failure(CozeTimeoutError, build(read_timeout=0.2), server.netloc)


def test_an_answer_that_stops_meets_the_read_time_out(build):
    pieces = (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{", 1)

    with TinyServer(*pieces) as server, at_most(0.9):
        failure(CozeTimeoutError, build(read_timeout=0.2), server.netloc)


def test_a_deadline_that_is_past_sends_nothing(build):
    network = FakeNetwork(Reply({}))
    transport = build(session=network.session())

    failure(CozeTimeoutError, transport, "api.coze.cn", seconds=0)

    assert network.requests == []


# No usable answer

TRUNCATED = (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{", None)
UNREACHABLE = (
    "Check base_url and that this machine may reach it; a proxy has to be named in the "
    "settings, the environment is not read."
)


def test_nobody_listening_is_a_failed_connection(build):
    with TinyServer() as server:
        pass
    netloc = server.netloc.replace("127.0.0.1", "0.0.0.0")

    error = failure(ConnectionFailedError, build(), netloc)

    assert error.args == (f"No usable connection to {netloc}: NewConnectionError",)
    assert error.remedy == UNREACHABLE


def test_nobody_listening_on_this_machine_may_be_the_sandbox(build):
    with TinyServer() as server:
        pass

    error = failure(ConnectionFailedError, build(), server.netloc)

    port = server.netloc.partition(":")[2]
    assert str(error) == (
        f"Nothing answers at http://{server.netloc}. If that is the sandbox, start it: "
        f"`python manage.py coze_sandbox --port {port} --config FILE`, with the file of "
        "this OAuth app."
    )


@pytest.mark.parametrize("pieces", [TRUNCATED, (b"SSH-2.0-x\r\n", None), (None,)])
def test_a_broken_answer_is_a_failed_connection(build, pieces):
    with TinyServer(*pieces) as server:
        error = failure(ConnectionFailedError, build(), server.netloc)

    assert error.args[0].endswith(("IncompleteRead", "ProtocolError"))


def test_a_broken_compression_is_a_failed_connection(build):
    answer = http_answer(b"{}", extra="Content-Encoding: gzip\r\n")

    with TinyServer(answer) as server:
        error = failure(ConnectionFailedError, build(), server.netloc)

    assert error.args[0].endswith("DecodeError")


def test_a_certificate_that_is_not_trusted_has_its_own_remedy(build, tmp_path):
    with TinyServer(OK, tls=tls_context(tmp_path / "tls.pem")) as server:
        error = failure(ConnectionFailedError, build(), server.netloc, scheme="https")

    assert error.args[0].endswith(": SSLError")
    assert error.remedy == (
        "Its certificate is not trusted here: name a CA bundle in the settings."
    )


def test_a_proxy_that_is_not_there_has_its_own_remedy(build):
    with TinyServer() as proxy:
        pass
    transport = build(proxies={"http": f"http://joe:secret@{proxy.netloc}"})

    error = failure(ConnectionFailedError, transport, "coze.example.com")

    assert error.remedy == "Check the proxy in the settings."
    assert "secret" not in str(error)


def test_an_error_without_details_is_named_by_its_kind(build):
    network = FakeNetwork(requests.exceptions.InvalidSchema())
    transport = build(session=network.session())

    error = failure(ConnectionFailedError, transport, "api.coze.cn", scheme="https")

    assert error.args == ("No usable connection to api.coze.cn: InvalidSchema",)


@pytest.mark.parametrize(
    ("netloc", "changes", "reason"),
    [
        (f"{'a' * 64}.example", {}, "LocationParseError"),
        ("localhost:9", {"headers": {"X-Shop": "茶"}}, "UnicodeEncodeError"),
        ("localhost:9", {"proxies": {"http": 5}}, "TypeError"),
        ("localhost:9", {"read_timeout": "8"}, "TypeError"),
    ],
)
def test_no_error_of_a_library_gets_out(build, netloc, changes, reason):
    """Whatever it is, its frames hold an assertion that was never spent."""
    error = failure(ConnectionFailedError, build(**changes), netloc)

    assert error.args[0].endswith(f": {reason}")
    assert error.__cause__ is error.__context__ is None


LONG = {
    "plain": http_answer(b" " * 100_000),
    "compressed": http_answer(
        gzip.compress(b" " * 10_000_000), extra="Content-Encoding: gzip\r\n"
    ),
    "endless": b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 100_000,
}


@pytest.mark.parametrize("answer", LONG.values(), ids=LONG)
def test_an_answer_that_is_far_too_long_is_not_read(build, answer):
    with TinyServer(answer) as server:
        error = failure(InvalidResponseError, build(), server.netloc)

    assert str(error) == (
        "Coze's answer is far too long (HTTP 200). Check that base_url is Coze's API, "
        "and what is in between."
    )


def test_a_redirect_is_not_followed(build):
    elsewhere = http_answer(b"", status="302 Found", extra="Location: /elsewhere\r\n")

    with TinyServer(elsewhere) as server:
        answer = post(build(), server.netloc)

    assert (answer.status, answer.payload, len(server.requests)) == (302, None, 1)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[1]", b"null", b"[" * 60_000, b"\xff", b'{"a":']
)
def test_what_is_no_json_object_has_no_payload(build, body):
    network = FakeNetwork(Reply(body))
    transport = build(session=network.session())

    assert post(transport, "api.coze.cn", scheme="https").payload is None


# What never shows

LEAKS = {
    "no name": requests.ConnectionError("about Bearer " + BEARER),
    "late": requests.ReadTimeout("about Bearer " + BEARER),
    "long": Reply(BEARER * 2_000),
}


@pytest.mark.parametrize("reply", LEAKS.values(), ids=LEAKS)
def test_an_error_holds_neither_request_nor_body(build, reply):
    transport = build(session=FakeNetwork(reply).session())

    error = failure(Exception, transport, "api.coze.cn", scheme="https")

    assert error.__cause__ is error.__context__ is None
    assert not any(
        isinstance(value, requests.Request) for value in vars(error).values()
    )
    shown = f"{error!r} {error} {vars(error)} " + "".join(
        traceback.format_exception(error)
    )
    assert BEARER[:20] not in shown


def test_an_answer_does_not_show_what_it_holds(build):
    transport = build(session=FakeNetwork(Reply({"access_token": "secret"})).session())

    answer = post(transport, "api.coze.cn", scheme="https")

    assert repr(answer) == "Answer(status=200)"


# What is public


def fetch(transport, netloc, **options):
    options = {"deadline": Deadline(5), "largest_body_bytes": 1000, **options}
    return transport.fetch(f"http://{netloc}/page", **options)


class Site(TinyServer):
    """Is asked with GET: a request ends with its head."""

    def _read_request(self, connection):
        return connection.recv(65536)


def test_what_is_public_is_asked_for_with_no_credential(build):
    page = http_answer(b"<p>", extra="X-Cache: HIT\r\n")

    with Site(page) as server:
        transport = build(headers={"X-Gateway-Key": "secret"})
        document = fetch(transport, server.netloc)

    head = server.requests[0].decode()
    assert head.startswith("GET /page HTTP/1.1\r\n")
    assert "\r\nAccept: */*" in head
    assert "secret" not in head
    assert "Authorization" not in head
    assert "Origin" not in head
    assert (document.status, document.body, document.is_whole) == (200, b"<p>", True)
    assert document.headers["x-cache"] == "HIT"


def test_it_can_be_asked_for_as_by_a_page(build):
    with Site(OK) as server:
        fetch(build(), server.netloc, origin="https://shop.example")

    assert b"\r\nOrigin: https://shop.example\r\n" in server.requests[0]


@pytest.mark.parametrize("answer", LONG.values(), ids=LONG)
def test_of_a_long_document_the_beginning_is_read(build, answer):
    with Site(answer) as server:
        document = fetch(build(), server.netloc)

    assert (document.body, document.is_whole) == (b" " * 1000, False)


def test_a_document_that_never_ends_meets_the_deadline(build):
    with Site(*DRIPS["body"]) as server, at_most(1.5), pytest.raises(CozeTimeoutError):
        fetch(build(), server.netloc, deadline=Deadline(0.4))


def test_a_documents_redirect_is_not_followed(build):
    elsewhere = http_answer(b"", status="302 Found", extra="Location: /login/\r\n")

    with Site(elsewhere) as server:
        document = fetch(build(), server.netloc)

    assert (document.status, document.headers["location"]) == (302, "/login/")
    assert len(server.requests) == 1
