"""The OAuth apps that COZE_OAUTH_APPS names, each with one client for the process."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from os import PathLike, fspath

from coze_widget.conf import conf
from coze_widget.oauth.client import OAuthClient
from coze_widget.oauth.credentials import CredentialsError, OAuthApp, load_oauth_app
from coze_widget.sentences import Sentence
from coze_widget.sentences import Sentence as _

CN_SDK_URL = (
    "https://lf-cdn.coze.cn/obj/unpkg/flow-platform/chat-app-sdk/{version}"
    "/libs/cn/index.js"
)
COM_SDK_URL = (
    "https://sf-cdn.coze.com/obj/unpkg-va/flow-platform/chat-app-sdk/{version}"
    "/libs/oversea/index.js"
)
SDK_URLS = {
    "https://api.coze.cn": CN_SDK_URL,
    "https://api.coze.com": COM_SDK_URL,
}


def find_oauth_app(name: str) -> OAuthApp:
    """Return the app, its key checked; raises CredentialsError with advice.

    Files are read once: like every setting, a changed key needs a restart.
    """
    try:
        return _load(name, _frozen(_setting(name)))
    except CredentialsError as exc:
        problem = exc
    # From here on: error reporters collect the variables of every frame, and the inner
    # ones hold the key.
    raise problem.with_traceback(None)


def _setting(name: str) -> object:
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


def get_client(name: str) -> OAuthClient:
    """Return the app's client, made once for these settings; raises as above."""
    find_oauth_app(name)
    # No variable holds the key: error reporters collect those of every frame.
    return _explained(
        lambda: _client(name, _frozen(_setting(name)), _frozen_connection())
    )


def make_client(app: OAuthApp) -> OAuthClient:
    """Return a new client for an app that the settings need not know; raises as above."""
    return _explained(lambda: OAuthClient(app, **json.loads(_frozen_connection())))


def _explained(make: Callable[[], OAuthClient]) -> OAuthClient:
    try:
        return make()
    except (AttributeError, TypeError, ValueError) as exc:
        said = exc.args[0] if exc.args else ""
    raise CredentialsError(
        _(
            "%(problem)s. See COZE_PROXIES, COZE_CA_BUNDLE, COZE_EXTRA_HEADERS and the "
            "time-outs in the settings.",
            problem=said
            if isinstance(said, Sentence)
            else _("A setting of the connection to Coze cannot be used"),
        )
    )


def sdk_url(base_url: str, version: str) -> str:
    """Return where the SDK of this version is; any other base URL follows cn's path."""
    template = conf.sdk_urls.get(base_url) or SDK_URLS.get(
        base_url, CN_SDK_URL.replace("https://lf-cdn.coze.cn", base_url)
    )
    return template.replace("{version}", version)


def _frozen(value: object) -> str:
    """Return the setting as a text, so that it can be a key of the cache below."""
    if isinstance(value, PathLike):
        value = fspath(value)
    return json.dumps(value, default=str, sort_keys=True)


@lru_cache(maxsize=64)
def _load(name: str, frozen: str) -> OAuthApp:
    value: Mapping[str, object] | str = json.loads(frozen)
    return load_oauth_app(value, name=name)


@lru_cache(maxsize=64)
def _client(name: str, frozen: str, connection: str) -> OAuthClient:
    return OAuthClient(_load(name, frozen), **json.loads(connection))


def _frozen_connection() -> str:
    """Return the arguments that say how to reach Coze, as a text like the above.

    Numbers may be texts and the rest None, as variables of the environment give them.
    """
    arguments = {
        "connect_timeout": float(conf.connect_timeout_seconds),
        "read_timeout": float(conf.read_timeout_seconds),
        "total_timeout": float(conf.total_timeout_seconds),
        "max_retries": int(conf.max_retries),
        "proxies": _texts(conf.proxies),
        "ca_bundle": fspath(conf.ca_bundle or "") or None,
        "headers": _texts(conf.extra_headers),
    }
    return json.dumps(arguments, sort_keys=True)


def _texts(setting: Mapping[str, str] | None) -> dict[str, str]:
    """Return the setting as requests can use it; TypeError or ValueError if it cannot."""
    texts = dict(setting or {})
    for text in (*texts, *texts.values()):
        text.encode("latin-1")  # all that HTTP's headers carry
    return texts
