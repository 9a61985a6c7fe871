from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
from email.utils import parsedate_to_datetime

import pytest
import requests

from coze_widget.sandbox.connection import MAX_BODY_BYTES
from coze_widget.sandbox.server import Sandbox
from tests.sandbox.caller import BOT, Caller


@pytest.fixture
def connection(sandbox):
    host = sandbox.url.removeprefix("http://")
    with contextlib.closing(http.client.HTTPConnection(host, timeout=10)) as open_one:
        yield open_one


def test_the_front_page_says_what_it_is(sandbox):
    response = requests.get(sandbox.url, timeout=10)

    assert "It is not Coze" in response.text
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("offset_seconds", [3600, -3600])
def test_it_lives_by_a_clock_of_its_own(sandbox, offset_seconds):
    sandbox.shift_clock(offset_seconds)

    response = requests.get(sandbox.url, timeout=10)

    date = parsedate_to_datetime(response.headers["Date"]).timestamp()
    assert date == pytest.approx(time.time() + offset_seconds, abs=5)


def test_a_token_ends_by_the_sandboxs_clock(sandbox):
    token = sandbox.issue_token(duration_seconds=60)

    with Caller(sandbox, token=token) as caller:
        before = caller.ask("GET", f"/v1/bots/{BOT}")["code"]
        sandbox.shift_clock(120)
        after = caller.ask("GET", f"/v1/bots/{BOT}")["code"]

    assert (before, after) == (0, 700012006)


def test_a_connection_is_kept(connection):
    for _ in range(3):
        connection.request("GET", "/")
        connection.getresponse().read()
        connection.auto_open = 0  # a closed connection would be an error now

    assert connection.sock


def test_a_browser_of_any_origin_may_ask(sandbox):
    preflight = requests.options(
        f"{sandbox.url}/v3/chat",
        headers={
            "Origin": "https://site.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization",
        },
        timeout=10,
    )
    refused = requests.get(f"{sandbox.url}/v1/bots/{BOT}", timeout=10)

    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert preflight.headers["Access-Control-Allow-Methods"] == "GET, POST, PUT, DELETE"
    assert preflight.headers["Access-Control-Allow-Headers"] == (
        "authorization, content-type, x-coze-client-user-agent"
    )
    assert "Content-Length" not in preflight.headers
    assert refused.status_code == 401
    assert refused.headers["Access-Control-Allow-Origin"] == "*"


def test_a_body_without_a_length_is_refused(connection):
    connection.putrequest("POST", "/v3/chat")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()  # more might meet a closed connection

    response = connection.getresponse()

    assert response.status == 411
    assert response.headers["Connection"] == "close"


def test_a_length_that_is_no_number_is_refused(connection):
    connection.putrequest("POST", "/v3/chat")
    connection.putheader("Content-Length", "-1")
    connection.endheaders()

    assert connection.getresponse().status == 411


def test_a_body_that_is_too_large_is_refused_unread(connection):
    connection.putrequest("POST", "/v3/chat")
    connection.putheader("Content-Length", str(MAX_BODY_BYTES + 1))
    connection.endheaders()

    assert connection.getresponse().status == 413


def test_a_client_that_goes_away_is_no_trouble(sandbox, capfd):
    address = tuple(sandbox.url.removeprefix("http://").split(":"))
    with socket.create_connection(address, timeout=10) as client:
        # Closing with unread data resets the connection.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET")

    assert requests.get(sandbox.url, timeout=10).status_code == 200
    assert capfd.readouterr().err == ""


def test_stopping_ends_kept_connections_and_slow_answers():
    before = threading.active_count()
    sandbox = Sandbox().start()
    with Caller(sandbox, "alice") as alice:
        pieces = alice.chat(alice.begin()["id"], "/slow").iter_content(1)
        next(pieces)
        began = time.monotonic()

        sandbox.stop()

        pieces.close()
    assert time.monotonic() - began < 3
    assert threading.active_count() <= before


def test_stopping_twice_is_harmless():
    sandbox = Sandbox().start()

    sandbox.stop()
    sandbox.stop()


def test_a_sandbox_that_has_not_started_has_no_address():
    with pytest.raises(RuntimeError, match="the sandbox has not been started"):
        _ = Sandbox().url


def test_it_comes_back_on_the_same_port_with_its_memory():
    sandbox = Sandbox().start()
    url, token = sandbox.url, sandbox.issue_token(session_name="alice")
    sandbox.stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=10)

    with sandbox, Caller(sandbox, token=token) as alice:
        assert sandbox.url == url
        assert alice.ask("GET", f"/v1/bots/{BOT}")["code"] == 0


def test_it_can_listen_on_every_interface():
    with Sandbox(host="0.0.0.0") as sandbox:
        assert sandbox.url.startswith("http://127.0.0.1:")
        assert requests.get(sandbox.url, timeout=10).status_code == 200


def test_two_sandboxes_know_nothing_of_each_other(sandbox, alice):
    with Sandbox() as other, Caller(other, token=alice_token(alice)) as stranger:
        assert stranger.ask("GET", f"/v1/bots/{BOT}")["code"] == 700012006


def alice_token(caller):
    return caller.session.headers["Authorization"].removeprefix("Bearer ")
