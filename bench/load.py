"""The load: people's requests over kept-alive connections, from a process of its own.

Latencies of `keep_time` are counted from the moment at which a request was due, so that a
server which stalls cannot hide that from those who would have come meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

from bench import cores

LONGEST_SECONDS = 60
# As deploy/nginx.conf keeps them to the site's server.
KEPT_CONNECTIONS = 32


@dataclass(frozen=True)
class Request:
    """What one person asks; `kind` sorts the answers."""

    kind: str
    person: str
    raw: bytes


@dataclass(frozen=True)
class Answer:
    """`at` and `seconds` from the start of the run; status 0 where nothing came back.

    Token and epoch are those of a session view's 200, `code` that of a problem.
    """

    kind: str
    person: str
    at: float
    seconds: float
    status: int
    token: str = ""
    epoch: str = ""
    code: str = ""
    retry_after: str = ""


@dataclass(frozen=True)
class Due:
    at: float
    request: Request


class Load:
    """`with Load(port) as load:` has one process that asks the server there."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._pool = ProcessPoolExecutor(
            1,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=cores.take_the_last,
        )

    def __enter__(self) -> Load:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._pool.shutdown()

    def keep_busy(
        self, requests: Sequence[Request], *, connections: int, seconds: float
    ) -> list[Answer]:
        """Ask as fast as that many connections allow; the requests in turns."""
        plan = (self._port, requests, connections, seconds)
        return self._pool.submit(_run, _keep_busy, *plan).result()

    def ask_each(
        self, requests: Sequence[Request], *, connections: int
    ) -> list[Answer]:
        """Ask each request once, as fast as that many connections allow."""
        plan = (self._port, requests, connections)
        return self._pool.submit(_run, _ask_each, *plan).result()

    def keep_time(self, dues: Sequence[Due]) -> list[Answer]:
        """Ask each request when it is due, whatever became of those before."""
        return self.begin(dues).result()

    def begin(
        self, dues: Sequence[Due], *, start: float | None = None
    ) -> Future[list[Answer]]:
        """As `keep_time`, but return at once; `start` is a moment of time.monotonic()."""
        return self._pool.submit(_run, _keep_time, self._port, dues, start)


def spread(
    requests: Sequence[Request], *, per_second: float, seconds: float
) -> list[Due]:
    """Return requests in turns, at a steady rate."""
    turns = itertools.cycle(requests)
    count = int(per_second * seconds)
    return [Due(number / per_second, next(turns)) for number in range(count)]


def at_once(requests: Sequence[Request]) -> list[Due]:
    return [Due(0, request) for request in requests]


def _run(plan: Callable[..., Any], *arguments: Any) -> list[Answer]:
    return asyncio.run(plan(*arguments))


async def _keep_busy(
    port: int, requests: Sequence[Request], connections: int, seconds: float
) -> list[Answer]:
    end = time.monotonic() + seconds
    turns = itertools.cycle(requests)
    in_time = itertools.takewhile(lambda _: time.monotonic() < end, turns)
    return await _share_out(port, in_time, connections)


async def _ask_each(
    port: int, requests: Sequence[Request], connections: int
) -> list[Answer]:
    return await _share_out(port, iter(requests), connections)


async def _share_out(
    port: int, requests: Iterator[Request], connections: int
) -> list[Answer]:
    answers: list[Answer] = []
    start = time.monotonic()

    async def work() -> None:
        line = Line(port)
        for request in requests:
            due = time.monotonic()
            answers.append(await line.ask(request, due=due, start=start))
        line.close()

    await asyncio.gather(*(work() for _ in range(connections)))
    return answers


async def _keep_time(
    port: int, dues: Sequence[Due], start: float | None
) -> list[Answer]:
    idle: list[Line] = []
    # The same in all processes of a machine.
    start = start or time.monotonic()

    async def ask(due: Due) -> Answer:
        line = idle.pop() if idle else Line(port)
        answer = await line.ask(due.request, due=start + due.at, start=start)
        if len(idle) < KEPT_CONNECTIONS:
            idle.append(line)
        else:
            line.close()
        return answer

    tasks = []
    for due in dues:
        wait = start + due.at - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(ask(due)))
    answers = await asyncio.gather(*tasks)
    for line in idle:
        line.close()
    return answers


class Line:
    """One connection, opened when needed and again when the server has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._exchange: Exchange | None = None

    async def ask(self, request: Request, *, due: float, start: float) -> Answer:
        try:
            answer = self._ask(request.raw)
            status, headers, body = await asyncio.wait_for(answer, LONGEST_SECONDS)
        # Before Python 3.11 asyncio's TimeoutError is no OSError.
        except (OSError, EOFError, asyncio.TimeoutError) as exc:
            self.close()
            status, headers, body = 0, {}, json.dumps({"code": repr(exc)}).encode()
        seconds = time.monotonic() - due
        facts = _read(body) if request.kind != "page" else {}
        return Answer(
            request.kind,
            request.person,
            due - start,
            seconds,
            status,
            token=facts.get("token", ""),
            epoch=facts.get("epoch", ""),
            code=facts.get("code", ""),
            retry_after=headers.get("retry-after", ""),
        )

    async def _ask(self, raw: bytes) -> tuple[int, dict[str, str], bytes]:
        kept = self._exchange
        if kept and not kept.is_over:
            with contextlib.suppress(Unheard):
                return await kept.ask(raw)
        loop = asyncio.get_running_loop()
        _, self._exchange = await loop.create_connection(
            Exchange, "127.0.0.1", self._port
        )
        return await self._exchange.ask(raw)

    def close(self) -> None:
        if self._exchange:
            self._exchange.close()
            self._exchange = None


class Unheard(EOFError):
    """Raised when the server closed the connection before it answered anything."""


class Exchange(asyncio.Protocol):
    """HTTP/1.1, as far as Django's answers need it: each says its Content-Length."""

    def __init__(self) -> None:
        self.is_over = False
        self._received = bytearray()
        self._answer: asyncio.Future[tuple[int, dict[str, str], bytes]] | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def ask(self, raw: bytes) -> asyncio.Future[tuple[int, dict[str, str], bytes]]:
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(raw)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0 or self._answer is None:
            return
        first, *lines = self._received[:end].decode("latin-1").split("\r\n")
        pairs = (line.split(": ", 1) for line in lines)
        headers = {name.lower(): value for name, value in pairs}
        whole = end + 4 + int(headers["content-length"])
        if len(self._received) < whole:
            return
        body = bytes(self._received[end + 4 : whole])
        del self._received[:whole]
        self.is_over = headers.get("connection", "").lower() == "close"
        answer, self._answer = self._answer, None
        if not answer.done():
            answer.set_result((int(first.split(" ")[1]), headers, body))

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_over = True
        if self._answer and not self._answer.done():
            error = EOFError if self._received else Unheard
            self._answer.set_exception(error("the server closed the connection"))

    def close(self) -> None:
        self.is_over = True
        self._transport.close()


def _read(body: bytes) -> dict[str, Any]:
    try:
        facts = json.loads(body)
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}
