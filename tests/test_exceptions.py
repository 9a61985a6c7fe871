from __future__ import annotations

import copy
import pickle

import pytest

from coze_widget import exceptions
from coze_widget.exceptions import CozeError, InvalidResponseError, RateLimitError

ALL = [
    value
    for value in vars(exceptions).values()
    if isinstance(value, type) and issubclass(value, Exception)
]


@pytest.mark.parametrize("error", ALL)
def test_every_error_is_a_coze_error_with_one_sentence(error):
    assert issubclass(error, CozeError)
    assert error.__doc__.startswith("Raised when")


def test_the_module_draws_the_whole_tree():
    for error in ALL:
        assert error.__name__ in exceptions.__doc__


def test_an_unusable_answer_counts_as_coze_having_failed():
    assert issubclass(InvalidResponseError, exceptions.InternalServerError)


def test_a_message_alone_is_the_whole_text():
    assert str(CozeError("Coze refused")) == "Coze refused"


def test_the_facts_follow_the_message():
    error = CozeError("Coze refused", status=401, code="invalid_client", logid="20a1")

    assert str(error) == "Coze refused (HTTP 401, code invalid_client, logid 20a1)"


def test_the_remedy_comes_last():
    error = CozeError("Coze refused", code=4101, remedy="Tick the permission.")

    assert str(error) == "Coze refused (code 4101). Tick the permission."


def test_an_error_survives_being_sent_to_another_process():
    error = RateLimitError("Coze refused", status=429, retry_after=7, logid="20a1")

    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert str(twin) == str(error)
        assert twin.retry_after == 7
