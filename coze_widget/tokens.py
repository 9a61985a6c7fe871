"""Access tokens of people: minted once, kept encrypted in Django's cache, reused.

Coze cannot revoke a token, so its life is the time for which a logged-out person's copy
still works. A token is reused until a leeway before its end. In the leeway one request
renews it, over all threads and processes; the others are served it meanwhile. While Coze
is down, a token that still works is still served.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import logging
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from coze_widget import events
from coze_widget.conf import conf
from coze_widget.exceptions import LASTING, CozeError
from coze_widget.exceptions import TimeoutError as CozeTimeoutError
from coze_widget.flights import Abandoned, Flights
from coze_widget.forks import after_fork
from coze_widget.leases import acquire
from coze_widget.limits import Limited, spend_mint
from coze_widget.oauth.client import AccessToken, OAuthClient
from coze_widget.oauth.credentials import OAuthApp
from coze_widget.oauth.deadlines import Deadline
from coze_widget.oauth_apps import find_oauth_app, get_client
from coze_widget.openings import fingerprint, note_opening
from coze_widget.outcomes import Failure, leave_failure, read_failure
from coze_widget.recent_tokens import RecentTokens
from coze_widget.sentences import Sentence as _
from coze_widget.shared_cache import shared_cache

logger = logging.getLogger(__name__)

SCHEMA = 1
MAX_LEEWAY_SECONDS = 300
# What is left of a token must be worth a message: below it, everybody waits for the new one.
MAX_LAST_SECONDS = 30
# The upper one is Coze's.
MIN_DURATION_SECONDS, MAX_DURATION_SECONDS = 60, 86_399
# With less than this left, a request would only cost Coze a token that nobody gets.
LEAST_MINT_SECONDS = 2.0
# For so long one answer stands for all: a wrong key is as wrong for the next visitor.
REFUSAL_SECONDS = 10
FIRST_POLL_SECONDS, LONGEST_POLL_SECONDS = 0.01, 0.1

_flights: Flights[AccessToken] = Flights()
_recent = RecentTokens()
after_fork(_flights.forget)
after_fork(_recent.forget)


@dataclass(frozen=True)
class TokenRequest:
    """Whose token is wanted, and from which app."""

    oauth_app: str  # its name in the settings
    app: OAuthApp
    client: OAuthClient
    session_name: str
    duration_seconds: int
    # The id of a token that Coze rejected: this one is not served again.
    refused: str = ""

    @cached_property
    def key(self) -> str:
        """Return a key that says nothing and changes with everything a token depends on."""
        app = self.app
        parts = [
            SCHEMA,
            app.base_url,
            app.client_id,
            app.account_id,
            app.enterprise_id,
            None if app.scope is None else dict(app.scope),
            self.duration_seconds,
            self.session_name,
            _fernet_id(settings.SECRET_KEY),
        ]
        digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
        return f"coze_widget:token:{digest}"


def want_token(oauth_app: str, session_name: str, *, refused: str = "") -> TokenRequest:
    """Return what the functions below need; no request is made.

    Raises CredentialsError when the credentials cannot give a token, ImproperlyConfigured
    when the settings are wrong.
    """
    return TokenRequest(
        oauth_app,
        find_oauth_app(oauth_app),
        get_client(oauth_app),
        session_name,
        _duration_seconds(),
        refused,
    )


def find_token(wanted: TokenRequest) -> AccessToken | None:
    """Return the kept token, unless it is time for another one.

    Raises CircuitOpenError where that is so, and Coze would not be asked: then nobody has
    to be counted, or waited for.
    """
    recent = _recent.get(wanted.key)
    if recent and _is_fresh(recent, wanted):
        events.reused(wanted.oauth_app)
        return recent
    kept = _read(wanted)
    if kept and token_id(kept.value) == wanted.refused:
        kept = None
    elif kept and (_is_fresh(kept, wanted) or _is_being_renewed(kept, wanted)):
        events.reused(wanted.oauth_app)
        return kept
    refusal = wanted.client.find_refusal()
    if refusal is None:
        return None
    if kept is None:
        events.failed(wanted.oauth_app, refusal)
        raise refusal
    events.reused(wanted.oauth_app)
    return kept


def fetch_token(wanted: TokenRequest) -> AccessToken:
    """Return a token that works now: one that is about to be minted, by whomever.

    Raises CozeError when Coze gives none and none is left, Limited when the site has
    minted as many as it allows itself.
    """
    deadline = Deadline(_total_timeout_seconds())
    token = _fly(wanted, deadline)
    if token_id(token.value) == wanted.refused:
        # We joined the flight of somebody who did not know that this one is refused.
        token = _fly(wanted, deadline)
    return token


async def afetch_token(wanted: TokenRequest, executor: Executor) -> AccessToken:
    """Do the same in an event loop: who waits holds no thread, who asks Coze one of these."""
    deadline = Deadline(_total_timeout_seconds())
    token = await _afly(wanted, deadline, executor)
    if token_id(token.value) == wanted.refused:
        token = await _afly(wanted, deadline, executor)
    return token


def get_token(oauth_app: str, session_name: str, *, refused: str = "") -> AccessToken:
    """Return a token that works now, minting one when none is kept; raises as those above."""
    wanted = want_token(oauth_app, session_name, refused=refused)
    return find_token(wanted) or fetch_token(wanted)


def forget() -> None:
    """Begin anew, as a new process does."""
    _recent.forget()


def is_duration(seconds: object) -> bool:
    """Tell whether Coze would mint a token for this long, and the browser have time."""
    return (
        isinstance(seconds, int)
        and MIN_DURATION_SECONDS <= seconds <= MAX_DURATION_SECONDS
    )


def _duration_seconds() -> int:
    seconds = conf.token_duration_seconds
    if not is_duration(seconds):
        raise ImproperlyConfigured(
            "COZE_TOKEN_DURATION_SECONDS is not a whole number from "
            f"{MIN_DURATION_SECONDS} to {MAX_DURATION_SECONDS}."
        )
    return seconds


def token_id(token: str) -> str:
    """Return a name for a token that can be sent and logged: it leads back to nothing."""
    return hashlib.sha256(token.encode()).hexdigest()[:16]


def _fly(wanted: TokenRequest, deadline: Deadline) -> AccessToken:
    try:
        return _flights.run(
            wanted.key,
            lambda: _fetch(wanted, deadline),
            patience_seconds=_patience_seconds(deadline),
        )
    except Abandoned as exc:
        raise _too_late(wanted) from exc


async def _afly(
    wanted: TokenRequest, deadline: Deadline, executor: Executor
) -> AccessToken:
    try:
        return await _flights.arun(
            wanted.key,
            lambda: _afetch(wanted, deadline, executor),
            patience_seconds=_patience_seconds(deadline),
        )
    except Abandoned as exc:
        raise _too_late(wanted) from exc


def _fetch(wanted: TokenRequest, deadline: Deadline) -> AccessToken:
    """Mint, or wait for the process that does: one at a time has the lease."""
    earlier = read_failure(wanted.key)
    for pause in _pauses(deadline):
        token = _try(wanted, deadline, earlier)
        if token:
            return token
        time.sleep(pause)
    raise _too_late(wanted)


async def _afetch(
    wanted: TokenRequest, deadline: Deadline, executor: Executor
) -> AccessToken:
    run = partial(asyncio.get_running_loop().run_in_executor, executor)
    earlier = await run(read_failure, wanted.key)
    for pause in _pauses(deadline):
        token = await run(_try, wanted, deadline, earlier)
        if token:
            return token
        await asyncio.sleep(pause)
    raise _too_late(wanted)


def _pauses(deadline: Deadline) -> Iterator[float]:
    """Yield how long to wait after each attempt, while there is time for another one."""
    pause = FIRST_POLL_SECONDS
    while deadline.remaining() > _least_mint_seconds():
        yield pause
        pause = min(pause * 1.5, LONGEST_POLL_SECONDS)


def _try(
    wanted: TokenRequest, deadline: Deadline, earlier: Failure | None
) -> AccessToken | None:
    """Return None while another process has the lease."""
    kept = _read(wanted)
    if kept and _is_fresh(kept, wanted):
        events.reused(wanted.oauth_app)
        return kept
    lease = acquire(f"{wanted.key}:lease", at_most_seconds=_patience_seconds(deadline))
    if lease is not None:
        try:
            return _renew(wanted, deadline, earlier)
        finally:
            lease.release()
    if kept and _is_worth_serving(kept, wanted):
        events.reused(wanted.oauth_app)
        return kept
    return None


def _renew(
    wanted: TokenRequest, deadline: Deadline, earlier: Failure | None
) -> AccessToken:
    """Mint, unless another process has since; a failure loses no working token."""
    kept = _read(wanted)
    if kept and _is_fresh(kept, wanted):
        events.reused(wanted.oauth_app)
        return kept
    if kept and token_id(kept.value) == wanted.refused:
        events.refused(wanted.oauth_app)
        kept = None
    failure = read_failure(wanted.key)
    if failure and failure != earlier and not kept:
        raise failure.error
    try:
        token = _mint(wanted, deadline)
    except (CozeError, Limited) as exc:
        if kept:
            logger.warning("There is no new token, the old one is served: %s", exc)
            return kept
        if isinstance(exc, CozeError):
            leave_failure(wanted.key, exc)
        raise
    _write(wanted, token)
    note_opening(wanted.app)
    return token


def _mint(wanted: TokenRequest, deadline: Deadline) -> AccessToken:
    if deadline.remaining() < _least_mint_seconds():
        # It waited for a thread for too long.
        raise _too_late(wanted)
    refusals = f"coze_widget:refusal:{fingerprint(wanted.app)}"
    refusal = read_failure(refusals)
    if refusal:
        raise refusal.error
    spend_mint(wanted.oauth_app)
    started = time.monotonic()
    try:
        token = wanted.client.fetch_token(
            session_name=wanted.session_name,
            duration_seconds=wanted.duration_seconds,
            deadline=deadline,
        )
    except CozeError as exc:
        events.failed(wanted.oauth_app, exc)
        if isinstance(exc, LASTING):
            leave_failure(refusals, exc, keep_seconds=REFUSAL_SECONDS)
        raise
    events.minted(wanted.oauth_app, seconds=time.monotonic() - started)
    return token


def _total_timeout_seconds() -> float:
    return float(conf.total_timeout_seconds)


def _least_mint_seconds() -> float:
    return min(LEAST_MINT_SECONDS, _total_timeout_seconds() / 6)


def _patience_seconds(deadline: Deadline) -> float:
    """Whoever leads keeps to the deadline; but a cache may hang."""
    return deadline.remaining() + 1


def _too_late(wanted: TokenRequest) -> CozeTimeoutError:
    error = CozeTimeoutError(
        _("It took too long until Coze could be asked"),
        remedy=_("Try again in a minute."),
    )
    events.failed(wanted.oauth_app, error)
    return error


def _is_fresh(token: AccessToken, wanted: TokenRequest) -> bool:
    """Tell whether it is not yet time to renew it.

    The moment differs from token to token, and is the same in every process: people who
    came at one time do not come back at one time.
    """
    identity = token_id(token.value)
    leeway = min(MAX_LEEWAY_SECONDS, wanted.duration_seconds / 10)
    jitter = 0.75 + int(identity[:4], 16) / 0x1_0000 / 2
    return identity != wanted.refused and _remaining(token) > leeway * jitter


def _is_being_renewed(token: AccessToken, wanted: TokenRequest) -> bool:
    """Tell whether it may be served while somebody in this process fetches the next one."""
    return _flights.is_under_way(wanted.key) and _is_worth_serving(token, wanted)


def _is_worth_serving(token: AccessToken, wanted: TokenRequest) -> bool:
    last_seconds = min(MAX_LAST_SECONDS, wanted.duration_seconds / 20)
    return token_id(token.value) != wanted.refused and _remaining(token) > last_seconds


def _remaining(token: AccessToken) -> float:
    return token.expires_at - time.time()


def _read(wanted: TokenRequest) -> AccessToken | None:
    """Return the kept token while it works; what cannot be read is as good as absent."""
    sealed: Any = shared_cache.get(wanted.key)
    try:
        sealed_for, value, expires_at = json.loads(_fernet().decrypt(sealed))
    except (InvalidToken, TypeError, ValueError):
        # Absent, sealed before SECRET_KEY changed, or another program's.
        return None
    # Whoever can write to the cache must not give one person's token to another.
    if sealed_for != wanted.key or expires_at <= time.time():
        return None
    token = AccessToken(value, expires_at)
    _recent.put(wanted.key, token)
    return token


def _write(wanted: TokenRequest, token: AccessToken) -> None:
    token_for = json.dumps([wanted.key, token.value, token.expires_at])
    sealed = _fernet().encrypt(token_for.encode())
    shared_cache.set(wanted.key, sealed, _remaining(token))


def _fernet() -> Fernet:
    """A cache is read by more people than a settings file, hence the encryption."""
    return _fernet_of(settings.SECRET_KEY)


@lru_cache(maxsize=4)
def _fernet_of(secret_key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_derive(secret_key, b"coze_widget.tokens")))


@lru_cache(maxsize=4)
def _fernet_id(secret_key: str) -> str:
    """Name the key, so that during a rotation old and new processes do not overwrite
    each other's entries, which they cannot read."""
    return _derive(secret_key, b"coze_widget.tokens.id").hex()


def _derive(secret_key: str, purpose: bytes) -> bytes:
    kdf = HKDF(SHA256(), length=32, salt=None, info=purpose)
    return kdf.derive(secret_key.encode())
