"""What the browser tests' own referee does with requests that come too late."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Traffic


def test_a_request_after_the_end_of_its_test_is_refused():
    traffic = Traffic()
    traffic.begin()
    traffic.end()

    traffic.close()

    with pytest.raises(ConnectionAbortedError):
        traffic.begin()


def test_the_next_test_takes_requests_again():
    traffic = Traffic()
    traffic.close()

    traffic.open()

    traffic.begin()
