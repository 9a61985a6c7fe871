"""What package.json names, once npm has installed it (`make browser`)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "node_modules"
FILES = {
    "htmx": "htmx.org/dist/htmx.js",
    "turbo": "@hotwired/turbo/dist/turbo.es2017-umd.js",
    "puppeteer": "puppeteer-core/package.json",
}


def require_asset(name, *, folder=FOLDER, environ=os.environ):
    """Without it the tests are skipped; in CI that is a failure."""
    path = folder / FILES[name]
    if path.exists():
        return path
    sentence = f"{name} is not installed: run `npm ci` in tests/browser."
    if environ.get("CI"):
        pytest.fail(sentence)
    pytest.skip(sentence)
