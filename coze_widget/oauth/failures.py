"""What Coze says when it says no, translated into our tree."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from coze_widget.exceptions import (
    AuthenticationError,
    BadRequestError,
    CozeError,
    GatewayError,
    InternalServerError,
    InvalidResponseError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
)
from coze_widget.exceptions import TimeoutError as CozeTimeoutError
from coze_widget.oauth.clocks import read_date
from coze_widget.oauth.transport import Answer
from coze_widget.redaction import redact
from coze_widget.sentences import Sentence as _


class _Kind(NamedTuple):
    error: type[CozeError]
    remedy: str


_CHECK_REQUEST = _("Check account_id, enterprise_id and scope against Coze's console.")
_CHECK_APP = _(
    "Check that client_id, public_key_id and private_key belong to one app, that the "
    "app is enabled, and that this machine's clock is right."
)
CHECK_REGION = _(
    "Coze does not know the key: client_id or public_key_id is wrong, or the app "
    "belongs to the other region (https://api.coze.cn and https://api.coze.com share "
    "no apps)."
)
_CHECK_RIGHTS = _(
    "In Coze's console, check that the app is enabled, tick the permission it lacks, "
    "press 授权 (Authorise) again, and include the bot's workspace."
)
_CHECK_PLACE = _(
    "Check base_url, account_id and enterprise_id, and that the thing asked for "
    "belongs to the authorised account."
)
_ASK_LATER = _("Ask less often, or raise the quota in Coze's console.")
_TRY_LATER = _("Try again later; with the logid Coze's support can look it up.")
_PUBLISH = _(
    "Publish it in Coze's studio, to API and to Chat SDK, and check that its id is the "
    "right one."
)
_FIND_BOT = _(
    "Check the bot's id, and that its workspace is among those that the OAuth app was "
    "authorised for."
)
_PAY = _("Its quota or balance is used up: look at the plan in Coze's console.")
_ASK_SUPPORT = _("Wait, and ask Coze's support with the logid.")
_CHECK_BASE_URL = _(
    "Check that base_url is Coze's API (https://api.coze.cn or https://api.coze.com) "
    "and that no portal or proxy answers in its place."
)

# The texts are the token endpoint's `error_code`, the numbers the `code` of every
# other endpoint (Coze's OAuth JWT guide and its table of error codes).
_BY_CODE: dict[int | str, _Kind] = {
    4000: _Kind(BadRequestError, _CHECK_REQUEST),
    "invalid_request": _Kind(BadRequestError, _CHECK_REQUEST),
    "unsupported_grant_type": _Kind(BadRequestError, _CHECK_BASE_URL),
    4100: _Kind(AuthenticationError, _CHECK_APP),
    700012006: _Kind(AuthenticationError, _CHECK_APP),
    "invalid_client": _Kind(AuthenticationError, _CHECK_APP),
    4101: _Kind(PermissionDeniedError, _CHECK_RIGHTS),
    "access_deny": _Kind(PermissionDeniedError, _CHECK_RIGHTS),
    4006: _Kind(NotFoundError, _FIND_BOT),
    4200: _Kind(NotFoundError, _CHECK_PLACE),
    # Nothing of the channel's: unpublished, or unbound from it (the latter is the SDK's).
    4015: _Kind(NotFoundError, _PUBLISH),
    702242003: _Kind(NotFoundError, _PUBLISH),
    4102: _Kind(PermissionDeniedError, _ASK_SUPPORT),
    4008: _Kind(RateLimitError, _PAY),
    4011: _Kind(RateLimitError, _PAY),
    4019: _Kind(RateLimitError, _PAY),
    4020: _Kind(RateLimitError, _ASK_LATER),
    4022: _Kind(RateLimitError, _PAY),
    4028: _Kind(RateLimitError, _PAY),
    4009: _Kind(InternalServerError, _TRY_LATER),
    4013: _Kind(RateLimitError, _ASK_LATER),
    5000: _Kind(InternalServerError, _TRY_LATER),
    "internal_error": _Kind(InternalServerError, _TRY_LATER),
}
_BY_STATUS = {
    400: _Kind(BadRequestError, _CHECK_REQUEST),
    401: _Kind(AuthenticationError, _CHECK_APP),
    403: _Kind(PermissionDeniedError, _CHECK_RIGHTS),
    404: _Kind(NotFoundError, _CHECK_PLACE),
    408: _Kind(CozeTimeoutError, _TRY_LATER),
    429: _Kind(RateLimitError, _ASK_LATER),
    502: _Kind(GatewayError, _TRY_LATER),
}
# "invalid jwt: kid not been registred" (sic; coze-go issue 43, April 2025). Also what
# comes of a wrong client_id (coze-py issue 123) or region (coze-py issue 148).
_UNKNOWN_KEY = re.compile(r"\bkid\b", re.IGNORECASE)
_LOGID = re.compile(r"[\w-]{1,64}", re.ASCII)
_CODE = re.compile(r"[\w.-]{1,64}", re.ASCII)
_LONGEST_WAIT = 86_400


def find_failure(answer: Answer) -> CozeError | None:
    """Return what an answer means, None for success.

    Coze's HTTP status is not reliable, so a code that we know decides before it.
    """
    code = _read_code(answer)
    if answer.status == 200 and answer.payload is not None and code in (None, 0):
        return None
    text = _read_text(answer)
    kind = _classify(answer, code, text)
    return kind.error(
        _("Coze refused: %(text)s", text=text)
        if text
        else _("Coze refused and gave no reason"),
        code=code,
        remedy=kind.remedy,
        retry_after=_read_retry_after(answer),
        **read_facts(answer),
    )


def read_facts(answer: Answer) -> dict[str, Any]:
    """Return the facts that every error about an answer carries."""
    return {"status": answer.status, "logid": _read_logid(answer)}


def _classify(answer: Answer, code: int | str | None, text: str) -> _Kind:
    if code == "invalid_client" and _UNKNOWN_KEY.search(text):
        return _Kind(AuthenticationError, CHECK_REGION)
    if code in _BY_CODE:
        return _BY_CODE[code]
    if answer.status in _BY_STATUS:
        return _BY_STATUS[answer.status]
    return _classify_range(answer)


def _classify_range(answer: Answer) -> _Kind:
    if answer.status >= 500:
        return _Kind(InternalServerError, _TRY_LATER)
    if answer.status >= 400:
        return _Kind(BadRequestError, _CHECK_REQUEST)
    if answer.status == 200 and answer.payload is not None:
        return _Kind(CozeError, _TRY_LATER)
    # A redirect, which is not followed; HTML; nothing.
    return _Kind(InvalidResponseError, _CHECK_BASE_URL)


def _read_code(answer: Answer) -> int | str | None:
    payload = answer.payload or {}
    text = str(payload.get("error_code") or payload.get("code"))
    if not _CODE.fullmatch(text) or text == "None":
        return None
    return int(text) if re.fullmatch("-?[0-9]+", text) else redact(text)


def _read_text(answer: Answer) -> str:
    payload = answer.payload or {}
    text = payload.get("error_message") or payload.get("msg")
    return redact(text) if isinstance(text, str) else ""


def _read_logid(answer: Answer) -> str:
    detail = (answer.payload or {}).get("detail")
    inner = detail.get("logid") if isinstance(detail, dict) else ""
    logid = answer.headers.get("X-Tt-Logid") or inner
    return logid if isinstance(logid, str) and _LOGID.fullmatch(logid) else ""


def _read_retry_after(answer: Answer) -> int | None:
    text = answer.headers.get("Retry-After", "")
    if re.fullmatch(r"[0-9]{1,9}", text):
        return min(int(text), _LONGEST_WAIT)
    # A moment by the clock of whoever answers, who says in `Date` what it shows.
    moment, now = read_date(text), read_date(answer.headers.get("Date", ""))
    if moment is None or now is None:
        return None
    return min(max(int(moment - now), 0), _LONGEST_WAIT)
