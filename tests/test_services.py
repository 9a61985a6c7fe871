from __future__ import annotations

import runpy

import pytest
import redis

from tests import services
from tests.host.servers import free_port
from tests.services import (
    Service,
    find_postgresql,
    find_redis,
    main,
    postgresql_url,
    redis_url,
    require,
)


@pytest.fixture
def nobody():
    """A server that is not there, and has no command to start it."""
    return Service("Redis", f"redis://127.0.0.1:{free_port()}/1", ("no-such-server",))


def test_the_environments_servers_come_first():
    database, cache = "postgres://me:secret@db.example/shop", "redis://cache.example/2"
    environ = {"DATABASE_URL": database, "REDIS_URL": cache}

    assert find_postgresql(environ).url == database
    assert find_postgresql(environ).address == ("db.example", 5432)
    assert find_redis(environ).url == cache
    assert find_redis(environ).address == ("cache.example", 6379)


@pytest.mark.parametrize("environ", [{}, {"DATABASE_URL": "sqlite:///db.sqlite3"}])
def test_else_those_at_the_standard_ports(environ):
    assert find_postgresql(environ).address == ("127.0.0.1", 5432)
    assert find_redis(environ).address == ("127.0.0.1", 6379)


def test_redis_is_started_where_it_is_installed():
    redis_url()
    url = f"redis://127.0.0.1:{free_port()}/1"

    try:
        assert find_redis({"REDIS_URL": url}).fault == ""
    finally:
        with redis.Redis.from_url(url) as client:
            client.shutdown(nosave=True)


def test_a_server_that_is_not_here_is_said(nobody):
    host, port = nobody.address

    assert nobody.fault == (
        f"no Redis at {host}:{port}: nobody listens, and no-such-server cannot be started"
    )


def test_a_server_that_does_not_start_is_said():
    service = Service("Redis", f"redis://127.0.0.1:{free_port()}/1", ("true",), 0.3)

    assert "it does not start by true" in service.fault


def test_only_this_machines_servers_are_started():
    service = Service("Redis", "redis://host.invalid:6379/1", ("redis-server",))

    assert service.fault.startswith("no Redis at host.invalid:6379: ")


def test_a_server_that_refuses_us_is_said_without_the_password():
    host, port = find_postgresql({}).address
    url = f"postgres://nobody-we-know:secret@{host}:{port}/nothing"
    postgresql_url()

    fault = find_postgresql({"DATABASE_URL": url}).fault

    assert fault.startswith(f"no PostgreSQL at {host}:{port}: ")
    assert "secret" not in fault


def test_without_a_server_tests_are_skipped(nobody):
    with pytest.raises(pytest.skip.Exception, match="no Redis at "):
        require(nobody, {})


def test_in_ci_that_is_a_failure(nobody):
    with pytest.raises(pytest.fail.Exception, match="no Redis at "):
        require(nobody, {"CI": "true"})


def test_what_is_not_there_is_said_before_the_tests(nobody, capsys):
    assert main([nobody]) == 1
    assert "==> There is no Redis at " in capsys.readouterr().out


def test_where_all_are_there_nothing_is_said(capsys):
    postgresql_url()
    redis_url()

    with pytest.raises(SystemExit, match="0"):
        runpy.run_path(services.__file__, run_name="__main__")

    assert capsys.readouterr().out == ""
