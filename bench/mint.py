"""What it costs to mint a token, beside what it must cost: one RSA signature.

`mint` is everything of `fetch_token` but the HTTP exchange: breaker, clock, assertion,
answer. `over_http` is the whole call, to a sandbox in this process over a real socket; only
the calling thread's time counts, so not the sandbox's.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from email.utils import formatdate
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from coze_widget.oauth.breakers import Breaker
from coze_widget.oauth.client import OAuthClient
from coze_widget.oauth.credentials import OAuthApp, load_oauth_app
from coze_widget.oauth.transport import Answer, Transport
from coze_widget.sandbox.server import Sandbox

ROUNDS = 150
SESSION_NAME = "s" * 64


def measure(rounds: int = ROUNDS) -> dict[str, Any]:
    """Return medians in µs of CPU time, taken in turns so that all share the weather."""
    with ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox())
        transport = Transport()
        stack.callback(transport.close)
        config = sandbox.make_oauth_config()
        app = load_oauth_app(config, name="default")
        mint, over_http = _mint(app, _Silent()), _mint(app, transport)
        cozepy = _cozepy(config)
        raw = {"mint_us": mint, "raw_signature_us": _raw(app)}
        results: dict[str, Any] = _time_in_turns(raw, rounds)
        results["mint_to_raw"] = _ratio(results, "mint_us", "raw_signature_us")
        if cozepy:
            # Tens of milliseconds of arithmetic leave ours with cold caches here.
            kinds = {"mint_after_cozepy_us": mint, "over_http_us": over_http, **cozepy}
            results |= _time_in_turns(kinds, rounds)
            results["cozepy_to_mint"] = _ratio(
                results, "cozepy_us", "mint_after_cozepy_us"
            )
            results["cozepy_to_mint_over_http"] = _ratio(
                results, "cozepy_over_http_us", "over_http_us"
            )
    return results


def _time_in_turns(
    kinds: dict[str, Callable[[], object]], rounds: int
) -> dict[str, float]:
    """Each round begins with another one: what runs before leaves warm or cold caches."""
    times: dict[str, list[int]] = {name: [] for name in kinds}
    names = list(kinds)
    for act in kinds.values():
        act()  # ours has parsed its key by then, as a process has
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            start = time.thread_time_ns()
            kinds[name]()
            times[name].append(time.thread_time_ns() - start)
    return {
        name: round(statistics.median(taken) / 1000, 1) for name, taken in times.items()
    }


def _ratio(medians: dict[str, float], one: str, other: str) -> float:
    return round(medians[one] / medians[other], 3)


class _Silent(Transport):
    """Carries nothing and answers at once, so that what is left is ours."""

    def post(self, *args: object, **kwargs: object) -> Answer:
        return _answer(int(time.time()))


@lru_cache(maxsize=1)
def _answer(now: int) -> Answer:
    payload = {"access_token": "czs_" + "t" * 64, "expires_in": now + 3600}
    return Answer(200, {"Date": formatdate(now, usegmt=True)}, payload)


def _mint(app: OAuthApp, transport: Transport) -> Callable[[], object]:
    client = OAuthClient(app, transport, breaker=Breaker("default"))
    return lambda: client.fetch_token(session_name=SESSION_NAME)


def _raw(app: OAuthApp) -> Callable[[], object]:
    message = b"m" * 400  # about the length of an assertion
    return lambda: app.signing_key.sign(message, padding.PKCS1v15(), hashes.SHA256())


def _cozepy(config: dict[str, str]) -> dict[str, Callable[[], object]]:
    try:
        from cozepy import JWTOAuthApp
    except ImportError:
        return {}
    pem, kid = config["private_key"], config["public_key_id"]
    app = JWTOAuthApp(config["client_id"], pem, kid, base_url=config["coze_api_base"])
    return {
        "cozepy_us": lambda: app._gen_jwt(kid, pem, 3600, SESSION_NAME),
        "cozepy_over_http_us": lambda: app.get_access_token(
            session_name=SESSION_NAME, ttl=3600
        ),
    }
