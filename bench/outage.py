"""Coze is gone for half a minute: first it hangs, then nothing listens any more.

Two kinds of people come all the time: those whose token is cached, and new ones.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from bench.figures import Figure, quantile
from bench.load import Answer, Due, Load, spread
from bench.scenario import main
from bench.verdicts import count_failures, count_wrong
from bench.world import Server, Site, gunicorn, make_site, uvicorn

KNOWN, KNOWN_PER_SECOND = 100, 30
NEW_PER_SECOND = 10
BEFORE_SECONDS, HANG_SECONDS, REFUSE_SECONDS, AFTER_SECONDS = 3, 15, 15, 7
SECONDS = BEFORE_SECONDS + HANG_SECONDS + REFUSE_SECONDS + AFTER_SECONDS
COZE_MILLISECONDS = 200
# By when the breakers must have opened: the slowest request that feeds them is over.
OPEN_AFTER_SECONDS = 12
# What an open breaker says; somebody who probed Coze in vain is told to wait longer.
BREAKER_RETRY_AFTER = "1"


def measure() -> list[Figure]:
    return [
        *_measure(gunicorn, "gunicorn"),
        *_measure(uvicorn, "ASGI"),
    ]


def _measure(
    serve: Callable[[Site], AbstractContextManager[Server]], name: str
) -> list[Figure]:
    with make_site(people=KNOWN + NEW_PER_SECOND * SECONDS) as site:
        with serve(site) as server, Load(server.port) as load:
            site.coze.ask("delay", COZE_MILLISECONDS)
            known = [site.session(person, kind="known") for person in range(KNOWN)]
            load.keep_time(spread(known, per_second=50, seconds=KNOWN / 50))
            start = time.monotonic() + 1
            running = load.begin(_everybody(site), start=start)
            back = _break_coze(site, start)
            answers = running.result()
        wrong = count_wrong(site, answers)
        return _judge(answers, back, wrong, f"outage ({name})")


def _everybody(site: Site) -> list[Due]:
    known = [site.session(person, kind="known") for person in range(KNOWN)]
    new = [
        site.session(KNOWN + number, kind="new")
        for number in range(NEW_PER_SECOND * SECONDS)
    ]
    dues = spread(known, per_second=KNOWN_PER_SECOND, seconds=SECONDS)
    dues += spread(new, per_second=NEW_PER_SECOND, seconds=SECONDS)
    return sorted(dues, key=lambda due: due.at)


def _break_coze(site: Site, start: float) -> float:
    """Return when it was back, in seconds after the start."""
    _sleep_until(start + BEFORE_SECONDS)
    site.coze.ask("hang")
    _sleep_until(start + BEFORE_SECONDS + HANG_SECONDS)
    site.coze.ask("stop")
    site.coze.ask("delay", COZE_MILLISECONDS)
    _sleep_until(start + BEFORE_SECONDS + HANG_SECONDS + REFUSE_SECONDS)
    site.coze.ask("start")
    return time.monotonic() - start


def _sleep_until(moment: float) -> None:
    time.sleep(max(moment - time.monotonic(), 0))


def _judge(answers: list[Answer], back: float, wrong: int, title: str) -> list[Figure]:
    known = [answer for answer in answers if answer.kind == "known"]
    new = [answer for answer in answers if answer.kind == "new"]
    is_open = [
        answer
        for answer in new
        if BEFORE_SECONDS + OPEN_AFTER_SECONDS < answer.at < back - 0.5
        and answer.status != 200
    ]
    refused = [
        answer
        for answer in is_open
        if answer.status == 503 and answer.retry_after == BREAKER_RETRY_AFTER
    ]
    waits = [answer.seconds * 1000 for answer in refused]
    failed_late = [
        answer.at - back for answer in new if answer.at > back and answer.status != 200
    ]
    known_waits = [answer.seconds * 1000 for answer in known]
    return [
        Figure(
            f"{title}: failures of people with a token",
            count_failures(known),
            at_most=0,
        ),
        Figure(f"{title}: their p99", quantile(known_waits, 0.99), "ms"),
        Figure(
            f"{title}: 503 for others once the breaker is open, p99",
            quantile(waits, 0.99) if waits else float("inf"),
            "ms",
            at_most=100,
        ),
        Figure(
            f"{title}: share of the others who had to probe Coze",
            1 - len(refused) / len(is_open),
        ),
        Figure(
            f"{title}: last failure after Coze was back",
            max(failed_late, default=0),
            "s",
            at_most=2,
        ),
        Figure(f"{title}: wrong tokens", wrong, at_most=0),
    ]


if __name__ == "__main__":
    main(measure)
