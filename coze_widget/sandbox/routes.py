"""Which method and path is answered by which endpoint."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from coze_widget.sandbox.api import (
    account,
    apps,
    audio,
    bots,
    chats,
    conversations,
    files,
    messages,
)
from coze_widget.sandbox.envelope import Refusal
from coze_widget.sandbox.http import Response

# How a bad token is answered differs from endpoint to endpoint, as people who
# watched the real API have reported.
BAD_TOKEN = Refusal(700012006, status=401)
BAD_TOKEN_FOR_CHAT = Refusal(4101)
BAD_TOKEN_FOR_WORKFLOW = Refusal(4100, status=401)


@dataclass(frozen=True)
class Route:
    method: str
    pattern: re.Pattern[str]
    endpoint: Callable[..., Response]
    permission: str  # group and name as in Coze's console; "" for none
    bad_token: Refusal


def _route(
    method: str,
    path: str,
    endpoint: Callable[..., Response],
    permission: str = "",
    bad_token: Refusal = BAD_TOKEN,
) -> Route:
    pattern = re.sub(r"<(\w+)>", r"(?P<\1>[^/]+)", path)
    return Route(method, re.compile(pattern), endpoint, permission, bad_token)


ROUTES = (
    _route("GET", "/v1/users/me", account.retrieve_me),
    _route("GET", "/v1/workspaces", account.list_workspaces, "Workspace.listWorkspace"),
    _route("GET", "/v1/bots", bots.list_bots, "Bot.listBot"),
    _route("GET", "/v1/bots/<bot_id>", bots.retrieve, "Bot.getMetadata"),
    _route(
        "GET", "/v1/bot/get_online_info", bots.retrieve_online_info, "Bot.getMetadata"
    ),
    _route("GET", "/v1/apps", apps.list_apps, "App.listApp"),
    _route("GET", "/v1/apps/<app_id>", apps.retrieve, "App.getMetadata"),
    _route(
        "GET",
        "/v1/workflows",
        apps.list_workflows,
        "Workflow.listWorkflow",
        BAD_TOKEN_FOR_WORKFLOW,
    ),
    _route(
        "GET",
        "/v1/workflows/<workflow_id>",
        apps.retrieve_workflow,
        "Workflow.getMetadata",
        BAD_TOKEN_FOR_WORKFLOW,
    ),
    _route(
        "GET",
        "/v1/conversations",
        conversations.list_conversations,
        "Conversation.listConversation",
    ),
    _route(
        "POST",
        "/v1/conversation/create",
        conversations.create,
        "Conversation.createConversation",
    ),
    _route(
        "GET",
        "/v1/conversation/retrieve",
        conversations.retrieve,
        "Conversation.retrieveConversation",
    ),
    _route(
        "PUT",
        "/v1/conversations/<conversation_id>",
        conversations.rename,
        "Conversation.editConversation",
    ),
    _route(
        "DELETE",
        "/v1/conversations/<conversation_id>",
        conversations.delete,
        "Conversation.editConversation",
    ),
    _route(
        "POST",
        "/v1/conversations/<conversation_id>/clear",
        conversations.clear,
        "Conversation.editConversation",
    ),
    _route(
        "POST",
        "/v1/workflow/conversation/create",
        conversations.create_in_app,
        "Conversation.createConversation",
    ),
    _route(
        "POST",
        "/v1/conversation/message/list",
        messages.list_messages,
        "Message.listMessage",
    ),
    _route(
        "POST",
        "/v1/conversation/message/delete",
        messages.delete,
        "Message.deleteMessage",
    ),
    _route(
        "POST",
        "/v1/conversations/<conversation_id>/messages/<message_id>/feedback",
        messages.give_feedback,
        "Message.feedback",
    ),
    _route(
        "DELETE",
        "/v1/conversations/<conversation_id>/messages/<message_id>/feedback",
        messages.withdraw_feedback,
        "Message.feedback",
    ),
    _route("POST", "/v3/chat", chats.chat_with_bot, "Bot.chat", BAD_TOKEN_FOR_CHAT),
    _route("GET", "/v3/chat/retrieve", chats.retrieve, "Chat.retrieveChat"),
    _route(
        "POST", "/v3/chat/retrieve", chats.retrieve, "Chat.retrieveChat"
    ),  # as cozepy asks
    _route(
        "GET", "/v3/chat/message/list", chats.list_chat_messages, "Chat.listChatMessage"
    ),
    _route("POST", "/v3/chat/cancel", chats.cancel, "Chat.cancelChat"),
    _route(
        "POST",
        "/v1/workflows/chat",
        chats.chat_with_workflow,
        "Workflow.run",
        BAD_TOKEN_FOR_WORKFLOW,
    ),
    _route("POST", "/v1/files/upload", files.upload, "File.uploadFile"),
    _route(
        "POST",
        "/v1/audio/transcriptions",
        audio.transcribe,
        "Audio.createTranscription",
    ),
    _route("POST", "/v1/audio/speech", audio.speak, "Audio.createSpeech"),
)
PERMISSIONS = {route.permission for route in ROUTES} - {""}


def find_route(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    for route in ROUTES:
        match = route.pattern.fullmatch(path)
        if match and route.method == method:
            return route, match.groupdict()
    return None
