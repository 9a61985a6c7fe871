"""One person, two hundred requests at once, nothing kept: a browser that restores its tabs."""

from __future__ import annotations

import statistics

from bench.figures import Figure
from bench.load import Load, at_once
from bench.scenario import main
from bench.verdicts import count_failures
from bench.world import Server, Site, gunicorn, make_site, uvicorn

REQUESTS, ROUNDS = 200, 5
COZE_MILLISECONDS = 300


def measure() -> list[Figure]:
    # A person for each round and each server, and one to wake the processes.
    with make_site(people=2 * ROUNDS + 1) as site:
        # As many threads as people wait: docs/sizing.md.
        with gunicorn(site, threads=REQUESTS // 4) as server:
            threads = _measure(site, server, "gunicorn", first_person=1)
        with uvicorn(site) as server:
            tasks = _measure(site, server, "ASGI", first_person=1 + ROUNDS)
        return [*threads, *tasks]


def _measure(
    site: Site, server: Server, name: str, *, first_person: int
) -> list[Figure]:
    slowest, mints, failures = [], [], 0
    with Load(server.port) as load:
        site.coze.ask("delay", 0)
        load.keep_busy([site.session(0)], connections=50, seconds=2)
        site.coze.ask("delay", COZE_MILLISECONDS)
        for person in range(first_person, first_person + ROUNDS):
            before = site.coze.ask("mints")
            answers = load.keep_time(at_once([site.session(person)] * REQUESTS))
            mints.append((site.coze.ask("mints") - before).total())
            slowest.append(max(answer.seconds for answer in answers))
            failures += count_failures(answers)
        idle = [
            load.keep_time(at_once([site.empty(0)] * REQUESTS)) for _ in range(ROUNDS)
        ]
    floor = statistics.median(max(answer.seconds for answer in one) for one in idle)
    title = f"{REQUESTS} requests of one person ({name})"
    return [
        Figure(f"{title}: mints, at most", max(mints), at_most=1),
        Figure(f"{title}: failures", failures, at_most=0),
        Figure(
            f"{title}: slowest against Coze's {COZE_MILLISECONDS} ms",
            statistics.median(slowest) / (COZE_MILLISECONDS / 1000),
            "×",
            at_most=1.5,
        ),
        Figure(f"{title}: slowest of as many of an empty view", floor * 1000, "ms"),
        Figure(f"{title}: slowest, median", statistics.median(slowest) * 1000, "ms"),
        Figure(f"{title}: slowest, worst round", max(slowest) * 1000, "ms"),
    ]


if __name__ == "__main__":
    main(measure)
