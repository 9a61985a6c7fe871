"""From what a snippet says to the fields of a widget, and what is in none of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import BooleanField, JSONField
from django.utils.text import slugify
from django.utils.translation import gettext as _

from coze_widget.models import Launcher, Mode, Widget
from coze_widget.options import OPTIONS
from coze_widget.redaction import ACCESS_TOKEN, holds_credential, redact
from coze_widget.snippets.reading import Credential, Offer, Reading, Unmapped
from coze_widget.snippets.values import ABSENT, Reason, Unread
from coze_widget.validators import missing_footer_names

_UI_GROUPS = ("asstBtn", "base", "chatBot", "conversations", "footer", "header")
# The options of 0.1 and where they are now.
_COMPONENT_PROPS = {
    "title": "chatBot",
    "width": "chatBot",
    "uploadable": "chatBot",
    "icon": "base",
    "lang": "base",
    "layout": "base",
    "zIndex": "base",
}
_FIELDS = {
    **{option.path: option.field for option in OPTIONS},
    "config.botInfo.parameters": "parameters",
    "config.appInfo.parameters": "parameters",
    "config.appInfo.version": "app_version",
    "userInfo.nickname": "user_nickname",
    "userInfo.url": "user_url",
}
_IDS = {
    "config.botInfo.botId": "bot_id",
    "config.botId": "bot_id",
    "config.bot_id": "bot_id",
    "config.appInfo.appId": "app_id",
    "config.appInfo.workflowId": "workflow_id",
}
# Read by name below.
_READ = {"config.type", "ui.asstBtn.isNeed"}
# What this package does itself.
_OURS = {
    "auth.type",
    "auth.token",
    "auth.onRefreshToken",
    "config.isIframe",
    "userInfo.id",
}
_UNSUPPORTED = {
    "config.appInfo.conversationName",
    "config.sdk_verify_token",
    "auth.connectorId",
    "el",
    "extra",
    "ui.chatBot.el",
    "ui.chatBot.isNeedClearMessage",
    "ui.chatBot.isNeedConversationAdd",
    "ui.chatBot.onBeforeHide",
    "ui.chatBot.onBeforeShow",
    "ui.chatBot.onHide",
    "ui.chatBot.onShow",
    "ui.header.extra",
}
# What pages have in place of callbacks and of an element.
_EVENTS = {
    "ui.chatBot.onShow": "coze:show",
    "ui.chatBot.onHide": "coze:hide",
    "ui.chatBot.onBeforeShow": "coze:before-show",
    "ui.chatBot.onBeforeHide": "coze:before-hide",
}
_PLACES = {"el", "ui.chatBot.el"}
_TOKENS = ("auth.token", "config.sdk_verify_token")
_KNOWN = {*_FIELDS, *_IDS, *_READ, *_OURS, *_UNSUPPORTED}
_GROUPS = {
    "componentProps",
    *(path[: dot.start()] for path in _KNOWN for dot in re.finditer(r"\.", path)),
}
# Where a newer SDK may have options, by names that need no quotes; not so many, though.
_OPEN = re.compile(r"(ui|config)(\.[A-Za-z_$][A-Za-z0-9_$]*)+")
_MAX_OFFERS = 20
# As long as a credential and with its letters: a placeholder has blanks, dashes, stars.
_OPAQUE = re.compile(r"(?=[^\d]*\d)[A-Za-z0-9_.-]{20,}")


class Mapping:
    """Fills a `Reading` from the options of one snippet."""

    def __init__(self, reading: Reading, options: dict[str, Any], line: int) -> None:
        self.reading = reading
        self._line = line
        self._collect_credentials("", options)
        self._leaves = dict(self._walk("", _tidy(options, reading)))

    def fill(self) -> None:
        for path, value in self._leaves.items():
            self._map(path, value)
        self._set_ids()
        self._set_launcher()
        self._check_footer()
        self._set_name()

    def _collect_credentials(self, path: str, value: Any) -> None:
        if isinstance(value, Unread) and value.reason == Reason.CREDENTIAL:
            self._add_credential(path, value.detail, value.line)
        elif path in _TOKENS and isinstance(value, str) and _OPAQUE.fullmatch(value):
            self._add_credential(path, ACCESS_TOKEN, self._line)
        for key, child in _children(value):
            self._collect_credentials(f"{path}.{key}" if path else key, child)

    def _add_credential(self, path: str, kind: str, line: int) -> None:
        self.reading.credentials.append(Credential(kind, line, redact(path)))

    def _walk(self, path: str, value: Any) -> Iterator[tuple[str, Any]]:
        if not path or (path in _GROUPS - _KNOWN and isinstance(value, dict)):
            for key, child in value.items():
                # `{"config.bot_id": 1}` is no bot id.
                name = key if key and "." not in key else f'"{key}"'
                yield from self._walk(f"{path}.{name}" if path else name, child)
        else:
            yield path, value

    def _map(self, path: str, value: Any) -> None:
        if path in _FIELDS:
            self._set(path, _FIELDS[path], value)
        elif path in _OURS:
            self._leave(path, Reason.OURS)
        elif path in _UNSUPPORTED:
            self._leave(path, Reason.UNSUPPORTED, _hint(path))
        elif path in _GROUPS or "..." in path:
            self._leave_value(path, value)
        elif path not in _IDS and path not in _READ:
            self._leave(path, Reason.UNKNOWN)
            self._offer(path, value)

    def _set(self, path: str, name: str, value: Any) -> None:
        value = self._without_unread(path, value)
        if value is ABSENT or value is None:
            return
        if name == "chat_bot_feedback_panel_tags":
            value = _with_defaults(value)
        field: Any = Widget._meta.get_field(name)
        if not _has_type_of(field, value):
            self._leave(path, Reason.WRONG_VALUE)
            return
        try:
            self.reading.fields[name] = field.clean(value, None)
            self.reading.paths[name] = path
        except ValidationError as error:
            self._leave(path, Reason.WRONG_VALUE, " ".join(error.messages))

    def _without_unread(self, path: str, value: Any) -> Any:
        """Return what is left when all that could not be read is told and taken out."""
        if isinstance(value, Unread):
            self._leave_value(path, value)
            return ABSENT
        if isinstance(value, dict):
            pairs = {
                key: self._without_unread(f"{path}.{key}", child)
                for key, child in value.items()
            }
            return {key: child for key, child in pairs.items() if child is not ABSENT}
        if isinstance(value, list):
            items = [
                self._without_unread(f"{path}.{number}", child)
                for number, child in enumerate(value)
            ]
            return [child for child in items if child is not ABSENT]
        return value

    def _leave_value(self, path: str, value: Any) -> None:
        if isinstance(value, Unread):
            is_kind = value.reason == Reason.CREDENTIAL
            detail = value.detail if is_kind else redact(value.detail)
            self._leave(path, value.reason, detail)
        elif value is not None:
            self._leave(path, Reason.WRONG_VALUE)

    def _leave(self, path: str, reason: Reason, detail: str = "") -> None:
        self.reading.unmapped.append(Unmapped(redact(path), reason, detail))

    def _offer(self, path: str, value: Any) -> None:
        """Offer it for “further options” where these would take it."""
        is_plain = value is not None and not _holds_unread(value)
        if not is_plain or not _OPEN.fullmatch(path):
            return
        offer = Offer(path, value)
        try:
            Widget._meta.get_field("extra_options").clean(offer.tree, None)
        except ValidationError:
            return
        if len(self.reading.offers) < _MAX_OFFERS:
            self.reading.offers.append(offer)

    def _set_ids(self) -> None:
        for path, name in _IDS.items():
            value = self._leaves.get(path)
            if name in self.reading.fields or value in (None, ""):
                continue
            number = type(value) is int
            self._set(path, name, str(value) if number else value)
        fields = self.reading.fields
        said = self._leaves.get("config.type")
        guessed = (
            Mode.APP if "app_id" in fields and "bot_id" not in fields else Mode.BOT
        )
        fields["mode"] = str(said if said in Mode.values else guessed)
        if said in Mode.values:
            self.reading.paths["mode"] = "config.type"
        elif said is not None:
            self._leave_value("config.type", said)
        needed = (
            ("app_id", "workflow_id") if fields["mode"] == Mode.APP else ("bot_id",)
        )
        if not all(name in fields for name in needed):
            self.reading.problem = (
                _(
                    "An app needs its appInfo.appId and appInfo.workflowId; one is missing."
                )
                if fields["mode"] == Mode.APP
                else _("There is no bot id in the snippet that can be used.")
            )

    def _set_launcher(self) -> None:
        path = "ui.asstBtn.isNeed"
        value = self._leaves.get(path)
        if isinstance(value, bool):
            launcher = Launcher.OWN if value else Launcher.NONE
            self.reading.fields["launcher"] = str(launcher)
            self.reading.paths["launcher"] = path
        elif path in self._leaves:
            self._leave_value(path, value)

    def _check_footer(self) -> None:
        fields = self.reading.fields
        text = fields.get("footer_expression_text", "")
        missing = missing_footer_names(text, fields.get("footer_linkvars", {}))
        if missing:
            del fields["footer_expression_text"]
            names = _(", ").join(f"“{name}”" for name in missing)
            sentence = _("There is no link named %(names)s.") % {"names": names}
            self._leave("ui.footer.expressionText", Reason.WRONG_VALUE, sentence)

    def _set_name(self) -> None:
        fields = self.reading.fields
        title = fields.get("chat_bot_title", "")
        fields["name"] = " ".join(title.split()) or "Coze"
        slug = slugify(fields["name"])[:50].strip("-")
        # Without its punctuation a text can become one.
        fields["slug"] = "chat" if not slug or holds_credential(slug) else slug


def _hint(path: str) -> str:
    if path in _EVENTS:
        return _("the page's own script can listen to the event %(name)s") % {
            "name": _EVENTS[path]
        }
    if path in _PLACES:
        return _("the tag coze_panel gives the panel a place in the page")
    return ""


def _children(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, list):
        return [(str(number), child) for number, child in enumerate(value)]
    return []


def _holds_unread(value: Any) -> bool:
    return isinstance(value, Unread) or any(
        _holds_unread(child) for _name, child in _children(value)
    )


def _with_defaults(tags: Any) -> Any:
    """Coze's guide: without `isNeedDetail` a tag needs no comment."""
    if not isinstance(tags, list):
        return tags
    return [
        {"isNeedDetail": False, **tag} if isinstance(tag, dict) else tag for tag in tags
    ]


def _has_type_of(field: Any, value: Any) -> bool:
    if isinstance(field, BooleanField):
        return isinstance(value, bool)
    if isinstance(field, JSONField):
        return isinstance(value, (dict, list))
    if "Integer" in field.get_internal_type():
        return type(value) is int
    return isinstance(value, str)


def _tidy(options: dict[str, Any], reading: Reading) -> dict[str, Any]:
    """Put what stands elsewhere in old or mistaken snippets where it belongs."""
    tidy = {name: _copy(value) for name, value in options.items()}
    for name in _UI_GROUPS:
        _move(tidy, name, ("ui", name), reading)
        config = tidy.get("config")
        if isinstance(config, dict):
            _move(config, name, ("ui", name), reading, into=tidy, prefix="config.")
    for name in ("bot_id", "botId", "botInfo", "appInfo"):
        _move(tidy, name, ("config", name), reading)
    old = tidy.get("componentProps")
    if isinstance(old, dict):
        for name, group in _COMPONENT_PROPS.items():
            _move(
                old,
                name,
                ("ui", group, name),
                reading,
                into=tidy,
                prefix="componentProps.",
            )

    return tidy


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copy(child) for name, child in value.items()}
    return value


def _move(
    source: dict[str, Any],
    name: str,
    target: tuple[str, ...],
    reading: Reading,
    *,
    into: dict[str, Any] | None = None,
    prefix: str = "",
) -> None:
    if name not in source:
        return
    place: Any = source if into is None else into
    for group in target[:-1]:
        place = place.setdefault(group, {})
        if not isinstance(place, dict):
            return  # and is told as an option that the SDK does not know
    value = source.pop(name)
    known = place.get(name)
    if isinstance(known, dict) and isinstance(value, dict):
        place[name] = {**value, **known}
    else:
        place.setdefault(name, value)
    reading.notes.append(
        _("“%(old)s” is read as “%(new)s”, where the SDK looks for it now.")
        % {"old": prefix + name, "new": ".".join(target)}
    )
