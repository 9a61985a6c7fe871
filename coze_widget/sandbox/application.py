"""From a request to a response: faults first, then files, tokens, the API."""

from __future__ import annotations

import re
from http import HTTPStatus

from coze_widget.sandbox.api.call import Call
from coze_widget.sandbox.control import answer_control
from coze_widget.sandbox.cors import allow_everybody, answer_preflight
from coze_widget.sandbox.envelope import Refusal, build_refusal
from coze_widget.sandbox.http import Request, Response
from coze_widget.sandbox.routes import find_route
from coze_widget.sandbox.sdk_files import find_sdk_file
from coze_widget.sandbox.state import State
from coze_widget.sandbox.token_endpoint import issue_token

TOKEN_PATH = re.compile(
    r"/api/permission/oauth2"
    r"(?:/account/(?P<account_id>[^/]+)|/enterprise_id/(?P<enterprise_id>[^/]+))?"
    r"/token"
)
WELCOME = (
    "This is the sandbox of django-coze-widget: a stand-in for Coze's API and "
    "Chat SDK on this machine. It is not Coze, and it forgets all when it stops.\n"
)


def respond(request: Request, state: State) -> Response:
    if request.path.startswith("/sandbox/"):
        with state.lock:
            return answer_control(request, state)
    with state.lock:
        entry = state.recorder.record(request)
    if request.method == "OPTIONS":
        response = answer_preflight()
    else:
        response = allow_everybody(_serve(request, state))
    entry["status"] = response.status
    return response


def _serve(request: Request, state: State) -> Response:
    with state.lock:
        fault = state.faults.take(request)
    if fault:
        state.pause(fault.latency_ms / 1000)
        if response := fault.build_response(request):
            return response
    with state.lock:
        return _route(request, state)


def _route(request: Request, state: State) -> Response:
    if request.method == "GET":
        if request.path == "/":
            return Response(
                body=WELCOME.encode(), content_type="text/plain; charset=utf-8"
            )
        if response := find_sdk_file(request, weight=state.sdk_bytes):
            return response
    match = TOKEN_PATH.fullmatch(request.path)
    if match and request.method == "POST":
        return issue_token(
            request,
            state,
            account_id=match["account_id"] or "",
            enterprise_id=match["enterprise_id"] or "",
        )
    try:
        return _call_api(request, state)
    except Refusal as refusal:
        return build_refusal(refusal, logid=request.logid)


def _call_api(request: Request, state: State) -> Response:
    found = find_route(request.method, request.path)
    if found is None:
        raise Refusal(4000, "The path is unknown.", status=HTTPStatus.NOT_FOUND)
    route, arguments = found
    grant = state.tokens.find(request.bearer, now=state.now())
    if grant is None:
        raise route.bad_token
    # Before the arguments are looked at; inferred, as Coze's guides do not say it.
    if route.permission in state.account.withheld:
        raise Refusal(4101, f"The token lacks the permission {route.permission}.")
    return route.endpoint(Call(request, state, grant), **arguments)
