"""What Coze says when it says no, translated into our tree."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from coze_widget.exceptions import (
    AuthenticationError,
    BadRequestError,
    CozeError,
    InternalServerError,
    InvalidResponseError,
)
from coze_widget.oauth.clocks import read_date
from coze_widget.oauth.error_codes import (
    CHECK_BASE_URL,
    CHECK_REGION,
    CHECK_REQUEST,
    ERROR_CODES,
    STATUSES,
    TRY_LATER,
)
from coze_widget.oauth.transport import Answer
from coze_widget.redaction import redact
from coze_widget.sentences import Sentence as _


class _Kind(NamedTuple):
    error: type[CozeError]
    remedy: str


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
    known = None if code is None else ERROR_CODES.get(code)
    if known:
        return _Kind(known.error, known.remedy)
    if answer.status in STATUSES:
        return _Kind(*STATUSES[answer.status])
    return _classify_range(answer)


def _classify_range(answer: Answer) -> _Kind:
    if answer.status >= 500:
        return _Kind(InternalServerError, TRY_LATER)
    if answer.status >= 400:
        return _Kind(BadRequestError, CHECK_REQUEST)
    if answer.status == 200 and answer.payload is not None:
        return _Kind(CozeError, TRY_LATER)
    # A redirect, which is not followed; HTML; nothing.
    return _Kind(InvalidResponseError, CHECK_BASE_URL)


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
