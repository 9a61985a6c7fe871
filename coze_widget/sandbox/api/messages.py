"""The messages of a conversation: history, deletion, feedback, reading new ones."""

from __future__ import annotations

import json
from typing import Any

from coze_widget.sandbox.api.call import (
    Call,
    read_meta_data,
    read_number,
    refuse_parameter,
)
from coze_widget.sandbox.conversations import Conversation, Message
from coze_widget.sandbox.envelope import Refusal
from coze_widget.sandbox.http import Response

MAX_LIMIT = 50
MAX_ADDITIONAL_MESSAGES = 100
MAX_COMMENT_LENGTH = 250
MAX_REASONS = 10
MAX_REASON_LENGTH = 30
ORDERS = ("desc", "asc")


def list_messages(call: Call) -> Response:
    """`after_id` and `before_id` name places in the list as it is ordered."""
    conversation = _find_conversation(call)
    body = call.read_json()
    order = body.get("order") or "desc"
    if order not in ORDERS:
        raise refuse_parameter("order")
    limit = read_number(
        body.get("limit") or MAX_LIMIT, name="limit", low=1, high=MAX_LIMIT
    )
    messages = [
        message
        for message in conversation.messages
        if body.get("chat_id") in (None, "", message.chat_id)
    ]
    if order == "desc":
        messages.reverse()
    found, has_more = _cut(messages, body, limit)
    return call.succeed(
        [message.to_json() for message in found],
        first_id=found[0].id if found else "",
        last_id=found[-1].id if found else "",
        has_more=has_more,
    )


def _cut(
    messages: list[Message], body: dict[str, Any], limit: int
) -> tuple[list[Message], bool]:
    ids = [message.id for message in messages]
    if after := body.get("after_id"):
        start = _find_place(ids, after, "after_id") + 1
        return messages[start : start + limit], len(messages) > start + limit
    if before := body.get("before_id"):
        end = _find_place(ids, before, "before_id")
        return messages[max(0, end - limit) : end], end > limit
    return messages[:limit], len(messages) > limit


def _find_place(ids: list[str], message_id: object, name: str) -> int:
    if message_id not in ids:
        raise refuse_parameter(name)
    return ids.index(str(message_id))


def delete(call: Call) -> Response:
    conversation = _find_conversation(call)
    message = _find_message(conversation, call.request.query.get("message_id", ""))
    conversation.messages.remove(message)
    return call.succeed(message.to_json())


def give_feedback(call: Call, conversation_id: str, message_id: str) -> Response:
    message = _find_message(call.find_conversation(conversation_id), message_id)
    if message.type != "answer":
        raise refuse_parameter("message_id")
    body = call.read_json()
    if body.get("feedback_type") not in ("like", "unlike"):
        raise refuse_parameter("feedback_type")
    comment, reasons = body.get("comment") or "", body.get("reason_types") or []
    if not isinstance(comment, str) or len(comment) > MAX_COMMENT_LENGTH:
        raise refuse_parameter("comment")
    if not isinstance(reasons, list) or len(reasons) > MAX_REASONS:
        raise refuse_parameter("reason_types")
    if any(len(str(reason)) > MAX_REASON_LENGTH for reason in reasons):
        raise refuse_parameter("reason_types")
    message.feedback = body
    return call.succeed({})


def withdraw_feedback(call: Call, conversation_id: str, message_id: str) -> Response:
    _find_message(call.find_conversation(conversation_id), message_id).feedback = None
    return call.succeed({})


def _find_conversation(call: Call) -> Conversation:
    return call.find_conversation(call.request.query.get("conversation_id", ""))


def _find_message(conversation: Conversation, message_id: str) -> Message:
    for message in conversation.messages:
        if message.id == message_id:
            return message
    raise Refusal(4200)


def add_additional_messages(
    conversation: Conversation, value: object, *, chat_id: str = ""
) -> list[Message]:
    """All of them are read before the first is added."""
    items = value or []
    if not isinstance(items, list):
        raise refuse_parameter("additional_messages")
    if len(items) > MAX_ADDITIONAL_MESSAGES:
        raise Refusal(4004)
    read = [_read_message(item) for item in items]
    return [conversation.add_message(**fields, chat_id=chat_id) for fields in read]


def _read_message(item: object) -> dict[str, Any]:
    if not isinstance(item, dict) or item.get("role") not in ("user", "assistant"):
        raise refuse_parameter("additional_messages")
    content, content_type = item.get("content"), item.get("content_type") or "text"
    if not isinstance(content, str) or not content:
        raise Refusal(4005)
    if content_type == "object_string":
        read_parts(content)
    elif content_type != "text":
        raise Refusal(4005)
    usual = "question" if item["role"] == "user" else "answer"
    return {
        "role": item["role"],
        "type": item.get("type") or usual,
        "content": content,
        "content_type": content_type,
        "meta_data": read_meta_data(item.get("meta_data")),
    }


def read_parts(content: str) -> list[dict[str, Any]]:
    """The parts of an `object_string`: texts, images, files, audio."""
    try:
        parts = json.loads(content)
    except ValueError:
        raise Refusal(4005) from None
    if not isinstance(parts, list) or not all(
        isinstance(part, dict)
        and part.get("type") in ("text", "image", "file", "audio")
        for part in parts
    ):
        raise Refusal(4005)
    return parts
