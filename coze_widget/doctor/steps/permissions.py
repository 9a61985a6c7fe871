"""Whether the OAuth app may do what the Chat SDK does, one permission after the other.

The list is that of Coze's guide for the Chat SDK (`install_web_sdk`, 2026). Coze tells
nobody what a token may do, so each is tried: with a conversation of nobody's where that
is possible, else with a faulty request. That Coze looks at permissions before it looks at
arguments is inferred, and not verified; what is refused with 4101 is missing for certain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coze_widget.doctor.patients import Patient
from coze_widget.doctor.steps import Sight, Step, failed, passed, warned
from coze_widget.exceptions import AuthenticationError, CozeError, InvalidResponseError
from coze_widget.oauth.open_api import CHAT_SDK_CONNECTOR_ID
from coze_widget.remedies import say_who

MISSING, OUT_OF_QUOTA = 4101, 4028
# Which nobody has.
NO_ID = "1"


@dataclass(frozen=True)
class Permission:
    """In Coze's own words; a channel app's permission may have another name."""

    group: str
    name: str
    channel_name: str = ""
    is_for_voice: bool = False

    @property
    def title(self) -> str:
        return f"{self.group}.{self.name}"


@dataclass(frozen=True)
class Request:
    """What needs the permission, and does nothing that stays."""

    permission: Permission
    method: str
    path: tuple[str, ...]
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None


CREATE_CONVERSATION = Permission("Conversation", "createConversation")
LIST_CONVERSATION = Permission("Conversation", "listConversation")
EDIT_CONVERSATION = Permission("Conversation", "editConversation")
LIST_MESSAGE = Permission("Message", "listMessage", "listConversationMessage")
CHAT = Permission("Bot", "chat", "botChat")
# Not in the guide's list, but in that of the endpoint with which an app's chat talks.
RUN = Permission("Workflow", "run")
CANCEL_CHAT = Permission("Chat", "cancelChat", "cancelConversationChat")
UPLOAD_FILE = Permission("File", "uploadFile")
CREATE_TRANSCRIPTION = Permission("Audio", "createTranscription", is_for_voice=True)
CREATE_SPEECH = Permission("Audio", "createSpeech", is_for_voice=True)


def list_requests(patient: Patient, conversation_id: str) -> Iterator[Request]:
    """`getMetadata` is looked at by the steps that read the bot, the app, its chatflow."""
    if not patient.is_app:
        query = {
            "bot_id": patient.widget.bot_id,
            "connector_id": CHAT_SDK_CONNECTOR_ID,
            "page_size": "1",
        }
        yield Request(LIST_CONVERSATION, "GET", ("v1", "conversations"), query)
    # Without a user_id it is no chat, and costs no dialogue.
    yield Request(CHAT, "POST", ("v3", "chat"), body={})
    if patient.is_app:
        yield Request(RUN, "POST", ("v1", "workflows", "chat"), body={})
    yield Request(
        EDIT_CONVERSATION,
        "PUT",
        ("v1", "conversations", conversation_id),
        body={"name": "coze_doctor"},
    )
    yield Request(
        LIST_MESSAGE,
        "POST",
        ("v1", "conversation", "message", "list"),
        {"conversation_id": conversation_id},
        {"limit": 1},
    )
    yield Request(
        CANCEL_CHAT,
        "POST",
        ("v3", "chat", "cancel"),
        body={"conversation_id": conversation_id, "chat_id": NO_ID},
    )
    yield Request(UPLOAD_FILE, "POST", ("v1", "files", "upload"), body={})
    yield Request(
        CREATE_TRANSCRIPTION, "POST", ("v1", "audio", "transcriptions"), body={}
    )
    yield Request(CREATE_SPEECH, "POST", ("v1", "audio", "speech"), body={})


def look_at_permissions(patient: Patient) -> Iterator[Sight]:
    held = []
    for permission, attempt in _list_attempts(patient):
        refusal = _find_refusal(patient, attempt)
        if refusal is None:
            held.append(permission.title)
        else:
            patient.missing_permissions.add(permission.title)
            yield _tell(patient, permission, refusal)
    if not patient.missing_permissions:
        yield passed(_("None is refused: %(names)s.") % {"names": _(", ").join(held)})


def _list_attempts(patient: Patient) -> Iterator[tuple[Permission, Callable[[], Any]]]:
    yield CREATE_CONVERSATION, partial(_begin_conversation, patient)
    conversation_id = next(iter(patient.stranger.conversation_ids), NO_ID)
    for request in list_requests(patient, conversation_id):
        yield request.permission, partial(_send, patient, request)


def _begin_conversation(patient: Patient) -> None:
    # What else is wrong with a conversation has a step of its own.
    with suppress(InvalidResponseError):
        patient.begin_conversation(patient.stranger)


def _send(patient: Patient, request: Request) -> None:
    patient.ask(
        patient.stranger,
        request.method,
        *request.path,
        query=request.query,
        body=request.body,
    )


def _find_refusal(patient: Patient, attempt: Callable[[], Any]) -> CozeError | None:
    """Return why it may not be done, None where it may, however faulty it was.

    Raises CozeError where that is not known.
    """
    try:
        attempt()
    except CozeError as exc:
        if exc.code == MISSING:
            return exc
        if exc.code is None or isinstance(exc, AuthenticationError):
            raise
        if exc.code == OUT_OF_QUOTA:
            patient.spent = exc
    return None


def _tell(patient: Patient, permission: Permission, refusal: CozeError) -> Sight:
    seen = _("The OAuth app lacks “%(title)s”.") % {"title": permission.title}
    advice = _(
        "In Coze's console, tick “%(name)s” in the group “%(group)s” of the OAuth app, "
        "then press authorise (授权) again."
    ) % {"name": permission.name, "group": permission.group}
    if permission.channel_name:
        advice += " " + _("For a channel app it is called “%(name)s”.") % {
            "name": permission.channel_name
        }
    if permission.is_for_voice and not patient.widget.chat_bot_is_need_audio:
        return warned(
            seen,
            _("Only voice needs it, which is off. %(advice)s") % {"advice": advice},
        )
    return failed(seen, advice, who=say_who(refusal), facts=refusal.facts)


PERMISSIONS = Step(
    "permissions",
    gettext_lazy("Permissions"),
    look_at_permissions,
    needs=("token",),
    asks=True,
    spends=gettext_lazy("about twenty requests"),
)
