"""Coze's console: where its pages are, and what is to be ticked there."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from coze_widget.oauth.credentials import COZE_CN_BASE_URL, COZE_COM_BASE_URL

# Coze's guide on OAuth apps names the first; the other site has the same paths.
OAUTH_APPS_URLS = {
    COZE_CN_BASE_URL: "https://www.coze.cn/open/oauth/apps",
    COZE_COM_BASE_URL: "https://www.coze.com/open/oauth/apps",
}
REGIONS = {COZE_CN_BASE_URL: "coze.cn", COZE_COM_BASE_URL: "coze.com"}

# Coze's install guide of the Chat SDK: group → permissions, for ordinary apps.
PERMISSIONS = (
    ("Bot", "chat, getMetadata"),
    ("Conversation", "listConversation, createConversation, editConversation"),
    ("Chat", "cancelChat"),
    ("Message", "listMessage"),
    ("File", "uploadFile"),
    ("Audio", "createTranscription, createSpeech"),
    ("Workflow", "getMetadata"),
    ("App", "getMetadata"),
)


def other_region(base_url: str) -> str:
    """Return the API of the other region, "" where the URL is none of Coze's."""
    others = {
        COZE_CN_BASE_URL: COZE_COM_BASE_URL,
        COZE_COM_BASE_URL: COZE_CN_BASE_URL,
    }
    return others.get(base_url, "")


def is_on_this_machine(base_url: str) -> bool:
    return urlsplit(base_url).hostname in ("localhost", "127.0.0.1", "::1")


def find_console_urls(base_url: str) -> list[str]:
    """Return the region's page of OAuth apps; both where the URL names no region.

    A sandbox has none.
    """
    if is_on_this_machine(base_url):
        return []
    known = OAUTH_APPS_URLS.get(base_url)
    return [known] if known else list(OAUTH_APPS_URLS.values())


def say_where_credentials_are() -> str:
    return _(
        "Coze's console hands out the right file when a service app's key is made; its "
        "path can be the whole setting. Without an account at Coze, "
        "`python manage.py coze_sandbox --config coze_oauth_config.json` writes one for "
        "the sandbox."
    )
