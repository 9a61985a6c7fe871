"""The control plane: trouble on request, and a look at what was asked.

It has no password, so it listens to nobody but programs on this machine.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from coze_widget.sandbox.faults import parse_fault
from coze_widget.sandbox.http import Request, Response, json_response
from coze_widget.sandbox.routes import PERMISSIONS
from coze_widget.sandbox.state import State


def answer_control(request: Request, state: State) -> Response:
    if not is_trusted(request):
        return _refuse("only programs on this machine may ask", HTTPStatus.FORBIDDEN)
    action = ACTIONS.get((request.method, request.path))
    if action is None:
        known = ", ".join(f"{method} {path}" for method, path in ACTIONS)
        return _refuse(f"unknown; known are {known}", HTTPStatus.NOT_FOUND)
    try:
        return json_response(action(state, request.json()))
    except ValueError as error:
        return _refuse(str(error), HTTPStatus.BAD_REQUEST)


def is_trusted(request: Request) -> bool:
    """A loopback client that is no browser on its way from another site.

    The Host is looked at too: a stranger's name that resolves to 127.0.0.1
    would make his page same-origin with us.
    """
    host = request.header("Host")
    origin = request.header("Origin")
    return (
        _is_loopback(request.client_host)
        and _is_loopback(urlsplit(f"//{host}").hostname or "")
        and request.header("Sec-Fetch-Site") in ("", "same-origin", "none")
        and origin in ("", f"http://{host}")
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _refuse(sentence: str, status: HTTPStatus) -> Response:
    return json_response({"error": sentence}, status=status)


def _add_fault(state: State, document: dict[str, Any]) -> object:
    state.faults.add(parse_fault(document))
    return {"ok": True}


def _clear_faults(state: State, document: dict[str, Any]) -> object:
    state.faults.clear()
    return {"ok": True}


def _expire_tokens(state: State, document: dict[str, Any]) -> object:
    return {"expired": state.tokens.expire(_read_session_name(document))}


def _revoke_tokens(state: State, document: dict[str, Any]) -> object:
    return {"revoked": state.tokens.revoke(_read_session_name(document))}


def _read_session_name(document: dict[str, Any]) -> str | None:
    name = document.get("session_name")
    if name is not None and not isinstance(name, str):
        raise ValueError("session_name must be of type str")
    return name


def _list_requests(state: State, document: dict[str, Any]) -> object:
    return {"requests": state.recorder.entries}


def _clear_requests(state: State, document: dict[str, Any]) -> object:
    state.recorder.clear()
    return {"ok": True}


def _shift_clock(state: State, document: dict[str, Any]) -> object:
    offset = document.get("offset_seconds")
    if isinstance(offset, bool) or not isinstance(offset, (int, float)):
        raise ValueError("offset_seconds must be a number")
    state.clock_offset_seconds = offset
    return {"ok": True}


def _change_account(state: State, document: dict[str, Any]) -> object:
    state.account.change(document, permissions=PERMISSIONS)
    return {"ok": True}


def _reset(state: State, document: dict[str, Any]) -> object:
    state.reset()
    return {"ok": True}


ACTIONS: dict[tuple[str, str], Callable[[State, dict[str, Any]], object]] = {
    ("POST", "/sandbox/faults"): _add_fault,
    ("DELETE", "/sandbox/faults"): _clear_faults,
    ("POST", "/sandbox/tokens/expire"): _expire_tokens,
    ("POST", "/sandbox/tokens/revoke"): _revoke_tokens,
    ("GET", "/sandbox/requests"): _list_requests,
    ("DELETE", "/sandbox/requests"): _clear_requests,
    ("POST", "/sandbox/clock"): _shift_clock,
    ("POST", "/sandbox/account"): _change_account,
    ("POST", "/sandbox/reset"): _reset,
}
