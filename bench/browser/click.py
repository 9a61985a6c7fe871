"""From the click to an input: in the frame, in the page, and with Coze's SDK alone.

The yardstick is the least that opens the same chat: the click loads the SDK's script, whose
address stands in the page, and opens its panel with a token that is there already. Ours
asks the site who is there first, and is given a token from Coze's stand-in.
"""

from __future__ import annotations

import contextlib
import secrets
import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from playwright.sync_api import BrowserContext

from bench.browser.opening import Opening, open_chat, visit
from bench.browser.stage import Stage, make_stage
from bench.figures import Figure
from bench.scenario import main

LATENCIES_MS = (0, 150)
ROUNDS = 5
HOVER_MS = 300


@dataclass(frozen=True)
class Way:
    """`hover_ms` is how long the mouse has been over the button when it clicks."""

    name: str
    page: str
    hover_ms: int = 0


WAYS = (
    Way("bare", "bare"),
    Way("frame", "frame", HOVER_MS),
    Way("frame, out of nothing", "frame"),
    Way("inline", "inline", HOVER_MS),
)
# V8 keeps what it has compiled from the second time on.
WARMING = 2
FRAME_TO_BARE = 1.10


def measure() -> list[Figure]:
    with make_stage() as stage:
        return measure_on(stage)


def measure_on(stage: Stage) -> list[Figure]:
    figures = []
    for latency_ms in LATENCIES_MS:
        title = f"{latency_ms} ms away"
        figures += _judge(_measure_cold(stage, latency_ms), f"{title}, cold")
        figures += _judge(_measure_warm(stage, latency_ms), f"{title}, warm")
    return figures


Openings = dict[Way, list[Opening]]


def _measure_cold(stage: Stage, latency_ms: int) -> Openings:
    openings: Openings = {way: [] for way in WAYS}
    for turn in range(ROUNDS):
        for way in _rotate(WAYS, turn):
            with stage.profile() as context:
                opening = _open(stage, context, way, _introduce(stage), latency_ms)
            openings[way].append(opening)
    return openings


def _measure_warm(stage: Stage, latency_ms: int) -> Openings:
    """Each in a profile of its own, where the same person has opened the same chat."""
    openings: Openings = {way: [] for way in WAYS}
    with contextlib.ExitStack() as stack:
        known = {
            way: (stack.enter_context(stage.profile()), _introduce(stage))
            for way in WAYS
        }
        for turn in range(WARMING + ROUNDS):
            is_warm = turn >= WARMING
            for way in _rotate(WAYS, turn):
                context, person = known[way]
                opening = _open(
                    stage, context, way, person, latency_ms if is_warm else 0
                )
                if is_warm:
                    openings[way].append(opening)
    return openings


def _rotate(ways: tuple[Way, ...], turn: int) -> tuple[Way, ...]:
    """Nobody is always the first, or comes after the same one."""
    start = turn % len(ways)
    return ways[start:] + ways[:start]


def _introduce(stage: Stage) -> dict[str, str]:
    """Return who opens the bare chat; the others are guests of the site."""
    user = secrets.token_hex(8)
    return {"user": user, "token": stage.coze.ask("issue_token", user)}


def _open(
    stage: Stage,
    context: BrowserContext,
    way: Way,
    person: dict[str, str],
    latency_ms: int,
) -> Opening:
    with stage.tab(context) as tab:
        visit(stage, tab, way.page)
        tab.page.evaluate("(person) => Object.assign(bench, person)", person)
        tab.slow_down(latency_ms)
        return open_chat(tab, way.page, hover_ms=way.hover_ms)


def _judge(openings: Openings, title: str) -> Iterator[Figure]:
    bare, *others = WAYS
    for way in WAYS:
        for what in ("session", "script", "usable"):
            values = [getattr(one, what) for one in openings[way]]
            if None not in values:
                figure = f"click, {title}: {way.name}, {what}"
                yield Figure(figure, statistics.median(values), "ms")
    for way in others:
        # Of each round, since the machine may have been busier in one than in another.
        pairs = zip(openings[way], openings[bare], strict=True)
        ratio = statistics.median(one.usable / least.usable for one, least in pairs)
        at_most = FRAME_TO_BARE if way.name == "frame" else None
        yield Figure(f"click, {title}: {way.name} to bare", ratio, "×", at_most=at_most)


if __name__ == "__main__":
    main(measure)
