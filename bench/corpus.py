"""How long the snippets of the tests take to read, hostile ones among them."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parent.parent / "tests" / "snippets"
ROUNDS = 5


def measure() -> dict[str, Any]:
    from coze_widget.snippets.paste import read_snippet

    texts = {
        path.name: path.read_text(encoding="utf-8", errors="replace")
        for path in sorted(CORPUS.iterdir())
        if not path.name.endswith(".expected.json")
    }
    milliseconds = {name: _fastest(read_snippet, text) for name, text in texts.items()}
    slowest = max(milliseconds, key=lambda name: milliseconds[name])
    return {
        "snippets": len(texts),
        "median (ms)": round(statistics.median(milliseconds.values()), 2),
        "slowest (ms)": round(milliseconds[slowest], 2),
        "slowest": slowest,
    }


def _fastest(read: Any, text: str) -> float:
    times = []
    for _round in range(ROUNDS):
        start = time.perf_counter()
        read(text)
        times.append(time.perf_counter() - start)
    return min(times) * 1000
