"""Who runs where: the load has the last core, what is measured may be kept off it.

Otherwise the faster of two servers is held back by the load that it shares its cores with.
Where nobody can be pinned (macOS), or there is one core, everybody runs everywhere.
"""

from __future__ import annotations

import os
from collections.abc import Callable


def take_the_last() -> None:
    _pin(lambda cores: {max(cores)})


def leave_the_last() -> None:
    """For a server that is about to start; its children inherit it."""
    _pin(lambda cores: cores - {max(cores)})


def _pin(choose: Callable[[set[int]], set[int]]) -> None:
    if hasattr(os, "sched_getaffinity"):
        os.sched_setaffinity(0, choose(os.sched_getaffinity(0)) or {0})
