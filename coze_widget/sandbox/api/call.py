"""One call of the API by somebody whose token has been accepted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from coze_widget.sandbox.access_tokens import Grant, Owner
from coze_widget.sandbox.catalogue import (
    API_CONNECTOR_ID,
    BOTS,
    CHAT_SDK_CONNECTOR_ID,
    WORKSPACE_ID,
    Bot,
)
from coze_widget.sandbox.conversations import Conversation
from coze_widget.sandbox.envelope import Refusal, build_success
from coze_widget.sandbox.http import Request, Response
from coze_widget.sandbox.state import State

MAX_NAME_LENGTH = 100
MAX_PAGE_SIZE = 50


@dataclass(frozen=True)
class Call:
    """Endpoints get one of these and raise Refusal where Coze would refuse."""

    request: Request
    state: State
    grant: Grant

    @property
    def owner(self) -> Owner:
        """Whose histories these are."""
        if self.state.account.mixes_histories:
            return self.grant.owner._replace(session_name="")
        return self.grant.owner

    def succeed(self, data: object = None, **extra: object) -> Response:
        return build_success(data, logid=self.request.logid, **extra)

    def read_json(self) -> dict[str, Any]:
        try:
            return self.request.json()
        except ValueError:
            raise refuse_parameter("body") from None

    def read_page(self, *, size: int = 20, limit: int = MAX_PAGE_SIZE) -> Page:
        query = self.request.query
        number = query.get("page_num") or query.get("page_index") or "1"
        return Page(
            read_number(number, name="page_num", low=1),
            read_number(
                query.get("page_size", str(size)), name="page_size", low=1, high=limit
            ),
        )

    def check_workspace(self) -> None:
        workspace_id = self.request.query.get("workspace_id")
        if not workspace_id:
            raise refuse_parameter("workspace_id")
        if workspace_id != WORKSPACE_ID:
            raise Refusal(4200)

    def find_bot(self, bot_id: object, *, code: int = 4006) -> Bot:
        bot = BOTS.get(str(bot_id))
        if bot is None:
            raise Refusal(code)
        if not self.grant.allows_bot(bot.bot_id):
            raise Refusal(4101)
        return bot

    def find_published_bot(self, bot_id: object, *, code: int = 4006) -> Bot:
        bot = self.find_bot(bot_id, code=code)
        if not bot.is_published:
            raise Refusal(4015)
        self.check_binding(bot.bot_id)
        return bot

    def check_binding(self, thing_id: str) -> None:
        if thing_id in self.state.account.unbound:
            raise Refusal(702242003)

    def check_channel(self, thing_id: str, connector_id: str) -> None:
        is_chat_sdk = connector_id == CHAT_SDK_CONNECTOR_ID
        if is_chat_sdk and thing_id in self.state.account.api_only:
            raise Refusal(702242003)

    def is_published_to(self, connector_id: str, thing_id: str) -> bool:
        account = self.state.account
        if connector_id == CHAT_SDK_CONNECTOR_ID:
            return thing_id not in account.api_only | account.unbound
        return connector_id == API_CONNECTOR_ID

    def check_quota(self) -> None:
        if self.state.account.is_out_of_quota:
            raise Refusal(4028)

    def find_conversation(self, conversation_id: object) -> Conversation:
        conversation = self.state.conversations.find(
            str(conversation_id), owner=self.owner
        )
        if conversation is None:
            raise Refusal(4002)
        return conversation


@dataclass(frozen=True)
class Page:
    number: int
    size: int

    def cut(self, items: list[Any]) -> tuple[list[Any], bool]:
        """The items of this page, and whether there are more behind it."""
        end = self.number * self.size
        return items[end - self.size : end], len(items) > end


def refuse_parameter(name: str) -> Refusal:
    return Refusal(4000, f"The parameter {name} is incorrect.")


def read_number(value: object, *, name: str, low: int, high: int | None = None) -> int:
    try:
        number = int(str(value))
    except ValueError:
        raise refuse_parameter(name) from None
    if number < low or (high is not None and number > high):
        raise refuse_parameter(name)
    return number


def read_name(value: object, *, name: str = "name") -> str:
    text = value if value is not None else ""
    if not isinstance(text, str) or len(text) > MAX_NAME_LENGTH:
        raise refuse_parameter(name)
    return text


def read_meta_data(value: object) -> dict[str, str]:
    """At most 16 pairs, keys of 64 and values of 512 characters."""
    pairs = value or {}
    if not isinstance(pairs, dict):
        raise refuse_parameter("meta_data")
    if len(pairs) > 16 or any(
        not 1 <= len(str(key)) <= 64 or not 1 <= len(str(text)) <= 512
        for key, text in pairs.items()
    ):
        raise Refusal(4003)
    return {str(key): str(text) for key, text in pairs.items()}
