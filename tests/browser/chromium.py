"""Which browser the tests open."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Nothing of the browser's own may go out; the sandbox and the site are on localhost.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
)


def find_browser(playwrights_own, *, which=shutil.which):
    found = [path for path in map(which, NAMES) if path]
    if Path(playwrights_own).exists():
        found.append(playwrights_own)
    return found[0] if found else None


def require_browser(path, environ):
    """Without a browser the tests are skipped; in CI that is a failure."""
    if path:
        return path
    sentence = "No browser: install chromium, or run `playwright install chromium`."
    if environ.get("CI"):
        pytest.fail(sentence)
    pytest.skip(sentence)


def launch(playwright, path):
    """With the back/forward cache, which Playwright takes away."""
    return playwright.chromium.launch(
        executable_path=path,
        args=ARGUMENTS,
        ignore_default_args=["--disable-back-forward-cache"],
    )
