"""What the tag costs a page whose process has rendered one before."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

ROUNDS, PER_ROUND = 60, 50
PLAIN = [
    (
        "django.template.loaders.cached.Loader",
        [("django.template.loaders.locmem.Loader", {"plain.html": "<p>Hello</p>"})],
    )
]


def measure() -> dict[str, Any]:
    from django.db import connection
    from django.template import Engine, RequestContext, engines
    from django.test import RequestFactory
    from django.test.utils import CaptureQueriesContext

    engine = engines["django"]
    request = RequestFactory().get("/")
    tag = engine.from_string("{% load coze_widget %}{% coze_widget %}").template
    include = Engine(loaders=PLAIN).from_string('{% include "plain.html" %}')

    def render(template: Any) -> Callable[[], str]:
        return lambda: template.render(RequestContext(request))

    render(tag)()
    with CaptureQueriesContext(connection) as queries:
        render(tag)()
    times = _interleaved(render(tag), render(include))
    return {
        "tag, warm (µs)": times[0],
        "plain include (µs)": times[1],
        "ratio": round(times[0] / times[1], 2),
        "queries, warm": len(queries),
    }


def _interleaved(*calls: Callable[[], object]) -> list[float]:
    """Return each call's median in µs, taken in turns, since machines are noisy."""
    samples: list[list[float]] = [[] for _ in calls]
    for _ in range(ROUNDS):
        for call, times in zip(calls, samples, strict=True):
            start = time.perf_counter()
            for _ in range(PER_ROUND):
                call()
            times.append((time.perf_counter() - start) / PER_ROUND * 1e6)
    return [round(statistics.median(times), 1) for times in samples]
