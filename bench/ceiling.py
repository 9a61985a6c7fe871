"""What the load and the sandbox can do themselves: no other figure may come near."""

from __future__ import annotations

import asyncio
import multiprocessing
from typing import Any

from bench.figures import Figure
from bench.load import Load, Request
from bench.scenario import main
from bench.services import free_port, wait_for_port

CONNECTIONS, SECONDS = 16, 2
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Trivial(asyncio.Protocol):
    """Answers whatever comes; each request of the load fits one packet."""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._transport.write(ANSWER)


def measure() -> list[Figure]:
    port = free_port()
    spawn = multiprocessing.get_context("spawn")
    server = spawn.Process(target=_serve, args=(port,), daemon=True)
    server.start()
    wait_for_port(port)
    request = Request("empty", "", b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}")
    with Load(port) as load:
        answers = load.keep_busy([request], connections=CONNECTIONS, seconds=SECONDS)
    server.terminate()
    server.join()
    return [
        Figure(
            "the load, against a server that does nothing", len(answers) / SECONDS, "/s"
        )
    ]


def _serve(port: int) -> None:
    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Trivial, "127.0.0.1", port)
        await server.serve_forever()

    asyncio.run(serve())


if __name__ == "__main__":
    main(measure)
