"""A test for each thing that Coze's token endpoint checks."""

from __future__ import annotations

import time

import jwt
import pytest
import requests

from coze_widget.sandbox.oauth_apps import OAuthApp, read_public_part
from tests.sandbox.caller import BOT, UNPUBLISHED_BOT, Caller

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
PATH = "/api/permission/oauth2/token"
MISSING = object()


class Exchange:
    """Trades one assertion after the other; what is not said is as it must be."""

    def __init__(self, sandbox, config):
        self.url = sandbox.url
        self.host = sandbox.url.removeprefix("http://")
        self.config = config

    def sign(self, *, header=None, key=None, algorithm="RS256", **changes):
        now = int(time.time())
        claims = {
            "iss": self.config["client_id"],
            "aud": self.host,
            "iat": now,
            "exp": now + 600,
            "jti": f"{now}-{time.perf_counter_ns()}",
            **changes,
        }
        claims = {name: value for name, value in claims.items() if value is not MISSING}
        return jwt.encode(
            claims,
            key or self.config["private_key"],
            algorithm=algorithm,
            headers={"kid": self.config["public_key_id"], **(header or {})},
        )

    def post(self, assertion=None, *, path=PATH, claims=None, **body):
        if assertion is None:
            assertion = self.sign(**(claims or {}))
        body = {"grant_type": GRANT_TYPE, **body}
        return requests.post(
            self.url + path,
            json=body,
            headers={"Authorization": f"Bearer {assertion}"} if assertion else {},
            timeout=10,
        )


@pytest.fixture
def exchange(sandbox, oauth_config):
    return Exchange(sandbox, oauth_config)


def assert_refused(response, status, error_code, message):
    assert response.status_code == status
    assert response.json()["error_code"] == error_code
    assert response.json()["error_message"] == message
    assert "access_token" not in response.json()


def test_a_good_assertion_gets_a_token(exchange):
    response = exchange.post()

    answer = response.json()
    assert response.status_code == 200
    assert answer["access_token"].startswith("czs_")
    assert answer["token_type"] == "Bearer"
    assert response.headers["X-Tt-Logid"]


def test_the_life_of_a_token_is_a_moment_and_15_minutes_by_default(exchange):
    answer = exchange.post().json()

    assert answer["expires_in"] == pytest.approx(time.time() + 900, abs=5)


def test_the_token_opens_the_api_for_its_session_name(exchange, sandbox, alice):
    conversation = alice.begin()
    token = exchange.post(claims={"session_name": "alice"}).json()["access_token"]

    with Caller(sandbox, token=token) as caller:
        answer = caller.ask(
            "GET", f"/v1/conversation/retrieve?conversation_id={conversation['id']}"
        )

    assert answer["data"]["id"] == conversation["id"]


@pytest.mark.parametrize("duration", [1, 86399])
def test_the_bounds_of_a_life_are_accepted(exchange, duration):
    answer = exchange.post(duration_seconds=duration).json()

    assert answer["expires_in"] == pytest.approx(time.time() + duration, abs=5)


@pytest.mark.parametrize("duration", [0, -1, 86400, "900", 900.5, True, None])
def test_a_life_out_of_bounds_is_refused(exchange, duration):
    response = exchange.post(duration_seconds=duration)

    assert_refused(
        response, 400, "invalid_request", "invalid request: duration_seconds"
    )


@pytest.mark.parametrize("grant_type", ["authorization_code", "", None])
def test_another_grant_type_is_refused(exchange, grant_type):
    response = exchange.post(grant_type=grant_type)

    assert_refused(response, 400, "unsupported_grant_type", "not supported grant type")


def test_a_body_that_is_no_json_is_refused(exchange):
    headers = {"Authorization": f"Bearer {exchange.sign()}"}
    url = exchange.url + PATH

    form = requests.post(url, data={"a": "b"}, headers=headers, timeout=10)
    headers["Content-Type"] = "application/json"
    text = requests.post(url, data="{", headers=headers, timeout=10)
    array = requests.post(url, data="[]", headers=headers, timeout=10)
    nested = requests.post(url, data="[" * 100000, headers=headers, timeout=10)

    assert_refused(form, 400, "invalid_request", "invalid request: Content-Type")
    for response in (text, array, nested):
        assert_refused(response, 400, "invalid_request", "invalid request: body")


def test_a_missing_assertion_is_refused(exchange):
    assert_refused(exchange.post(""), 401, "invalid_client", "verify jwt empty")


def test_an_assertion_that_is_no_jwt_is_refused(exchange):
    response = exchange.post("not.a.jwt")

    assert_refused(response, 401, "invalid_client", "the JWT is malformed")


@pytest.mark.parametrize("header", [{"typ": "JOSE"}, {"typ": None}])
def test_the_header_must_name_the_type(exchange, header):
    response = exchange.post(exchange.sign(header=header))

    assert_refused(
        response,
        401,
        "invalid_client",
        "the header of the JWT must say alg RS256 and typ JWT",
    )


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [("HS256", "a secret of more than thirty-two bytes"), ("RS512", None)],
)
def test_another_algorithm_is_refused(exchange, algorithm, key):
    response = exchange.post(exchange.sign(algorithm=algorithm, key=key))

    assert_refused(
        response,
        401,
        "invalid_client",
        "the header of the JWT must say alg RS256 and typ JWT",
    )


def test_an_unregistered_kid_is_refused(exchange):
    response = exchange.post(exchange.sign(header={"kid": "another"}))

    assert_refused(
        response, 401, "invalid_client", "the kid is not registered with this API"
    )


def test_a_signature_by_another_key_is_refused(exchange, sandbox):
    stranger = sandbox.make_oauth_config(client_id="7400000000000000042")

    response = exchange.post(exchange.sign(key=stranger["private_key"]))

    assert_refused(
        response, 401, "invalid_client", "the signature does not fit the public key"
    )


@pytest.mark.parametrize("iss", ["7400000000000000099", MISSING])
def test_another_issuer_is_refused(exchange, iss):
    response = exchange.post(claims={"iss": iss})

    assert_refused(
        response, 401, "invalid_client", "iss is not the id of the OAuth app"
    )


@pytest.mark.parametrize("aud", ["api.coze.cn", "http://127.0.0.1", MISSING])
def test_another_audience_is_refused(exchange, aud):
    response = exchange.post(claims={"aud": aud})

    assert_refused(response, 401, "invalid_client", "aud is not the host of this API")


def test_the_audience_is_the_host_that_was_addressed(exchange):
    port = exchange.host.partition(":")[2]
    exchange.url = f"http://localhost:{port}"

    assert exchange.post(claims={"aud": f"localhost:{port}"}).status_code == 200
    assert exchange.post(claims={"aud": exchange.host}).status_code == 401


@pytest.mark.parametrize(
    ("iat", "exp", "message"),
    [
        (MISSING, 600, "iat and exp must be whole seconds"),
        (0, MISSING, "iat and exp must be whole seconds"),
        (0.5, 600, "iat and exp must be whole seconds"),
        (0, 0, "exp must be later than iat"),
        (0, -1, "exp must be later than iat"),
        (60, 600, "iat lies in the future"),
        (-600, -60, "the JWT has expired"),
    ],
)
def test_times_that_make_no_sense_are_refused(exchange, iat, exp, message):
    now = int(time.time())
    claims = {
        name: value if value is MISSING else now + value
        for name, value in (("iat", iat), ("exp", exp))
    }

    response = exchange.post(claims=claims)

    assert_refused(response, 401, "invalid_client", message)


def test_a_clock_that_is_a_little_off_is_forgiven(exchange):
    now = int(time.time())

    assert exchange.post(claims={"iat": now + 20}).status_code == 200
    assert exchange.post(claims={"iat": now - 600, "exp": now - 10}).status_code == 200


@pytest.mark.parametrize("jti", [MISSING, ""])
def test_a_missing_jti_is_refused(exchange, jti):
    response = exchange.post(claims={"jti": jti})

    assert_refused(response, 401, "invalid_client", "jti is missing")


def test_an_assertion_works_once(exchange):
    assertion = exchange.sign()

    assert exchange.post(assertion).status_code == 200
    assert_refused(
        exchange.post(assertion), 401, "invalid_client", "the JWT has been used before"
    )


def test_a_refused_request_does_not_use_the_assertion_up(exchange):
    assertion = exchange.sign()

    assert exchange.post(assertion, duration_seconds=0).status_code == 400
    assert exchange.post(assertion).status_code == 200


def test_used_assertions_are_forgotten_when_they_have_ended(exchange, sandbox):
    sandbox.state.used_jtis["long ago"] = 1

    exchange.post()

    assert "long ago" not in sandbox.state.used_jtis


def test_a_session_name_must_be_text(exchange):
    response = exchange.post(claims={"session_name": 5})

    assert_refused(response, 400, "invalid_request", "invalid request: session_name")


def test_a_deactivated_app_is_denied(exchange, sandbox):
    config = sandbox.make_oauth_config(client_id="7400000000000000043")
    sandbox.state.oauth_apps[-1].deactivated = True

    response = Exchange(sandbox, config).post()

    assert_refused(response, 403, "access_deny", "app has been deactivated")


def test_an_app_may_have_several_keys(exchange, sandbox, oauth_config):
    second = sandbox.make_oauth_config(client_id=oauth_config["client_id"])

    assert Exchange(sandbox, second).post().status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/api/permission/oauth2/account/7400000000000000032/token",
        "/api/permission/oauth2/enterprise_id/7400000000000000032/token",
    ],
)
def test_histories_of_another_account_are_apart(exchange, sandbox, alice, path):
    alice.begin()
    answer = exchange.post(path=path, claims={"session_name": "alice"}).json()

    with Caller(sandbox, token=answer["access_token"]) as caller:
        listed = caller.ask("GET", f"/v1/conversations?bot_id={BOT}&connector_id=999")
        me = caller.ask("GET", "/v1/users/me")

    assert listed["data"]["conversations"] == []
    assert me["data"]["user_id"] == "7400000000000000032"


def test_an_account_is_a_number(exchange):
    response = exchange.post(path="/api/permission/oauth2/account/acme/token")

    assert_refused(response, 400, "invalid_request", "invalid request: account_id")


def narrow_to(*bot_ids):
    attribute = {"bot_id_list": list(bot_ids)}
    return {
        "account_permission": {"permission_list": ["Connector.botChat"]},
        "attribute_constraint": {"connector_bot_chat_attribute": attribute},
    }


@pytest.fixture
def channel(sandbox):
    """A channel app: only its scope has an effect."""
    return Exchange(sandbox, sandbox.make_oauth_config(channel=True))


def retrieve_bot(sandbox, token):
    with Caller(sandbox, token=token) as caller:
        return caller.ask("GET", f"/v1/bots/{BOT}")["code"]


@pytest.mark.parametrize(
    ("scope", "code"),
    [
        (None, 0),
        ({"account_permission": {"permission_list": ["Connector.botChat"]}}, 0),
        (narrow_to(BOT), 0),
        (narrow_to(UNPUBLISHED_BOT), 4101),
    ],
)
def test_the_scope_of_a_channel_app_names_its_bots(channel, sandbox, scope, code):
    token = channel.post(scope=scope).json()["access_token"]

    assert retrieve_bot(sandbox, token) == code


def test_the_scope_of_an_ordinary_app_has_no_effect(exchange, sandbox):
    token = exchange.post(scope=narrow_to(UNPUBLISHED_BOT)).json()["access_token"]

    assert retrieve_bot(sandbox, token) == 0


@pytest.mark.parametrize(
    "scope",
    [
        "everything",
        {"attribute_constraint": {"connector_bot_chat_attribute": {"bots": []}}},
        {"attribute_constraint": {"connector_bot_chat_attribute": {"bot_id_list": 5}}},
    ],
)
def test_a_scope_of_another_shape_is_refused(channel, scope):
    response = channel.post(scope=scope)

    assert_refused(response, 400, "invalid_request", "invalid request: scope")


def test_a_channel_token_may_not_list_workspaces(channel, sandbox):
    token = channel.post().json()["access_token"]

    with Caller(sandbox, token=token) as caller:
        assert caller.ask("GET", "/v1/workspaces")["code"] == 4101


def test_the_endpoint_takes_nothing_but_post(exchange):
    response = requests.get(exchange.url + PATH, timeout=10)

    assert response.status_code == 404


def test_the_public_part_holds_no_private_key(oauth_config):
    app = read_public_part(oauth_config)

    assert isinstance(app, OAuthApp)
    assert "PRIVATE" not in repr(app)
    assert not hasattr(next(iter(app.public_keys.values())), "private_numbers")
