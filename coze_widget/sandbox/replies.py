"""What the sandbox's bot says: pure functions of what it was asked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from coze_widget.sandbox.envelope import MESSAGES

WORDING = {
    "en": {
        "echo": 'You said: "{text}"\nThis is message {number} of our conversation.',
        "parameters": "Start parameters: {parameters}",
        "files": "Files received: {names}",
        "help": (
            "I am a stand-in for a Coze bot. Nothing you write leaves this machine. "
            "I repeat what you say and count our messages. Try:\n"
            "/long – a long answer\n"
            "/slow – an answer that takes its time (try the stop button)\n"
            "/tool – I call a tool first\n"
            "/fail – my answer fails"
        ),
        "privacy": (
            "Only you. Your site signs every visitor in under a name of their own, "
            "so Coze keeps a history for each of them. Log in as somebody else and "
            "this conversation is gone; come back and it is here again."
        ),
        "shared": (
            "Everybody who chats here: this token carries no session_name, "
            "so all visitors share one history."
        ),
        "long": "This is line {line} of a long answer, so that there is something to "
        "scroll.",
        "slow": "I take my time with this answer, one word after the other, so that "
        "there is a moment to press stop, to close the chat or to read along.",
        "tool": "The tool says: {output}. Message {number} of our conversation.",
        "nothing": "(no text)",
    },
    "zh": {
        "echo": "你说：“{text}”\n这是本次会话的第 {number} 条消息。",
        "parameters": "开始节点参数：{parameters}",
        "files": "已收到文件：{names}",
        "help": (
            "我是 Coze 智能体的替身，你写的内容不会离开这台电脑。"
            "我会复述你的话，并数我们的消息。试试：\n"
            "/long – 一个很长的回答\n"
            "/slow – 慢慢地回答（可以按停止）\n"
            "/tool – 先调用一个工具\n"
            "/fail – 回答失败"
        ),
        "privacy": (
            "只有你自己。网站为每位访客使用各自的会话名签名，"
            "扣子因此为每个人单独保存历史。换一个账号登录，"
            "这段对话就看不到了；再换回来，它还在这里。"
        ),
        "shared": "所有在这里聊天的人：这个令牌没有 session_name，大家共用一份历史。",
        "long": "这是长回答的第 {line} 行，这样就有内容可以滚动了。",
        "slow": "这个回答我会慢慢说，一个词接一个词，"
        "这样你就有时间按停止、关闭窗口，或者跟着一起读。",
        "tool": "工具返回：{output}。这是本次会话的第 {number} 条消息。",
        "nothing": "（没有文字）",
    },
}

FOLLOW_UPS = {
    "en": ["What can you do?", "Who can see this chat?", "/long Tell me more"],
    "zh": ["你能做什么？", "谁能看到这段对话？", "/long 多说一点"],
}

HELP = {"/help", "What can you do?", "你能做什么？"}
PRIVACY = {"Who can see this chat?", "谁能看到这段对话？"}
LONG_LINES = 12
SLOW_PAUSE_SECONDS = 0.3
TOOL_OUTPUT = "12:00"


@dataclass(frozen=True)
class Question:
    text: str
    number: int  # of the visitor's messages in this conversation, from 1
    file_names: Sequence[str] = ()
    parameters: Mapping[str, Any] | None = None
    is_shared: bool = False  # asked with a token that stands for nobody in particular

    @property
    def language(self) -> str:
        return "zh" if re.search(r"[\u4e00-\u9fff]", self.text) else "en"

    @property
    def command(self) -> str:
        match = re.match(r"/[a-z]+", self.text)
        return match.group() if match else ""


@dataclass(frozen=True)
class Reply:
    text: str = ""
    follow_ups: Sequence[str] = ()
    pause_seconds: float | None = None  # None: the sandbox's own pace
    calls_tool: bool = False
    failure: int = 0  # a Coze code
    breaks_off: bool = False  # an `error` event in the middle of the answer
    pieces: Sequence[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pieces", split_text(self.text))


def split_text(text: str) -> list[str]:
    """Pieces as a model streams them: a word, or two Chinese characters."""
    return re.findall(r"[\u4e00-\u9fff]{1,2}|[^\s\u4e00-\u9fff]+[^\S\n]*|\s+", text)


def compose_reply(question: Question) -> Reply:
    wording = WORDING[question.language]
    follow_ups = FOLLOW_UPS[question.language]
    if question.text in HELP:
        return Reply(wording["help"], follow_ups)
    if question.text in PRIVACY:
        return Reply(wording["shared" if question.is_shared else "privacy"], follow_ups)
    if question.command == "/long":
        lines = [wording["long"].format(line=n + 1) for n in range(LONG_LINES)]
        return Reply("\n".join(lines), follow_ups)
    if question.command == "/slow":
        return Reply(wording["slow"], (), pause_seconds=SLOW_PAUSE_SECONDS)
    if question.command == "/tool":
        text = wording["tool"].format(output=TOOL_OUTPUT, number=question.number)
        return Reply(text, follow_ups, calls_tool=True)
    if question.command == "/fail":
        return Reply(failure=5000)
    if question.command == "/error":
        return Reply(MESSAGES[5000], breaks_off=True)
    return Reply(_echo(question, wording), follow_ups)


def _echo(question: Question, wording: Mapping[str, str]) -> str:
    lines = []
    if question.parameters:
        text = json.dumps(question.parameters, ensure_ascii=False)
        lines.append(wording["parameters"].format(parameters=text))
    if question.file_names:
        lines.append(wording["files"].format(names=", ".join(question.file_names)))
    text = question.text or wording["nothing"]
    lines.append(wording["echo"].format(text=text, number=question.number))
    return "\n".join(lines)
