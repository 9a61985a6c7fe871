"""The sandbox in a process of its own, and the referee: it counts mints and knows owners."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Iterable
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from bench.keys import KeyPair
from coze_widget.sandbox.access_tokens import AccessTokens, Grant
from coze_widget.sandbox.oauth_apps import OAuthApp
from coze_widget.sandbox.server import Sandbox

TOKEN_PATH = "/api/permission/oauth2"


class CountedTokens(AccessTokens):
    """Counts for each `session_name` what really was handed out."""

    def __init__(self) -> None:
        super().__init__()
        self.mints: Counter[str] = Counter()

    def issue(self, grant: Grant, *, prefix: str = "czs_") -> str:
        self.mints[grant.owner.session_name] += 1
        return super().issue(grant, prefix=prefix)


class Referee:
    """Runs beside the sandbox, in its process; each method is a question or an order."""

    def __init__(self, keys: list[KeyPair], sdk_bytes: int) -> None:
        self._tokens = CountedTokens()
        self._sandbox = Sandbox(pause_seconds=0, sdk_bytes=sdk_bytes)
        self._sandbox.state.tokens = self._tokens
        for number, key in enumerate(keys):
            self._sandbox.register(_public_app(number, key.public_key()))

    def start(self) -> str:
        return self._sandbox.start().url

    def stop(self) -> None:
        """Nothing listens any more: connections are refused."""
        self._sandbox.stop()

    def delay(self, milliseconds: int) -> None:
        """Answer after that long, from now on; people in wait are not called back."""
        self._sandbox.clear_faults()
        if milliseconds:
            self._sandbox.add_fault(TOKEN_PATH, times=None, latency_ms=milliseconds)

    def hang(self) -> None:
        """Keep whoever asks waiting for longer than anybody waits, and then give nothing."""
        self._sandbox.clear_faults()
        self._sandbox.add_fault(TOKEN_PATH, times=None, latency_ms=60_000, status=503)

    def issue_token(self, session_name: str) -> str:
        """Hand one to somebody who comes without a site."""
        return self._sandbox.issue_token(session_name=session_name)

    def mints(self) -> Counter[str]:
        with self._sandbox.state.lock:
            return self._tokens.mints.copy()

    def owners(self, tokens: Iterable[str]) -> dict[str, str]:
        """Whose each token is or was; '' of one that was never handed out."""
        with self._sandbox.state.lock:
            grants = {token: self._tokens.find(token, now=0) for token in tokens}
        return {
            token: grant.owner.session_name if grant else ""
            for token, grant in grants.items()
        }


class Coze:
    """`with Coze(keys) as coze:` serves at `coze.url`; what Referee can do, it is asked here."""

    def __init__(self, keys: list[KeyPair], *, sdk_bytes: int = 0) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(
            target=_serve, args=(theirs, keys, sdk_bytes), daemon=True
        )
        self.keys = keys
        self.pid = 0
        self.url = ""

    def __enter__(self) -> Coze:
        self._process.start()
        self.pid = self._process.pid or 0
        self.url = self.ask("start")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._pipe.send(None)
        self._process.join(10)

    def ask(self, name: str, *arguments: Any) -> Any:
        self._pipe.send((name, arguments))
        return self._pipe.recv()

    def settings(self) -> dict[str, Any]:
        """COZE_OAUTH_APPS for a site whose apps are known here."""
        return {
            f"app{number}": {
                "client_id": _client_id(number),
                "public_key_id": _kid(number),
                "private_key": key.pem(),
                "base_url": self.url,
            }
            for number, key in enumerate(self.keys)
        }


def _serve(pipe: Connection, keys: list[KeyPair], sdk_bytes: int) -> None:
    referee = Referee(keys, sdk_bytes)
    for name, arguments in iter(pipe.recv, None):
        pipe.send(getattr(referee, name)(*arguments))
    referee.stop()


def _public_app(number: int, key: rsa.RSAPublicKey) -> OAuthApp:
    return OAuthApp(client_id=_client_id(number), public_keys={_kid(number): key})


def _client_id(number: int) -> str:
    return str(1_100_000_000_000_000_000 + number)


def _kid(number: int) -> str:
    return f"key-{number}"
