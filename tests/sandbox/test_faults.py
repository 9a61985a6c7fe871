from __future__ import annotations

import time

import pytest
import requests

from coze_widget.sandbox.envelope import Refusal
from tests.sandbox.caller import BOT, Caller

BOT_PATH = f"/v1/bots/{BOT}"


def test_a_fault_meets_one_request(sandbox, alice):
    sandbox.add_fault("/v1/bots", code=4028)

    first, second = alice.ask("GET", BOT_PATH), alice.ask("GET", BOT_PATH)

    assert (first["code"], first["msg"]) == (4028, "Your free quota has been used up.")
    assert first["detail"]["logid"]
    assert second["code"] == 0


def test_a_fault_lasts_as_often_as_it_is_told(sandbox, alice):
    sandbox.add_fault("/v1/bots", code=4015, times=2)

    assert [alice.ask("GET", BOT_PATH)["code"] for _ in range(3)] == [4015, 4015, 0]


def test_a_fault_without_end_lasts_until_it_is_cleared(sandbox, alice):
    sandbox.add_fault("/v1/bots", code=702242003, times=None)

    codes = [alice.ask("GET", BOT_PATH)["code"] for _ in range(3)]
    sandbox.clear_faults()

    assert codes == [702242003] * 3
    assert alice.ask("GET", BOT_PATH)["code"] == 0


def test_a_fault_may_mind_the_method(sandbox, alice):
    sandbox.add_fault("/v1/", code=5000, method="post", times=None)

    assert alice.ask("GET", BOT_PATH)["code"] == 0
    assert alice.ask("POST", "/v1/conversation/create", json={})["code"] == 5000


def test_a_fault_minds_the_path(sandbox, alice):
    sandbox.add_fault("/v1/workspaces", code=5000)

    assert alice.ask("GET", BOT_PATH)["code"] == 0


def test_a_fault_has_its_own_words_status_and_headers(sandbox, alice):
    sandbox.add_fault(
        "/v1/bots", code=4013, msg="Slowly", status=429, headers={"Retry-After": "7"}
    )

    response = alice.send("GET", BOT_PATH)

    assert response.status_code == 429
    assert response.headers["Retry-After"] == "7"
    assert response.json()["msg"] == "Slowly"


def test_a_code_without_known_words_says_the_code():
    assert Refusal(4999).msg == "Error 4999."


def test_a_status_alone_has_an_empty_body(sandbox, alice):
    sandbox.add_fault("/v1/bots", status=502)

    response = alice.send("GET", BOT_PATH)

    assert (response.status_code, response.content) == (502, b"")


def test_a_body_may_be_no_json(sandbox, alice):
    sandbox.add_fault("/v1/bots", body="<h1>Maintenance</h1>")

    response = alice.send("GET", BOT_PATH)

    assert (response.status_code, response.text) == (200, "<h1>Maintenance</h1>")
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"


def test_a_body_may_be_a_token_without_expiry(sandbox):
    path = "/api/permission/oauth2/token"
    sandbox.add_fault(
        path, body='{"access_token": "x"}', content_type="application/json"
    )

    response = requests.post(sandbox.url + path, timeout=10)

    assert response.json() == {"access_token": "x"}


def test_the_token_endpoint_fails_in_its_own_words(sandbox):
    path = "/api/permission/oauth2/token"
    sandbox.add_fault(path, code="internal_error", msg="later", status=500)
    sandbox.add_fault(path, code="access_deny", msg="no")

    first, second = (requests.post(sandbox.url + path, timeout=10) for _ in range(2))

    assert first.status_code == 500
    assert first.json() == {"error_code": "internal_error", "error_message": "later"}
    assert second.status_code == 400


def test_latency_only_delays(sandbox, alice):
    sandbox.add_fault("/v1/bots", latency_ms=200)
    began = time.monotonic()

    answer = alice.ask("GET", BOT_PATH)

    assert answer["code"] == 0
    assert time.monotonic() - began >= 0.2


def test_a_slow_answer_does_not_hold_up_others(sandbox, alice):
    sandbox.add_fault("/v1/bots", latency_ms=60000)
    began = time.monotonic()
    with pytest.raises(requests.ReadTimeout):
        requests.get(sandbox.url + BOT_PATH, timeout=0.1)

    alice.ask("GET", BOT_PATH)

    assert time.monotonic() - began < 10


def test_expired_and_revoked_tokens_are_refused(sandbox):
    with Caller(sandbox, "alice") as alice, Caller(sandbox, "bob") as bob:
        assert sandbox.expire_tokens("alice") == 1
        after_expiry = [caller.ask("GET", BOT_PATH)["code"] for caller in (alice, bob)]
        assert sandbox.revoke_tokens() == 2
        after_revocation = bob.ask("GET", BOT_PATH)["code"]

    assert after_expiry == [700012006, 0]
    assert after_revocation == 700012006


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (
            {"colour": "red"},
            "colour is unknown; known are path, method, times, status, ",
        ),
        ({"times": "often"}, "times must be of type int or NoneType"),
        ({"latency_ms": "1"}, "latency_ms must be of type int"),
        ({"headers": []}, "headers must be of type dict"),
        ({"path": "v1"}, "path must begin with a slash"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(sandbox, fields, sentence):
    fields = {"path": "/v1", **fields}

    with pytest.raises(ValueError, match=f"^{sentence}"):
        sandbox.add_fault(**fields)
