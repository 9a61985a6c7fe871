"""Every code with which Coze says no: what it means for a widget, who can mend it, and where.

After Coze's table of error codes (guide `coze_error_codes`) and its OAuth JWT guide. What
comes from elsewhere has its source beside it. `docs/error-codes.md` is made from this.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from coze_widget.exceptions import (
    AuthenticationError,
    BadRequestError,
    CozeError,
    GatewayError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
)
from coze_widget.exceptions import TimeoutError as CozeTimeoutError
from coze_widget.sentences import Sentence as _


class Who(Enum):
    """Whose hands it is in."""

    OPERATOR = _("Whoever runs the site")
    BUILDER = _("Whoever built the bot in Coze's studio")
    OWNER = _("The owner of the Coze account")
    VISITOR = _("The visitor")
    COZE = _("Coze")
    DEVELOPER = _("Whoever writes code against the API")


class Where(Enum):
    SETTINGS = _("The settings COZE_OAUTH_APPS")
    WIDGET = _("The widget's form in the admin")
    OAUTH_APP = _("Coze's console, OAuth apps")
    STUDIO = _("Coze's studio, Publish")
    BOT = _("Coze's studio, the bot itself")
    PLAN = _("Coze's console, plan and balance")
    CODE = _("The code that asks")
    CHAT = _("The chat")
    NOWHERE = _("Nowhere: it passes")
    SUPPORT = _("Coze's support, with the logid")


# What to do, as sentences that several codes share.
CHECK_REQUEST = _("Check account_id, enterprise_id and scope against Coze's console.")
CHECK_APP = _(
    "Check that client_id, public_key_id and private_key belong to one app, that the "
    "app is enabled, and that this machine's clock is right."
)
CHECK_REGION = _(
    "Coze does not know the key: client_id or public_key_id is wrong, or the app "
    "belongs to the other region (https://api.coze.cn and https://api.coze.com share "
    "no apps)."
)
CHECK_RIGHTS = _(
    "In Coze's console, check that the app is enabled, tick the permission it lacks, "
    "press 授权 (Authorise) again, and include the bot's workspace."
)
CHECK_PLACE = _(
    "Check base_url, account_id and enterprise_id, and that the thing asked for "
    "belongs to the authorised account."
)
CHECK_BASE_URL = _(
    "Check that base_url is Coze's API (https://api.coze.cn or https://api.coze.com) "
    "and that no portal or proxy answers in its place."
)
ASK_LATER = _("Ask less often, or raise the quota in Coze's console.")
TRY_LATER = _("Try again later; with the logid Coze's support can look it up.")
PUBLISH = _(
    "Publish it in Coze's studio, to API and to Chat SDK, and check that its id is the "
    "right one."
)
FIND_BOT = _(
    "Check the bot's id, and that its workspace is among those that the OAuth app was "
    "authorised for."
)
PAY = _("Its quota or balance is used up: look at the plan in Coze's console.")
ASK_SUPPORT = _("Wait, and ask Coze's support with the logid.")
FREE_QUOTA = _(
    "The free plan's dialogues are used up, whatever the balance says: move the "
    "account to another plan."
)
NEW_CONVERSATION = _("Begin a new conversation.")
CHANGE_MODEL = _("Choose another model for the bot, and publish it again.")
REPHRASE = _("Ask in other words.")
SHORTEN = _("Say less at once, or begin a new conversation.")
WAIT_FOR_ANSWER = _("Wait until the answer is there, or stop it.")
MEND_CALL = _("Compare the call with Coze's guide of that endpoint.")
ANOTHER_FILE = _("Choose another file; one at a time, at most 512 MB.")
SET_WORKFLOW = _("Give the bot its workflow in Coze's studio, and publish it again.")
EDIT_BOT = _("Take out what Coze objects to, and publish the bot again.")


@dataclass(frozen=True)
class ErrorCode:
    """`code` is a number, or the token endpoint's `error_code`.

    `source` is empty for Coze's own table, or the OAuth JWT guide where the code is text.
    """

    code: int | str
    error: type[CozeError]
    meaning: _
    who: Who
    where: Where
    remedy: _
    source: str = ""


SDK = "the Chat SDK's source"
SEEN = "seen by others, not in Coze's table"

_ALL = (
    ErrorCode(
        4000,
        BadRequestError,
        _("Something in the request is wrong; also said of a path that is unknown."),
        Who.OPERATOR,
        Where.SETTINGS,
        CHECK_REQUEST,
    ),
    ErrorCode(
        4001,
        NotFoundError,
        _("This chat is unknown, or another person's."),
        Who.DEVELOPER,
        Where.CODE,
        NEW_CONVERSATION,
    ),
    ErrorCode(
        4002,
        NotFoundError,
        _("This conversation is unknown, or another person's or channel's."),
        Who.DEVELOPER,
        Where.CODE,
        NEW_CONVERSATION,
    ),
    ErrorCode(
        4003,
        BadRequestError,
        _("meta_data has more than 16 pairs, or one is too long."),
        Who.DEVELOPER,
        Where.CODE,
        MEND_CALL,
    ),
    ErrorCode(
        4004,
        BadRequestError,
        _("There are too many additional_messages."),
        Who.DEVELOPER,
        Where.CODE,
        MEND_CALL,
    ),
    ErrorCode(
        4005,
        BadRequestError,
        _("The id or the content of a message is wrong."),
        Who.DEVELOPER,
        Where.CODE,
        MEND_CALL,
    ),
    ErrorCode(
        4006,
        NotFoundError,
        _("There is no such bot, or the OAuth app may not use it."),
        Who.OPERATOR,
        Where.WIDGET,
        FIND_BOT,
    ),
    ErrorCode(
        4007,
        BadRequestError,
        _("An answer that is not streamed needs auto_save_history."),
        Who.DEVELOPER,
        Where.CODE,
        MEND_CALL,
    ),
    ErrorCode(
        4008,
        RateLimitError,
        _("The bot has been used as often as it may be in a day."),
        Who.OWNER,
        Where.PLAN,
        PAY,
    ),
    ErrorCode(
        4009,
        InternalServerError,
        _("Coze is busy."),
        Who.COZE,
        Where.NOWHERE,
        TRY_LATER,
    ),
    ErrorCode(
        4010,
        BadRequestError,
        _("The conversation is too long for the bot's model."),
        Who.VISITOR,
        Where.CHAT,
        SHORTEN,
    ),
    ErrorCode(
        4011,
        RateLimitError,
        _("The account has no Coze tokens left."),
        Who.OWNER,
        Where.PLAN,
        PAY,
    ),
    ErrorCode(
        4012,
        BadRequestError,
        _("The bot's model has been withdrawn."),
        Who.BUILDER,
        Where.BOT,
        CHANGE_MODEL,
    ),
    ErrorCode(
        4013,
        RateLimitError,
        _("The model's service failed or was asked too often."),
        Who.COZE,
        Where.NOWHERE,
        ASK_LATER,
    ),
    ErrorCode(
        4014,
        BadRequestError,
        _("The bot cannot answer this question."),
        Who.VISITOR,
        Where.CHAT,
        REPHRASE,
    ),
    # Nothing of the channel's: unpublished, or unbound from it (702242003).
    ErrorCode(
        4015,
        NotFoundError,
        _("The bot was never published to API."),
        Who.BUILDER,
        Where.STUDIO,
        PUBLISH,
    ),
    ErrorCode(
        4016,
        BadRequestError,
        _("An answer is already on its way in this conversation."),
        Who.VISITOR,
        Where.CHAT,
        WAIT_FOR_ANSWER,
    ),
    ErrorCode(
        4019,
        RateLimitError,
        _("The account's balance at Volcano Engine is used up."),
        Who.OWNER,
        Where.PLAN,
        PAY,
    ),
    ErrorCode(
        4020,
        RateLimitError,
        _("The account has asked its model too often in a minute."),
        Who.OWNER,
        Where.PLAN,
        ASK_LATER,
    ),
    ErrorCode(
        4021,
        BadRequestError,
        _("The bot has no workflow."),
        Who.BUILDER,
        Where.BOT,
        SET_WORKFLOW,
    ),
    ErrorCode(
        4022,
        RateLimitError,
        _("The account owes money for its model."),
        Who.OWNER,
        Where.PLAN,
        PAY,
    ),
    ErrorCode(
        4028,
        RateLimitError,
        _("The free plan's quota is used up."),
        Who.OWNER,
        Where.PLAN,
        FREE_QUOTA,
        source=SEEN,
    ),
    ErrorCode(
        4100,
        AuthenticationError,
        _("Coze does not take the token or the assertion."),
        Who.OPERATOR,
        Where.SETTINGS,
        CHECK_APP,
    ),
    ErrorCode(
        4101,
        PermissionDeniedError,
        _("The OAuth app lacks a permission, or the bot's workspace is not its own."),
        Who.OWNER,
        Where.OAUTH_APP,
        CHECK_RIGHTS,
    ),
    ErrorCode(
        4102,
        PermissionDeniedError,
        _("Coze's risk control holds the account back."),
        Who.COZE,
        Where.SUPPORT,
        ASK_SUPPORT,
    ),
    ErrorCode(
        4104,
        BadRequestError,
        _("This answer cannot be stopped any more."),
        Who.VISITOR,
        Where.NOWHERE,
        WAIT_FOR_ANSWER,
    ),
    ErrorCode(
        4105,
        BadRequestError,
        _("Coze finds the bot's content objectionable and does not publish it."),
        Who.BUILDER,
        Where.BOT,
        EDIT_BOT,
    ),
    ErrorCode(
        4200,
        NotFoundError,
        _("There is no such thing, or it was not made by this account."),
        Who.OPERATOR,
        Where.WIDGET,
        CHECK_PLACE,
    ),
    ErrorCode(
        4201,
        BadRequestError,
        _("This member is there already."),
        Who.DEVELOPER,
        Where.CODE,
        MEND_CALL,
    ),
    *(
        ErrorCode(code, BadRequestError, meaning, Who.VISITOR, Where.CHAT, ANOTHER_FILE)
        for code, meaning in (
            (4300, _("The file is empty.")),
            (4301, _("There is more than one file in an upload.")),
            (4302, _("The file is too large.")),
            (4303, _("Files of this type are not accepted.")),
            (4304, _("The file is broken.")),
        )
    ),
    ErrorCode(
        4314,
        NotFoundError,
        _("This run of a workflow is unknown."),
        Who.DEVELOPER,
        Where.CODE,
        MEND_CALL,
    ),
    ErrorCode(
        4315,
        BadRequestError,
        _("This run of a workflow is over."),
        Who.DEVELOPER,
        Where.CODE,
        MEND_CALL,
    ),
    ErrorCode(
        5000,
        InternalServerError,
        _("Coze failed."),
        Who.COZE,
        Where.SUPPORT,
        TRY_LATER,
    ),
    ErrorCode(
        700012006,
        AuthenticationError,
        _("The token has expired, or is none of Coze's."),
        Who.OPERATOR,
        Where.SETTINGS,
        CHECK_APP,
    ),
    ErrorCode(
        702242003,
        NotFoundError,
        _("The bot was unbound (解绑) from Chat SDK."),
        Who.BUILDER,
        Where.STUDIO,
        PUBLISH,
        source=SDK,
    ),
    ErrorCode(
        -1002,
        BadRequestError,
        _("The Chat SDK could not begin a conversation."),
        Who.OPERATOR,
        Where.OAUTH_APP,
        CHECK_RIGHTS,
        source=SDK,
    ),
    ErrorCode(
        "invalid_request",
        BadRequestError,
        _("The token endpoint finds the request wrong."),
        Who.OPERATOR,
        Where.SETTINGS,
        CHECK_REQUEST,
    ),
    ErrorCode(
        "invalid_client",
        AuthenticationError,
        _(
            "The assertion is not accepted: wrong key, app, region or address, expired, "
            "or used before."
        ),
        Who.OPERATOR,
        Where.SETTINGS,
        CHECK_APP,
    ),
    ErrorCode(
        "unsupported_grant_type",
        BadRequestError,
        _("Whatever answers there is not Coze's token endpoint."),
        Who.OPERATOR,
        Where.SETTINGS,
        CHECK_BASE_URL,
    ),
    ErrorCode(
        "access_deny",
        PermissionDeniedError,
        _(
            "The OAuth app is switched off, of the wrong type, or its owner must log in "
            "at Coze again."
        ),
        Who.OWNER,
        Where.OAUTH_APP,
        CHECK_RIGHTS,
    ),
    ErrorCode(
        "internal_error",
        InternalServerError,
        _("Coze's token endpoint failed."),
        Who.COZE,
        Where.SUPPORT,
        TRY_LATER,
    ),
)
ERROR_CODES: dict[int | str, ErrorCode] = {one.code: one for one in _ALL}

# What a status of HTTP means where no code is known.
STATUSES: dict[int, tuple[type[CozeError], _]] = {
    400: (BadRequestError, CHECK_REQUEST),
    401: (AuthenticationError, CHECK_APP),
    403: (PermissionDeniedError, CHECK_RIGHTS),
    404: (NotFoundError, CHECK_PLACE),
    408: (CozeTimeoutError, TRY_LATER),
    429: (RateLimitError, ASK_LATER),
    502: (GatewayError, TRY_LATER),
}
