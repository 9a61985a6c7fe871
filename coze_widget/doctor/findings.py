"""What a step has found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from django.utils.translation import gettext_lazy as _


class Outcome(str, Enum):
    PASSED = "pass"
    WARNED = "warn"  # works, and yet
    FAILED = "fail"
    SKIPPED = "skip"  # nobody has looked

    @property
    def label(self) -> str:
        return str(_LABELS[self])


_LABELS = {
    Outcome.PASSED: _("Fine"),
    Outcome.WARNED: _("Look at this"),
    Outcome.FAILED: _("Broken"),
    Outcome.SKIPPED: _("Not examined"),
}


@dataclass(frozen=True)
class Finding:
    """In the active language: what was `seen`, and what to do about it.

    `step` is the stable key of the step, `title` its name; `facts` are what Coze's support
    asks for. None of it holds a token or a key; what comes from outside may hold markup.
    """

    step: str
    title: str
    outcome: Outcome
    seen: str
    advice: str = ""
    who: str = ""
    facts: str = ""
    seconds: float = 0

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "outcome": self.outcome.value}
