from __future__ import annotations

import importlib.util
import re

import pytest

from coze_widget.exceptions import CozeError
from coze_widget.oauth.error_codes import ERROR_CODES
from coze_widget.oauth.failures import find_failure
from coze_widget.oauth.transport import Answer
from tests.documents import DOCS, read

# Coze's table of error codes, its OAuth JWT guide, and what was seen besides.
DOCUMENTED = {
    *range(4000, 4017),
    *(4019, 4020, 4021, 4022, 4028),
    *(4100, 4101, 4102, 4104, 4105, 4200, 4201),
    *range(4300, 4305),
    *(4314, 4315, 5000, 700012006, 702242003, -1002),
    *("invalid_request", "invalid_client", "unsupported_grant_type"),
    *("access_deny", "internal_error"),
}


def test_every_code_that_coze_documents_is_known():
    assert set(ERROR_CODES) == DOCUMENTED


@pytest.mark.parametrize("code", ERROR_CODES)
def test_a_code_says_what_it_means_and_what_to_do(code):
    known = ERROR_CODES[code]

    assert issubclass(known.error, CozeError)
    for sentence in (known.meaning, known.remedy):
        assert re.fullmatch(r".{10,}[.)]", sentence)


@pytest.mark.parametrize("code", ERROR_CODES)
def test_an_answer_with_the_code_becomes_its_error(code):
    field = "error_code" if isinstance(code, str) else "code"

    failure = find_failure(Answer(200, {}, {field: code}))

    assert type(failure) is ERROR_CODES[code].error
    assert (failure.code, failure.remedy) == (code, ERROR_CODES[code].remedy)


def test_the_page_is_the_one_that_is_made_from_the_table():
    spec = importlib.util.spec_from_file_location("made", DOCS / "make_error_codes.py")
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)

    assert read(DOCS / "error-codes.md") == maker.render()
