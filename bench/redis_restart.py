"""Redis dies under load and comes back empty: pages stay, and nobody gets another's token."""

from __future__ import annotations

import time

from bench.figures import Figure
from bench.load import Answer, Due, Load, spread
from bench.scenario import main
from bench.services import OwnRedis, make_caches
from bench.verdicts import count_failures, count_wrong
from bench.world import Site, gunicorn, make_site

PEOPLE = 200
PAGES_PER_SECOND, SESSIONS_PER_SECOND = 60, 40
UP_SECONDS, DOWN_SECONDS, AGAIN_SECONDS = 4, 6, 6
SECONDS = UP_SECONDS + DOWN_SECONDS + AGAIN_SECONDS
COZE_MILLISECONDS = 200


def measure() -> list[Figure]:
    with (
        OwnRedis() as redis,
        make_site(people=PEOPLE, caches=make_caches(redis.url)) as site,
        gunicorn(site) as server,
        Load(server.port) as load,
    ):
        site.coze.ask("delay", COZE_MILLISECONDS)
        running = load.begin(_everybody(site))
        time.sleep(UP_SECONDS)
        redis.kill()
        time.sleep(DOWN_SECONDS)
        redis.start()
        answers = running.result()
        return _judge(site, answers)


def _everybody(site: Site) -> list[Due]:
    sessions = [site.session(person) for person in range(PEOPLE)]
    dues = spread([site.page()], per_second=PAGES_PER_SECOND, seconds=SECONDS)
    dues += spread(sessions, per_second=SESSIONS_PER_SECOND, seconds=SECONDS)
    return sorted(dues, key=lambda due: due.at)


def _judge(site: Site, answers: list[Answer]) -> list[Figure]:
    pages = [answer for answer in answers if answer.kind == "page"]
    sessions = [answer for answer in answers if answer.kind == "session"]
    title = "Redis killed and restarted"
    return [
        Figure(
            f"{title}: failures of {len(pages)} pages with the tag",
            count_failures(pages),
            at_most=0,
        ),
        Figure(f"{title}: wrong tokens", count_wrong(site, sessions), at_most=0),
        Figure(
            f"{title}: failures of {len(sessions)} session views",
            count_failures(sessions),
        ),
        Figure(
            f"{title}: mints of one person, at most",
            max(site.coze.ask("mints").values()),
        ),
        Figure(
            f"{title}: slowest session view",
            max(answer.seconds for answer in sessions),
            "s",
        ),
    ]


if __name__ == "__main__":
    main(measure)
