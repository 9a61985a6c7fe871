"""What is no mistake and still not what the editor may expect, in short sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import Field
from django.utils.translation import gettext as _

from coze_widget.audience import find_shared_apps
from coze_widget.conf import conf
from coze_widget.models import Guests, Mode, Widget
from coze_widget.oauth.credentials import COZE_COM_BASE_URL, CredentialsError
from coze_widget.oauth_apps import find_oauth_app
from coze_widget.sdk_versions import NEWEST_ON_COM

# Larger whole numbers lose digits in JavaScript.
MAX_SAFE_INTEGER = 2**53 - 1


@dataclass(frozen=True)
class Need:
    """A field with this value needs the SDK of this version, says Coze's changelog."""

    field: str
    value: bool
    version: str
    # The changelog is silent: the guide of this version is the first one that has it.
    is_first_documented: bool = False


NEEDS = (
    Need("header_is_show", value=False, version="1.2.0-beta.2"),
    Need("header_is_need_close", value=False, version="1.2.0-beta.2"),
    Need("chat_bot_is_need_audio", value=True, version="1.2.0-beta.10"),
    Need("chat_bot_is_need_function_call_message", value=True, version="1.2.0-beta.13"),
    Need("conversations_is_need", value=True, version="1.2.0-beta.17"),
    Need("chat_bot_is_need_add_new_conversation", value=True, version="1.2.0-beta.17"),
    Need("chat_bot_is_need_quote", value=True, version="1.2.0-beta.17"),
    Need(
        "chat_bot_feedback_is_need",
        value=True,
        version="1.2.0-beta.17",
        is_first_documented=True,
    ),
)


def give_advice(widget: Widget) -> Iterator[str]:
    """Yield sentences in the active language; the widget is compared with the saved ones."""
    yield from _about_version(widget)
    yield from _about_mode(widget)
    yield from _about_feedback(widget)
    yield from _about_shared_app(widget)
    if widget.chat_bot_is_need_audio:
        yield _("Voice input works on pages with HTTPS only.")
    if widget.guest_days and widget.guests == Guests.LOGIN:
        yield _("Guests are asked to log in, so there is nobody to remember for days.")
    if _holds_long_number(widget.parameters):
        yield _(
            "Browsers round whole numbers above 9007199254740991: put long ids of the "
            "parameters into quotes."
        )


def remind_to_publish(widget: Widget) -> str:
    if widget.mode == Mode.APP:
        return _("In Coze, the app must be published to API and to Chat SDK.")
    return _("In Coze, the agent must be published to API and to Chat SDK.")


def _about_version(widget: Widget) -> Iterator[str]:
    version = version_key(widget.sdk_version)
    if version > version_key(NEWEST_ON_COM) and _is_on_com(widget):
        yield _(
            "No SDK newer than %(version)s is known on coze.com: if the chat does not "
            "load, choose that version."
        ) % {"version": NEWEST_ON_COM}
    late = [
        f"{_label(need.field)} ({_since(need)})"
        for need in NEEDS
        if getattr(widget, need.field) == need.value
        and version < version_key(need.version)
    ]
    if late:
        yield _("SDK %(version)s is too old for: %(options)s.") % {
            "version": widget.sdk_version,
            "options": ", ".join(late),
        }


def _since(need: Need) -> str:
    if need.is_first_documented:
        return _("%(version)s, the first it is documented with") % {
            "version": need.version
        }
    return need.version


def _is_on_com(widget: Widget) -> bool:
    try:
        app = find_oauth_app(widget.oauth_app)
    except CredentialsError:
        return False
    return app.base_url == COZE_COM_BASE_URL and app.base_url not in conf.sdk_urls


def _label(name: str) -> str:
    field = cast("Field[Any, Any]", Widget._meta.get_field(name))
    return str(field.verbose_name)


def _about_mode(widget: Widget) -> Iterator[str]:
    if widget.mode == Mode.APP and widget.conversations_is_need:
        yield _("The SDK has no list of conversations for apps.")
    if widget.mode == Mode.BOT and widget.parameters:
        yield _("Only an agent in single-agent chatflow mode takes parameters.")


def _about_feedback(widget: Widget) -> Iterator[str]:
    """What of it is from the SDK's source, not from Coze's guide, says so."""
    has_tags = bool(widget.chat_bot_feedback_panel_tags)
    has_words = bool(
        widget.chat_bot_feedback_panel_title
        or widget.chat_bot_feedback_panel_placeholder
    )
    if widget.chat_bot_feedback_is_need:
        yield _(
            "Thumbs up and down probably need the permission “feedback”: tick it for the "
            "OAuth app in Coze's console and press “authorise” again. Coze's list for the "
            "Chat SDK does not have it; not verified."
        )
        if has_words and not has_tags:
            yield _(
                "The panel for feedback appears only when it has a tag, by the SDK's source."
            )
    elif has_words or has_tags:
        yield _("Without thumbs up and down there is no panel for feedback.")


def _about_shared_app(widget: Widget) -> Iterator[str]:
    others = Widget.objects.filter(enabled=True)
    shown = [widget, *others.exclude(pk=widget.pk)] if widget.enabled else []
    for restricted, open_ones in find_shared_apps(shown):
        if widget in (restricted, *open_ones):
            yield _(
                "A guest of %(open)s gets a token that reaches the bot of “%(slug)s”, "
                "too, although people are asked to log in there: give “%(slug)s” an "
                "OAuth app of its own, authorised for a workspace of its own."
            ) % {
                "open": _(", ").join(f"“{other.slug}”" for other in open_ones),
                "slug": restricted.slug,
            }


def version_key(version: str) -> tuple[Any, ...]:
    """Return what sorts like Semantic Versioning: 1.2.0-beta.9 < -beta.17 < 1.2.0."""
    numbers, _dash, label = version.partition("-")
    return (
        [int(number) for number in numbers.split(".")],
        not label,
        [
            (0, int(piece), "") if piece.isdigit() else (1, 0, piece)
            for piece in label.split(".")
        ],
    )


def _holds_long_number(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_long_number(part) for part in value.values())
    if isinstance(value, list):
        return any(_holds_long_number(part) for part in value)
    return isinstance(value, int) and abs(value) > MAX_SAFE_INTEGER
