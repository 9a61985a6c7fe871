from __future__ import annotations

import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from coze_widget.sandbox.catalogue import APP_ID, BOT_ID, WORKFLOW_ID
from coze_widget.sandbox.oauth_apps import load_or_write_config
from coze_widget.sandbox.server import Sandbox, register_config

LOOPBACK = ("127.0.0.1", "localhost", "::1")
REFUSAL = (
    "DEBUG is off, and the sandbox is no server for the public: it has no passwords. "
    "If you mean it, set COZE_SANDBOX_ALLOWED = True and pass "
    "--i-know-this-is-not-coze."
)


def wait_for_interrupt() -> None:
    threading.Event().wait()


class Command(BaseCommand):
    help = "Serves a stand-in for Coze's API and Chat SDK on this machine."
    requires_system_checks: list[str] = []  # it must run in a half-configured project

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8001)
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument(
            "--config",
            type=Path,
            help="A coze_oauth_config.json; written with a fresh key pair if absent.",
        )
        parser.add_argument("--i-know-this-is-not-coze", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        _refuse_in_production(told=options["i_know_this_is_not_coze"])
        sandbox = Sandbox(host=options["host"], port=options["port"])
        try:
            sandbox.start()
        except (OSError, OverflowError) as error:
            raise CommandError(
                f"The sandbox cannot listen: {error}. Choose another --port."
            ) from error
        try:
            self._announce(sandbox, options["config"], host=options["host"])
            wait_for_interrupt()
        except KeyboardInterrupt:
            self.stdout.write("The sandbox has stopped.")
        finally:
            sandbox.stop()

    def _announce(self, sandbox: Sandbox, path: Path | None, *, host: str) -> None:
        remark = _look_at(path, sandbox, host=host) if path else ""
        self.stdout.write(
            f"A stand-in for Coze (not Coze) listens at {sandbox.url}\n"
            f"  bot       {BOT_ID}\n"
            f"  app       {APP_ID}, chatflow {WORKFLOW_ID}\n"
            f"  requests  {sandbox.url}/sandbox/requests"
        )
        if path:
            self.stdout.write(f"  config    {path}")
        if remark:
            self.stderr.write(remark)
        self.stdout.write("It forgets all when it stops: press Ctrl-C.")
        self.stdout.flush()


def _refuse_in_production(*, told: bool) -> None:
    allowed = getattr(settings, "COZE_SANDBOX_ALLOWED", False) is True
    if not settings.DEBUG and not (told and allowed):
        raise CommandError(REFUSAL)


def _look_at(path: Path, sandbox: Sandbox, *, host: str) -> str:
    """Registers the file's key; returns a remark on the address in it, if one is due.

    Raises CommandError where nobody who has the file could reach this sandbox.
    """
    base_url, wanted = _load_config(sandbox, path)
    if base_url == sandbox.url or wanted == urlsplit(sandbox.url).port:
        return ""
    if wanted and host in LOOPBACK:
        raise CommandError(
            f"{path} says {base_url}. Start with --port {wanted}, or delete the file to "
            "get a new one."
        )
    # It can be right: a container or a proxy has that address.
    return f"{path} says {base_url}: your site asks there."


def _port_here(base_url: str) -> int | None:
    """Return the port on this machine, None for what is elsewhere or not plain HTTP."""
    url = urlsplit(base_url)
    is_here = url.scheme == "http" and url.hostname in LOOPBACK
    return (url.port or 80) if is_here else None


def _load_config(sandbox: Sandbox, path: Path) -> tuple[str, int | None]:
    """Registers the file's key; says for which base URL the file was made."""
    try:
        config = load_or_write_config(path, base_url=sandbox.url)
        register_config(sandbox, config)
        return config["coze_api_base"], _port_here(config["coze_api_base"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        # The error's own words may quote the file, and the file holds a key.
        raise CommandError(
            f"{path} is no readable coze_oauth_config.json ({type(error).__name__})."
        ) from None
