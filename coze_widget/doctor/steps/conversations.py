"""Whether people can have conversations, each of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coze_widget.doctor.patients import (
    Patient,
    Stranger,
    read_objects,
)
from coze_widget.doctor.steps import Sight, Step, failed, passed, warned
from coze_widget.doctor.steps.permissions import (
    CREATE_CONVERSATION,
    EDIT_CONVERSATION,
    LIST_CONVERSATION,
    LIST_MESSAGE,
)
from coze_widget.exceptions import (
    BadRequestError,
    NotFoundError,
    PermissionDeniedError,
)
from coze_widget.oauth.open_api import CHAT_SDK_CONNECTOR_ID

SAMPLE = "20"


def look_at_conversation(patient: Patient) -> Iterator[Sight]:
    """Make one as the SDK does, read it, and delete it."""
    somebody = patient.stranger
    conversation_id = patient.begin_conversation(somebody)
    list_messages(patient, somebody, conversation_id)
    patient.end_conversation(somebody, conversation_id)
    yield passed(_("A conversation was made, read and deleted."))


def look_at_isolation(patient: Patient) -> Iterator[Sight]:
    """Let one identity make a conversation, and another one look for it."""
    one, other = patient.stranger, patient.meet_stranger()
    conversation_id = patient.begin_conversation(one)
    ways = list(_find_ways_in(patient, other, conversation_id))
    if ways:
        yield failed(
            _(
                "Two people who know nothing of each other share conversations: %(ways)s."
            )
            % {"ways": "; ".join(ways)},
            _(
                "Let nobody chat until that is settled: ask Coze's support whether "
                "session_name holds for this account, and check that no gateway in "
                "between uses one token for all."
            ),
        )
    elif not _can_find(patient, one, conversation_id):
        yield warned(
            _("Nobody finds the conversation, not even who has begun it."),
            _("So nothing is proved. Run the doctor again in a minute."),
        )
    else:
        yield passed(
            _(
                "Two identities were made up; neither finds what the other one has begun."
            )
        )


def list_messages(
    patient: Patient, somebody: Stranger, conversation_id: str
) -> list[dict[str, Any]]:
    """Return the newest ones, newest first."""
    answer = patient.ask(
        somebody,
        "POST",
        "v1",
        "conversation",
        "message",
        "list",
        query={"conversation_id": conversation_id},
        body={"limit": 10},
    )
    return read_objects(answer.get("data"))


def list_conversations(patient: Patient, somebody: Stranger) -> list[str]:
    """Return the ids of the newest ones. Only a bot's can be listed."""
    answer = patient.ask(
        somebody,
        "GET",
        "v1",
        "conversations",
        query={
            "bot_id": patient.widget.bot_id,
            "connector_id": CHAT_SDK_CONNECTOR_ID,
            "page_num": "1",
            "page_size": SAMPLE,
        },
    )
    data = answer.get("data")
    found = data.get("conversations") if isinstance(data, dict) else None
    return [str(conversation.get("id")) for conversation in read_objects(found)]


def _find_ways_in(
    patient: Patient, other: Stranger, conversation_id: str
) -> Iterator[str]:
    if not patient.is_app and conversation_id in list_conversations(patient, other):
        yield _("it is in the other one's list")
    if _can_read(patient, other, conversation_id):
        yield _("its messages can be read")


def _can_find(patient: Patient, somebody: Stranger, conversation_id: str) -> bool:
    if patient.is_app:
        return _can_read(patient, somebody, conversation_id)
    return conversation_id in list_conversations(patient, somebody)


def _can_read(patient: Patient, somebody: Stranger, conversation_id: str) -> bool:
    try:
        list_messages(patient, somebody, conversation_id)
    except (BadRequestError, NotFoundError, PermissionDeniedError):
        return False
    return True


CONVERSATION = Step(
    "conversation",
    gettext_lazy("A conversation"),
    look_at_conversation,
    needs=("token", "bot", "workflow"),
    uses=(CREATE_CONVERSATION.title, EDIT_CONVERSATION.title, LIST_MESSAGE.title),
    asks=True,
    spends=gettext_lazy("three empty conversations, deleted again"),
)
ISOLATION = Step(
    "isolation",
    gettext_lazy("Each person apart"),
    look_at_isolation,
    needs=("token", "bot", "conversation"),
    uses=(LIST_CONVERSATION.title,),
    asks=True,
)
