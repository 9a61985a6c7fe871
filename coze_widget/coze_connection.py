"""How the settings say that Coze is reached; one pool of connections for all OAuth apps."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from django.core.signals import setting_changed
from django.dispatch import receiver

from coze_widget.conf import conf
from coze_widget.oauth.credentials import CredentialsError
from coze_widget.oauth.retries import Retries
from coze_widget.oauth.transport import Transport
from coze_widget.sentences import Sentence
from coze_widget.sentences import Sentence as _

Pairs = tuple[tuple[str, str], ...]


class ConnectionSettings(NamedTuple):
    """What the settings say about the connection to Coze, fit to be a key."""

    connect_timeout: float
    read_timeout: float
    total_timeout: float
    max_retries: int
    max_connections: int
    breaker_failures: int
    breaker_reset_seconds: float
    proxies: Pairs
    ca_bundle: str
    headers: Pairs


class Connection(NamedTuple):
    """What all OAuth apps share."""

    settings: ConnectionSettings
    transport: Transport
    retries: Retries


# Ten settings cost ten microseconds to read, so they are read when one has changed.
_current: Connection | None = None


def get_connection() -> Connection:
    """Return the one for these settings; raises CredentialsError where they are unusable."""
    global _current
    connection = _current
    if connection is None:
        connection = _current = _make_connection()
    return connection


def forget() -> None:
    """Begin anew, with connections of its own."""
    _connect.cache_clear()
    _look_again()


def _look_again() -> None:
    global _current
    _current = None


@receiver(setting_changed)
def _note_change(*, setting: str, **kwargs: object) -> None:
    if setting.startswith("COZE_"):
        _look_again()


@lru_cache(maxsize=8)
def _connect(settings: ConnectionSettings) -> Connection:
    transport = Transport(
        connect_timeout=settings.connect_timeout,
        read_timeout=settings.read_timeout,
        max_connections=settings.max_connections,
        proxies=dict(settings.proxies),
        ca_bundle=settings.ca_bundle,
        headers=dict(settings.headers),
    )
    retries = Retries(settings.total_timeout, settings.max_retries)
    return Connection(settings, transport, retries)


def _make_connection() -> Connection:
    try:
        return _connect(_read_settings())
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


def _read_settings() -> ConnectionSettings:
    """Return how to reach Coze.

    Numbers may be texts and the rest None, as variables of the environment give them.
    """
    return ConnectionSettings(
        connect_timeout=float(conf.connect_timeout_seconds),
        read_timeout=float(conf.read_timeout_seconds),
        total_timeout=float(conf.total_timeout_seconds),
        max_retries=int(conf.max_retries),
        max_connections=int(conf.max_connections),
        breaker_failures=int(conf.breaker_failures),
        breaker_reset_seconds=float(conf.breaker_reset_seconds),
        proxies=_texts(conf.proxies),
        ca_bundle=os.fspath(conf.ca_bundle or ""),
        headers=_texts(conf.extra_headers),
    )


def _texts(setting: Mapping[str, str] | None) -> Pairs:
    """Return the setting as requests can use it; TypeError or ValueError if it cannot."""
    texts = dict(setting or {})
    for text in (*texts, *texts.values()):
        text.encode("latin-1")  # all that HTTP's headers carry
    return tuple(sorted(texts.items()))
