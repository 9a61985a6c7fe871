from __future__ import annotations

import time

import pytest
import requests

from coze_widget.sandbox.control import is_trusted
from coze_widget.sandbox.http import Request
from tests.sandbox.caller import BOT


@pytest.fixture
def control(sandbox):
    def ask(method, path, document=None, **headers):
        return requests.request(
            method,
            f"{sandbox.url}/sandbox/{path}",
            json=document,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            timeout=10,
        )

    return ask


def test_faults_are_added_and_cleared(control, alice):
    added = control("POST", "faults", {"path": "/v1/bots", "code": 4028, "times": None})
    during = alice.ask("GET", f"/v1/bots/{BOT}")["code"]
    cleared = control("DELETE", "faults")

    assert (added.status_code, cleared.status_code) == (200, 200)
    assert during == 4028
    assert alice.ask("GET", f"/v1/bots/{BOT}")["code"] == 0


def test_a_wrong_fault_is_refused_with_a_sentence(control):
    response = control("POST", "faults", {"path": "v1"})

    assert response.status_code == 400
    assert response.json() == {"error": "path must begin with a slash"}


def test_a_body_that_is_no_object_is_refused(control):
    response = control("POST", "faults", ["path"])

    assert response.status_code == 400
    assert response.json() == {"error": "the body must be a JSON object"}


def test_tokens_of_one_person_are_ended(control, alice, bob):
    expired = control("POST", "tokens/expire", {"session_name": "alice"}).json()
    alice_code = alice.ask("GET", f"/v1/bots/{BOT}")["code"]
    bob_code = bob.ask("GET", f"/v1/bots/{BOT}")["code"]
    revoked = control("POST", "tokens/revoke").json()

    assert (expired, alice_code) == ({"expired": 1}, 700012006)
    assert (revoked, bob_code) == ({"revoked": 2}, 0)


def test_the_clock_is_shifted(control, sandbox):
    shifted = control("POST", "clock", {"offset_seconds": -3600})

    assert shifted.status_code == 200
    assert sandbox.state.now() == pytest.approx(time.time() - 3600, abs=5)


@pytest.mark.parametrize("offset", [None, "3600", True])
def test_a_clock_is_shifted_by_a_number(control, offset):
    response = control("POST", "clock", {"offset_seconds": offset})

    assert response.status_code == 400
    assert response.json() == {"error": "offset_seconds must be a number"}


def test_a_session_name_must_be_text(control):
    response = control("POST", "tokens/expire", {"session_name": 5})

    assert response.json() == {"error": "session_name must be of type str"}


def test_requests_are_recorded_without_the_token(control, alice, sandbox):
    body = {"bot_id": BOT, "connector_id": "999"}
    token = alice.session.headers["Authorization"].removeprefix("Bearer ")
    alice.ask("POST", "/v1/conversation/create?a=1", json=body)

    answer = control("GET", "requests")

    [entry] = answer.json()["requests"]
    assert token not in answer.text
    assert "authorization" not in entry["headers"]
    assert len(entry["token"]) == 12
    assert entry["headers"]["content-type"] == "application/json"
    del entry["headers"], entry["token"]
    assert entry == {
        "method": "POST",
        "path": "/v1/conversation/create",
        "query": {"a": "1"},
        "body": body,
        "status": 200,
    }
    assert len(sandbox.requests) == 1


def test_what_is_no_json_is_recorded_as_nothing(control, alice, sandbox):
    headers = {"Content-Type": "application/json"}
    alice.ask("POST", "/v1/conversation/create", data="{", headers=headers)
    requests.get(sandbox.url + "/", timeout=10)

    entries = control("GET", "requests").json()["requests"]

    assert [entry["body"] for entry in entries] == [None, None]
    assert entries[1]["token"] == ""


def test_the_record_is_cleared(control, alice, sandbox):
    alice.ask("GET", f"/v1/bots/{BOT}")
    control("DELETE", "requests")
    after_control = sandbox.requests
    alice.ask("GET", f"/v1/bots/{BOT}")
    sandbox.clear_requests()

    assert after_control == []
    assert sandbox.requests == []


def test_a_reset_forgets_all_but_the_apps(control, alice, sandbox, oauth_config):
    alice.begin()
    apps = list(sandbox.state.oauth_apps)

    control("POST", "reset")

    assert alice.ask("GET", f"/v1/bots/{BOT}")["code"] == 700012006
    assert sandbox.state.oauth_apps == apps


def test_an_unknown_wish_is_told_what_there_is(control):
    response = control("GET", "faults")

    assert response.status_code == 404
    assert response.json()["error"].startswith(
        "unknown; known are POST /sandbox/faults"
    )


def ask_as(client_host="127.0.0.1", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("POST", "/sandbox/reset", named, client_host=client_host)


@pytest.mark.parametrize(
    "request_",
    [
        ask_as(host="127.0.0.1:8001"),
        ask_as(host="localhost:8001"),
        ask_as("::1", host="[::1]:8001"),
        ask_as(host="localhost:8001", sec_fetch_site="none"),
        ask_as(
            host="localhost:8001",
            sec_fetch_site="same-origin",
            origin="http://localhost:8001",
        ),
    ],
)
def test_programs_on_this_machine_are_trusted(request_):
    assert is_trusted(request_)


@pytest.mark.parametrize(
    "request_",
    [
        ask_as("192.0.2.7", host="localhost:8001"),
        ask_as("somewhere", host="localhost:8001"),
        ask_as(host="rebound.example:8001"),
        ask_as(),
        ask_as(host="localhost:8001", sec_fetch_site="cross-site"),
        ask_as(host="localhost:8001", sec_fetch_site="same-site"),
        ask_as(host="localhost:8001", origin="http://localhost:8000"),
        ask_as(host="localhost:8001", origin="null"),
    ],
)
def test_strangers_and_other_sites_are_not(request_):
    assert not is_trusted(request_)


def test_another_site_is_refused_over_http(control, sandbox):
    response = control("POST", "reset", origin="https://stranger.example")

    assert response.status_code == 403
    assert response.json() == {"error": "only programs on this machine may ask"}
    assert "Access-Control-Allow-Origin" not in response.headers
