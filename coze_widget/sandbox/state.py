"""Everything that the sandbox remembers, behind one lock."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from coze_widget.sandbox.access_tokens import AccessTokens
from coze_widget.sandbox.accounts import Account
from coze_widget.sandbox.conversations import Conversations
from coze_widget.sandbox.faults import Faults
from coze_widget.sandbox.oauth_apps import OAuthApp
from coze_widget.sandbox.recorder import Recorder

DELTA_PAUSE_SECONDS = 0.035


@dataclass
class UploadedFile:
    id: str
    file_name: str
    size: int
    created_at: int


@dataclass
class State:
    """Lives as long as the server; held under `lock` by whoever reads or writes."""

    oauth_apps: list[OAuthApp] = field(default_factory=list)
    pause_seconds: float = DELTA_PAUSE_SECONDS
    sdk_bytes: int = 0
    clock_offset_seconds: float = 0
    lock: threading.RLock = field(default_factory=threading.RLock)
    stopping: threading.Event = field(default_factory=threading.Event)
    tokens: AccessTokens = field(default_factory=AccessTokens)
    used_jtis: dict[str, int] = field(default_factory=dict)  # jti → end of its life
    conversations: Conversations = field(default_factory=Conversations)
    files: dict[str, UploadedFile] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    account: Account = field(default_factory=Account)
    recorder: Recorder = field(default_factory=Recorder)

    def now(self) -> float:
        """The sandbox's time in Unix seconds, which may be told to be wrong."""
        return time.time() + self.clock_offset_seconds

    def pause(self, seconds: float) -> None:
        """Sleeps without the lock, and wakes when the server stops."""
        self.stopping.wait(seconds)

    def reset(self) -> None:
        """Forgets all but the registered OAuth apps."""
        self.tokens = AccessTokens()
        self.used_jtis = {}
        self.conversations = Conversations()
        self.files = {}
        self.faults = Faults()
        self.account = Account()
        self.recorder = Recorder()
        self.clock_offset_seconds = 0
