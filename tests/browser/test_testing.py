"""The examples of docs/testing.md that open a browser."""

from __future__ import annotations

import pytest

from tests.browser.chromium import find_browser
from tests.testing.project import examples, run, write

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("browser")]
# The examples take the browser that Playwright installs; this machine may have another.
OTHER_BROWSER = """
import os

from playwright.sync_api import BrowserType

launch = BrowserType.launch
BrowserType.launch = lambda self: launch(
    self, executable_path=os.environ["BROWSER_PATH"] or None, args=["--no-sandbox"]
)
"""


@pytest.fixture
def run_in_browser(tmp_path):
    def run_example(words, *command):
        [conftest] = examples("pytest_plugins")
        [test] = examples(words)
        files = {"conftest.py": conftest, "test_it.py": f"{OTHER_BROWSER}\n{test}"}
        write(tmp_path, files)
        return run(tmp_path, *command, BROWSER_PATH=find_browser("/nowhere") or "")

    return run_example


def test_with_pytest(run_in_browser):
    said = run_in_browser("def test_a_guest_chats(live_server", "-m", "pytest")

    assert "1 passed" in said


def test_with_a_test_case(run_in_browser):
    said = run_in_browser(
        "(CozeTestMixin, StaticLiveServerTestCase)", "manage.py", "test"
    )

    assert "Ran 1 test" in said
