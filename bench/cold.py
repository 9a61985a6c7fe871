"""A thousand people who open the chat in the same second, nobody with a token."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bench.figures import Figure
from bench.load import Answer, Load, at_once
from bench.scenario import main
from bench.verdicts import count_failures, count_wrong
from bench.world import (
    WORKERS,
    Server,
    Site,
    cpu_seconds,
    gunicorn,
    make_site,
    uvicorn,
)

PEOPLE = 1000
COZE_MILLISECONDS = 200
# So many mints at once as two cores and the sandbox can keep up with.
THREADS = 8


@dataclass(frozen=True)
class Rush:
    """What became of a thousand people, and what of the cores' time they cost."""

    answers: list[Answer]
    server_seconds: float
    sandbox_seconds: float

    @property
    def slowest(self) -> float:
        return max(answer.seconds for answer in self.answers)

    def costs(self, title: str) -> list[Figure]:
        return [
            Figure(f"{title}: all within", self.slowest, "s"),
            Figure(f"{title}: the server's own work", self.server_seconds, "s"),
            Figure(f"{title}: the stand-in's own work", self.sandbox_seconds, "s"),
        ]


def measure() -> list[Figure]:
    with make_site(people=2 * PEOPLE + 1) as site:
        with gunicorn(site, threads=THREADS) as server:
            threads = _open(site, server, first_person=1)
        with uvicorn(site) as server:
            tasks = _open(site, server, first_person=1 + PEOPLE)
        return [
            *_judge_threads(threads),
            *_judge_tasks(tasks),
            *_judge_all(site, [*threads.answers, *tasks.answers]),
        ]


def _open(site: Site, server: Server, *, first_person: int) -> Rush:
    with Load(server.port) as load:
        site.coze.ask("delay", 0)
        load.keep_busy([site.session(0)], connections=50, seconds=2)
        site.coze.ask("delay", COZE_MILLISECONDS)
        people = range(first_person, first_person + PEOPLE)
        at_server, at_coze = server.cpu_seconds(), cpu_seconds(site.coze.pid)
        answers = load.keep_time(at_once([site.session(person) for person in people]))
        return Rush(
            answers,
            server.cpu_seconds() - at_server,
            cpu_seconds(site.coze.pid) - at_coze,
        )


def _judge_threads(rush: Rush) -> list[Figure]:
    possible = WORKERS * THREADS / (COZE_MILLISECONDS / 1000)
    title = f"{PEOPLE} people at once, cold (gunicorn)"
    return [
        Figure(
            f"{title}: rate against workers × threads ÷ Coze's time",
            PEOPLE / rush.slowest / possible,
            "×",
            at_least=0.8,
        ),
        *rush.costs(title),
    ]


def _judge_tasks(rush: Rush) -> list[Figure]:
    title = f"{PEOPLE} people at once, cold (ASGI)"
    within, *costs = rush.costs(title)
    return [replace(within, at_most=3), *costs]


def _judge_all(site: Site, answers: list[Answer]) -> list[Figure]:
    mints = site.coze.ask("mints")
    title = f"{PEOPLE} people at once, cold"
    return [
        Figure(
            f"{title}: mints of one person, at most", max(mints.values()), at_most=1
        ),
        Figure(
            f"{title}: failures",
            count_failures(answers),
            at_most=0,
        ),
        Figure(f"{title}: wrong tokens", count_wrong(site, answers), at_most=0),
    ]


if __name__ == "__main__":
    main(measure)
