from __future__ import annotations

import pytest

from tests.browser.chromium import find_browser, require_browser


def test_the_systems_browser_comes_first(tmp_path):
    own = tmp_path / "chrome"
    own.touch()

    path = find_browser(own, which={"google-chrome": "/opt/chrome"}.get)

    assert path == "/opt/chrome"


def test_playwrights_own_will_do(tmp_path):
    own = tmp_path / "chrome"
    own.touch()

    assert find_browser(own, which={}.get) == own


def test_there_may_be_none(tmp_path):
    assert find_browser(tmp_path / "chrome", which={}.get) is None


def test_a_browser_is_used():
    assert require_browser("/opt/chrome", {"CI": "true"}) == "/opt/chrome"


def test_without_a_browser_tests_are_skipped():
    with pytest.raises(pytest.skip.Exception, match="No browser"):
        require_browser(None, {})


def test_without_a_browser_ci_fails():
    with pytest.raises(pytest.fail.Exception, match="No browser"):
        require_browser(None, {"CI": "true"})
