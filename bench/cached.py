"""The session view for people whose token is cached, beside a view that does nothing."""

from __future__ import annotations

import statistics

from bench.figures import Figure, quantile
from bench.load import Answer, Load, Request, spread
from bench.scenario import main
from bench.verdicts import count_failures
from bench.world import gunicorn, make_site, uvicorn

PEOPLE, CONNECTIONS = 200, 16
ROUNDS, ROUND_SECONDS = 5, 1.5
STEADY_SECONDS = 6


def measure() -> list[Figure]:
    with make_site(people=PEOPLE) as site:
        ours = [site.session(person) for person in range(PEOPLE)]
        empty = [site.empty(person) for person in range(PEOPLE)]
        with gunicorn(site, is_apart=True) as server, Load(server.port) as load:
            threads = _compare(load, ours, empty, "gunicorn")
            steady = _keep_half_speed(load, ours, empty, threads)
        with uvicorn(site, is_apart=True) as server, Load(server.port) as load:
            tasks = _compare(load, ours, empty, "ASGI")
        return [*threads, *steady, *tasks]


def _compare(
    load: Load, ours: list[Request], empty: list[Request], server: str
) -> list[Figure]:
    """Take turns, since machines are noisy, and compare the medians."""
    for requests in (ours, empty):
        load.keep_busy(requests, connections=CONNECTIONS, seconds=ROUND_SECONDS)
    rates: dict[str, list[float]] = {"session": [], "empty": []}
    for _round in range(ROUNDS):
        for requests in (ours, empty):
            answers = load.keep_busy(
                requests, connections=CONNECTIONS, seconds=ROUND_SECONDS
            )
            _require_success(answers)
            rates[requests[0].kind].append(len(answers) / ROUND_SECONDS)
    ratios = map(float.__truediv__, rates["session"], rates["empty"])
    bound = 0.70 if server == "gunicorn" else None
    return [
        Figure(
            f"session view, token cached, against an empty view ({server})",
            statistics.median(ratios),
            "×",
            at_least=bound,
        ),
        Figure(f"session view ({server})", statistics.median(rates["session"]), "/s"),
        Figure(f"empty view ({server})", statistics.median(rates["empty"]), "/s"),
    ]


def _keep_half_speed(
    load: Load, ours: list[Request], empty: list[Request], maxima: list[Figure]
) -> list[Figure]:
    """The empty view tells how much of the spread is the machine's own."""
    figures = []
    for requests, maximum, bound in zip(
        (ours, empty), maxima[1:], (3, None), strict=True
    ):
        dues = spread(requests, per_second=maximum.value / 2, seconds=STEADY_SECONDS)
        answers = load.keep_time(dues)
        _require_success(answers)
        seconds = [answer.seconds for answer in answers]
        middle, late = quantile(seconds, 0.5), quantile(seconds, 0.99)
        name = f"{requests[0].kind} view at half of that"
        figures += [
            Figure(f"{name}: p99 against p50", late / middle, "×", at_most=bound),
            Figure(f"{name}: p50", middle * 1000, "ms"),
            Figure(f"{name}: p99", late * 1000, "ms"),
        ]
    return figures


def _require_success(answers: list[Answer]) -> None:
    if count_failures(answers):
        raise RuntimeError("not everybody was served")


if __name__ == "__main__":
    main(measure)
