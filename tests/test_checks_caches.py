from __future__ import annotations

import pytest
from redis import ConnectionPool

from coze_widget.checks import check_deployment
from coze_widget.checks.caches import check_cache_gives_up
from tests.messages import ids, only, put_in_order

BACKENDS = "django.core.cache.backends."
# Nobody listens there, and nobody is asked.
URL = "redis://127.0.0.1:9/0"


class PatientPool:
    """A project's own, which says nothing in the options."""

    @staticmethod
    def from_url(url, **options):
        return ConnectionPool.from_url(url, socket_timeout=None, **options)


class ImpatientPool:
    @staticmethod
    def from_url(url, **options):
        return ConnectionPool.from_url(url, socket_timeout=0.5, **options)


@pytest.fixture
def use_redis(settings):
    def use(location=URL, **options):
        settings.CACHES = {
            "default": {
                "BACKEND": BACKENDS + "redis.RedisCache",
                "LOCATION": location,
                "OPTIONS": options,
            }
        }

    return use


@pytest.mark.parametrize(
    "options",
    [
        {"socket_timeout": None},
        {"socket_timeout": None, "socket_connect_timeout": 0.5},
        {"pool_class": f"{__name__}.PatientPool"},
    ],
)
def test_a_redis_that_is_waited_for_for_ever(use_redis, options):
    use_redis(**options)

    assert only(check_cache_gives_up(), "W043") == (
        "A Redis that hangs makes each request wait for ever: connections of the cache "
        "“default” have no socket_timeout."
    )


@pytest.mark.parametrize(
    ("location", "options"),
    [
        (URL, {"socket_timeout": 0.5}),
        ([URL, "redis://127.0.0.1:9/1"], {"socket_timeout": 0.5}),
        (f"{URL}?socket_timeout=0.5", {}),
        (URL, {"pool_class": f"{__name__}.ImpatientPool"}),
        ("unix:///nowhere/redis.sock", {"socket_timeout": 0.5}),
    ],
)
def test_a_redis_that_is_given_up_on(use_redis, location, options):
    use_redis(location, **options)

    assert list(check_cache_gives_up()) == []


def test_what_redis_py_does_by_itself_counts(use_redis):
    use_redis()
    own = ConnectionPool.from_url(URL)

    waits_for_ever = (
        own.connection_class(**own.connection_kwargs).socket_timeout is None
    )
    assert len(list(check_cache_gives_up())) == waits_for_ever


@pytest.mark.parametrize("backend", ["locmem.LocMemCache", "dummy.DummyCache"])
def test_other_caches_are_another_matter(settings, backend):
    settings.CACHES = {"default": {"BACKEND": BACKENDS + backend}}

    assert list(check_cache_gives_up()) == []


def test_what_cannot_be_made_is_not_judged(settings, use_redis):
    use_redis("nonsense://127.0.0.1")
    assert list(check_cache_gives_up()) == []

    settings.COZE_CACHE = "nowhere"
    assert list(check_cache_gives_up()) == []


def test_it_is_said_where_a_server_is_checked(settings, tmp_path, oauth_app, use_redis):
    put_in_order(settings, tmp_path)
    use_redis(socket_timeout=None)

    assert ids(check_deployment()) == ["W043"]
