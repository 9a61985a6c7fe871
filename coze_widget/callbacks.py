"""What Coze calls to say of a bot: published, taken down, deleted (guide `callback`).

A bot that is gone takes its widgets off every page until it is published again. The
signature is a plain SHA-1 with the secret in the middle, which is weak: so it holds for
minutes only, each event is taken once, and an older one never undoes a newer one.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from django.conf import settings
from django.db.models import Q
from django.utils.timezone import make_naive

from coze_widget.catalogue import catalogue
from coze_widget.models import BotState, Mode, Widget
from coze_widget.oauth.open_api import CHAT_SDK_CONNECTOR_ID
from coze_widget.probe import clean_name
from coze_widget.shared_cache import shared_cache

logger = logging.getLogger(__name__)

# A machine's clock may be wrong, and Coze sends again what was not answered in time.
WINDOW_SECONDS = 300
STATES = {
    "bot.published": BotState.THERE,
    "bot.unpublished": BotState.UNPUBLISHED,
    "bot.deleted": BotState.DELETED,
}
_MOMENT = re.compile(r"[0-9]{10,16}")
_BOT_ID = re.compile(r"[0-9]{1,32}")
_MAX_ID = 128


class BadCallback(Exception):  # that is what it says
    """Raised for what Coze has not sent, or not now; its text is for the log."""


@dataclass(frozen=True)
class BotEvent:
    """`created_at` is Coze's moment; `bot_name` is empty where the event names none."""

    id: str
    type: str
    created_at: datetime
    bot_id: str
    bot_name: str = ""
    connector_id: str = ""


def read_event(
    headers: Mapping[str, str], body: bytes, *, tokens: Iterable[str], now: float
) -> BotEvent:
    """Return what Coze says at the moment `now` (Unix seconds); raises BadCallback."""
    _check_signature(headers, body, tokens)
    if abs(_seconds(headers.get("X-Coze-Timestamp", "")) - now) > WINDOW_SECONDS:
        raise BadCallback("its timestamp is too old, or this machine's clock is wrong")
    try:
        # Ids are numbers that no float holds.
        message = json.loads(body, parse_int=str)
        header, event = message["header"], message["event"]
        return BotEvent(
            id=_text(header["event_id"])[:_MAX_ID],
            type=_text(header["event_type"]),
            created_at=datetime.fromtimestamp(
                _seconds(_text(header["created_at"])), timezone.utc
            ),
            bot_id=_text(event.get("bot_id") or ""),
            bot_name=clean_name(event.get("bot_name")),
            connector_id=_text(header.get("connector_id") or ""),
        )
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as exc:
        raise BadCallback("it is signed, and has another shape") from exc


def take_event(event: BotEvent) -> int:
    """Let the bot's widgets come or go, once; return how many have."""
    key = f"coze_widget:callback:{hashlib.sha256(event.id.encode()).hexdigest()}"
    if not shared_cache.add(key, 1, 2 * WINDOW_SECONDS):
        return 0
    try:
        return _take(event)
    except Exception:
        # Coze sends it again, and then it is to count.
        shared_cache.delete(key)
        raise


def note_there(widget: Widget, *, name: str) -> None:
    """Somebody has seen that the bot answers. Not by saving: no version of an editor's."""
    rows = Widget.objects.filter(pk=widget.pk)
    rows.update(bot_state=BotState.THERE, **_naming(name))
    if widget.is_gone:
        catalogue.note_change(rows.db)


def _take(event: BotEvent) -> int:
    state = STATES.get(event.type)
    # Of another channel: it may be gone there, and be here.
    is_ours = event.connector_id in ("", CHAT_SDK_CONNECTOR_ID)
    if state is None or not is_ours or not _BOT_ID.fullmatch(event.bot_id):
        return 0
    created_at = event.created_at if settings.USE_TZ else make_naive(event.created_at)
    rows = Widget.objects.filter(mode=Mode.BOT, bot_id=event.bot_id).exclude(
        Q(bot_state_id=event.bot_id) & Q(bot_state_at__gt=created_at)
    )
    changes = {
        "bot_state": state,
        "bot_state_id": event.bot_id,
        "bot_state_at": created_at,
        **_naming(event.bot_name),
    }
    count = rows.update(**changes)
    catalogue.note_change(rows.db)
    logger.warning(
        "Coze says %s of bot %s: %s widgets", event.type, event.bot_id, count
    )
    return count


def _naming(name: str) -> dict[str, str]:
    return {"bot_name": name} if name else {}


def _check_signature(
    headers: Mapping[str, str], body: bytes, tokens: Iterable[str]
) -> None:
    timestamp = headers.get("X-Coze-Timestamp", "")
    nonce = headers.get("X-Coze-Nonce", "")
    signature = headers.get("X-Coze-Signature", "").encode()
    for token in filter(None, tokens):
        text = f"{timestamp}{nonce}{token}".encode() + body
        expected = hashlib.sha1(text, usedforsecurity=False).hexdigest().encode()
        if hmac.compare_digest(expected, signature):
            return
    raise BadCallback("its signature is of no token in COZE_CALLBACK_TOKENS")


def _seconds(milliseconds: str) -> float:
    if not _MOMENT.fullmatch(milliseconds):
        raise BadCallback("its timestamp is none")
    return int(milliseconds) / 1000


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
