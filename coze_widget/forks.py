"""What a process must not take along when it forks: locks, threads and futures."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress


def after_fork(begin_anew: Callable[[], None]) -> None:
    """Run it in each process that is forked off, before anything else."""
    with suppress(AttributeError):  # Windows has no fork
        os.register_at_fork(after_in_child=begin_anew)
