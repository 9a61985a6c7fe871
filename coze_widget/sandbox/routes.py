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
    bad_token: Refusal


def _route(
    method: str,
    path: str,
    endpoint: Callable[..., Response],
    bad_token: Refusal = BAD_TOKEN,
) -> Route:
    pattern = re.sub(r"<(\w+)>", r"(?P<\1>[^/]+)", path)
    return Route(method, re.compile(pattern), endpoint, bad_token)


ROUTES = (
    _route("GET", "/v1/users/me", account.retrieve_me),
    _route("GET", "/v1/workspaces", account.list_workspaces),
    _route("GET", "/v1/bots", bots.list_bots),
    _route("GET", "/v1/bots/<bot_id>", bots.retrieve),
    _route("GET", "/v1/bot/get_online_info", bots.retrieve_online_info),
    _route("GET", "/v1/apps", apps.list_apps),
    _route("GET", "/v1/apps/<app_id>", apps.retrieve),
    _route("GET", "/v1/workflows", apps.list_workflows, BAD_TOKEN_FOR_WORKFLOW),
    _route(
        "GET",
        "/v1/workflows/<workflow_id>",
        apps.retrieve_workflow,
        BAD_TOKEN_FOR_WORKFLOW,
    ),
    _route("GET", "/v1/conversations", conversations.list_conversations),
    _route("POST", "/v1/conversation/create", conversations.create),
    _route("GET", "/v1/conversation/retrieve", conversations.retrieve),
    _route("PUT", "/v1/conversations/<conversation_id>", conversations.rename),
    _route("DELETE", "/v1/conversations/<conversation_id>", conversations.delete),
    _route("POST", "/v1/conversations/<conversation_id>/clear", conversations.clear),
    _route("POST", "/v1/workflow/conversation/create", conversations.create_in_app),
    _route("POST", "/v1/conversation/message/list", messages.list_messages),
    _route("POST", "/v1/conversation/message/delete", messages.delete),
    _route(
        "POST",
        "/v1/conversations/<conversation_id>/messages/<message_id>/feedback",
        messages.give_feedback,
    ),
    _route(
        "DELETE",
        "/v1/conversations/<conversation_id>/messages/<message_id>/feedback",
        messages.withdraw_feedback,
    ),
    _route("POST", "/v3/chat", chats.chat_with_bot, BAD_TOKEN_FOR_CHAT),
    _route("GET", "/v3/chat/retrieve", chats.retrieve),
    _route("POST", "/v3/chat/retrieve", chats.retrieve),  # as cozepy asks
    _route("GET", "/v3/chat/message/list", chats.list_chat_messages),
    _route("POST", "/v3/chat/cancel", chats.cancel),
    _route(
        "POST", "/v1/workflows/chat", chats.chat_with_workflow, BAD_TOKEN_FOR_WORKFLOW
    ),
    _route("POST", "/v1/files/upload", files.upload),
    _route("POST", "/v1/audio/transcriptions", audio.transcribe),
    _route("POST", "/v1/audio/speech", audio.speak),
)


def find_route(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    for route in ROUTES:
        match = route.pattern.fullmatch(path)
        if match and route.method == method:
            return route, match.groupdict()
    return None
