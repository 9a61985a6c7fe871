"""What may go wrong between us and Coze, over real HTTP."""

from __future__ import annotations

import json
import threading
import time
from email.utils import formatdate

import pytest

from coze_widget import exceptions
from coze_widget.exceptions import CircuitOpenError, CozeError
from coze_widget.oauth.breakers import Breaker
from coze_widget.oauth.client import OAuthClient
from coze_widget.oauth.clocks import CozeClock
from coze_widget.oauth.credentials import OAuthApp, load_oauth_app
from coze_widget.oauth.retries import Retries
from coze_widget.oauth.transport import Transport
from tests.keypairs import private_pem, tls_context
from tests.tiny_server import TinyServer, http_answer

TOKEN_PATH = "/api/permission/oauth2/token"
HOUR = 3600


@pytest.fixture
def make_client():
    """A client of its own connections and clock, which does not pause."""
    transports = []

    def make(app, *, breaker=None, ca_bundle=None, read_timeout=5, **retries):
        transports.append(Transport(ca_bundle=ca_bundle, read_timeout=read_timeout))
        return OAuthClient(
            app,
            transports[-1],
            retries=Retries(**{"sleep": lambda seconds: None, **retries}),
            breaker=breaker,
            clock=CozeClock(app.base_url),
        )

    yield make
    for transport in transports:
        transport.close()


@pytest.fixture
def app(oauth_config):
    return load_oauth_app(oauth_config, name="default")


def app_at(netloc, *, scheme="http"):
    return OAuthApp(
        client_id="1125",
        public_key_id="kid-1",
        private_key=private_pem(),
        base_url=f"{scheme}://{netloc}",
    )


def fetch(client, **options):
    return client.fetch_token(**{"session_name": "alice", **options})


def failure(client):
    with pytest.raises(CozeError) as caught:
        fetch(client)
    return caught.value


def asked(sandbox):
    return [one["status"] for one in sandbox.requests if one["path"] == TOKEN_PATH]


def grant(*, clock_seconds=0):
    now = time.time() + clock_seconds
    body = {"access_token": "czs_" + "t" * 40, "expires_in": int(now) + HOUR}
    date = f"Date: {formatdate(now, usegmt=True)}\r\n"
    return http_answer(json.dumps(body).encode(), extra=date)


# Late, half, wrong, none


def test_an_answer_after_the_deadline_is_left(make_client, sandbox, app):
    sandbox.add_fault(TOKEN_PATH, latency_ms=2000)

    error = failure(make_client(app, total_timeout=0.2))

    assert type(error) is exceptions.TimeoutError
    assert len(asked(sandbox)) == 1


def test_half_an_answer_is_asked_for_again(make_client):
    half = [b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{", None]

    with TinyServer(*half) as server:
        error = failure(make_client(app_at(server.netloc), max_retries=1))

    assert type(error) is exceptions.ConnectionFailedError
    assert len(server.requests) == 2


def test_a_200_with_an_error_code_is_an_error(make_client, sandbox, app):
    sandbox.add_fault(TOKEN_PATH, status=200, code=4101, msg="no")

    error = failure(make_client(app))

    assert type(error) is exceptions.PermissionDeniedError
    assert asked(sandbox) == [200]


def test_a_certificate_that_nobody_vouches_for_gets_no_assertion(make_client, tmp_path):
    with TinyServer(grant(), tls=tls_context(tmp_path / "tls.pem")) as server:
        error = failure(make_client(app_at(server.netloc, scheme="https")))

    assert type(error) is exceptions.ConnectionFailedError
    assert error.args[0].endswith(": SSLError")
    assert server.requests == []


def test_a_refused_connection_is_tried_as_often_as_told(make_client):
    pauses = []
    with TinyServer() as server:
        pass

    error = failure(make_client(app_at(server.netloc), sleep=pauses.append))

    assert type(error) is exceptions.ConnectionFailedError
    assert len(pauses) == 2


def test_a_429_is_not_tried_again(make_client, sandbox, app):
    sandbox.add_fault(TOKEN_PATH, status=429, body="", headers={"Retry-After": "7"})

    error = failure(make_client(app))

    assert (type(error), error.retry_after) == (exceptions.RateLimitError, 7)
    assert asked(sandbox) == [429]


def test_a_503_is_tried_again_when_coze_says(make_client, sandbox, app):
    sandbox.add_fault(TOKEN_PATH, status=503, body="", headers={"Retry-After": "2"})
    pauses = []

    token = fetch(make_client(app, sleep=pauses.append))

    assert token.value.startswith("czs_")
    assert pauses == [2]
    assert asked(sandbox) == [503, 200]


def test_a_503_that_outlasts_our_patience_is_told(make_client, sandbox, app):
    sandbox.add_fault(TOKEN_PATH, status=503, body="", headers={"Retry-After": "60"})

    error = failure(make_client(app))

    assert (type(error), error.retry_after) == (exceptions.InternalServerError, 60)
    assert asked(sandbox) == [503]


# A clock that is wrong


@pytest.mark.parametrize("skew", [HOUR, -HOUR, 23 * HOUR, -23 * HOUR])
def test_a_clock_that_is_hours_wrong_costs_one_refusal(
    make_client, sandbox, app, skew, caplog
):
    sandbox.shift_clock(skew)
    client = make_client(app, max_retries=0)

    first = fetch(client, duration_seconds=600)
    second = fetch(client, duration_seconds=600)

    assert asked(sandbox) == [401, 200, 200]
    assert client.skew_seconds == pytest.approx(skew, abs=5)
    for token in (first, second):
        assert token.expires_at == pytest.approx(time.time() + 600, abs=5)
    assert len(caplog.messages) == 1


def test_a_clock_that_is_set_right_costs_one_refusal_more(make_client, sandbox, app):
    client = make_client(app, max_retries=0)
    sandbox.shift_clock(HOUR)
    fetch(client)

    sandbox.shift_clock(0)
    token = fetch(client, duration_seconds=600)

    assert asked(sandbox) == [401, 200, 401, 200]
    assert client.skew_seconds == 0
    assert token.expires_at == pytest.approx(time.time() + 600, abs=5)


def test_a_clock_that_is_days_wrong_is_not_followed(make_client, sandbox, app):
    sandbox.shift_clock(48 * HOUR)

    error = failure(make_client(app))

    assert type(error) is exceptions.AuthenticationError
    assert "this machine's clock is right" in error.remedy
    assert asked(sandbox) == [401]


def test_a_page_of_somebody_in_between_does_not_tell_the_time(
    make_client, sandbox, app
):
    sandbox.shift_clock(HOUR)
    sandbox.add_fault(TOKEN_PATH, status=502, body="<html>bad gateway</html>")
    client = make_client(app, max_retries=0)

    failure(client)

    assert client.skew_seconds == 0


def test_another_refusal_is_not_put_down_to_the_clock(make_client, sandbox, app):
    sandbox.shift_clock(HOUR)
    sandbox.state.oauth_apps[0].deactivated = True

    error = failure(make_client(app))

    assert type(error) is exceptions.PermissionDeniedError
    assert asked(sandbox) == [403]


def test_a_wrong_clock_and_a_wrong_key_are_told_after_two_requests(
    make_client, sandbox, oauth_config
):
    sandbox.shift_clock(HOUR)
    wrong = load_oauth_app({**oauth_config, "public_key_id": "other"}, name="default")

    error = failure(make_client(wrong))

    assert type(error) is exceptions.AuthenticationError
    assert asked(sandbox) == [401, 401]


def test_many_who_find_the_clock_wrong_all_get_their_token(make_client, sandbox, app):
    sandbox.shift_clock(HOUR)
    sandbox.add_fault(TOKEN_PATH, latency_ms=200, times=None)
    client = make_client(app, max_retries=0)
    tokens = []
    threads = [
        threading.Thread(target=lambda: tokens.append(fetch(client))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({token.value for token in tokens}) == 8


def test_a_server_that_accepts_anything_still_tells_the_time(make_client):
    """Its token's end is translated, though nothing was refused."""
    with TinyServer(grant(clock_seconds=-HOUR)) as server:
        token = fetch(make_client(app_at(server.netloc)))

    assert token.expires_at == pytest.approx(time.time() + HOUR, abs=5)


# Kept connections


def test_a_connection_that_was_closed_while_idle_costs_nothing(make_client):
    """The server hangs up a moment after each answer, as it may after minutes."""
    pauses = []
    with TinyServer(grant(), 0.05, None) as server:
        client = make_client(app_at(server.netloc), max_retries=0, sleep=pauses.append)
        for _ in range(3):
            fetch(client)
            time.sleep(0.2)

    assert (server.connections, len(server.requests), pauses) == (3, 3, [])


def test_a_connection_that_is_closed_as_it_is_used_costs_no_error(make_client):
    """Its server hangs up when the next request is already on its way."""
    breaker = Breaker("default", failures=1)
    with HangingUpServer() as server:
        client = make_client(app_at(server.netloc), breaker=breaker, max_retries=0)
        for _ in range(3):
            fetch(client)

    assert len(server.requests) == 5  # the second and the third were sent twice
    assert len(set(server.requests)) == 5  # with an assertion of its own each
    assert breaker.state == "closed"


class HangingUpServer(TinyServer):
    """Answers the first request of a connection and reads the second."""

    def __init__(self):
        super().__init__(grant())
        self._seen = set()

    def _answer(self, connection):
        if connection in self._seen:
            return False
        self._seen.add(connection)
        return super()._answer(connection)


def test_who_hangs_up_at_once_again_is_down(make_client):
    with TinyServer(None) as server:
        error = failure(make_client(app_at(server.netloc), max_retries=0))

    assert type(error) is exceptions.ConnectionLostError
    assert len(server.requests) == 2


# An outage


def test_an_outage_from_its_first_to_its_last_moment(make_client, sandbox, app):
    moment = [0.0]
    breaker = Breaker("default", failures=2, monotonic=lambda: moment[0])
    client = make_client(app, breaker=breaker, max_retries=1)
    sandbox.add_fault(TOKEN_PATH, status=503, body="", times=None)

    assert [type(failure(client)) for _ in range(2)] == [
        exceptions.InternalServerError
    ] * 2
    assert asked(sandbox) == [503] * 4

    assert [type(failure(client)) for _ in range(9)] == [CircuitOpenError] * 9
    assert asked(sandbox) == [503] * 4

    moment[0] += 1
    assert type(failure(client)) is exceptions.InternalServerError
    assert asked(sandbox) == [503] * 5  # a probe has no second try

    sandbox.clear_faults()
    assert type(failure(client)) is CircuitOpenError
    moment[0] += 1
    assert fetch(client).value.startswith("czs_")
    assert breaker.state == "closed"


def test_a_host_that_swallows_everything_holds_a_probe_for_seconds(
    make_client, sandbox, app, monkeypatch
):
    monkeypatch.setattr("coze_widget.oauth.client._PROBE_SECONDS", 0.2)
    breaker = Breaker("default", failures=1, reset_seconds=0.001)
    client = make_client(app, breaker=breaker, max_retries=0)
    sandbox.add_fault(TOKEN_PATH, status=500, body="")
    failure(client)
    sandbox.add_fault(TOKEN_PATH, latency_ms=4000)
    time.sleep(0.01)

    error = failure(client)

    assert type(error) is exceptions.TimeoutError


def test_who_is_about_to_try_again_gives_up_when_it_opens(make_client, sandbox, app):
    breaker = Breaker("default", failures=2)
    sandbox.add_fault(TOKEN_PATH, status=503, body="", times=None)
    other = make_client(app, breaker=breaker, max_retries=0)

    def pause(seconds):
        failure(other)
        failure(other)

    error = failure(make_client(app, breaker=breaker, max_retries=5, sleep=pause))

    assert type(error) is exceptions.InternalServerError
    assert len(asked(sandbox)) == 3


def test_while_it_is_open_nothing_is_signed(make_client, sandbox, app, monkeypatch):
    breaker = Breaker("default", failures=1)
    client = make_client(app, breaker=breaker, max_retries=0)
    sandbox.add_fault(TOKEN_PATH, status=500, body="")
    failure(client)
    monkeypatch.setattr("coze_widget.oauth.client.sign_assertion", None)

    assert type(failure(client)) is CircuitOpenError


def test_without_a_breaker_coze_is_asked_each_time(make_client, sandbox, app):
    client = make_client(app, max_retries=0)
    sandbox.add_fault(TOKEN_PATH, status=500, body="", times=None)

    for _ in range(9):
        failure(client)

    assert asked(sandbox) == [500] * 9
