"""Coze as tests meet it: the sandbox, on a free port of this machine."""

from __future__ import annotations

import atexit
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from coze_widget import oauth_apps, tokens
from coze_widget.catalogue import catalogue
from coze_widget.sandbox.catalogue import BOT_ID
from coze_widget.sandbox.server import Sandbox
from coze_widget.status import oauth_app_names
from coze_widget.visitor_keys import visitor_keys

# Where requests go, by the words of `Coze.fail`.
PLACES = {
    "token": ("/api/permission",),
    "chat": ("/v3/chat", "/v1/workflows/chat"),
    "history": ("/v1/conversation",),
}


class Coze:
    """The stand-in, with what a project's tests need of it.

    Everything else is at `sandbox`, which knows no Django.
    """

    bot_id = BOT_ID

    def __init__(self, sandbox: Sandbox, oauth_config: dict[str, str]) -> None:
        self.sandbox = sandbox
        self._oauth_config = oauth_config

    @property
    def url(self) -> str:
        """The base URL of the API, without a slash at its end."""
        return self.sandbox.url

    @property
    def requests(self) -> list[dict[str, Any]]:
        """What was asked in this test, oldest first: method, path, query, headers, body.

        Of a token there is a short hash.
        """
        return self.sandbox.requests

    def fail(self, place: str, **fault: Any) -> None:
        """Answer with an error from now on, until `recover` or the end of the test.

        `place` is "token" (the site's server asks for one), "chat" (somebody says
        something), "history", or the beginning of a path. The answer is HTTP 500 unless
        `status`, or a `code` of Coze's, says otherwise; `times` ends it by itself;
        `latency_ms` alone only makes it slow. The fields are those of
        `coze_widget.sandbox.faults.Fault`.
        """
        if not {"status", "code", "body", "latency_ms"} & fault.keys():
            fault["status"] = 500
        for path in PLACES.get(place, (place,)):
            self.sandbox.add_fault(path, **{"times": None, **fault})

    def recover(self) -> None:
        self.sandbox.clear_faults()

    @contextmanager
    def unreachable(self) -> Iterator[None]:
        """Refuse connections meanwhile; what was said before is still there afterwards."""
        self.sandbox.stop()
        try:
            yield
        finally:
            self.sandbox.start()

    def build_settings(self) -> dict[str, Any]:
        """Return the settings under which the project talks to this Coze."""
        # A widget names its OAuth app: all that the project knows lead here.
        names = {"default", *oauth_app_names()}
        return {
            "COZE_WIDGETS_ENABLED": True,
            "COZE_OAUTH_APPS": dict.fromkeys(names, self._oauth_config),
            # A key for each test: nobody is served a token that the cache kept for a
            # person with the same primary key in an earlier test.
            "COZE_IDENTITY_KEY": secrets.token_urlsafe(48),
            "COZE_PERSONAL_ACCESS_TOKEN": "",
            "COZE_PROXIES": {},
            "COZE_CA_BUNDLE": "",
            # A failure is seen at once, and the first time.
            "COZE_MAX_RETRIES": 0,
        }

    def reset(self) -> None:
        """Forget what was said and done, here, of failures, and in the copy of the widgets.

        A test's transaction is rolled back, or its tables are emptied, without a signal.
        """
        self.sandbox.reset()
        catalogue.forget()
        visitor_keys.forget()
        oauth_apps.forget()
        tokens.forget()


def running_coze() -> Coze:
    """Return the one Coze of this process, started when first asked for.

    One for all tests: a port of its own for each would cost 80 ms, most of it for
    reading the key again.
    """
    return _start(os.getpid())


@cache
def _start(pid: int) -> Coze:
    """By process id, since a forked one has the object, but not its threads."""
    sandbox = Sandbox(pause_seconds=0).start()
    atexit.register(sandbox.stop)
    return Coze(sandbox, sandbox.make_oauth_config())
