"""A real message, only where somebody has said that it may cost a dialogue."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coze_widget.doctor.patients import Patient, read_id
from coze_widget.doctor.steps import (
    Sight,
    Step,
    explain,
    failed,
    passed,
    permissions,
    skipped,
)
from coze_widget.doctor.steps.conversations import list_messages
from coze_widget.exceptions import CozeError
from coze_widget.oauth.error_codes import ERROR_CODES
from coze_widget.oauth.open_api import CHAT_SDK_CONNECTOR_ID

QUESTION = "ping"
POLL_SECONDS, MAX_POLLS = 0.5, 40


def look_at_chat(patient: Patient) -> Iterator[Sight]:
    """Without leave to chat, tell at least what a faulty chat was told before."""
    if patient.spent:
        yield explain(patient.spent)
    elif patient.is_app:
        yield skipped(_("A chatflow is not run: what it does is not known here."))
    elif not patient.may_chat:
        yield skipped(
            _(
                "No message was sent, since it costs one of the account's dialogues "
                "(the free plan has 100)."
            )
        )
    else:
        yield _talk(patient)


def _talk(patient: Patient) -> Sight:
    somebody = patient.stranger
    conversation_id = patient.begin_conversation(somebody)
    place = {"conversation_id": conversation_id}
    answer = patient.ask(
        somebody, "POST", "v3", "chat", query=place, body=_message(patient)
    )
    chat_id = read_id(answer)
    # The chat itself could be asked how it is, with a permission that visitors lack.
    for _turn in range(MAX_POLLS):
        messages = list_messages(patient, somebody, conversation_id)
        if any(message.get("type") == "answer" for message in messages):
            return passed(_("The bot has answered."))
        time.sleep(POLL_SECONDS)
    return _explain_silence(patient, {**place, "chat_id": chat_id})


def _explain_silence(patient: Patient, chat: Mapping[str, str]) -> Sight:
    code = _find_code(patient, chat)
    known = ERROR_CODES.get(code) if code else None
    if known:
        return explain(known.error(known.meaning, code=code, remedy=known.remedy))
    return failed(
        _("The bot has not answered in %(seconds)s seconds.")
        % {"seconds": round(MAX_POLLS * POLL_SECONDS)},
        _("Try it in Coze's studio; a model that is slow there is slow here."),
        facts=f"code {code}" if code else "",
    )


def _find_code(patient: Patient, chat: Mapping[str, str]) -> int | None:
    """Return Coze's code of why the chat has failed, as far as it may be asked."""
    try:
        answer = patient.ask(
            patient.stranger, "GET", "v3", "chat", "retrieve", query=chat
        )
    except CozeError:
        return None
    data = answer.get("data")
    error = data.get("last_error") if isinstance(data, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) else None


def _message(patient: Patient) -> dict[str, Any]:
    return {
        "bot_id": patient.widget.bot_id,
        "user_id": "coze_doctor",
        "connector_id": CHAT_SDK_CONNECTOR_ID,
        "stream": False,
        "auto_save_history": True,
        "additional_messages": [
            {
                "role": "user",
                "type": "question",
                "content_type": "object_string",
                "content": json.dumps([{"type": "text", "text": QUESTION}]),
            }
        ],
    }


CHAT = Step(
    "chat",
    gettext_lazy("A message"),
    look_at_chat,
    needs=("token", "bot", "conversation"),
    uses=(permissions.CHAT.title,),
    asks=True,
    spends=gettext_lazy("one dialogue of the account"),
)
