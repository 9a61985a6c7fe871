"""Conversations and their messages, each apart from those of everybody else."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from typing import Any

from coze_widget.sandbox.access_tokens import Owner

# Ids beyond 2**53, as at Coze: who reads them as JavaScript numbers loses digits.
_ids = itertools.count(7_400_000_000_000_100_000)


def new_id() -> str:
    return str(next(_ids))


def now() -> int:
    return int(time.time())


@dataclass
class Message:
    role: str
    type: str
    content: str
    conversation_id: str
    bot_id: str
    chat_id: str
    section_id: str
    content_type: str = "text"
    meta_data: dict[str, str] = field(default_factory=dict)
    feedback: dict[str, Any] | None = None
    id: str = field(default_factory=new_id)
    created_at: int = field(default_factory=now)

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "conversation_id": self.conversation_id,
            "bot_id": self.bot_id,
            "chat_id": self.chat_id,
            "section_id": self.section_id,
            "role": self.role,
            "type": self.type,
            "content": self.content,
            "content_type": self.content_type,
            "meta_data": self.meta_data,
            "created_at": self.created_at,
            "updated_at": self.created_at,
            "reasoning_content": "",
        }


@dataclass
class Chat:
    conversation_id: str
    bot_id: str
    id: str = field(default_factory=new_id)
    status: str = "created"
    created_at: int = field(default_factory=now)
    last_error: dict[str, Any] = field(default_factory=lambda: {"code": 0, "msg": ""})
    usage: dict[str, int] = field(default_factory=dict)

    @property
    def is_running(self) -> bool:
        return self.status in ("created", "in_progress")

    def to_json(self) -> dict[str, Any]:
        ended = {"completed": "completed_at", "failed": "failed_at"}.get(self.status)
        return {
            "id": self.id,
            "conversation_id": self.conversation_id,
            "bot_id": self.bot_id,
            "created_at": self.created_at,
            **({ended: now()} if ended else {}),
            "last_error": self.last_error,
            "meta_data": {},
            "status": self.status,
            "usage": self.usage,
        }


@dataclass
class Conversation:
    owner: Owner
    bot_id: str  # in app mode the id of the app
    connector_id: str
    workflow_id: str = ""
    name: str = ""
    meta_data: dict[str, str] = field(default_factory=dict)
    id: str = field(default_factory=new_id)
    section_id: str = field(default_factory=new_id)
    created_at: int = field(default_factory=now)
    updated_at: int = field(default_factory=now)
    messages: list[Message] = field(default_factory=list)
    chats: dict[str, Chat] = field(default_factory=dict)

    @property
    def is_busy(self) -> bool:
        return any(chat.is_running for chat in self.chats.values())

    def add_message(
        self,
        role: str,
        type: str,
        content: str,
        *,
        chat_id: str = "",
        content_type: str = "text",
        meta_data: dict[str, str] | None = None,
    ) -> Message:
        message = self.draft_message(
            role, type, content, chat_id=chat_id, content_type=content_type
        )
        message.meta_data = meta_data or {}
        self.keep(message)
        return message

    def draft_message(
        self,
        role: str,
        type: str,
        content: str,
        *,
        chat_id: str = "",
        content_type: str = "text",
    ) -> Message:
        """A message of this conversation that its history does not hold."""
        return Message(
            role,
            type,
            content,
            self.id,
            self.bot_id,
            chat_id,
            self.section_id,
            content_type,
        )

    def keep(self, message: Message) -> None:
        self.messages.append(message)
        self.updated_at = now()

    def count_questions(self) -> int:
        return sum(message.type == "question" for message in self.messages)

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "meta_data": self.meta_data,
            "creator_id": self.owner.account_id,
            "connector_id": self.connector_id,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "last_section_id": self.section_id,
        }


class Conversations:
    def __init__(self) -> None:
        self._by_id: dict[str, Conversation] = {}

    def add(self, conversation: Conversation) -> Conversation:
        self._by_id[conversation.id] = conversation
        return conversation

    def find(self, conversation_id: str, *, owner: Owner) -> Conversation | None:
        """None also for somebody else's: who asks learns nothing about it."""
        conversation = self._by_id.get(conversation_id)
        return conversation if conversation and conversation.owner == owner else None

    def list(
        self, *, owner: Owner, bot_id: str, connector_id: str, workflow_id: str = ""
    ) -> list[Conversation]:
        """Oldest first."""
        wanted = (owner, bot_id, connector_id, workflow_id)
        return [
            item
            for item in self._by_id.values()
            if (item.owner, item.bot_id, item.connector_id, item.workflow_id) == wanted
        ]

    def remove(self, conversation: Conversation) -> None:
        del self._by_id[conversation.id]
