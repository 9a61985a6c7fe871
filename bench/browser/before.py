"""Before anybody reaches for the chat: what a page pays, its processor slowed four times.

Beside the same page without a widget, and with the snippet that Coze's console hands out,
whose script weighs 8 MB here as there. Ours is what the page has more than without it.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass, fields
from urllib.parse import urlsplit

from playwright.sync_api import Request

from bench.browser.opening import visit
from bench.browser.stage import Stage, Tab, make_stage
from bench.figures import Figure
from bench.scenario import main

ROUNDS = 9
SLOWER = 4
# After the load event; the scripts of the page have run by then.
SETTLE_MS = 500
NAMES = {
    "plain": "a page without",
    "frame": "with the launcher",
    "inline": "with an inline widget",
    "snippet": "with Coze's snippet",
}
UNITS = {
    "sent": ("bytes, gzip", "kB", 1e3),
    "requests": ("requests", "", 1),
    "strangers": ("other origins", "", 1),
    "blocking": ("blocking time, least", "ms", 1),
    "shift": ("layout shift", "", 1),
    "heap": ("heap", "MB", 1e6),
}
AT_MOST = {"sent": 6, "requests": 3, "strangers": 0, "blocking": 5, "shift": 0}


@dataclass(frozen=True)
class Cost:
    """Bytes of bodies as they were sent, ms, bytes of heap once garbage is collected."""

    sent: float
    requests: float
    strangers: float
    blocking: float
    shift: float
    heap: float


def measure() -> list[Figure]:
    with make_stage() as stage:
        return measure_on(stage)


def measure_on(stage: Stage) -> list[Figure]:
    costs: dict[str, list[Cost]] = {name: [] for name in NAMES}
    for _ in range(ROUNDS):
        for name, found in costs.items():
            with stage.new_tab() as tab:
                found.append(_load(stage, tab, name))
    usual = {name: _usual(found) for name, found in costs.items()}
    return [*_judge(usual["frame"], usual["plain"]), *_state(usual)]


def _load(stage: Stage, tab: Tab, name: str) -> Cost:
    page = tab.page
    finished: list[Request] = []
    page.on("requestfinished", lambda request: finished.append(request))
    tab.devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    visit(stage, tab, name)
    page.wait_for_timeout(SETTLE_MS)
    seen = page.evaluate("({blocking: bench.blocking, shift: bench.shift})")
    tab.collect_garbage()
    # The page's icon is in the page.
    sent = [one for one in finished if one.url.startswith("http")]
    origins = {urlsplit(one.url).netloc for one in sent}
    return Cost(
        sent=sum(one.sizes()["responseBodySize"] for one in sent),
        requests=len(sent),
        strangers=len(origins) - 1,
        heap=tab.heap_bytes(),
        **seen,
    )


def _usual(costs: list[Cost]) -> Cost:
    """Return the medians; of the time that was blocked the least.

    Whatever else the machine does only adds to a time, and with a slowed processor it adds
    more than our script takes: the difference of two medians was seen from -23 to +67 ms.
    """
    names = [field.name for field in fields(Cost)]
    columns = {name: [getattr(one, name) for one in costs] for name in names}
    medians = {name: statistics.median(values) for name, values in columns.items()}
    return Cost(**medians | {"blocking": min(columns["blocking"])})


def _judge(ours: Cost, plain: Cost) -> list[Figure]:
    figures = []
    for name, (title, unit, per) in UNITS.items():
        more = (getattr(ours, name) - getattr(plain, name)) / per
        title = f"before intent, the launcher alone: {title}"
        figures.append(Figure(title, more, unit, at_most=AT_MOST.get(name)))
    return figures


def _state(usual: dict[str, Cost]) -> list[Figure]:
    return [
        Figure(
            f"before intent, {whose}: {title}", getattr(usual[page], name) / per, unit
        )
        for page, whose in NAMES.items()
        for name, (title, unit, per) in UNITS.items()
    ]


if __name__ == "__main__":
    main(measure)
