from __future__ import annotations

import json
import threading
import time
import traceback

import jwt
import pytest
import requests

from coze_widget import exceptions
from coze_widget.exceptions import CozeError, InvalidResponseError
from coze_widget.oauth.client import AccessToken, OAuthClient
from coze_widget.oauth.clocks import CozeClock
from coze_widget.oauth.credentials import OAuthApp, load_oauth_app
from coze_widget.oauth.keys import PrivateKeyError
from coze_widget.oauth.retries import Retries
from coze_widget.oauth.transport import Transport
from tests.fake_network import FakeNetwork, Reply
from tests.keypairs import private_pem, rsa_key
from tests.tiny_server import TinyServer, at_most, http_answer

NOW = 1_800_000_000
TOKEN = "czs_" + "t" * 40
GRANT = Reply({"access_token": TOKEN, "expires_in": NOW + 3600, "token_type": "Bearer"})
DOWN = Reply("<html>oops</html>", status=503)


def make_app(**changes):
    fields = {
        "client_id": "1125",
        "public_key_id": "kid-1",
        "private_key": private_pem(),
        **changes,
    }
    return OAuthApp(**fields)


class Client:
    """An OAuth client on a fake network, with the pauses that it made."""

    def __init__(self, *replies, app=None, breaker=None, **options):
        self.network = FakeNetwork(*replies)
        self.pauses = []
        options = {"sleep": self.pauses.append, "jitter": lambda: 1.0, **options}
        self.client = OAuthClient(
            app or make_app(),
            Transport(session=self.network.session()),
            retries=Retries(**options),
            breaker=breaker,
            clock=CozeClock("api.coze.cn", clock=lambda: NOW),
        )

    def fetch(self, **options):
        return self.client.fetch_token(**{"session_name": "alice", **options})

    def failure(self):
        with pytest.raises(CozeError) as caught:
            self.fetch()
        return caught.value

    def assertions(self):
        return [
            read_assertion(request.headers["Authorization"])
            for request in self.network.requests
        ]


def read_assertion(header):
    """As Coze would: signature, audience and issuer; the clock of these tests is fake."""
    return jwt.decode(
        header.removeprefix("Bearer "),
        rsa_key().public_key(),
        algorithms=["RS256"],
        audience="api.coze.cn",
        issuer="1125",
        options={"verify_exp": False, "verify_iat": False},
    )


# What is asked


def test_a_token_is_fetched():
    assert Client(GRANT).fetch() == AccessToken(TOKEN, NOW + 3600)


def test_the_request_is_what_cozes_guide_shows():
    client = Client(GRANT)

    client.fetch(duration_seconds=900)

    request = client.network.requests[0]
    assert (request.method, request.url) == (
        "POST",
        "https://api.coze.cn/api/permission/oauth2/token",
    )
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.body) == {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "duration_seconds": 900,
    }
    claims = client.assertions()[0]
    assert claims["session_name"] == "alice"
    assert claims["iat"] < NOW < claims["exp"] <= NOW + 600
    assert len(claims["jti"]) > 32


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"account_id": "74"}, "/api/permission/oauth2/account/74/token"),
        ({"enterprise_id": "v_7"}, "/api/permission/oauth2/enterprise_id/v_7/token"),
    ],
)
def test_an_account_or_enterprise_has_a_path_of_its_own(changes, path):
    client = Client(GRANT, app=make_app(**changes))

    client.fetch()

    assert client.network.requests[0].path_url == path


def test_a_channel_apps_scope_is_sent():
    scope = {"account_permission": {"permission_list": ["Connector.botChat"]}}
    client = Client(GRANT, app=make_app(scope=scope))

    client.fetch()

    assert json.loads(client.network.requests[0].body)["scope"] == scope
    assert client.network.requests[0].path_url == "/api/permission/oauth2/token"


def test_a_person_is_never_left_out():
    with pytest.raises(ValueError, match=r"^session_name must not be empty$"):
        Client(GRANT).fetch(session_name="")


@pytest.mark.parametrize("seconds", [0, 86_400])
def test_a_life_that_coze_does_not_grant_is_not_asked_for(seconds):
    client = Client(GRANT)

    with pytest.raises(ValueError, match=r"^duration_seconds must be from 1 to 86399$"):
        client.fetch(duration_seconds=seconds)

    assert client.network.requests == []


def test_a_key_that_is_none_is_no_coze_error():
    with pytest.raises(PrivateKeyError):
        Client(GRANT, app=make_app(private_key="hello")).fetch()


# What is answered


def test_a_token_knows_its_end():
    token = AccessToken("secret", NOW)

    assert token.is_expired(NOW)
    assert not token.is_expired(NOW - 1)
    assert token.is_expired(NOW - 1, leeway=60)
    assert repr(token) == f"AccessToken(expires_at={NOW})"


UNUSABLE = {
    "no token": ({"expires_in": NOW + 60}, "no access token"),
    "null": ({"access_token": None, "expires_in": NOW + 60}, "no access token"),
    "two lines": ({"access_token": "a\nb", "expires_in": NOW + 60}, "no access token"),
    "no expiry": ({"access_token": TOKEN}, "no expiry"),
    "text": ({"access_token": TOKEN, "expires_in": str(NOW + 60)}, "no expiry"),
    "true": ({"access_token": TOKEN, "expires_in": True}, "no expiry"),
    "a span": ({"access_token": TOKEN, "expires_in": 3600}, "an expiry that is past"),
    "now": ({"access_token": TOKEN, "expires_in": NOW}, "an expiry that is past"),
    "milliseconds": (
        {"access_token": TOKEN, "expires_in": (NOW + 60) * 1000},
        "an expiry that is too far away",
    ),
}


@pytest.mark.parametrize(("payload", "problem"), UNUSABLE.values(), ids=UNUSABLE)
def test_an_unusable_grant_is_refused(payload, problem):
    error = Client(Reply(payload, headers={"X-Tt-Logid": "20a1"})).failure()

    assert type(error) is InvalidResponseError
    assert str(error) == (
        f"Coze's answer holds {problem} (HTTP 200, logid 20a1). Check base_url and "
        "this machine's clock."
    )


@pytest.mark.parametrize("body", ["<html>login</html>", "", "[]"])
def test_an_answer_that_is_no_json_object_is_refused(body):
    client = Client(Reply(body))

    error = client.failure()

    assert type(error) is InvalidResponseError
    assert "no portal or proxy answers in its place" in error.remedy
    assert len(client.network.requests) == 1


def test_a_redirect_is_refused():
    reply = Reply(status=302, headers={"Location": "https://www.coze.cn/login"})
    client = Client(reply)

    assert type(client.failure()) is InvalidResponseError
    assert len(client.network.requests) == 1


def test_an_unregistered_key_is_explained():
    text = f"kid {'k' * 43} is not registered"
    reply = Reply(
        {"error_code": "invalid_client", "error_message": text},
        status=401,
        headers={"X-Tt-Logid": "20a1"},
    )

    error = Client(reply).failure()

    assert type(error) is exceptions.AuthenticationError
    assert str(error) == (
        "Coze refused: kid [masked] is not registered (HTTP 401, code invalid_client, "
        "logid 20a1). Coze does not know the key: client_id or public_key_id is wrong, "
        "or the app belongs to the other region (https://api.coze.cn and https://api.coze.com "
        "share no apps)."
    )


def test_an_envelope_under_status_200_is_a_failure():
    reply = Reply({"code": 4101, "msg": "no permission", "detail": {"logid": "20a1"}})

    error = Client(reply).failure()

    assert type(error) is exceptions.PermissionDeniedError
    assert (error.code, error.logid, error.status) == (4101, "20a1", 200)


# Again

RETRIED = {
    "no connection": requests.ConnectionError(),
    "no connection in time": requests.ConnectTimeout(),
    "500": Reply({"error_code": "internal_error"}, status=500),
    "502": Reply("", status=502),
    "503": DOWN,
    "504": Reply("", status=504),
}
FINAL = {
    "400": Reply({"error_code": "invalid_request"}, status=400),
    "401": Reply({"error_code": "invalid_client"}, status=401),
    "404": Reply("", status=404),
    "408": Reply("", status=408),
    "429": Reply("", status=429, headers={"Retry-After": "1"}),
    "internal error under 400": Reply({"error_code": "internal_error"}, status=400),
    "silence": requests.ReadTimeout(),
}


@pytest.mark.parametrize("reply", RETRIED.values(), ids=RETRIED)
def test_what_may_pass_is_tried_again_with_a_new_assertion(reply):
    client = Client(reply, reply, GRANT)

    assert client.fetch().value == TOKEN
    assert len({claims["jti"] for claims in client.assertions()}) == 3
    assert client.pauses == [0.2, 0.4]


@pytest.mark.parametrize("reply", FINAL.values(), ids=FINAL)
def test_what_stays_is_not_tried_again(reply):
    client = Client(reply, GRANT)

    client.failure()

    assert len(client.network.requests) == 1


def test_the_last_failure_is_raised_when_all_tries_failed():
    client = Client(requests.ConnectionError(), DOWN)

    assert type(client.failure()) is exceptions.InternalServerError
    assert len(client.network.requests) == 3


def test_tries_can_be_switched_off():
    client = Client(DOWN, max_retries=0)

    client.failure()

    assert (len(client.network.requests), client.pauses) == (1, [])


def test_the_pause_varies_so_that_workers_do_not_march_in_step():
    client = Client(DOWN, GRANT, jitter=lambda: 0.0)

    client.fetch()

    assert client.pauses == [0.1]


def test_coze_may_ask_for_a_longer_pause():
    reply = Reply("", status=503, headers={"Retry-After": "3"})
    client = Client(reply, GRANT)

    client.fetch()

    assert client.pauses == [3]


def test_a_pause_beyond_the_deadline_is_not_made():
    reply = Reply("", status=503, headers={"Retry-After": "30"})
    client = Client(reply, GRANT)

    assert client.failure().retry_after == 30
    assert client.pauses == []


def test_the_deadline_covers_all_tries_together():
    moments = iter([0.0, 0.0, 5.0, 11.9, 11.9, 12.0])
    client = Client(DOWN, monotonic=lambda: next(moments))

    client.failure()

    assert len(client.network.requests) == 2
    assert client.network.arguments[1]["timeout"][1] == pytest.approx(0.1)


# Over a real connection


@pytest.fixture
def connect():
    transport = Transport()

    def build(server, **options):
        retries = Retries(**{"sleep": lambda seconds: None, **options})
        app = make_app(base_url=f"http://{server.netloc}")
        return OAuthClient(app, transport, retries=retries)

    yield build
    transport.close()


def grant():
    body = {"access_token": TOKEN, "expires_in": int(time.time()) + 3600}
    return http_answer(json.dumps(body).encode())


def test_twenty_threads_share_a_client(connect):
    tokens = []
    with TinyServer(grant()) as server:
        client = connect(server)
        threads = [
            threading.Thread(
                target=lambda: tokens.append(client.fetch_token(session_name="alice"))
            )
            for _ in range(20)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    heads = [request.split(b"Bearer ")[1].split()[0] for request in server.requests]
    names = {
        jwt.decode(head, options={"verify_signature": False})["jti"] for head in heads
    }
    assert [token.value for token in tokens] == [TOKEN] * 20
    assert len(names) == 20


def test_a_connection_is_used_again(connect):
    with TinyServer(grant()) as server:
        client = connect(server)
        for name in ("alice", "bob", "carol"):
            client.fetch_token(session_name=name)

    assert server.connections == 1


def test_a_server_that_closes_after_each_answer_is_no_problem(connect):
    with TinyServer(grant(), None) as server:
        client = connect(server)
        for name in ("alice", "bob"):
            assert client.fetch_token(session_name=name).value == TOKEN


def test_a_dripping_server_is_left_at_the_deadline(connect):
    drip = [b"HTTP/1.1 200 OK\r\n"] + [b"X", 0.1] * 50

    with TinyServer(*drip) as server, at_most(1.5):
        client = connect(server, total_timeout=0.4)
        with pytest.raises(exceptions.TimeoutError):
            client.fetch_token(session_name="alice")


# What never shows

FAILURES = {
    "refused": Reply(
        {"error_code": "invalid_client", "error_message": "no"}, status=401
    ),
    "down": DOWN,
    "no connection": requests.ConnectionError("no"),
    "silence": requests.ReadTimeout("no"),
    "no expiry": Reply({"access_token": TOKEN}),
}


@pytest.mark.parametrize("reply", FAILURES.values(), ids=FAILURES)
def test_a_failure_holds_no_token_key_or_request(reply):
    client = Client(reply)

    error = client.failure()

    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    shown = f"{error!r} {vars(error)} " + "".join(report.format())
    assertion = client.network.requests[0].headers["Authorization"].split()[1]
    for secret in (assertion, TOKEN, private_pem().splitlines()[3], "Bearer"):
        assert secret not in shown
    assert error.__cause__ is error.__context__ is None


def test_an_assertion_that_coze_repeats_is_masked():
    class Echo(FakeNetwork):
        def send(self, request, **kwargs):
            header = request.headers["Authorization"]
            self.replies = [
                Reply({"error_code": "invalid_client", "error_message": header}, 401)
            ]
            return super().send(request, **kwargs)

    client = Client()
    client.client._transport._session.mount("https://", Echo())

    assert client.failure().args == ("Coze refused: Bearer [masked]",)


# What the stand-in for Coze makes of it


@pytest.fixture
def ask(sandbox):
    """Fetch a token from the sandbox with the console's file, changed as told."""
    transport = Transport()

    def fetch_token(**changes):
        config = {**sandbox.make_oauth_config(), **changes}
        client = OAuthClient(load_oauth_app(config, name="default"), transport)
        return client.fetch_token(session_name="alice", duration_seconds=600)

    yield fetch_token
    transport.close()


def test_the_consoles_file_is_enough_for_a_token(ask):
    token = ask()

    assert token.value.startswith("czs_")
    assert token.expires_at == pytest.approx(time.time() + 600, abs=5)


def test_a_wrong_kid_is_explained(ask):
    with pytest.raises(exceptions.AuthenticationError) as caught:
        ask(public_key_id="somebody-elses")

    assert "client_id or public_key_id is wrong" in caught.value.remedy
    assert caught.value.logid


def test_a_wrong_key_is_explained(ask):
    with pytest.raises(exceptions.AuthenticationError) as caught:
        ask(private_key=private_pem())

    assert "belong to one app" in caught.value.remedy
