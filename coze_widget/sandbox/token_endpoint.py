"""The OAuth token endpoint: a signed JWT in, an access token out.

Checks what Coze's OAuth JWT guide asks for and answers in the form of its
error table: `{error_code, error_message}`.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import jwt

from coze_widget.sandbox.access_tokens import DEFAULT_ACCOUNT_ID, Grant, Owner
from coze_widget.sandbox.http import Request, Response, json_response
from coze_widget.sandbox.oauth_apps import OAuthApp
from coze_widget.sandbox.state import State

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
DEFAULT_DURATION_SECONDS = 900
MAX_DURATION_SECONDS = 86399
SKEW_SECONDS = 30  # Coze's own tolerance is not documented


class TokenRefusal(Exception):
    def __init__(self, error_code: str, message: str, *, status: HTTPStatus) -> None:
        self.error_code = error_code
        self.status = status
        super().__init__(message)


def refuse_request(message: str) -> TokenRefusal:
    return TokenRefusal(
        "invalid_request", f"invalid request: {message}", status=HTTPStatus.BAD_REQUEST
    )


def refuse_client(message: str) -> TokenRefusal:
    return TokenRefusal("invalid_client", message, status=HTTPStatus.UNAUTHORIZED)


@dataclass(frozen=True)
class Assertion:
    app: OAuthApp
    jti: str
    exp: int
    session_name: str


def issue_token(
    request: Request, state: State, *, account_id: str = "", enterprise_id: str = ""
) -> Response:
    try:
        grant = _check(request, state, account_id or enterprise_id)
    except TokenRefusal as refusal:
        document = {
            "error_code": refusal.error_code,
            "error_message": str(refusal),
            "error": refusal.error_code,
        }
        return json_response(document, status=refusal.status)
    return json_response(
        {
            "access_token": state.tokens.issue(grant),
            # Coze's name for it; the value is a moment, not a span.
            "expires_in": grant.expires_at,
            "token_type": "Bearer",
        }
    )


def _check(request: Request, state: State, account_id: str) -> Grant:
    body = _read_body(request)
    if body.get("grant_type") != GRANT_TYPE:
        raise TokenRefusal(
            "unsupported_grant_type",
            "not supported grant type",
            status=HTTPStatus.BAD_REQUEST,
        )
    duration = _read_duration(body)
    assertion = _read_assertion(request, state)
    if account_id and not account_id.isdigit():
        raise refuse_request("account_id")
    bot_ids = _read_scope(body) if assertion.app.channel else None
    _use_up(assertion, state)
    return Grant(
        owner=Owner(account_id or DEFAULT_ACCOUNT_ID, assertion.session_name),
        expires_at=int(state.now()) + duration,
        channel=assertion.app.channel,
        bot_ids=bot_ids,
    )


def _read_body(request: Request) -> dict[str, Any]:
    if not request.header("Content-Type").startswith("application/json"):
        raise refuse_request("Content-Type")
    try:
        return request.json()
    except ValueError:
        raise refuse_request("body") from None


def _read_duration(body: dict[str, Any]) -> int:
    duration = body.get("duration_seconds", DEFAULT_DURATION_SECONDS)
    if type(duration) is not int or not 1 <= duration <= MAX_DURATION_SECONDS:
        raise refuse_request("duration_seconds")
    return duration


def _read_scope(body: dict[str, Any]) -> tuple[str, ...] | None:
    """The bots to which a channel app narrows its token; None: to none of them.

    An ordinary app's scope has no effect, so it is not even looked at.
    """
    scope = body.get("scope")
    if scope is None:
        return None
    try:
        constraint = scope.get("attribute_constraint") or {}
        attribute = constraint.get("connector_bot_chat_attribute") or {}
        return tuple(map(str, attribute["bot_id_list"])) if attribute else None
    except (AttributeError, KeyError, TypeError):
        raise refuse_request("scope") from None


def _read_assertion(request: Request, state: State) -> Assertion:
    if not request.bearer:
        raise refuse_client("verify jwt empty")
    try:
        header = jwt.get_unverified_header(request.bearer)
    except jwt.PyJWTError:
        raise refuse_client("the JWT is malformed") from None
    if header.get("alg") != "RS256" or header.get("typ") != "JWT":
        raise refuse_client("the header of the JWT must say alg RS256 and typ JWT")
    app = _find_app(str(header.get("kid", "")), state)
    claims = _verify_signature(request.bearer, app, str(header["kid"]))
    if claims.get("iss") != app.client_id:
        raise refuse_client("iss is not the id of the OAuth app")
    if app.deactivated:
        raise TokenRefusal(
            "access_deny", "app has been deactivated", status=HTTPStatus.FORBIDDEN
        )
    # The audience is the host that the client speaks to, port included, as the
    # official SDKs take it from their base URL.
    if claims.get("aud") != request.header("Host"):
        raise refuse_client("aud is not the host of this API")
    _check_times(claims, now=state.now())
    return Assertion(
        app, _read_jti(claims, state), claims["exp"], _read_session_name(claims)
    )


def _find_app(kid: str, state: State) -> OAuthApp:
    for app in state.oauth_apps:
        if kid in app.public_keys:
            return app
    raise refuse_client("the kid is not registered with this API")


def _verify_signature(token: str, app: OAuthApp, kid: str) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            app.public_keys[kid],
            algorithms=["RS256"],
            options={
                "verify_aud": False,
                "verify_exp": False,
                "verify_iat": False,
                "verify_iss": False,
                "verify_jti": False,
                "verify_nbf": False,
                "verify_sub": False,
            },
        )
    except jwt.PyJWTError:
        raise refuse_client("the signature does not fit the public key") from None
    return claims


def _check_times(claims: dict[str, Any], *, now: float) -> None:
    issued, expires = claims.get("iat"), claims.get("exp")
    if type(issued) is not int or type(expires) is not int:
        raise refuse_client("iat and exp must be whole seconds")
    if expires <= issued:
        raise refuse_client("exp must be later than iat")
    if issued > now + SKEW_SECONDS:
        raise refuse_client("iat lies in the future")
    if expires < now - SKEW_SECONDS:
        raise refuse_client("the JWT has expired")


def _read_jti(claims: dict[str, Any], state: State) -> str:
    jti = claims.get("jti")
    if not isinstance(jti, str) or not jti:
        raise refuse_client("jti is missing")
    if jti in state.used_jtis:
        raise refuse_client("the JWT has been used before")
    return jti


def _read_session_name(claims: dict[str, Any]) -> str:
    name = claims.get("session_name", "")
    if not isinstance(name, str):
        raise refuse_request("session_name")
    return name


def _use_up(assertion: Assertion, state: State) -> None:
    now = state.now()
    for jti, end in list(state.used_jtis.items()):
        if end + SKEW_SECONDS < now:
            del state.used_jtis[jti]
    state.used_jtis[assertion.jti] = assertion.exp
