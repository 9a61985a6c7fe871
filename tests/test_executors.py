"""Threads and database connections of people who wait, under a real event loop."""

from __future__ import annotations

import asyncio
import os
import threading

import pytest
from asgiref.sync import SyncToAsync, ThreadSensitiveContext, sync_to_async
from django.db import connections

from coze_widget import executors
from coze_widget.executors import MAX_READERS, mint_executor, read, release_thread


def open_connection():
    connections["default"].ensure_connection()
    return connections["default"]


def test_a_reader_works_in_the_thread_of_its_request():
    async def main():
        async with ThreadSensitiveContext():
            before = await sync_to_async(threading.current_thread)()
            return before, await read(threading.current_thread)

    before, during = asyncio.run(main())

    assert during is before


def test_who_has_to_wait_for_readers_gives_the_thread_back():
    gate = threading.Event()

    async def hold():
        async with ThreadSensitiveContext():
            await read(lambda: gate.wait(5))

    async def main():
        holding = [asyncio.create_task(hold()) for _ in range(MAX_READERS)]
        await asyncio.sleep(0.1)
        async with ThreadSensitiveContext():
            before = await sync_to_async(threading.current_thread)()
            waiting = asyncio.create_task(read(threading.current_thread))
            await asyncio.get_running_loop().run_in_executor(None, before.join, 5)
            assert not before.is_alive()
            assert not waiting.done()
            gate.set()
            await asyncio.gather(*holding)
            return before, await waiting

    before, during = asyncio.run(main())

    assert during is not before


@pytest.mark.django_db(transaction=True)
def test_a_reader_gives_its_connection_back():
    async def main():
        async with ThreadSensitiveContext():
            return await read(open_connection)

    connection = asyncio.run(main())

    assert connection.connection is None


def test_few_read_at_a_time():
    reading, most = [], []
    lock = threading.Lock()

    def work():
        with lock:
            reading.append(1)
            most.append(len(reading))
        threading.Event().wait(0.02)
        with lock:
            reading.pop()

    async def one():
        async with ThreadSensitiveContext():
            await read(work)

    async def main():
        await asyncio.gather(*(asyncio.create_task(one()) for _ in range(40)))

    asyncio.run(main())

    assert max(most) <= MAX_READERS
    assert len(most) == 40


def test_who_leaves_is_counted_until_their_work_ends():
    """Else whoever hangs up and comes again would stack threads."""
    reading, most, gate = [], [], threading.Event()

    def work():
        reading.append(1)
        most.append(len(reading))
        gate.wait(5)
        reading.pop()

    async def one():
        async with ThreadSensitiveContext():
            await read(work)

    async def main():
        for _ in range(3):
            tasks = [asyncio.create_task(one()) for _ in range(MAX_READERS)]
            await asyncio.sleep(0.05)
            for task in tasks:
                task.cancel()
        gate.set()
        await asyncio.sleep(0.2)

    asyncio.run(main())

    assert max(most) <= MAX_READERS


@pytest.mark.django_db(transaction=True)
def test_what_middleware_had_opened_is_closed_with_its_thread():
    async def main():
        async with ThreadSensitiveContext():
            connection = await sync_to_async(open_connection)()
            thread = await sync_to_async(threading.current_thread)()
            release_thread()
            await asyncio.get_running_loop().run_in_executor(None, thread.join, 5)
            return connection

    assert asyncio.run(main()).connection is None


def test_an_error_of_a_reader_is_its_own():
    async def main():
        with pytest.raises(ZeroDivisionError):
            await read(lambda: 1 / 0)
        return await read(lambda: 2)

    assert asyncio.run(main()) == 2


def test_a_thread_that_a_project_has_brought_is_left_to_it():
    class Context:
        _executor = object()

    context = Context()
    token = SyncToAsync.thread_sensitive_context.set(context)
    SyncToAsync.context_to_thread_executor[context] = "theirs"
    try:
        release_thread()
        assert SyncToAsync.context_to_thread_executor[context] == "theirs"
    finally:
        SyncToAsync.thread_sensitive_context.reset(token)
        del SyncToAsync.context_to_thread_executor[context]


def test_mints_have_as_many_threads_as_connections(settings):
    settings.COZE_MAX_CONNECTIONS = 3
    started, gate = threading.Barrier(4), threading.Event()

    def work():
        started.wait(5)
        gate.wait(5)
        return threading.current_thread().name

    futures = [mint_executor().submit(work) for _ in range(3)]
    started.wait(5)
    fourth = mint_executor().submit(threading.current_thread)
    assert not fourth.done()
    gate.set()

    names = {future.result(5) for future in futures}
    assert len(names) == 3
    assert fourth.result(5).name in names


@pytest.mark.django_db(transaction=True)
def test_a_mint_leaves_no_connection_behind():
    connection = mint_executor().submit(open_connection).result(5)

    assert connection.connection is None


def test_each_process_has_threads_of_its_own(monkeypatch):
    ours = mint_executor()
    assert mint_executor() is ours

    monkeypatch.setattr(executors.os, "getpid", lambda: os.getppid() + 1_000_000)

    assert mint_executor() is not ours
