"""Questions to the database from within an event loop, where Django refuses them.

A template that a coroutine renders is such a place: the tag cannot await. So a thread of
its own asks, with a connection of its own. It begins anew each time: few pages need one,
and none is left behind when a process forks.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from django.db import connections

T = TypeVar("T")


def refuses_queries() -> bool:
    """Tell whether Django does so here: this very thread runs an event loop.

    Notebooks have one, too, and allow all the same; then rows of the caller's own
    transaction are seen.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return not os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")


def start_in_thread(ask: Callable[[], T]) -> Future[T]:
    """Begin to ask; what the caller has in context variables comes along."""
    future: Future[T] = Future()
    context = contextvars.copy_context()
    # A daemon: a database that hangs must not keep the process from ending.
    threading.Thread(
        target=lambda: context.run(_answer, future, ask),
        name="coze_widget-ask",
        daemon=True,
    ).start()
    return future


def _answer(future: Future[T], ask: Callable[[], T]) -> None:
    try:
        answer = _ask_and_disconnect(ask)
    except BaseException as exc:
        future.set_exception(exc)
    else:
        future.set_result(answer)


def _ask_and_disconnect(ask: Callable[[], T]) -> T:
    try:
        return ask()
    finally:
        connections.close_all()
