"""A widget under examination, and what the steps before have found out about it."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from coze_widget.exceptions import CozeError, InvalidResponseError
from coze_widget.models import Mode, Widget
from coze_widget.oauth.client import AccessToken, OAuthClient
from coze_widget.oauth.credentials import OAuthApp
from coze_widget.oauth.open_api import CHAT_SDK_CONNECTOR_ID, OpenApi
from coze_widget.oauth_apps import find_oauth_app, get_api, make_client
from coze_widget.sentences import Sentence as _

# Long enough for an examination with a slow Coze.
TOKEN_SECONDS = 900


@dataclass
class Stranger:
    """An identity that nobody has, with a token of its own."""

    token: AccessToken
    conversation_ids: list[str] = field(default_factory=list)


@dataclass
class Patient:
    """`page_url` is a page of the site that holds the widget, "" where none was named.

    `may_chat`: a message may be sent, which costs one of the account's dialogues.
    `missing_permissions` are named as "Bot.chat"; `spent` is Coze's word that no dialogue
    is left.
    """

    widget: Widget
    page_url: str = ""
    may_chat: bool = False
    strangers: list[Stranger] = field(default_factory=list)
    missing_permissions: set[str] = field(default_factory=set)
    spent: CozeError | None = None

    @cached_property
    def oauth_app(self) -> OAuthApp:
        """Raises CredentialsError."""
        return find_oauth_app(self.widget.oauth_app)

    @cached_property
    def client(self) -> OAuthClient:
        """One without a breaker: we want to hear what Coze says."""
        return make_client(self.oauth_app)

    @cached_property
    def api(self) -> OpenApi:
        return get_api(self.oauth_app.base_url)

    @property
    def is_app(self) -> bool:
        return self.widget.mode == Mode.APP

    @property
    def stranger(self) -> Stranger:
        """Return the first one; a step that mints it comes before all that use it."""
        return self.strangers[0]

    def meet_stranger(self) -> Stranger:
        """Ask Coze for a token of nobody's. Raises CozeError."""
        token = self.client.fetch_token(
            session_name=f"coze_doctor-{secrets.token_hex(16)}",
            duration_seconds=TOKEN_SECONDS,
        )
        stranger = Stranger(token)
        self.strangers.append(stranger)
        return stranger

    def ask(
        self,
        stranger: Stranger,
        method: str,
        *path: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Mapping[str, Any]:
        """Return Coze's whole answer. Raises CozeError."""
        return self.api.ask(method, *path, token=stranger.token, query=query, body=body)

    def read(self, *path: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        """Return `data` as the first stranger gets it. Raises CozeError."""
        return self.api.read(*path, token=self.stranger.token, query=query)

    def begin_conversation(self, stranger: Stranger) -> str:
        """Return the id of a new conversation, which is deleted at the end at the latest."""
        room = "workflow" if self.is_app else ""
        path = filter(None, ("v1", room, "conversation", "create"))
        answer = self.ask(stranger, "POST", *path, body=self._beginning())
        conversation_id = read_id(answer)
        stranger.conversation_ids.append(conversation_id)
        return conversation_id

    def end_conversation(self, stranger: Stranger, conversation_id: str) -> None:
        self.ask(stranger, "DELETE", "v1", "conversations", conversation_id)
        stranger.conversation_ids.remove(conversation_id)

    def tidy_up(self) -> None:
        """Delete what the steps have left; who cannot, leaves it to nobody's history."""
        for stranger in self.strangers:
            for conversation_id in list(stranger.conversation_ids):
                with contextlib.suppress(CozeError):
                    self.end_conversation(stranger, conversation_id)

    def _beginning(self) -> dict[str, Any]:
        if not self.is_app:
            return {
                "bot_id": self.widget.bot_id,
                "connector_id": CHAT_SDK_CONNECTOR_ID,
            }
        return {
            "app_id": self.widget.app_id,
            "workflow_id": self.widget.workflow_id,
            "conversation_name": f"coze_doctor-{secrets.token_hex(8)}",
            "get_or_create": True,
            "draft_mode": False,
            "connector_id": CHAT_SDK_CONNECTOR_ID,
        }


def read_objects(value: object) -> list[dict[str, Any]]:
    """Lists come from outside, and an empty one may come as null."""
    found = value if isinstance(value, list) else []
    return [one for one in found if isinstance(one, dict)]


def read_id(answer: Mapping[str, Any]) -> str:
    """Return the id of what was made. Raises CozeError where there is none."""
    data = answer.get("data")
    if isinstance(data, dict) and str(data.get("id") or ""):
        return str(data["id"])
    raise InvalidResponseError(
        _("Coze's answer holds no data"),
        remedy=_("Check base_url and what is in between."),
    )
