"""One person's chat, over HTTP with their token, in the order in which the SDK calls."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import requests

from coze_widget.models import Mode, Widget
from coze_widget.oauth.open_api import CHAT_SDK_CONNECTOR_ID

PAGE_SIZE = 50
TIMEOUT_SECONDS = 30


class ChatFailed(Exception):  # Coze's word for it
    """Raised when Coze answers with an error: `code` is Coze's, else the HTTP status."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(f"Coze answered {code} {message}".rstrip())
        self.code = code


@dataclass(frozen=True)
class Message:
    """`role` is "user" or "assistant"."""

    role: str
    text: str


class Chat:
    """What somebody can say and see with the token that the site has given them.

    `session` is the session view's answer, however it was fetched.
    """

    def __init__(
        self, session: Mapping[str, Any], widget: Widget, *, base_url: str
    ) -> None:
        self.session = session
        self.widget = widget
        self._base_url = base_url

    def __repr__(self) -> str:
        return f"<Chat with {self.widget.slug} as {self.session['epoch'][:8]}>"

    @property
    def session_name(self) -> str:
        """Who this is to Coze: 64 hexadecimal characters."""
        return str(self.session["epoch"])

    def say(self, text: str) -> str:
        """Say it in the newest conversation; return the whole reply, or raise ChatFailed."""
        message = {"role": "user", "content_type": "text", "content": text}
        if self._is_app:
            reply = self._talk_to_app(message)
        else:
            reply = self._talk_to_bot(message)
        return "".join(_read_reply(reply))

    def history(self) -> list[Message]:
        """Return all that this person finds, over all their conversations, oldest first."""
        return [
            Message(message["role"], message["content"])
            for conversation_id in self.conversation_ids()
            for message in self.read_conversation(conversation_id)
            if message["type"] in ("question", "answer")
        ]

    def conversation_ids(self) -> list[str]:
        """Oldest first."""
        if self._is_app:
            return [self._open_in_app()]
        query = {"bot_id": self.widget.bot_id, "connector_id": CHAT_SDK_CONNECTOR_ID}
        found: list[str] = []
        page = {"conversations": [], "has_more": True}
        while page["has_more"]:
            number = len(found) // PAGE_SIZE + 1
            page = self._call(
                "GET",
                "/v1/conversations",
                {**query, "page_num": number, "page_size": PAGE_SIZE},
            )["data"]
            found += [item["id"] for item in page["conversations"]]
        return found[::-1]

    def read_conversation(self, conversation_id: str) -> list[dict[str, Any]]:
        """Return a conversation's messages as Coze has them; ChatFailed if it is not ours."""
        query = {"conversation_id": conversation_id}
        body: dict[str, Any] = {"order": "asc", "limit": PAGE_SIZE}
        found: list[dict[str, Any]] = []
        while True:
            page = self._call("POST", "/v1/conversation/message/list", query, body)
            found += page["data"]
            if not page["has_more"]:
                return found
            body["after_id"] = page["last_id"]

    @property
    def _is_app(self) -> bool:
        return self.widget.mode == Mode.APP

    def _talk_to_bot(self, message: dict[str, str]) -> str:
        user_id = self.session["user"]["id"]
        ids = self.conversation_ids()
        body: dict[str, Any] = {
            "bot_id": self.widget.bot_id,
            "user_id": user_id,
            "connector_id": CHAT_SDK_CONNECTOR_ID,
        }
        if not ids:
            begun = self._call("POST", "/v1/conversation/create", body=body)
            ids = [begun["data"]["id"]]
        body |= {"stream": True, "additional_messages": [message]}
        if self.widget.parameters:
            body["parameters"] = self.widget.parameters
        return self._send("POST", "/v3/chat", {"conversation_id": ids[-1]}, body)

    def _talk_to_app(self, message: dict[str, str]) -> str:
        body = {
            **self._app,
            "conversation_id": self._open_in_app(),
            "parameters": self.widget.parameters,
            "additional_messages": [message],
        }
        return self._send("POST", "/v1/workflows/chat", body=body)

    @property
    def _app(self) -> dict[str, Any]:
        return {
            "app_id": self.widget.app_id,
            "workflow_id": self.widget.workflow_id,
            "connector_id": CHAT_SDK_CONNECTOR_ID,
        }

    def _open_in_app(self) -> str:
        body = {**self._app, "conversation_name": "Default", "get_or_create": True}
        answer = self._call("POST", "/v1/workflow/conversation/create", body=body)
        return str(answer["data"]["id"])

    def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._send(method, path, query, body))
        return answer

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> str:
        with requests.Session() as session:
            session.trust_env = False  # no proxy, no .netrc
            response = session.request(
                method,
                self._base_url + path,
                params=query,
                json=body,
                headers={"Authorization": f"Bearer {self.session['token']}"},
                timeout=TIMEOUT_SECONDS,
            )
        response.encoding = "utf-8"
        _check(response)
        return response.text


def _check(response: requests.Response) -> None:
    """At Coze most errors travel with HTTP 200: the body's code decides."""
    is_stream = response.headers.get("Content-Type", "").startswith("text/event-stream")
    if response.ok and is_stream:
        return
    try:
        answer = response.json()
        code, message = int(answer["code"]), str(answer["msg"])
    except (ValueError, KeyError, TypeError):
        # What is not in Coze's envelope is a failure even with HTTP 200.
        code, message = response.status_code, ""
    if code != 0:
        raise ChatFailed(code, message)


def _read_reply(stream: str) -> Iterator[str]:
    """Yield the pieces of the answer from server-sent events, one line of data each."""
    for block in stream.split("\n\n"):
        fields = dict(line.split(":", 1) for line in block.splitlines())
        event, data = fields.get("event"), json.loads(fields.get("data", "null"))
        if event == "conversation.chat.failed":
            error = data["last_error"]
            raise ChatFailed(error["code"], error["msg"])
        if event == "error":
            raise ChatFailed(data["code"], data["msg"])
        if event == "conversation.message.delta" and data["type"] == "answer":
            yield data["content"]
