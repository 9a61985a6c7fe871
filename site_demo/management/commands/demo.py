from __future__ import annotations

import contextlib
import logging
import signal
import socket
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.sites.models import Site
from django.contrib.staticfiles.management.commands.runserver import (
    Command as Runserver,
)
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from coze_widget.conf import conf as coze_conf
from coze_widget.sandbox.server import Sandbox
from site_demo.conf import conf
from site_demo.context import TWINS
from site_demo.kiln import Chat, Kiln
from site_demo.people import PEOPLE, ensure_account
from site_demo.widgets import KILN, ensure_widgets, open_to_kiln

# The sandbox speaks plain HTTP, which our OAuth client accepts on this machine only.
LOOPBACK_HOSTS = ("127.0.0.1", "localhost")
PORTS = range(1, 65_534)  # the sandbox and the other shop take the next ones

TABLE = """
Slow Leaf, the demo of django-coze-widget, is open.

  {url}/          the shop: a chat for everybody
  {url}/account/  your orders: a chat for people who are logged in
  {url}/inline/   the guide: the chat in the page itself, as Coze documents it
  {url}/app/      the adviser: an app with a chatflow
  {url}/admin/    the widgets
{kiln}
  {people}    (user name / password)

  {coze}
  Two people at once: open http://localhost:{port}/ beside http://127.0.0.1:{port}/.
  Ctrl-C stops everything.
"""
KILN_LINE = """
  {url}/          Blue Kiln, another shop: the chat in a page without Django
"""
SANDBOX = """No Coze account is needed: a sandbox plays Coze at {url}
  What it was asked: {url}/sandbox/requests"""
REAL = "The chats go to Coze, with the credentials in your environment or .env."
TRIAL = "A personal access token is on trial: everybody shares ONE history."


class Server(Runserver):
    """Django's development server with an opening line of our own."""

    announcement = ""

    def on_bind(self, server_port: int) -> None:
        # The addresses stay in sight. Not earlier: making the handler sets logging up anew.
        logging.getLogger("django.server").setLevel(logging.WARNING)
        self.stdout.write(self.announcement)
        self.stdout.flush()


class Command(BaseCommand):
    help = "Runs the demo site, with a sandbox for Coze unless there are credentials."
    # The checks run later, when the sandbox has handed out its credentials.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port", type=int, default=conf.port, help="Default: $PORT, else 8000."
        )
        parser.add_argument("--host", default="127.0.0.1")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        _refuse_where_it_cannot_work(host, port)
        # `kill` ends like Ctrl-C, and Ctrl-C works where a shell has switched it off.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)
        with contextlib.ExitStack() as stack:
            coze = TRIAL if coze_conf.personal_access_token else REAL
            if conf.uses_sandbox:
                sandbox = stack.enter_context(Sandbox(port=port + 1))
                # Settings were read before the sandbox had any credentials to give.
                settings.COZE_OAUTH_APPS = {"default": sandbox.make_oauth_config()}
                coze = SANDBOX.format(url=sandbox.url)
            self._prepare(host, port)
            kiln = self._open_kiln(host, port, stack)
            self._serve(host, port, coze, kiln)

    def _prepare(self, host: str, port: int) -> None:
        self.stdout.write("Preparing database, accounts and widgets …")
        call_command("migrate", verbosity=0, skip_checks=True)
        site = Site.objects.get_current()  # made by migrate
        site.domain, site.name = f"{host}:{port}", "Slow Leaf"
        site.save()
        for person in PEOPLE:
            ensure_account(person)
        ensure_widgets()
        self.check()

    def _open_kiln(self, host: str, port: int, stack: contextlib.ExitStack) -> str:
        """Open the other shop on this machine's other name: to browsers, another site."""
        if host not in TWINS:
            return ""
        other_host, other_port = TWINS[host], port + 2
        chat = Chat(
            site_url=f"http://{host}:{port}",
            slug=KILN,
            audience=f"{KILN}@{host}:{port}",
            secret=open_to_kiln(f"http://{other_host}:{other_port}"),
        )
        kiln = stack.enter_context(Kiln(host=other_host, port=other_port, chat=chat))
        return KILN_LINE.format(url=kiln.url)

    def _serve(self, host: str, port: int, coze: str, kiln: str) -> None:
        server = Server()
        server.announcement = TABLE.format(
            url=f"http://{host}:{port}",
            port=port,
            kiln=kiln,
            people="    ".join(f"{p.username} / {p.username}" for p in PEOPLE),
            coze=coze,
        )
        call_command(
            server,
            f"{host}:{port}",
            use_reloader=False,
            skip_checks=True,
            stdout=self.stdout,
            shutdown_message="Stopped: nothing of the demo is running any more.\n",
        )


def _refuse_where_it_cannot_work(host: str, port: int) -> None:
    if not settings.DEBUG:
        raise CommandError(
            "The demo has well-known passwords, so it runs with DEBUG on only."
        )
    if not conf.uses_sandbox:
        if not conf.bot_id:
            raise CommandError(
                "There are Coze credentials, but COZE_BOT_ID is missing: which bot is "
                "to chat? It is the number after /bot/ in the address of Coze's studio."
            )
    elif host not in LOOPBACK_HOSTS:
        raise CommandError(
            "The sandbox can be reached from this machine only. Use --host 127.0.0.1, "
            "or put Coze credentials into .env."
        )
    if port not in PORTS:
        raise CommandError(f"--port is a number from {PORTS[0]} to {PORTS[-1]}.")
    _refuse_taken_port(host, port)
    if conf.uses_sandbox:
        _refuse_taken_port(host, port + 1)
    if host in TWINS:
        _refuse_taken_port(TWINS[host], port + 2)


def _refuse_taken_port(host: str, port: int) -> None:
    try:
        socket.create_server((host, port)).close()
    except OSError as exc:
        reason = str(exc.strerror).partition(" (while")[0]
        raise CommandError(
            f"Port {port} cannot be used: {reason}. Choose another one, for example: "
            "make demo PORT=8100"
        ) from exc
