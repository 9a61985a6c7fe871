"""Is a Redis given up on that hangs?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.cache import caches
from django.core.checks import CheckMessage, Warning
from django.utils.translation import gettext as _

from coze_widget.conf import conf
from coze_widget.leases import redis_client

KEY = "coze_widget:check"


def check_cache_gives_up() -> Iterator[CheckMessage]:
    """Look at a connection as a request would make it, with all defaults; none is opened.

    A time-out may stand in the options, in the URL, or in a pool of the project's own; and
    releases of redis-py differ: 8 has one of five seconds, those before wait for ever.
    """
    connection = _make_redis_connection()
    if connection is None or connection.socket_timeout is not None:
        return
    yield Warning(
        _(
            "A Redis that hangs makes each request wait for ever: connections of the cache "
            "“%(alias)s” have no socket_timeout."
        )
        % {"alias": conf.cache_alias},
        hint=_(
            'Add "socket_timeout": 0.5 and "socket_connect_timeout": 0.5 to its OPTIONS; '
            "for django-redis SOCKET_TIMEOUT and SOCKET_CONNECT_TIMEOUT."
        ),
        id="coze_widget.W043",
    )


def _make_redis_connection() -> Any | None:
    """Return None where there is no Redis, or none can be made: requests then say why."""
    try:
        client = redis_client(caches[conf.cache_alias], KEY)
        if client is None:
            return None
        pool = client.connection_pool
        return pool.connection_class(**pool.connection_kwargs)
    except Exception:
        return None
