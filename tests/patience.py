"""Waiting for what comes when it comes; one loop for all tests, or its branches are covered now and then."""

from __future__ import annotations

import time


def wait_until(is_so, *, pause=lambda: time.sleep(0.02), seconds=10, what=""):
    """Ask again after each `pause` until it is so; a test fails when patience ends."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, what
        pause()
