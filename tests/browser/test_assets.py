from __future__ import annotations

import pytest

from tests.browser.assets import FILES, require_asset


def test_what_is_installed_is_found(tmp_path):
    path = tmp_path / FILES["htmx"]
    path.parent.mkdir(parents=True)
    path.touch()

    assert require_asset("htmx", folder=tmp_path, environ={"CI": "true"}) == path


def test_without_it_the_tests_are_skipped(tmp_path):
    with pytest.raises(pytest.skip.Exception, match="turbo .* `npm ci`"):
        require_asset("turbo", folder=tmp_path, environ={})


def test_in_ci_that_is_a_failure(tmp_path):
    with pytest.raises(pytest.fail.Exception, match="turbo is not installed"):
        require_asset("turbo", folder=tmp_path, environ={"CI": "true"})
