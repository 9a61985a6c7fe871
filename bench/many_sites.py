"""Two thousand sites, each with an OAuth app of its own, beside one site with one app.

The same number of people either way, all logged in and with a token in the cache. One
process each, which has met all the sites when it is measured.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from bench.figures import Figure
from bench.load import Load, Request
from bench.scenario import main
from bench.verdicts import count_failures, count_wrong
from bench.world import Server, Site, gunicorn, make_site

SITES = 2000
CONNECTIONS = 16
# Long enough for each of the sites to be asked more than once.
ROUNDS, ROUND_SECONDS = 3, 4


@dataclass(frozen=True)
class Served:
    """A site, the server that serves it, and who asks there."""

    site: Site
    server: Server
    load: Load

    def serve(self, requests: list[Request]) -> tuple[float, float]:
        """Return the seconds a request takes: on the clock, and of the server's own work."""
        work = self.server.cpu_seconds()
        answers = self.load.keep_busy(
            requests, connections=CONNECTIONS, seconds=ROUND_SECONDS
        )
        work = self.server.cpu_seconds() - work
        return ROUND_SECONDS / len(answers), work / len(answers)


def measure() -> list[Figure]:
    with ExitStack() as stack:
        one, many = (_serve(stack, sites) for sites in (1, SITES))
        wrong = _warm(one) + _warm(many)
        sessions = _compare(one, many, _sessions)
        pages = _compare(one, many, _pages)
        more = many.server.memory_bytes() - one.server.memory_bytes()
    title = f"{SITES:,} sites × {SITES:,} OAuth apps against one"
    return [
        Figure(f"{title}: session view's time", sessions[0], "×", at_most=1.2),
        Figure(f"{title}: the server's own work in it", sessions[1], "×"),
        Figure(f"{title}: time of a page with the tag", pages[0], "×", at_most=1.2),
        Figure(f"{title}: the server's own work in it", pages[1], "×"),
        Figure(f"{title}: wrong tokens", wrong, at_most=0),
        Figure(f"{title}: memory, one process more", more / 1e6, "MB"),
    ]


def _serve(stack: ExitStack, sites: int) -> Served:
    site = stack.enter_context(make_site(people=SITES, sites=sites))
    server = stack.enter_context(gunicorn(site, workers=1))
    return Served(site, server, stack.enter_context(Load(server.port)))


def _warm(served: Served) -> int:
    """Let everybody come once; count wrong tokens."""
    answers = [
        answer
        for requests in (_sessions(served.site), _pages(served.site))
        for answer in served.load.ask_each(requests, connections=CONNECTIONS)
    ]
    if count_failures(answers):
        raise RuntimeError("not everybody was served")
    return count_wrong(served.site, answers)


def _sessions(site: Site) -> list[Request]:
    return [site.session(person, site=person % site.sites) for person in range(SITES)]


def _pages(site: Site) -> list[Request]:
    return [site.page(site=number % site.sites) for number in range(SITES)]


def _compare(
    one: Served, many: Served, ask: Callable[[Site], list[Request]]
) -> tuple[float, float]:
    """Take turns; return how many times the time and the work of one site."""
    of_one, of_many = ask(one.site), ask(many.site)
    rounds = [(one.serve(of_one), many.serve(of_many)) for _round in range(ROUNDS)]
    time, work = (
        statistics.median(of_many[kind] / of_one[kind] for of_one, of_many in rounds)
        for kind in range(2)
    )
    return time, work


if __name__ == "__main__":
    main(measure)
