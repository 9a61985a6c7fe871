"""Conversations: find, begin, rename, clear, delete."""

from __future__ import annotations

from typing import Any

from coze_widget.sandbox.api.apps import check_app, check_workflow
from coze_widget.sandbox.api.call import (
    Call,
    read_meta_data,
    read_name,
    refuse_parameter,
)
from coze_widget.sandbox.api.messages import add_additional_messages
from coze_widget.sandbox.catalogue import API_CONNECTOR_ID
from coze_widget.sandbox.conversations import Conversation, new_id, now
from coze_widget.sandbox.http import Response

SORT_FIELDS = ("created_at", "updated_at")
SORT_ORDERS = ("ASC", "DESC")


def list_conversations(call: Call) -> Response:
    query = call.request.query
    if not query.get("bot_id"):
        raise refuse_parameter("bot_id")
    bot = call.find_bot(query["bot_id"])
    found = call.state.conversations.list(
        owner=call.owner,
        bot_id=bot.bot_id,
        connector_id=query.get("connector_id", API_CONNECTOR_ID),
    )
    items, has_more = call.read_page(size=50).cut(_sort(found, query))
    return call.succeed(
        {"conversations": [item.to_json() for item in items], "has_more": has_more}
    )


def _sort(found: list[Conversation], query: dict[str, str]) -> list[Conversation]:
    order = query.get("sort_order", "DESC").upper()
    by = query.get("sort_field", "created_at")
    if order not in SORT_ORDERS:
        raise refuse_parameter("sort_order")
    if by not in SORT_FIELDS:
        raise refuse_parameter("sort_field")
    # Ids rise, so they decide between two of the same second.
    return sorted(
        found, key=lambda item: (getattr(item, by), item.id), reverse=order == "DESC"
    )


def create(call: Call) -> Response:
    body = call.read_json()
    bot = call.find_bot(body.get("bot_id", ""))
    conversation = _new_conversation(
        call, body, bot_id=bot.bot_id, name=read_name(body.get("name"))
    )
    add_additional_messages(conversation, body.get("messages"))
    return call.succeed(call.state.conversations.add(conversation).to_json())


def create_in_app(call: Call) -> Response:
    """With `get_or_create` the conversation of that name is found again."""
    body = call.read_json()
    check_app(call, body.get("app_id"))
    check_workflow(body.get("workflow_id"))
    name = read_name(body.get("conversation_name"), name="conversation_name")
    if not name:
        raise refuse_parameter("conversation_name")
    conversation = find_in_app(call, body, name) if body.get("get_or_create") else None
    if conversation is None:
        conversation = begin_in_app(call, body, name)
    return call.succeed(conversation.to_json())


def find_in_app(call: Call, body: dict[str, Any], name: str) -> Conversation | None:
    found = call.state.conversations.list(
        owner=call.owner,
        bot_id=str(body["app_id"]),
        connector_id=_read_connector(body),
        workflow_id=str(body["workflow_id"]),
    )
    return next((item for item in reversed(found) if item.name == name), None)


def begin_in_app(call: Call, body: dict[str, Any], name: str) -> Conversation:
    conversation = _new_conversation(
        call,
        body,
        bot_id=str(body["app_id"]),
        workflow_id=str(body["workflow_id"]),
        name=name,
    )
    return call.state.conversations.add(conversation)


def _new_conversation(
    call: Call, body: dict[str, Any], *, bot_id: str, name: str, workflow_id: str = ""
) -> Conversation:
    return Conversation(
        call.owner,
        bot_id,
        _read_connector(body),
        workflow_id=workflow_id,
        name=name,
        meta_data=read_meta_data(body.get("meta_data")),
    )


def _read_connector(body: dict[str, Any]) -> str:
    return str(body.get("connector_id") or API_CONNECTOR_ID)


def retrieve(call: Call) -> Response:
    conversation_id = call.request.query.get("conversation_id", "")
    return call.succeed(call.find_conversation(conversation_id).to_json())


def rename(call: Call, conversation_id: str) -> Response:
    conversation = call.find_conversation(conversation_id)
    conversation.name = read_name(call.read_json().get("name"))
    conversation.updated_at = now()
    return call.succeed(conversation.to_json())


def delete(call: Call, conversation_id: str) -> Response:
    call.state.conversations.remove(call.find_conversation(conversation_id))
    return call.succeed({})


def clear(call: Call, conversation_id: str) -> Response:
    """Begins a new section: the bot's context ends, the history stays."""
    conversation = call.find_conversation(conversation_id)
    conversation.section_id = new_id()
    return call.succeed(
        {"id": conversation.section_id, "conversation_id": conversation.id}
    )
