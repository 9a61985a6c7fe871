"""What a widget wants of the SDK, and what the version that it names cannot do yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import Field
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coze_widget.models import Mode, Place, Widget
from coze_widget.sdk_versions import FIRST_DOCUMENTED, SINCE, is_older


@dataclass(frozen=True)
class Need:
    """A field that, where `is_wanted`, needs the SDK that has the option at `path`."""

    field: str
    path: str
    is_wanted: Callable[[Any], bool] = bool


NEEDS = (
    Need("header_is_show", "ui.header.isShow", lambda shown: not shown),
    Need("header_is_need_close", "ui.header.isNeedClose", lambda shown: not shown),
    Need("chat_bot_is_need_audio", "ui.chatBot.isNeedAudio"),
    Need(
        "chat_bot_is_need_function_call_message", "ui.chatBot.isNeedFunctionCallMessage"
    ),
    Need("conversations_is_need", "ui.conversations.isNeed"),
    Need(
        "chat_bot_is_need_add_new_conversation", "ui.chatBot.isNeedAddNewConversation"
    ),
    Need("chat_bot_is_need_quote", "ui.chatBot.isNeedQuote"),
    Need("chat_bot_feedback_is_need", "ui.chatBot.feedback.isNeedFeedback"),
)
BOT_NEEDS = (Need("parameters", "config.botInfo.parameters"),)


@dataclass(frozen=True)
class Change:
    """What was otherwise before a version, for the widgets that it `concerns`."""

    version: str
    sentence: Any
    concerns: Callable[[Widget], bool] = lambda widget: True


CHANGES = (
    Change(
        "1.0.0-beta.4",
        gettext_lazy("It takes no token of a person: no chat opens."),
    ),
    Change(
        "1.1.0-beta.0",
        gettext_lazy("It knows no apps."),
        lambda widget: widget.mode == Mode.APP,
    ),
    Change(
        "1.2.0-beta.2",
        gettext_lazy(
            "It has no “isIframe”, and decides itself whether the chat runs in the page "
            "or in an iframe of Coze's."
        ),
    ),
    Change(
        "1.2.0-beta.6",
        gettext_lazy("It renews no token: a long chat may stop."),
    ),
    Change(
        "1.2.0-beta.8",
        gettext_lazy(
            "It does not say whose conversations it asks for; the token does, except at a "
            "Coze Studio of your own."
        ),
    ),
    Change(
        "1.2.0-beta.19",
        gettext_lazy("Its chat may not fill the frame."),
        lambda widget: widget.place == Place.FRAME,
    ),
)


def find_shortcomings(widget: Widget) -> Iterator[str]:
    """Yield sentences about the version: options that it lacks, and how else it behaves."""
    version = widget.sdk_version
    late = [_describe(need) for need in _needs_of(widget) if _is_late(widget, need)]
    if late:
        yield _("SDK %(version)s is too old for: %(options)s.") % {
            "version": version,
            "options": ", ".join(late),
        }
    changes = [
        str(change.sentence)
        for change in CHANGES
        if is_older(version, change.version) and change.concerns(widget)
    ]
    if changes:
        yield _("SDK %(version)s is an older one. %(sentences)s") % {
            "version": version,
            "sentences": " ".join(changes),
        }


def _needs_of(widget: Widget) -> tuple[Need, ...]:
    return NEEDS + BOT_NEEDS if widget.mode == Mode.BOT else NEEDS


def _is_late(widget: Widget, need: Need) -> bool:
    return need.is_wanted(getattr(widget, need.field)) and is_older(
        widget.sdk_version, SINCE[need.path]
    )


def _describe(need: Need) -> str:
    field = cast("Field[Any, Any]", Widget._meta.get_field(need.field))
    since = SINCE[need.path]
    if need.path in FIRST_DOCUMENTED:
        since = _("%(version)s, the first it is documented with") % {"version": since}
    return f"{field.verbose_name} ({since})"
