"""The sandbox: a stand-in for Coze over real HTTP on this machine."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Iterable, Mapping
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Any

from coze_widget.sandbox.access_tokens import DEFAULT_ACCOUNT_ID, Grant, Owner
from coze_widget.sandbox.connection import Connection
from coze_widget.sandbox.faults import parse_fault
from coze_widget.sandbox.oauth_apps import (
    DEFAULT_CLIENT_ID,
    OAuthApp,
    make_oauth_config,
    read_public_part,
)
from coze_widget.sandbox.routes import PERMISSIONS
from coze_widget.sandbox.state import DELTA_PAUSE_SECONDS, State

STOP_SECONDS = 5
# Each test stops a sandbox of its own, and waits for as long.
POLL_SECONDS = 0.01
EVERY_INTERFACE = "0.0.0.0"  # noqa: S104 - compared with, not listened on


class Server(ThreadingHTTPServer):
    """One thread per connection; all of them are closed when the server stops."""

    daemon_threads = True
    # A load test opens hundreds of connections at once; with Python's 5 in wait, the others
    # come a second late.
    request_queue_size = 1024

    def __init__(self, address: tuple[str, int], state: State) -> None:
        self.state = state
        self._connections: set[Any] = set()
        self._all_closed = threading.Condition()
        super().__init__(address, Connection)

    def server_bind(self) -> None:
        """Without the look-up of the host's full name, which may ask the DNS."""
        socketserver.TCPServer.server_bind(self)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._all_closed:
            self._connections.add(request)
        super().process_request(request, client_address)

    def close_request(self, request: Any) -> None:
        super().close_request(request)
        with self._all_closed:
            self._connections.discard(request)
            self._all_closed.notify_all()

    def close_connections(self) -> None:
        """Kept-alive connections would otherwise outlive the server."""
        with self._all_closed:
            for connection in self._connections:
                with contextlib.suppress(OSError):  # it may have closed by itself
                    connection.shutdown(socket.SHUT_RDWR)
            self._all_closed.wait_for(
                lambda: not self._connections, timeout=STOP_SECONDS
            )


class Sandbox:
    """Coze on localhost, for demos and tests; forgets all when it stops.

    `with Sandbox() as sandbox:` serves at `sandbox.url` in threads of its own.
    `pause_seconds` lies between two pieces of an answer. With `sdk_bytes` the SDK's script
    weighs so much (Coze's: about 8 MB), and is compressed and cached as Coze's CDN does it.
    """

    def __init__(
        self,
        oauth_apps: Iterable[OAuthApp] = (),
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        pause_seconds: float = DELTA_PAUSE_SECONDS,
        sdk_bytes: int = 0,
    ) -> None:
        self.state = State(list(oauth_apps), pause_seconds, sdk_bytes)
        self._address = (host, port)
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Without a slash at its end; known from the start on."""
        if self._server is None:
            raise RuntimeError("the sandbox has not been started")
        host, port = self._server.server_address[:2]
        name = "127.0.0.1" if host == EVERY_INTERFACE else str(host)
        return f"http://{name}:{port}"

    @property
    def requests(self) -> list[dict[str, Any]]:
        """What was asked, oldest first: method, path, query, headers, body."""
        with self.state.lock:
            return self.state.recorder.entries

    def start(self) -> Sandbox:
        self.state.stopping.clear()
        self._server = Server(self._address, self.state)
        # Restarted on the same port, so that "Coze is back" can be tried.
        self._address = self._server.server_address[:2]  # type: ignore[assignment]
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": POLL_SECONDS},
            name="coze-sandbox",
            daemon=True,
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Nothing listens afterwards; what was said is kept for another start."""
        if self._server is None or self._thread is None:
            return
        self.state.stopping.set()
        self._server.shutdown()
        self._server.close_connections()
        self._server.server_close()
        self._thread.join(STOP_SECONDS)
        self._server = self._thread = None

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def register(self, app: OAuthApp) -> None:
        with self.state.lock:
            self.state.oauth_apps.append(app)

    def make_oauth_config(
        self, *, client_id: str = DEFAULT_CLIENT_ID, channel: bool = False
    ) -> dict[str, str]:
        """A `coze_oauth_config.json` whose public key is registered here."""
        config = make_oauth_config(self.url, client_id=client_id)
        app = read_public_part(config)
        app.channel = channel
        self.register(app)
        return config

    def issue_token(
        self,
        *,
        session_name: str = "",
        duration_seconds: int = 900,
        prefix: str = "czs_",
    ) -> str:
        """A token without the way through the token endpoint.

        With `prefix="pat_"` and no name it is a personal access token.
        """
        owner = Owner(DEFAULT_ACCOUNT_ID, session_name)
        with self.state.lock:
            grant = Grant(owner, int(self.state.now()) + duration_seconds)
            return self.state.tokens.issue(grant, prefix=prefix)

    def add_fault(self, path: str, **fields: Any) -> None:
        """As `POST /sandbox/faults`; raises ValueError for unknown fields."""
        fault = parse_fault({"path": path, **fields})
        with self.state.lock:
            self.state.faults.add(fault)

    def clear_faults(self) -> None:
        with self.state.lock:
            self.state.faults.clear()

    def clear_requests(self) -> None:
        with self.state.lock:
            self.state.recorder.clear()

    def expire_tokens(self, session_name: str | None = None) -> int:
        with self.state.lock:
            return self.state.tokens.expire(session_name)

    def revoke_tokens(self, session_name: str | None = None) -> int:
        with self.state.lock:
            return self.state.tokens.revoke(session_name)

    def shift_clock(self, offset_seconds: float) -> None:
        """Let this Coze's clock be ahead of the machine's, or with a minus behind."""
        with self.state.lock:
            self.state.clock_offset_seconds = offset_seconds

    def withhold(self, *permissions: str) -> None:
        """Take permissions away from every token, named as "Conversation.editConversation".

        Raises ValueError for what is no permission.
        """
        self._change_account(withheld=list(permissions))

    def unbind(self, thing_id: str) -> None:
        """Unbind a bot or an app from Chat SDK, as its publish page can."""
        self._change_account(unbound=[thing_id])

    def publish_to_api_alone(self, thing_id: str) -> None:
        """Let a bot or an app never have been published to Chat SDK."""
        self._change_account(api_only=[thing_id])

    def mix_histories(self) -> None:
        """Forget the one thing that Coze is asked for: session_name keeps nobody apart."""
        self._change_account(mixes_histories=True)

    def use_up_quota(self) -> None:
        """Let no dialogue of the free plan be left."""
        self._change_account(is_out_of_quota=True)

    def reset(self) -> None:
        with self.state.lock:
            self.state.reset()

    def _change_account(self, **fields: Any) -> None:
        with self.state.lock:
            self.state.account.change(fields, permissions=PERMISSIONS)


def register_config(sandbox: Sandbox, config: Mapping[str, str]) -> None:
    """Makes the key pair of an existing `coze_oauth_config.json` known."""
    sandbox.register(read_public_part(config))
