"""What people with a token each take, in Redis and in the processes."""

from __future__ import annotations

from bench.figures import Figure
from bench.load import Load
from bench.scenario import main
from bench.services import OwnRedis, make_caches
from bench.verdicts import count_failures
from bench.world import WORKERS, gunicorn, make_site

# So many come; the figures are for ten thousand.
PEOPLE, WARM_UP = 2500, 500
PER = 10_000
CONNECTIONS = 16


def measure() -> list[Figure]:
    with (
        OwnRedis() as redis,
        make_site(people=WARM_UP + PEOPLE, caches=make_caches(redis.url)) as site,
        gunicorn(site) as server,
        Load(server.port) as load,
    ):
        everybody = [site.session(person) for person in range(WARM_UP + PEOPLE)]
        load.ask_each(everybody[:WARM_UP], connections=CONNECTIONS)
        in_redis, in_processes = redis.used_bytes(), server.memory_bytes()
        answers = load.ask_each(everybody[WARM_UP:], connections=CONNECTIONS)
        in_redis = redis.used_bytes() - in_redis
        in_processes = server.memory_bytes() - in_processes
    title = f"{PER:,} people's tokens"
    times = PER / PEOPLE
    return [
        Figure(f"{title}: Redis", in_redis * times / 1e6, "MB"),
        Figure(f"{title}: Redis, each person", in_redis / PEOPLE, "B"),
        Figure(
            f"{title}: {WORKERS} processes together", in_processes * times / 1e6, "MB"
        ),
        Figure(f"{title}: failures", count_failures(answers), at_most=0),
    ]


if __name__ == "__main__":
    main(measure)
