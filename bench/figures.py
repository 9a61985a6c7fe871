"""A figure, what it should be, and whether it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """Without a bound it is stated, not judged."""

    name: str
    value: float
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None

    @property
    def expectation(self) -> str:
        if self.at_least is not None:
            return f"≥ {self.at_least:g}"
        return "" if self.at_most is None else f"≤ {self.at_most:g}"

    @property
    def verdict(self) -> str:
        if self.at_least is None and self.at_most is None:
            return "stated"
        low = self.value if self.at_least is None else self.at_least
        high = self.value if self.at_most is None else self.at_most
        return "pass" if low <= self.value <= high else "MISS"

    def to_json(self) -> dict[str, Any]:
        return {
            "figure": self.name,
            "value": round(self.value, 4),
            "unit": self.unit,
            "expect": self.expectation,
            "verdict": self.verdict,
        }


def quantile(values: list[float], part: float) -> float:
    """Return the value below which that part lies; the largest for 1."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]
