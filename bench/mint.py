"""What it costs to sign one assertion, beside what it must cost."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from coze_widget.oauth.assertions import sign_assertion
from coze_widget.oauth.credentials import OAuthApp
from coze_widget.oauth.keys import load_private_key

ROUNDS = 150


def measure(rounds: int = ROUNDS) -> dict[str, Any]:
    """Return medians in µs of CPU time, taken in turns so that all share the weather."""
    pem = _make_pem()
    signers = {
        "assertion_us": _ours(pem),
        "raw_signature_us": _raw(pem),
        "cozepy_us": _cozepy(pem),
    }
    medians = _time_in_turns({k: v for k, v in signers.items() if v}, rounds)
    ours, raw = medians["assertion_us"], medians["raw_signature_us"]
    cozepy = medians.get("cozepy_us")
    return {
        **medians,
        "cozepy_us": cozepy,
        "ratio_to_raw": round(ours / raw, 3),
        "ratio_to_cozepy": round(ours / cozepy, 4) if cozepy else None,
    }


def _time_in_turns(
    signers: dict[str, Callable[[], object]], rounds: int
) -> dict[str, float]:
    times: dict[str, list[int]] = {name: [] for name in signers}
    for sign in signers.values():
        sign()  # ours parses its key at the first call, as a process does
    for _ in range(rounds):
        for name, sign in signers.items():
            start = time.thread_time_ns()
            sign()
            times[name].append(time.thread_time_ns() - start)
    return {
        name: round(statistics.median(taken) / 1000, 1) for name, taken in times.items()
    }


def _make_pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _ours(pem: str) -> Callable[[], object]:
    app = OAuthApp(client_id="1125", public_key_id="kid-1", private_key=pem)
    name = "s" * 64
    return lambda: sign_assertion(
        app, session_name=name, now=int(time.time()), jti="j" * 43
    )


def _raw(pem: str) -> Callable[[], object]:
    key = load_private_key(pem)
    message = b"m" * 400  # about the length of an assertion
    return lambda: key.sign(message, padding.PKCS1v15(), hashes.SHA256())


def _cozepy(pem: str) -> Callable[[], object] | None:
    try:
        from cozepy import JWTOAuthApp
    except ImportError:
        return None
    app = JWTOAuthApp("1125", pem, "kid-1", base_url="https://api.coze.cn")
    return lambda: app._gen_jwt("kid-1", pem, 3600, "s" * 64)
