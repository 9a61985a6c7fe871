from __future__ import annotations

import pytest

from coze_widget.exceptions import CozeError, RateLimitError
from coze_widget.oauth.transport import _time_out
from coze_widget.outcomes import leave_failure, read_failure
from coze_widget.shared_cache import shared_cache


def test_a_failure_arrives_as_what_it_was():
    error = RateLimitError(
        "Too many",
        code=4013,
        status=429,
        logid="2026",
        retry_after=7,
        remedy="Ask less often.",
    )

    leave_failure("k", error)
    left = read_failure("k")

    assert type(left.error) is RateLimitError
    assert vars(left.error) == {**vars(error), "is_news": False}
    assert str(left.error) == str(error)


def test_a_sentence_arrives_as_a_text():
    leave_failure("k", _time_out("api.coze.cn"))

    assert "api.coze.cn did not answer in time" in str(read_failure("k").error)


def test_the_next_failure_is_another_one():
    leave_failure("k", CozeError("one"))
    first = read_failure("k")
    leave_failure("k", CozeError("one"))

    assert read_failure("k") == read_failure("k") != first
    assert read_failure("another") is None


@pytest.mark.parametrize(
    "strange", ["text", 17, {"id": "x"}, {"id": "x", "kind": "SystemExit"}, [("a",)]]
)
def test_what_is_strange_is_no_failure(strange):
    shared_cache.set("k:failure", strange, 60)

    assert read_failure("k") is None
