"""The project around the app: its settings, its URLs, its tables."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace

from django.core.checks import ERROR, CheckMessage
from django.utils.translation import gettext as _

from coze_widget.checklist.files import whole_path
from coze_widget.checklist.items import Item, Section, State
from coze_widget.checklist.oauth_app import SETTINGS_EXAMPLE, Candidate
from coze_widget.checklist.widgets import Rows
from coze_widget.conf import DEBUG_IDENTITY_KEY, conf
from coze_widget.oauth.credentials import CredentialsError
from coze_widget.oauth_apps import find_oauth_app
from coze_widget.paths import NotMounted, mount_path
from coze_widget.status import oauth_app_names

# A command and not a value: what a command prints ends in logs and in other people's
# windows, and this key says whose history is whose.
IDENTITY_KEY_COMMAND = "python -c \"import secrets; print('COZE_IDENTITY_KEY=' + secrets.token_urlsafe(48))\""
# Warnings, since a project may be half built; here they are what is to be done.
STEPS = {f"coze_widget.{number}" for number in ("W004", "W013", "W014", "W016", "W022")}
MISSING_IDENTITY_KEY = "coze_widget.E001"


def list_project(
    messages: Sequence[CheckMessage], rows: Rows, candidates: Sequence[Candidate]
) -> Section:
    """`messages` are those of `checks.find_messages`."""
    said = {candidate.problem for candidate in candidates}
    # With a file in hand, its line says what to do about empty settings.
    if not candidates or any(candidate.path for candidate in candidates):
        messages = [one for one in messages if one.id != "coze_widget.W004"]
    messages = [one for one in messages if one.msg not in said]
    found = {one.id for one in messages}
    return Section(
        "project",
        _("Your project"),
        [
            *_settings_line(candidates),
            *_identity_key(found),
            *_mounted(),
            *_tables(rows),
            *map(_from_message, messages),
        ],
    )


def _settings_line(candidates: Sequence[Candidate]) -> Iterator[Item]:
    for candidate in candidates:
        if not candidate.path or not candidate.app:
            continue
        name = candidate.name
        if _is_configured(candidate):
            yield Item(
                "settings",
                State.DONE,
                _("COZE_OAUTH_APPS holds this very credential as “%(name)s”.")
                % {"name": name},
            )
            continue
        if not os.path.isfile(os.path.expanduser(candidate.path)):
            # A pipe: `coze_setup <(vault read …)`.
            yield Item(
                "settings",
                State.OPEN,
                _("Keep the credential in a file, and name its path in the settings."),
                code=SETTINGS_EXAMPLE,
            )
            continue
        pair = f"{_literal(name)}: {_literal(whole_path(candidate.path))}"
        names = oauth_app_names()
        yield Item(
            "settings",
            State.OPEN,
            _("Put this entry into COZE_OAUTH_APPS, in place of the one that is there.")
            if name in names
            else _("Add this entry to COZE_OAUTH_APPS.")
            if names
            else _("Put this line into the settings."),
            code=pair if names else f"COZE_OAUTH_APPS = {{{pair}}}",
        )


def _is_configured(candidate: Candidate) -> bool:
    try:
        return find_oauth_app(candidate.name) == candidate.app
    except CredentialsError:
        return False


def _literal(text: str) -> str:
    """Return a Python literal with the quotes that formatters like."""
    return json.dumps(text, ensure_ascii=False)


def _identity_key(found: set[str | None]) -> Iterator[Item]:
    if conf.identity_key == DEBUG_IDENTITY_KEY:
        sentence = _(
            "COZE_IDENTITY_KEY is not set: this will do while DEBUG is on, and without "
            "DEBUG nothing works until it is there."
        )
        yield _with_command(Item("identity_key", State.NOTE, sentence))
    elif not found & {MISSING_IDENTITY_KEY, "coze_widget.E002"} and conf.identity_key:
        yield Item("identity_key", State.DONE, _("COZE_IDENTITY_KEY is set."))


def _mounted() -> Iterator[Item]:
    try:
        path = mount_path()
    except NotMounted:
        return
    yield Item(
        "mounted",
        State.DONE,
        _("The chat's URLs are at %(path)s.") % {"path": path},
    )


def _tables(rows: Rows) -> Iterator[Item]:
    if rows.is_silent:
        yield Item(
            "tables",
            State.FAILED,
            _("The database does not answer (%(error)s).") % {"error": rows.error},
        )
    elif rows.error:
        yield Item(
            "tables",
            State.FAILED,
            _("The widgets' table is missing, or older than the package."),
            code="python manage.py migrate",
        )
    else:
        yield Item("tables", State.DONE, _("The widgets' table is there."))


def _from_message(message: CheckMessage) -> Item:
    is_error = message.level >= ERROR
    item = Item(
        str(message.id),
        State.FAILED if is_error else State.OPEN if message.id in STEPS else State.NOTE,
        str(message.msg),
        advice=str(message.hint or ""),
    )
    return _with_command(item) if message.id == MISSING_IDENTITY_KEY else item


def _with_command(item: Item) -> Item:
    return replace(
        item,
        advice=_(
            "Put the line that this prints into the environment of the processes (or "
            "into the file that your settings read it from) and restart. Keep it: with "
            "another key everybody's history starts anew."
        ),
        code=IDENTITY_KEY_COMMAND,
    )
