"""The OAuth apps that COZE_OAUTH_APPS names, each with one client for the process.

Every request looks one up, so that costs a microsecond, with thousands of them, too: what
was read is kept beside a copy of the setting, and is right as long as the two are equal.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from coze_widget import coze_connection
from coze_widget.conf import conf
from coze_widget.coze_connection import Connection, ConnectionSettings, get_connection
from coze_widget.oauth.breakers import Breaker
from coze_widget.oauth.client import OAuthClient
from coze_widget.oauth.credentials import CredentialsError, OAuthApp, load_oauth_app
from coze_widget.oauth.open_api import OpenApi
from coze_widget.sentences import Sentence as _


@dataclass(frozen=True)
class _ReadApp:
    setting: object = field(repr=False)  # a copy, with the key in it
    app: OAuthApp


class _MadeClient(NamedTuple):
    app: OAuthApp
    connection: Connection
    client: OAuthClient


@dataclass
class _Kept:
    """What this process remembers; of a name, only the last."""

    apps: dict[str, _ReadApp] = field(default_factory=dict)
    clients: dict[str, _MadeClient] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


_kept = _Kept()


def forget() -> None:
    """Begin anew: other clients, breakers and connections."""
    global _kept
    _kept = _Kept()
    coze_connection.forget()
    _api.cache_clear()


def _begin_worker() -> None:
    """Keep the parsed keys alone: two workers on one connection would mix their answers."""
    apps = _kept.apps
    forget()
    _kept.apps.update(apps)


with suppress(AttributeError):  # Windows has no fork
    os.register_at_fork(after_in_child=_begin_worker)


def find_oauth_app(name: str) -> OAuthApp:
    """Return the app, its key checked; raises CredentialsError with advice.

    Files are read once: like every setting, a changed key needs a restart.
    """
    try:
        return _find(name)
    except CredentialsError as exc:
        problem = exc
    # From here on: error reporters collect the variables of every frame, and the inner
    # ones hold the key.
    raise problem.with_traceback(None)


def get_client(name: str) -> OAuthClient:
    """Return the app's client, made once for these settings; raises as above."""
    app = find_oauth_app(name)
    connection = get_connection()
    made = _kept.clients.get(name)
    if made and made.app is app and made.connection is connection:
        return made.client
    return _make_kept_client(name, app, connection)


def make_client(app: OAuthApp) -> OAuthClient:
    """Return a new client for an app that the settings need not know; raises as above.

    It has no breaker: somebody who looks into an outage wants to hear what Coze says.
    """
    connection = get_connection()
    return OAuthClient(app, connection.transport, retries=connection.retries)


def get_api(base_url: str) -> OpenApi:
    """Return what reads Coze's API there, made once for these settings; raises as above."""
    return _api(base_url, get_connection())


def breaker_states() -> dict[str, str]:
    """Return "closed", "open" or "half-open" by the name of the OAuth app.

    Of those that this process has asked for a token, and has a breaker for.
    """
    return {name: breaker.state for name, breaker in _breakers().items()}


def is_coze_known_down(*, seconds: float) -> bool:
    """Tell whether a breaker is open; forgotten once a probe has been due for `seconds`."""
    return any(
        breaker.is_known_open(seconds=seconds) for breaker in _breakers().values()
    )


def _breakers() -> dict[str, Breaker]:
    return {
        name: made.client.breaker
        for name, made in list(_kept.clients.items())
        if made.client.breaker
    }


def _find(name: str) -> OAuthApp:
    setting = _setting(name)
    kept = _kept.apps.get(name)
    if kept and kept.setting == setting:
        return kept.app
    # First the copy, and what is read comes from it: the two are one, whoever changes
    # the setting meanwhile.
    copied = _copy(setting)
    app = load_oauth_app(copied, name=name)
    app.signing_key  # noqa: B018 - parsed a moment ago; kept with the app, never again
    with _kept.lock:
        kept = _kept.apps.get(name)
        # Another thread may have been faster, and its app has a client already.
        if kept is None or kept.setting != copied:
            kept = _kept.apps[name] = _ReadApp(copied, app)
            _drop_unknown()
    return kept.app


def _drop_unknown() -> None:
    for name in _kept.apps.keys() - conf.oauth_apps.keys():
        del _kept.apps[name]
        _kept.clients.pop(name, None)


def _setting(name: str) -> Any:
    apps: object = conf.oauth_apps
    if not isinstance(apps, Mapping):
        raise CredentialsError(_("COZE_OAUTH_APPS is not a dict."))
    if "client_id" in apps:
        raise CredentialsError(
            _(
                "COZE_OAUTH_APPS holds the fields of an app, without a name for it: "
                'write {"default": {…}}.'
            )
        )
    if name not in apps:
        known = ", ".join(f"“{known}”" for known in sorted(map(str, apps))) or _("none")
        raise CredentialsError(
            _(
                "COZE_OAUTH_APPS has no OAuth app named “%(name)s”; it has: %(known)s.",
                name=name,
                known=known,
            )
        )
    return apps[name]


def _copy(value: Any) -> Any:
    """Return what a later change of the setting cannot reach."""
    if isinstance(value, Mapping):
        return {key: _copy(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_copy(one) for one in value]
    return value


def _make_kept_client(name: str, app: OAuthApp, connection: Connection) -> OAuthClient:
    with _kept.lock:
        made = _kept.clients.get(name)
        if made is None or made.app is not app or made.connection is not connection:
            client = OAuthClient(
                app,
                connection.transport,
                retries=connection.retries,
                breaker=_make_breaker(name, connection.settings),
            )
            made = _kept.clients[name] = _MadeClient(app, connection, client)
    return made.client


def _make_breaker(name: str, settings: ConnectionSettings) -> Breaker | None:
    if not settings.breaker_failures:
        return None
    return Breaker(
        name,
        failures=settings.breaker_failures,
        reset_seconds=settings.breaker_reset_seconds,
    )


@lru_cache(maxsize=8)
def _api(base_url: str, connection: Connection) -> OpenApi:
    return OpenApi(base_url, connection.transport, retries=connection.retries)
