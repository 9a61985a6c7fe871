"""Somebody who calls the sandbox's API over HTTP with a token of their own."""

from __future__ import annotations

import json

import requests

BOT = "7400000000000000001"
UNPUBLISHED_BOT = "7400000000000000002"
APP = "7400000000000000011"
WORKFLOW = "7400000000000000012"
WORKSPACE = "7400000000000000021"


class Caller:
    def __init__(self, sandbox, session_name="", *, token=None):
        self.url = sandbox.url
        self.session = requests.Session()
        self.session.trust_env = False
        token = token or sandbox.issue_token(session_name=session_name)
        self.session.headers["Authorization"] = f"Bearer {token}"

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.session.close()

    def send(self, method, path, **parts):
        return self.session.request(method, self.url + path, timeout=10, **parts)

    def ask(self, method, path, **parts):
        """The envelope."""
        return self.send(method, path, **parts).json()

    def begin(self, **fields):
        """A new conversation of the bot."""
        body = {"bot_id": BOT, "connector_id": "999", **fields}
        return self.ask("POST", "/v1/conversation/create", json=body)["data"]

    def chat(self, conversation_id, text, **fields):
        """The raw answer of /v3/chat."""
        body = {
            "bot_id": BOT,
            "user_id": "somebody",
            "stream": True,
            "connector_id": "999",
            "additional_messages": [say(text)],
            **fields,
        }
        query = {"conversation_id": conversation_id} if conversation_id else {}
        return self.send("POST", "/v3/chat", params=query, json=body, stream=True)

    def talk(self, conversation_id, text, **fields):
        """All events of the answer, once it is complete."""
        return read_events(self.chat(conversation_id, text, **fields))

    def history(self, conversation_id, **body):
        return self.ask(
            "POST",
            "/v1/conversation/message/list",
            params={"conversation_id": conversation_id},
            json=body,
        )


def say(text, content_type="text"):
    return {"role": "user", "content_type": content_type, "content": text}


def read_events(response):
    with response:
        blocks = response.content.decode().strip().split("\n\n")
    return [parse_event(block) for block in blocks]


def parse_event(block):
    first, second = block.split("\n")
    return first.removeprefix("event:"), json.loads(second.removeprefix("data:"))


def find_answer(events):
    """The complete answer among the events."""
    return next(
        data["content"]
        for event, data in events
        if event == "conversation.message.completed" and data["type"] == "answer"
    )
