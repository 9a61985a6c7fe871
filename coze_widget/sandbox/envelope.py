"""Coze's envelope: `{code, msg, data, detail: {logid}}`, `code` 0 for success."""

from __future__ import annotations

from http import HTTPStatus

from coze_widget.sandbox.http import Response, json_response

# What Coze's table of error codes says, in the words of its API.
MESSAGES = {
    4000: "The parameters of the request are incorrect.",
    4001: "The chat does not exist or you have no permission to access it.",
    4002: "The conversation does not exist or you have no permission to access it.",
    4003: "The size of meta_data exceeds the limit.",
    4004: "The number of additional_messages exceeds the limit.",
    4005: "The content of the message is invalid.",
    4006: "The bot does not exist or you have no permission to access it.",
    4007: "auto_save_history must be true when stream is false.",
    4013: "The rate limit of the model service has been exceeded.",
    4015: "The bot is not published to the channel Agent As API.",
    4016: "A chat is already running in this conversation.",
    4028: "Your free quota has been used up.",
    4100: "Authentication is invalid.",
    4101: "The token you entered is incorrect, or it lacks the permission.",
    4104: "The chat cannot be cancelled in its current state.",
    4200: "The requested resource does not exist.",
    4300: "The file is empty.",
    4301: "Only one file can be uploaded at a time.",
    4302: "The file is too large.",
    4303: "The type of the file is not supported.",
    4304: "The upload is broken.",
    5000: "Internal error.",
    700012006: "The access token is invalid.",
    702242003: "The bot has been unbound from the channel.",
}


class Refusal(Exception):
    """Raised where Coze would answer with a code other than 0.

    Most refusals travel with HTTP 200: at Coze only `code` is reliable.
    """

    def __init__(
        self, code: int, msg: str = "", *, status: int = HTTPStatus.OK
    ) -> None:
        self.code = code
        self.msg = msg or MESSAGES.get(code, f"Error {code}.")
        self.status = int(status)
        super().__init__(self.msg)


def build_success(data: object, *, logid: str, **extra: object) -> Response:
    """`extra` stands beside `data`, as `first_id` and `has_more` do at Coze."""
    return json_response(
        {"code": 0, "msg": "", "data": data, **extra, "detail": {"logid": logid}}
    )


def build_refusal(refusal: Refusal, *, logid: str) -> Response:
    return json_response(
        {"code": refusal.code, "msg": refusal.msg, "detail": {"logid": logid}},
        status=refusal.status,
    )
