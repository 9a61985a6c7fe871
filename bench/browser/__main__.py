"""`python -m bench.browser`: before the click, after it, and when the chat has gone."""

from __future__ import annotations

from bench.browser import before, click, leaving
from bench.browser.stage import make_stage
from bench.figures import Figure
from bench.scenario import main


def measure() -> list[Figure]:
    with make_stage() as stage:
        return [
            figure
            for part in (before, click, leaving)
            for figure in part.measure_on(stage)
        ]


if __name__ == "__main__":
    main(measure)
