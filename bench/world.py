"""What every measurement under load needs: Coze's stand-in, a site with people, a server."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import cores, services
from bench.coze import Coze
from bench.keys import make_keys
from bench.load import Request

ROOT = Path(__file__).parent.parent
WORKERS, THREADS = 4, 16
STOP_SECONDS = 15


@dataclass(frozen=True)
class Site:
    """Rows in PostgreSQL, sessions and tokens in Redis, and who is logged in."""

    folder: Path
    environment: dict[str, str]
    coze: Coze
    cookies: Sequence[str]
    sites: int

    def session(self, person: int, *, kind: str = "session", site: int = 0) -> Request:
        """Return the request with which that person's chat asks for a token."""
        path = "/chat/support/session/"
        return self._post(kind, path, person, site)

    def empty(self, person: int) -> Request:
        return self._post("empty", "/empty/", person, 0)

    def page(self, *, site: int = 0) -> Request:
        """Return what a stranger's browser asks for a page with the tag."""
        raw = f"GET /page/ HTTP/1.1\r\nHost: site{site}.example\r\n\r\n"
        return Request("page", "", raw.encode())

    def _post(self, kind: str, path: str, person: int, site: int) -> Request:
        lines = [
            f"POST {path} HTTP/1.1",
            f"Host: site{site}.example",
            "Sec-Fetch-Site: same-origin",
            "Content-Type: application/json",
            "Content-Length: 2",
            f"Cookie: {self.cookies[person]}",
            f"X-Forwarded-For: 10.{person >> 16}.{person >> 8 & 255}.{person & 255}",
        ]
        raw = "\r\n".join([*lines, "", "{}"]).encode()
        return Request(kind, f"{person}@{site}", raw)


@contextlib.contextmanager
def make_site(
    *,
    people: int,
    sites: int = 1,
    coze: Coze | None = None,
    caches: dict[str, Any] | None = None,
    **settings: Any,
) -> Iterator[Site]:
    """Bring up a site of its own; raises `services.Missing`."""
    with contextlib.ExitStack() as stack:
        coze = coze or stack.enter_context(Coze(make_keys(sites)))
        database = stack.enter_context(services.postgresql())
        caches = caches or stack.enter_context(services.redis())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        facts = {
            "SECRET_KEY": "only for measuring, and as long as a real one is: 0123456789",
            "COZE_IDENTITY_KEY": "only for measuring, long enough to be one",
            "COZE_OAUTH_APPS": coze.settings(),
            "DATABASES": {"default": database},
            "CACHES": caches,
            **settings,
        }
        path = folder / "site.json"
        path.write_text(json.dumps(facts))
        environment = {**os.environ, "BENCH_SITE": str(path)}
        yield Site(folder, environment, coze, _seed(environment, sites, people), sites)


def _seed(environment: dict[str, str], sites: int, people: int) -> list[str]:
    command = [sys.executable, "-m", "bench.site.seed", str(sites), str(people)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE
    )
    cookies: list[str] = json.loads(done.stdout)
    return cookies


@contextlib.contextmanager
def gunicorn(
    site: Site,
    *,
    workers: int = WORKERS,
    threads: int = THREADS,
    is_apart: bool = False,
) -> Iterator[Server]:
    """Serve with deploy/gunicorn.conf.py; `is_apart` keeps it off the load's core."""
    port = services.free_port()
    environment = {
        **site.environment,
        "GUNICORN_BIND": f"127.0.0.1:{port}",
        "GUNICORN_WORKERS": str(workers),
        "GUNICORN_THREADS": str(threads),
        "GUNICORN_ACCESS_LOG": "",
    }
    command = ["gunicorn", "-c", "deploy/gunicorn.conf.py", "bench.site.wsgi"]
    arguments = ["--log-level", "warning"]
    with _serve(
        site, [*command, *arguments], port, environment, is_apart=is_apart
    ) as server:
        yield server


@contextlib.contextmanager
def uvicorn(
    site: Site, *, workers: int = WORKERS, is_apart: bool = False
) -> Iterator[Server]:
    port = services.free_port()
    command = ["uvicorn", "bench.site.asgi:application", "--port", str(port)]
    options = ["--workers", str(workers), "--log-level", "warning"]
    arguments = [*options, "--no-access-log", "--lifespan", "off"]
    with _serve(
        site, [*command, *arguments], port, site.environment, is_apart=is_apart
    ) as server:
        yield server


@dataclass(frozen=True)
class Server:
    port: int
    pid: int

    def memory_bytes(self) -> int:
        """Return what its processes have for themselves; 0 where there is no /proc."""
        return sum(map(_private_bytes, self._pids()))

    def cpu_seconds(self) -> float:
        """Return what its processes have used of the cores; 0 where there is no /proc."""
        return sum(map(cpu_seconds, self._pids()))

    def _pids(self) -> list[int]:
        return [self.pid, *_children(self.pid)]


@contextlib.contextmanager
def _serve(
    site: Site,
    command: list[str],
    port: int,
    environment: dict[str, str],
    *,
    is_apart: bool,
) -> Iterator[Server]:
    log = site.folder / f"{command[0]}.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=environment,
            stdout=file,
            stderr=file,
            preexec_fn=cores.leave_the_last if is_apart else None,
        )
    try:
        services.wait_for_port(port)
        yield Server(port, process.pid)
    except BaseException:
        print(log.read_text()[-2000:], file=sys.stderr)
        raise
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def cpu_seconds(pid: int) -> float:
    path = Path(f"/proc/{pid}/stat")
    if not path.exists():
        return 0
    # What stands before is its name, which may hold anything.
    fields = path.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()] if path.exists() else []


def _private_bytes(pid: int) -> int:
    path = Path(f"/proc/{pid}/smaps_rollup")
    lines = path.read_text().splitlines() if path.exists() else []
    private = [line.split() for line in lines if line.startswith("Private_")]
    return sum(int(columns[1]) * 1024 for columns in private)
