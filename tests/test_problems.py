from __future__ import annotations

import pytest

from coze_widget import exceptions
from coze_widget.problems import problem_of


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (exceptions.CircuitOpenError("not asked", retry_after=1), (503, "1")),
        (exceptions.ConnectionLostError("hung up"), (503, "10")),
        (exceptions.RateLimitError("too often", retry_after=7), (503, "7")),
        (exceptions.RateLimitError("too often", retry_after=86_400), (503, "60")),
        (exceptions.TimeoutError("late"), (504, "10")),
        (exceptions.GatewayError("away", retry_after=3600), (502, "60")),
        (exceptions.InvalidResponseError("html"), (502, "10")),
        (exceptions.NotFoundError("gone", retry_after=7), (502, "60")),
    ],
    ids=repr,
)
def test_a_browser_is_told_when_to_ask_again(error, answer):
    response = problem_of(error).response()

    assert (response.status_code, response.headers["Retry-After"]) == answer
