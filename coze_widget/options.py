"""From a widget to the options of `new CozeWebSDK.WebChatClient(…)`.

Names, paths and defaults are those of Coze's install guide (2026) and of the open-source
SDK. Where the two disagree the value is always sent: `config.isIframe` (the guide gives two
defaults), `ui.chatBot.isNeedAddNewConversation` (guide false, code true), `ui.base.lang`.
Neither a token nor anything of a person is in here: `auth` and `userInfo` are added in the
browser, from the answer of the session view.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from coze_widget.extra_options import merge_extra
from coze_widget.models import Launcher, Mode, Place, Widget


@dataclass(frozen=True)
class Option:
    """One field of the widget and where the SDK wants its value."""

    field: str
    path: str
    # A blank text means "the SDK's own default", which only a missing key gives.
    omit_blank: bool = False
    # Where the SDK fills our frame, the frame's element takes over (position, size).
    inline_only: bool = False
    # The switch without which the SDK has no use for it.
    only_with: str = ""


OPTIONS = (
    Option("base_icon", "ui.base.icon", omit_blank=True),
    Option("base_layout", "ui.base.layout", omit_blank=True),
    Option("base_lang", "ui.base.lang", omit_blank=True),
    Option("base_z_index", "ui.base.zIndex", inline_only=True),
    Option("header_is_show", "ui.header.isShow"),
    Option("header_is_need_close", "ui.header.isNeedClose"),
    Option("footer_is_show", "ui.footer.isShow"),
    Option("footer_expression_text", "ui.footer.expressionText", omit_blank=True),
    Option("footer_linkvars", "ui.footer.linkvars", omit_blank=True),
    Option("conversations_is_need", "ui.conversations.isNeed"),
    Option("chat_bot_title", "ui.chatBot.title", omit_blank=True),
    Option("chat_bot_width", "ui.chatBot.width", inline_only=True),
    Option("chat_bot_uploadable", "ui.chatBot.uploadable"),
    Option("chat_bot_is_need_audio", "ui.chatBot.isNeedAudio"),
    Option(
        "chat_bot_is_need_function_call_message",
        "ui.chatBot.isNeedFunctionCallMessage",
    ),
    Option(
        "chat_bot_is_need_add_new_conversation",
        "ui.chatBot.isNeedAddNewConversation",
    ),
    Option("chat_bot_is_need_clear_context", "ui.chatBot.isNeedClearContext"),
    Option("chat_bot_is_need_quote", "ui.chatBot.isNeedQuote"),
    Option("chat_bot_feedback_is_need", "ui.chatBot.feedback.isNeedFeedback"),
    Option(
        "chat_bot_feedback_panel_title",
        "ui.chatBot.feedback.feedbackPanel.title",
        omit_blank=True,
        only_with="chat_bot_feedback_is_need",
    ),
    Option(
        "chat_bot_feedback_panel_placeholder",
        "ui.chatBot.feedback.feedbackPanel.placeholder",
        omit_blank=True,
        only_with="chat_bot_feedback_is_need",
    ),
    Option(
        "chat_bot_feedback_panel_tags",
        "ui.chatBot.feedback.feedbackPanel.tags",
        omit_blank=True,
        only_with="chat_bot_feedback_is_need",
    ),
)


class Overrides(TypedDict, total=False):
    """What a page may say differently, and nothing else."""

    title: str
    lang: str
    parameters: Mapping[str, Any]
    nickname: str


PAGE_MAY = ("title", "lang", "parameters", "nickname")


def build_options(
    widget: Widget, *, place: str, overrides: Overrides | None = None
) -> dict[str, Any]:
    """Return what the SDK gets, as plain JSON values; an unsaved widget will do."""
    overrides = overrides or {}
    options: dict[str, Any] = {
        "config": _build_config(widget, overrides.get("parameters"))
    }
    for option in OPTIONS:
        value = getattr(widget, option.field)
        if option.inline_only and place == Place.FRAME:
            continue
        if option.omit_blank and not value:
            continue
        if option.only_with and not getattr(widget, option.only_with):
            continue
        _put(options, option.path, value)
    # The SDK's own title is empty, not the bot's name (measured), so there is always one.
    _put(options, "ui.chatBot.title", overrides.get("title") or title_of(widget))
    _put(options, "ui.asstBtn.isNeed", uses_sdk_launcher(widget, place=place))
    merge_extra(options, widget.extra_options)
    return options


def title_of(widget: Widget) -> str:
    return widget.chat_bot_title or widget.name


def page_may_set(widget: Widget) -> list[str]:
    """Return which of the overrides this row leaves to its pages."""
    return [name for name in PAGE_MAY if getattr(widget, f"page_sets_{name}")]


def uses_sdk_launcher(widget: Widget, *, place: str) -> bool:
    """Whoever has to agree first gets ours: the SDK's button comes from Coze's host."""
    is_wanted = widget.launcher == Launcher.SDK and place == Place.INLINE
    return is_wanted and not widget.consent_text


def _build_config(
    widget: Widget, parameters: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Ids are texts from end to end: they exceed 2**53."""
    inputs = {**widget.parameters, **(parameters or {})}
    extra = {"parameters": inputs} if inputs else {}
    config: dict[str, Any] = {"type": str(widget.mode), "isIframe": False}
    if widget.mode == Mode.APP:
        version = {"version": widget.app_version} if widget.app_version else {}
        config["appInfo"] = {
            "appId": widget.app_id,
            "workflowId": widget.workflow_id,
            **version,
            **extra,
        }
    else:
        config["bot_id"] = widget.bot_id
        if extra:
            config["botInfo"] = extra
    return config


def _put(tree: dict[str, Any], path: str, value: Any) -> None:
    *groups, key = path.split(".")
    for group in groups:
        tree = tree.setdefault(group, {})
    tree[key] = value
