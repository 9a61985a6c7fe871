"""A host's public keys, as its JWKS document lists them (RFC 7517).

A thread of its own fetches the document. A request waits for it only where it has nothing
to go by, and WAIT_SECONDS at the most. Each process keeps its own copy: whoever could write
one into the shared cache could be anybody. Of PyJWT the keys are read by, not fetched by:
its PyJWKClient asks with urllib, any address and for any number of bytes.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent import futures
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from coze_widget.event_loops import start_in_thread
from coze_widget.forks import after_fork
from coze_widget.key_material import PublicKey, require_fit
from coze_widget.public_downloads import DownloadFailed, download

logger = logging.getLogger(__name__)

# A document as old as this is renewed while it goes on being served …
FRESH_SECONDS = 300.0
# … until it is as old as this: for so long its host may be down.
MAX_AGE_SECONDS = 3600.0
# From one fetch to the next, whatever its outcome: anybody can invent a `kid`.
PAUSE_SECONDS = 30.0
WAIT_SECONDS = 2.0
MAX_SOURCES = 64
MAX_KEYS = 32

ALGORITHMS: dict[str, tuple[str, Callable[[Any], object]]] = {
    "RSA": ("RS256", RSAAlgorithm.from_jwk),
    "EC": ("ES256", ECAlgorithm.from_jwk),
}


class JwksUnavailable(Exception):  # a state of somebody's host
    """Raised where no keys are known, and none can be had now."""


@dataclass(frozen=True)
class Jwk:
    kid: str
    algorithm: str
    key: PublicKey


@dataclass(frozen=True)
class _Known:
    keys: tuple[Jwk, ...]
    fetched_at: float


def find_keys(url: str, algorithm: str, kid: str) -> list[PublicKey]:
    """Return the keys that a token of this algorithm and `kid` ("": none) may be of.

    A `kid` that is not known may cost a fetch. Raises JwksUnavailable.
    """
    source = _source_of(url)
    found = _choose(source.get(), algorithm, kid)
    if not found and kid:
        found = _choose(source.get_newer(), algorithm, kid)
    return found


def read_jwks(document: bytes) -> tuple[Jwk, ...]:
    """Return the keys that are good for us; the others are left out.

    Raises DownloadFailed for what is no JWKS document.
    """
    try:
        whole = json.loads(document)
    except (ValueError, RecursionError):
        raise DownloadFailed("the document is not JSON") from None
    entries = whole.get("keys") if isinstance(whole, dict) else None
    if not isinstance(entries, list):
        raise DownloadFailed("the document is not a JWKS")
    return tuple(key for key in map(_read_key, entries[:MAX_KEYS]) if key)


class Source:
    """One address: what it said last, and when it was asked last. Threads share one."""

    def __init__(
        self,
        url: str,
        *,
        fetch: Callable[[str], bytes] = download,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._fetch = fetch
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._flight: futures.Future[None] | None = None
        self._asked_at: float | None = None
        self._known: _Known | None = None
        self._failure = ""

    def get(self) -> tuple[Jwk, ...]:
        """Return the keys, those of before while they are renewed; or JwksUnavailable."""
        known = self._known
        if known is None or self._is_older(known, MAX_AGE_SECONDS):
            return self.get_newer()
        if self._is_older(known, FRESH_SECONDS):
            self._ask()
        return known.keys

    def get_newer(self) -> tuple[Jwk, ...]:
        """Wait for a fetch where one is due or on; raises JwksUnavailable."""
        flight = self._ask()
        if flight is not None:
            futures.wait([flight], timeout=self._patience())
        known = self._known
        if known is None or self._is_older(known, MAX_AGE_SECONDS):
            raise JwksUnavailable(self._failure)
        return known.keys

    def _is_older(self, known: _Known, seconds: float) -> bool:
        return self._monotonic() - known.fetched_at >= seconds

    def _patience(self) -> float:
        """All that come during a fetch wait until the same moment, then none does."""
        asked_at = self._asked_at or 0
        return max(0, asked_at + WAIT_SECONDS - self._monotonic())

    def _ask(self) -> futures.Future[None] | None:
        with self._lock:
            if self._flight is not None and not self._flight.done():
                return self._flight
            now = self._monotonic()
            if self._asked_at is not None and now - self._asked_at < PAUSE_SECONDS:
                return None
            self._asked_at = now
            self._flight = start_in_thread(self._renew)
            return self._flight

    def _renew(self) -> None:
        asked_at = self._monotonic()
        try:
            keys = read_jwks(self._fetch(self._url))
        except DownloadFailed as exc:
            self._note_failure(str(exc))
        except Exception as exc:
            self._note_failure(type(exc).__name__)
        else:
            self._known = _Known(keys, asked_at)
            self._failure = ""

    def _note_failure(self, failure: str) -> None:
        """What was known stays; the same failure is worth one line."""
        if failure != self._failure:
            logger.warning(
                "The keys of %s could not be fetched: %s.",
                urlsplit(self._url).hostname,
                failure,
            )
        self._failure = failure


def forget() -> None:
    """Begin anew, as a new process does."""
    global _sources, _sources_lock
    _sources_lock = threading.Lock()
    _sources = OrderedDict()


def _source_of(url: str) -> Source:
    with _sources_lock:
        source = _sources.pop(url, None) or Source(url)
        _sources[url] = source
        while len(_sources) > MAX_SOURCES:
            _sources.popitem(last=False)
        return source


def _choose(keys: Iterable[Jwk], algorithm: str, kid: str) -> list[PublicKey]:
    """A key without a `kid` may be any, and so may that of a token without one."""
    return [
        key.key
        for key in keys
        if key.algorithm == algorithm and (not kid or key.kid in ("", kid))
    ]


def _read_key(entry: object) -> Jwk | None:
    if not isinstance(entry, dict) or not _is_to_verify_with(entry):
        return None
    algorithm, from_jwk = ALGORITHMS[entry["kty"]]
    try:
        key = require_fit(from_jwk(entry), algorithm)
    except ValidationError:
        return None
    # What PyJWT makes of other people's values: errors of its own, and of many others.
    except Exception:
        return None
    return Jwk(entry.get("kid", ""), algorithm, key)


def _is_to_verify_with(entry: dict[Any, Any]) -> bool:
    kty = entry.get("kty")
    if not isinstance(kty, str) or kty not in ALGORITHMS:
        return False
    # Who publishes a private key has none any more.
    return (
        "d" not in entry
        and entry.get("alg", ALGORITHMS[kty][0]) == ALGORITHMS[kty][0]
        and entry.get("use", "sig") == "sig"
        and "verify" in _as_list(entry.get("key_ops", ["verify"]))
        and isinstance(entry.get("kid", ""), str)
    )


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


_sources: OrderedDict[str, Source] = OrderedDict()
_sources_lock = threading.Lock()
after_fork(forget)
