from __future__ import annotations

import pytest

from coze_widget import exceptions
from coze_widget.exceptions import CozeError
from coze_widget.oauth.failures import find_failure
from coze_widget.oauth.transport import Answer

TAIL = "a" * 40


def failure(payload=None, *, status=200, headers=None):
    return find_failure(Answer(status, headers or {}, payload))


@pytest.mark.parametrize("payload", [{}, {"code": 0}, {"code": "0", "msg": "ok"}])
def test_success_is_no_failure(payload):
    assert failure(payload) is None


BY_STATUS = {
    400: exceptions.BadRequestError,
    401: exceptions.AuthenticationError,
    403: exceptions.PermissionDeniedError,
    404: exceptions.NotFoundError,
    405: exceptions.BadRequestError,
    408: exceptions.TimeoutError,
    429: exceptions.RateLimitError,
    500: exceptions.InternalServerError,
    502: exceptions.GatewayError,
    503: exceptions.InternalServerError,
    504: exceptions.InternalServerError,
    204: exceptions.InvalidResponseError,
    302: exceptions.InvalidResponseError,
    200: exceptions.InvalidResponseError,
}
BY_CODE = {
    4000: exceptions.BadRequestError,
    4100: exceptions.AuthenticationError,
    4101: exceptions.PermissionDeniedError,
    4200: exceptions.NotFoundError,
    4013: exceptions.RateLimitError,
    5000: exceptions.InternalServerError,
    700012006: exceptions.AuthenticationError,
    4006: exceptions.NotFoundError,
    4008: exceptions.RateLimitError,
    4009: exceptions.InternalServerError,
    4011: exceptions.RateLimitError,
    4015: exceptions.NotFoundError,
    4019: exceptions.RateLimitError,
    4020: exceptions.RateLimitError,
    4022: exceptions.RateLimitError,
    4028: exceptions.RateLimitError,
    4102: exceptions.PermissionDeniedError,
    702242003: exceptions.NotFoundError,
    4999: exceptions.CozeError,
}
BY_ERROR_CODE = {
    "invalid_request": exceptions.BadRequestError,
    "invalid_client": exceptions.AuthenticationError,
    "unsupported_grant_type": exceptions.BadRequestError,
    "access_deny": exceptions.PermissionDeniedError,
    "internal_error": exceptions.InternalServerError,
    "something_new": exceptions.CozeError,
}


@pytest.mark.parametrize(("status", "error"), BY_STATUS.items(), ids=BY_STATUS)
def test_a_status_decides_where_there_is_no_code(status, error):
    found = failure(status=status)

    assert type(found) is error
    assert (found.status, found.code) == (status, None)
    assert found.args == ("Coze refused and gave no reason",)


@pytest.mark.parametrize(("code", "error"), BY_CODE.items(), ids=BY_CODE)
def test_a_code_decides_even_under_status_200(code, error):
    found = failure({"code": code, "msg": "no"})

    assert type(found) is error
    assert (found.code, found.args) == (code, ("Coze refused: no",))


@pytest.mark.parametrize(("code", "error"), BY_ERROR_CODE.items(), ids=BY_ERROR_CODE)
def test_the_token_endpoint_has_codes_of_its_own(code, error):
    found = failure({"error_code": code, "error_message": "no"})

    assert type(found) is error
    assert (found.code, found.args) == (code, ("Coze refused: no",))


def test_a_known_code_wins_over_the_status():
    assert type(failure({"code": 4101}, status=401)) is exceptions.PermissionDeniedError


def test_an_unknown_code_leaves_it_to_the_status():
    found = failure({"error_code": "new", "code": 7}, status=403)

    assert type(found) is exceptions.PermissionDeniedError
    assert found.code == "new"


def test_a_code_in_digits_is_a_number():
    assert failure({"code": "4100"}).code == 4100
    assert failure({"code": "-1002"}).code == -1002


@pytest.mark.parametrize("code", [["x"], "two words", "x" * 65, None, 4.5e300])
def test_what_is_no_code_is_left_out(code):
    assert failure({"code": code}, status=500).code in (None, "4.5e300")


def test_an_unregistered_key_points_at_the_region():
    text = "invalid jwt: kid not been registred"
    found = failure({"error_code": "invalid_client", "error_message": text}, status=401)

    assert found.remedy == (
        "Coze does not know the key: client_id or public_key_id is wrong, or the app "
        "belongs to the other region (https://api.coze.cn and https://api.coze.com "
        "share no apps)."
    )


@pytest.mark.parametrize(
    ("payload", "status", "words"),
    [
        ({"code": 4000}, 400, "account_id, enterprise_id and scope"),
        ({"error_code": "unsupported_grant_type"}, 400, "base_url is Coze's API"),
        ({"error_code": "invalid_client"}, 401, "this machine's clock is right"),
        ({"code": 4101}, 403, "press 授权 (Authorise) again"),
        ({"code": 4200}, 404, "belongs to the authorised account"),
        ({"code": 4013}, 429, "raise the quota"),
        ({"code": 5000}, 500, "with the logid Coze's support can look it up"),
        (None, 302, "no portal or proxy answers in its place"),
    ],
    ids=["request", "grant", "client", "rights", "place", "quota", "down", "redirect"],
)
def test_every_failure_has_a_remedy(payload, status, words):
    assert words in failure(payload, status=status).remedy


@pytest.mark.parametrize(
    ("payload", "headers", "logid"),
    [
        ({}, {"X-Tt-Logid": "20261121-A"}, "20261121-A"),
        ({"detail": {"logid": "20261121B"}}, {}, "20261121B"),
        ({"detail": "none"}, {}, ""),
        ({"detail": {"logid": 5}}, {}, ""),
        ({}, {"X-Tt-Logid": "<script>"}, ""),
    ],
    ids=["header", "detail", "text", "number", "hostile"],
)
def test_the_logid_is_kept_where_it_is_one(payload, headers, logid):
    assert failure(payload, status=500, headers=headers).logid == logid


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30", 30),
        ("999999999", 86_400),
        ("Sat, 21 Nov 2026 10:00:07 GMT", 7),
        ("Sat, 21 Nov 2026 09:59:59 GMT", 0),
        ("Sun, 21 Nov 2027 10:00:00 GMT", 86_400),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_a_span_or_a_moment(text, seconds):
    date = "Sat, 21 Nov 2026 10:00:00 GMT"
    found = failure(status=429, headers={"Retry-After": text, "Date": date})

    assert found.retry_after == seconds


def test_a_moment_means_nothing_without_the_clock_it_goes_by():
    moment = {"Retry-After": "Sat, 21 Nov 2026 10:00:07 GMT"}

    assert failure(status=429, headers=moment).retry_after is None


def test_cozes_words_are_bounded_and_hold_no_secret():
    text = "bad\r\n" + "czs_" + TAIL + " word" * 100
    found = failure({"error_code": "czs_" + TAIL, "msg": text}, status=400)

    assert found.code == "[masked]"
    assert found.args[0].startswith("Coze refused: bad [masked] word word")
    assert len(found.args[0]) < 230


def test_words_that_are_no_text_are_left_out():
    assert failure({"code": 1, "msg": {"a": 1}}).args == (
        "Coze refused and gave no reason",
    )


def test_every_failure_is_a_coze_error():
    assert all(issubclass(error, CozeError) for error in BY_STATUS.values())
