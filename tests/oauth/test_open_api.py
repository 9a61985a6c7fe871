from __future__ import annotations

import json
import traceback

import pytest
import requests

from coze_widget.exceptions import (
    CozeError,
    InvalidResponseError,
    PermissionDeniedError,
)
from coze_widget.oauth.client import AccessToken
from coze_widget.oauth.deadlines import Deadline
from coze_widget.oauth.open_api import OpenApi
from coze_widget.oauth.retries import Retries
from coze_widget.oauth.transport import Transport
from tests.fake_network import FakeNetwork, Reply

TOKEN = AccessToken("czs_" + "t" * 40, 0)
DATA = Reply({"code": 0, "msg": "", "data": {"name": "Tea"}})
DOWN = Reply("<html>oops</html>", status=503)


def api(*replies, **options):
    network = FakeNetwork(*replies)
    made = OpenApi(
        "https://api.coze.cn",
        Transport(session=network.session()),
        retries=Retries(**{"max_retries": 0, **options}),
    )
    return made, network


def test_a_thing_is_read_with_the_token():
    coze, network = api(DATA)

    assert coze.read("v1", "bots", "74", token=TOKEN) == {"name": "Tea"}

    [request] = network.requests
    assert (request.method, request.url) == ("GET", "https://api.coze.cn/v1/bots/74")
    assert request.headers["Authorization"] == f"Bearer {TOKEN.value}"
    assert request.body is None


def test_what_is_asked_for_stays_in_its_place():
    coze, network = api(DATA)

    coze.read("v1", "../oauth?", token=TOKEN, query={"version": "1&x=2 é"})

    assert network.requests[0].path_url == "/v1/..%2Foauth%3F?version=1%26x%3D2+%C3%A9"


@pytest.mark.parametrize("payload", [{"code": 0}, {"code": 0, "data": []}, {"data": 1}])
def test_an_answer_without_data_is_none(payload):
    coze, _network = api(Reply(payload, headers={"X-Tt-Logid": "log-1"}))

    with pytest.raises(InvalidResponseError) as caught:
        coze.read("v1", token=TOKEN)

    assert str(caught.value) == (
        "Coze's answer holds no data (HTTP 200, logid log-1). Check base_url and what is "
        "in between."
    )


def test_a_server_that_is_down_is_asked_again():
    coze, network = api(DOWN, DATA, max_retries=1)

    assert coze.read("v1", token=TOKEN) == {"name": "Tea"}
    assert len(network.requests) == 2


def test_an_answer_is_handed_over_whole():
    payload = {"code": 0, "data": [1], "has_more": False}
    coze, network = api(Reply(payload))

    answer = coze.ask(
        "POST", "v3", "chat", token=TOKEN, query={"id": "7"}, body={"bot_id": "74"}
    )

    assert answer == payload
    [request] = network.requests
    assert (request.method, request.url) == (
        "POST",
        "https://api.coze.cn/v3/chat?id=7",
    )
    assert request.headers["Authorization"] == f"Bearer {TOKEN.value}"
    assert json.loads(request.body) == {"bot_id": "74"}


@pytest.mark.parametrize(
    ("method", "times"), [("GET", 2), ("DELETE", 2), ("POST", 1), ("PUT", 1)]
)
def test_only_what_makes_nothing_is_asked_again(method, times):
    coze, network = api(DOWN, DOWN, max_retries=1)

    with pytest.raises(CozeError):
        coze.ask(method, "v1", token=TOKEN)

    assert len(network.requests) == times


def test_a_refusal_is_raised():
    coze, _network = api(Reply({"code": 4101, "msg": "no"}))

    with pytest.raises(PermissionDeniedError) as caught:
        coze.ask("DELETE", "v1", token=TOKEN)

    assert caught.value.code == 4101


def test_a_deadline_that_has_passed_asks_nobody():
    coze, network = api(DATA)

    with pytest.raises(CozeError, match="did not answer in time"):
        coze.read("v1", token=TOKEN, deadline=Deadline(0))

    assert network.requests == []


def test_the_deadline_is_the_total_time_out():
    coze, _network = api(DATA, total_timeout=5)

    assert 4 < coze.start().remaining() <= 5


@pytest.mark.parametrize(
    "reply",
    [Reply({"code": 4101, "msg": "no"}), DOWN, requests.ConnectionError("no")],
    ids=["refused", "down", "no connection"],
)
def test_a_failure_holds_no_token(reply):
    coze, _network = api(reply)

    with pytest.raises(CozeError) as caught:
        coze.read("v1", token=TOKEN)

    report = traceback.TracebackException.from_exception(
        caught.value, capture_locals=True
    )
    shown = f"{caught.value!r} {vars(caught.value)} " + "".join(report.format())
    assert TOKEN.value not in shown
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_a_bots_prompt_may_be_long():
    coze, _network = api(Reply({"data": {"prompt": "x" * 200_000}}))

    assert len(coze.read("v1", token=TOKEN)["prompt"]) == 200_000


def test_what_is_longer_than_any_bot_is_not_read():
    coze, _network = api(Reply({"data": {"prompt": "x" * 2_000_000}}))

    with pytest.raises(InvalidResponseError, match="far too long"):
        coze.read("v1", token=TOKEN)


def test_without_a_word_on_it_it_is_asked_as_often_as_for_tokens():
    network = FakeNetwork(DATA)
    coze = OpenApi("https://api.coze.cn", Transport(session=network.session()))

    assert coze.read("v1", token=TOKEN) == {"name": "Tea"}
    assert 11 < coze.start().remaining() <= 12
