"""The servers that people put a Django project behind, each in a process of its own."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time

START_SECONDS = 30


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def gunicorn(port, *, prefix):
    """With two processes, as in production; it reads SCRIPT_NAME by itself."""
    return [
        *("-m", "gunicorn", "bookshop.wsgi", "--workers", "2"),
        *("--bind", f"127.0.0.1:{port}", "--no-control-socket"),
    ]


def uvicorn(port, *, prefix):
    return [
        *("-m", "uvicorn", "bookshop.asgi:application"),
        *("--port", str(port), "--root-path", prefix),
    ]


@contextlib.contextmanager
def serving(project, arguments, *, port, log):
    """Run the project's interpreter with these arguments while the body runs."""
    with log.open("w") as output:
        command, options = project.start(
            *arguments, stdout=output, stderr=subprocess.STDOUT
        )
        with subprocess.Popen(command, **options) as process:
            try:
                wait_until_open(port, process, log)
                yield
            finally:
                process.terminate()


def wait_until_open(port, process, log):
    end = time.monotonic() + START_SECONDS
    while not is_open(port):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.05)


def is_open(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
