"""Talking: to a bot, to the chatflow of an app, and stopping the answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from coze_widget.sandbox.answer import Answer
from coze_widget.sandbox.api.apps import check_app, check_workflow
from coze_widget.sandbox.api.call import Call, refuse_parameter
from coze_widget.sandbox.api.conversations import begin_in_app, find_in_app
from coze_widget.sandbox.api.messages import add_additional_messages, read_parts
from coze_widget.sandbox.catalogue import API_CONNECTOR_ID
from coze_widget.sandbox.conversations import Chat, Conversation, Message
from coze_widget.sandbox.envelope import Refusal
from coze_widget.sandbox.http import Response
from coze_widget.sandbox.replies import Question, compose_reply

EVENT_STREAM = "text/event-stream; charset=utf-8"
DEFAULT_NAME = "Default"


def chat_with_bot(call: Call) -> Response:
    body = call.read_json()
    call.check_quota()
    bot = call.find_published_bot(body.get("bot_id", ""))
    if not body.get("user_id"):
        raise refuse_parameter("user_id")
    connector_id = str(body.get("connector_id") or API_CONNECTOR_ID)
    call.check_channel(bot.bot_id, connector_id)

    def begin() -> Conversation:
        return call.state.conversations.add(
            Conversation(call.owner, bot.bot_id, connector_id)
        )

    conversation_id = call.request.query.get("conversation_id")
    conversation = _choose_conversation(call, conversation_id, connector_id, begin)
    answer = _begin_answer(call, conversation, body)
    if body.get("stream"):
        return Response(body=answer.stream(), content_type=EVENT_STREAM)
    if body.get("auto_save_history", True) is False:
        raise Refusal(4007)
    return _answer_at_once(call, answer)


def chat_with_workflow(call: Call) -> Response:
    body = call.read_json()
    call.check_quota()
    check_app(call, body.get("app_id"))
    check_workflow(body.get("workflow_id"))
    connector_id = str(body.get("connector_id") or API_CONNECTOR_ID)
    call.check_channel(str(body["app_id"]), connector_id)

    def begin() -> Conversation:
        found = find_in_app(call, body, DEFAULT_NAME)
        return found or begin_in_app(call, body, DEFAULT_NAME)

    conversation = _choose_conversation(
        call, body.get("conversation_id"), connector_id, begin
    )
    answer = _begin_answer(call, conversation, body)
    answer.done = {"debug_url": ""}
    return Response(body=answer.stream(), content_type=EVENT_STREAM)


def retrieve(call: Call) -> Response:
    return call.succeed(_find_chat(call, call.request.query).to_json())


def list_chat_messages(call: Call) -> Response:
    chat = _find_chat(call, call.request.query)
    conversation = call.find_conversation(chat.conversation_id)
    found = [
        message.to_json()
        for message in conversation.messages
        if message.chat_id == chat.id and message.type != "question"
    ]
    return call.succeed(found)


def cancel(call: Call) -> Response:
    chat = _find_chat(call, call.read_json())
    if not chat.is_running:
        raise Refusal(4104)
    chat.status = "canceled"
    return call.succeed(chat.to_json())


def _choose_conversation(
    call: Call,
    conversation_id: object,
    connector_id: str,
    begin: Callable[[], Conversation],
) -> Conversation:
    """The one that was asked for, if it belongs to this person and this channel."""
    if not conversation_id:
        return begin()
    conversation = call.find_conversation(conversation_id)
    if conversation.connector_id != connector_id:
        raise Refusal(4002)
    if conversation.is_busy:
        raise Refusal(4016)
    return conversation


def _begin_answer(
    call: Call, conversation: Conversation, body: dict[str, Any]
) -> Answer:
    parameters = body.get("parameters")
    if parameters is not None and not isinstance(parameters, dict):
        raise refuse_parameter("parameters")
    chat = Chat(conversation.id, conversation.bot_id)
    messages = add_additional_messages(
        conversation, body.get("additional_messages"), chat_id=chat.id
    )
    conversation.chats[chat.id] = chat
    text, file_names = _read_question(call, messages)
    question = Question(
        text,
        conversation.count_questions(),
        file_names,
        parameters,
        is_shared=not call.owner.session_name,
    )
    return Answer(call.state, conversation, chat, compose_reply(question))


def _read_question(call: Call, messages: list[Message]) -> tuple[str, list[str]]:
    """The text and the names of the files of the last message."""
    if not messages:
        return "", []
    last = messages[-1]
    if last.content_type == "text":
        return last.content, []
    parts = read_parts(last.content)
    texts = [str(part.get("text", "")) for part in parts if part["type"] == "text"]
    files = [part for part in parts if part["type"] != "text"]
    for part in files:
        file = call.state.files.get(str(part.get("file_id")))
        part["name"] = file.file_name if file else "?"
    # The history tells the names, not only the ids that were sent.
    last.content = json.dumps(parts, ensure_ascii=False)
    return "\n".join(texts), [part["name"] for part in files]


def _answer_at_once(call: Call, answer: Answer) -> Response:
    """Without a stream the caller polls; here the answer is there at once."""
    data = {**answer.chat.to_json(), "status": "in_progress"}
    answer.pause_seconds = 0
    for _ in answer.stream():
        pass
    return call.succeed(data)


def _find_chat(call: Call, fields: dict[str, Any]) -> Chat:
    conversation = call.find_conversation(fields.get("conversation_id", ""))
    chat = conversation.chats.get(str(fields.get("chat_id", "")))
    if chat is None:
        raise Refusal(4001)
    return chat
