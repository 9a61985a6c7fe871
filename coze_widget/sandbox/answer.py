"""The bot's answer as it comes into being: events out, history in."""

from __future__ import annotations

import json
from collections.abc import Iterator

from coze_widget.sandbox.conversations import Chat, Conversation, Message
from coze_widget.sandbox.envelope import MESSAGES
from coze_widget.sandbox.replies import TOOL_OUTPUT, Reply
from coze_widget.sandbox.sse import format_event
from coze_widget.sandbox.state import State

TOOL_CALL = {"name": "clock-now", "arguments": {"time_zone": "UTC"}}


class Answer:
    """Runs to its end whether or not somebody still listens, as Coze's do."""

    def __init__(
        self, state: State, conversation: Conversation, chat: Chat, reply: Reply
    ) -> None:
        self.state = state
        self.conversation = conversation
        self.chat = chat
        self.reply = reply
        self.done: object = "[DONE]"
        self.pause_seconds = (
            state.pause_seconds if reply.pause_seconds is None else reply.pause_seconds
        )

    def stream(self) -> Iterator[bytes]:
        yield self._tell_chat("created")
        yield self._tell_chat("in_progress", if_running=True)
        if self.reply.failure:
            yield self._fail(self.reply.failure)
        else:
            if self.reply.calls_tool:
                yield from self._call_tool()
            yield from self._speak()
        yield format_event("done", self.done)

    def _speak(self) -> Iterator[bytes]:
        text = ""
        answer = self._draft("answer", "")
        for piece in self.reply.pieces:
            self.state.pause(self.pause_seconds)
            if not self.chat.is_running:
                break
            text += piece
            yield self._tell_message("delta", answer, content=piece)
            if self.reply.breaks_off:
                yield self._break_off()
                return
        answer.content = text
        if text:
            yield self._keep(answer)
        if self.chat.is_running:
            yield from self._conclude()

    def _conclude(self) -> Iterator[bytes]:
        for follow_up in self.reply.follow_ups:
            yield self._tell_message("completed", self._draft("follow_up", follow_up))
        # The end of *all* answers; ready-made clients wait for this one.
        finish = {"msg_type": "generate_answer_finish", "data": "", "from_module": None}
        yield self._tell_message(
            "completed", self._draft("verbose", json.dumps(finish))
        )
        size = len(self.reply.text)
        self.chat.usage = {
            "token_count": size,
            "output_count": size,
            "input_count": 0,
        }
        yield self._tell_chat("completed")

    def _call_tool(self) -> Iterator[bytes]:
        yield self._keep(self._draft("function_call", json.dumps(TOOL_CALL)))
        self.state.pause(self.pause_seconds * 8)
        yield self._keep(self._draft("tool_response", TOOL_OUTPUT))

    def _fail(self, code: int) -> bytes:
        self.chat.last_error = {"code": code, "msg": MESSAGES[code]}
        return self._tell_chat("failed")

    def _break_off(self) -> bytes:
        self.chat.status = "failed"
        return format_event("error", {"code": 5000, "msg": MESSAGES[5000]})

    def _tell_chat(self, status: str, *, if_running: bool = False) -> bytes:
        with self.state.lock:
            if not if_running or self.chat.is_running:
                self.chat.status = status
            return format_event(f"conversation.chat.{status}", self.chat.to_json())

    def _tell_message(
        self, event: str, message: Message, *, content: str | None = None
    ) -> bytes:
        data = message.to_json()
        if content is not None:
            data["content"] = content
        return format_event(f"conversation.message.{event}", data)

    def _keep(self, message: Message) -> bytes:
        with self.state.lock:
            self.conversation.keep(message)
        return self._tell_message("completed", message)

    def _draft(self, kind: str, content: str) -> Message:
        with self.state.lock:
            return self.conversation.draft_message(
                "assistant", kind, content, chat_id=self.chat.id
            )
