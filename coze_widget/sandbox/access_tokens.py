"""Access tokens that were handed out, and whom each of them stands for."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import NamedTuple

DEFAULT_ACCOUNT_ID = "7400000000000000031"


class Owner(NamedTuple):
    """Histories are apart where this differs: somebody in the eyes of Coze."""

    account_id: str
    session_name: str


@dataclass(frozen=True)
class Grant:
    owner: Owner
    expires_at: int
    channel: bool = False
    bot_ids: tuple[str, ...] | None = None  # None: every bot of the workspace

    def allows_bot(self, bot_id: str) -> bool:
        return self.bot_ids is None or bot_id in self.bot_ids


class AccessTokens:
    def __init__(self) -> None:
        self._grants: dict[str, Grant] = {}

    def issue(self, grant: Grant, *, prefix: str = "czs_") -> str:
        token = prefix + secrets.token_urlsafe(48).replace("-", "").replace("_", "")
        self._grants[token] = grant
        return token

    def find(self, token: str, *, now: float) -> Grant | None:
        grant = self._grants.get(token)
        return grant if grant and grant.expires_at > now else None

    def expire(self, session_name: str | None = None) -> int:
        """Ends the life of all tokens or of one person's; says of how many."""
        chosen = self._choose(session_name)
        for token in chosen:
            self._grants[token] = replace(self._grants[token], expires_at=0)
        return len(chosen)

    def revoke(self, session_name: str | None = None) -> int:
        """Forgets all tokens or those of one person; says how many."""
        chosen = self._choose(session_name)
        for token in chosen:
            del self._grants[token]
        return len(chosen)

    def _choose(self, session_name: str | None) -> list[str]:
        return [
            token
            for token, grant in self._grants.items()
            if session_name is None or grant.owner.session_name == session_name
        ]
