"""Versions of the Chat SDK that public pages load; Coze publishes no list of them."""

from __future__ import annotations

import re
from typing import Any

# Newest first, by the host that serves them. Others exist, and newer ones will.
KNOWN_VERSIONS = {
    "coze.cn": (
        "1.2.0-beta.20",
        "1.2.0-beta.19",
        "1.2.0-beta.13",
        "1.2.0-beta.12",
        "1.2.0-beta.10",
        "1.2.0-beta.8",
        "1.2.0-beta.6",
        "1.2.0-beta.5",
        "1.2.0-beta.3",
        "1.2.0-beta.2",
        "1.1.0-beta.3",
        "1.1.0-beta.0",
        "1.0.0-beta.4",
    ),
    "coze.com": (
        "1.2.0-beta.6",
        "1.2.0-beta.3",
        "1.2.0-beta.2",
        "1.1.0-beta.3",
        "1.1.0-beta.0",
        "1.0.0-beta.4",
    ),
}
NEWEST_ON_COM = KNOWN_VERSIONS["coze.com"][0]


def list_known() -> list[tuple[str, str]]:
    """Return each version once, with the hosts that are known to serve it."""
    versions = dict.fromkeys(
        version for known in KNOWN_VERSIONS.values() for version in known
    )
    return [(version, ", ".join(_hosts_of(version))) for version in versions]


def _hosts_of(version: str) -> list[str]:
    return [host for host, known in KNOWN_VERSIONS.items() if version in known]


# Since when there is an option, says Coze's changelog: path → version.
SINCE = {
    **dict.fromkeys(
        (
            "auth.type",
            "auth.token",
            "auth.onRefreshToken",
            "config.bot_id",
            "config.botId",
            "userInfo.id",
            "userInfo.nickname",
            "userInfo.url",
            "ui.base.icon",
            "ui.base.lang",
            "ui.base.layout",
            "ui.base.zIndex",
            "ui.asstBtn.isNeed",
            "ui.footer.isShow",
            "ui.footer.expressionText",
            "ui.footer.linkvars",
            "ui.chatBot.title",
            "ui.chatBot.uploadable",
            "ui.chatBot.width",
            "ui.chatBot.el",
            "ui.chatBot.onShow",
            "ui.chatBot.onHide",
            "ui.chatBot.onBeforeShow",
            "ui.chatBot.onBeforeHide",
        ),
        "1.0.0-beta.4",
    ),
    **dict.fromkeys(
        (
            "config.type",
            "config.appInfo.appId",
            "config.appInfo.workflowId",
            "config.appInfo.parameters",
        ),
        "1.1.0-beta.0",
    ),
    "config.isIframe": "1.2.0-beta.2",
    "ui.header.isShow": "1.2.0-beta.2",
    "ui.header.isNeedClose": "1.2.0-beta.2",
    "config.botInfo.parameters": "1.2.0-beta.10",
    "ui.chatBot.isNeedAudio": "1.2.0-beta.10",
    "ui.chatBot.isNeedFunctionCallMessage": "1.2.0-beta.13",
    "ui.conversations.isNeed": "1.2.0-beta.17",
    "ui.chatBot.isNeedAddNewConversation": "1.2.0-beta.17",
    "ui.chatBot.isNeedQuote": "1.2.0-beta.17",
    **dict.fromkeys(
        (
            "ui.chatBot.feedback.isNeedFeedback",
            "ui.chatBot.feedback.feedbackPanel.title",
            "ui.chatBot.feedback.feedbackPanel.placeholder",
            "ui.chatBot.feedback.feedbackPanel.tags",
        ),
        "1.2.0-beta.17",
    ),
}
# The changelog is silent: the guide of this version is the first one that has it.
FIRST_DOCUMENTED = frozenset(path for path in SINCE if ".feedback." in path)


def version_key(version: str) -> tuple[Any, ...]:
    """Return what sorts like Semantic Versioning: 1.2.0-beta.9 < -beta.17 < 1.2.0.

    What is none, in a row of a fixture say, comes before them.
    """
    numbers, _dash, label = version.partition("-")
    return (
        [int(number) for number in re.findall("[0-9]+", numbers)],
        not label,
        [
            (0, int(piece), "") if re.fullmatch("[0-9]+", piece) else (1, 0, piece)
            for piece in label.split(".")
        ],
    )


def is_older(version: str, than: str) -> bool:
    return version_key(version) < version_key(than)
