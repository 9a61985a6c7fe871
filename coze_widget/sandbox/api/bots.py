"""Agents: one of them for the chat, all of them for an administrator."""

from __future__ import annotations

from typing import Any

from coze_widget.sandbox.api.call import Call, refuse_parameter
from coze_widget.sandbox.catalogue import (
    API_CONNECTOR_ID,
    BOTS,
    ONBOARDING,
    OWNER_ID,
    PUBLISHED_AT,
    Bot,
)
from coze_widget.sandbox.http import Response

STATUSES = {
    "all": (True, False),
    "published_online": (True,),
    "published_draft": (True,),
    "unpublished_draft": (False,),
}


def retrieve(call: Call, bot_id: str) -> Response:
    if call.request.query.get("is_published", "true").lower() == "false":
        return call.succeed(_describe(call, call.find_bot(bot_id, code=4200)))
    return call.succeed(_describe(call, call.find_published_bot(bot_id, code=4200)))


def retrieve_online_info(call: Call) -> Response:
    """The deprecated door to the same: cozepy still uses it by default."""
    return retrieve(call, call.request.query.get("bot_id", ""))


def list_bots(call: Call) -> Response:
    query = call.request.query
    call.check_workspace()
    status = query.get("publish_status", "published_online")
    if status not in STATUSES:
        raise refuse_parameter("publish_status")
    connector = query.get("connector_id", API_CONNECTOR_ID)
    bots = [
        bot
        for bot in BOTS.values()
        if bot.is_published in STATUSES[status]
        and call.is_published_to(connector, bot.bot_id)
    ]
    items, _ = call.read_page().cut(bots)
    return call.succeed(
        {"items": [_describe_briefly(bot) for bot in items], "total": len(bots)}
    )


def _describe(call: Call, bot: Bot) -> dict[str, Any]:
    return {
        "bot_id": bot.bot_id,
        "name": bot.name,
        "description": bot.description,
        "icon_url": bot.icon_url,
        "create_time": PUBLISHED_AT,
        "update_time": PUBLISHED_AT,
        "version": str(PUBLISHED_AT),
        "prompt_info": {"prompt": ""},
        "onboarding_info": ONBOARDING[call.request.language],
        "bot_mode": 0,
        "plugin_info_list": [],
        "model_info": {"model_id": "0", "model_name": "sandbox"},
        "shortcut_commands": [],
        "default_user_input_type": "text",
        "folder_id": "",
        "owner_user_id": OWNER_ID,
    }


def _describe_briefly(bot: Bot) -> dict[str, Any]:
    return {
        "id": bot.bot_id,
        "name": bot.name,
        "description": bot.description,
        "icon_url": bot.icon_url,
        "is_published": bot.is_published,
        "updated_at": PUBLISHED_AT,
        **({"published_at": PUBLISHED_AT} if bot.is_published else {}),
        "owner_user_id": OWNER_ID,
        "folder_id": "",
    }
