"""What has been built on the sandbox: two bots, one app, one workspace."""

from __future__ import annotations

import base64
from dataclasses import dataclass

WORKSPACE_ID = "7400000000000000021"
BOT_ID = "7400000000000000001"
UNPUBLISHED_BOT_ID = "7400000000000000002"
APP_ID = "7400000000000000011"
WORKFLOW_ID = "7400000000000000012"
OWNER_ID = "7400000000000000051"

CHAT_SDK_CONNECTOR_ID = "999"
API_CONNECTOR_ID = "1024"

PUBLISHED_AT = 1_767_225_600


def _draw_icon(colour: str, shade: str) -> str:
    """A data URI: real icons live on a CDN, and the sandbox needs no internet."""
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
        '<defs><linearGradient id="g" x1="0" y1="0" x2="1" y2="1">'
        f'<stop stop-color="{colour}"/><stop offset="1" stop-color="{shade}"/>'
        '</linearGradient></defs><rect width="64" height="64" rx="16" fill="url(#g)"/>'
        '<path d="M32 12v7" stroke="#fff" stroke-width="3" stroke-linecap="round"/>'
        '<circle cx="32" cy="11" r="3.5" fill="#fff"/>'
        '<rect x="14" y="19" width="36" height="29" rx="12" fill="#fff"/>'
        f'<circle cx="25" cy="32" r="3.6" fill="{shade}"/>'
        f'<circle cx="39" cy="32" r="3.6" fill="{shade}"/>'
        f'<path d="M26 40c3.5 2.8 8.5 2.8 12 0" stroke="{shade}" fill="none" '
        'stroke-width="2.6" stroke-linecap="round"/></svg>'
    )
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


@dataclass(frozen=True)
class Bot:
    bot_id: str
    name: str
    description: str
    icon_url: str
    is_published: bool = True


@dataclass(frozen=True)
class App:
    app_id: str
    workflow_id: str
    name: str
    description: str
    icon_url: str


BOTS = {
    bot.bot_id: bot
    for bot in (
        Bot(
            BOT_ID,
            "Sandbox Bot",
            "Answers from your own machine.",
            _draw_icon("#6f7bff", "#4150f0"),
        ),
        Bot(
            UNPUBLISHED_BOT_ID,
            "Sandbox Draft",
            "Was never published to a channel.",
            _draw_icon("#a0a7b8", "#6b7280"),
            is_published=False,
        ),
    )
}

APP = App(
    APP_ID,
    WORKFLOW_ID,
    "Sandbox App",
    "A chatflow that shows its start parameters.",
    _draw_icon("#27b9a3", "#0f8f80"),
)

ONBOARDING = {
    "en": {
        "prologue": "Hello {{user_name}}, I am Sandbox Bot. "
        "I live on this machine and repeat what you say. Ask me anything!",
        "suggested_questions": [
            "What can you do?",
            "Who can see this chat?",
            "/tool What time is it?",
        ],
    },
    "zh": {
        "prologue": "你好，{{user_name}}！我是 Sandbox Bot，"
        "住在这台电脑上，会复述你说的话。随便问吧！",
        "suggested_questions": [
            "你能做什么？",
            "谁能看到这段对话？",
            "/tool 现在几点？",
        ],
    },
}
