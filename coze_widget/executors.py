"""Threads under an event loop: who waits for Coze holds none, whoever works has few.

Django gives each request a thread for its synchronous parts, and keeps it until the
answer; a database connection may hang on it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import Any, TypeVar

from asgiref.sync import SyncToAsync, sync_to_async
from django.db import connections

from coze_widget.conf import conf

T = TypeVar("T")

# Each of them may hold a database connection; they hold it for milliseconds.
MAX_READERS = 8

_entrances: dict[asyncio.AbstractEventLoop, asyncio.Semaphore] = {}


class MintExecutor(ThreadPoolExecutor):
    """Leaves no database connection behind: a site's cache may be a table."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        return super().submit(_disconnecting, fn, *args, **kwargs)


def mint_executor() -> MintExecutor:
    """Return this process's threads for mints: COZE_MAX_CONNECTIONS of them at the most."""
    return _executor(os.getpid(), int(conf.max_connections))


async def read(work: Callable[[], T]) -> T:
    """Run what asks database and cache, few at a time, in the thread of this request.

    Where others have to be waited for, the thread is given back meanwhile; connections
    are closed in any case.
    """
    entrance = _entrance()
    if entrance.locked():
        release_thread()
    # Work that has begun goes on when its visitor leaves, and counts until it ends.
    return await asyncio.shield(_take_turn(entrance, work))


async def _take_turn(entrance: asyncio.Semaphore, work: Callable[[], T]) -> T:
    async with entrance:
        return await sync_to_async(_disconnecting)(work)


def release_thread() -> None:
    """Give back the thread that this request got; the next synchronous part gets another."""
    context = SyncToAsync.thread_sensitive_context.get(None)
    # None in tests, where one thread is for all; a project may have brought its own, too.
    if context is None or getattr(context, "_executor", None) is not None:
        return
    executor = SyncToAsync.context_to_thread_executor.pop(context, None)
    if executor is not None:
        # Middleware may have asked the database in it. Where it is a synchronous one, the
        # thread is still in it, and gets to this afterwards.
        executor.submit(release_connections)
        executor.shutdown(wait=False)


def release_connections() -> None:
    """Give database connections back while Coze is asked: that can take seconds."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()


def _disconnecting(work: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    try:
        return work(*args, **kwargs)
    finally:
        release_connections()


def _entrance() -> asyncio.Semaphore:
    """One for each event loop: a semaphore belongs to the loop that has waited for it."""
    loop = asyncio.get_running_loop()
    if loop not in _entrances:
        for ended in [other for other in _entrances if other.is_closed()]:
            del _entrances[ended]
        _entrances[loop] = asyncio.Semaphore(MAX_READERS)
    return _entrances[loop]


@lru_cache(maxsize=4)
def _executor(pid: int, threads: int) -> MintExecutor:
    """Each process has its own: threads do not come along when it forks."""
    return MintExecutor(threads, thread_name_prefix="coze_widget-mint")
