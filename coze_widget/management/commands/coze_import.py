from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from coze_widget.redaction import holds_credential
from coze_widget.snippets.paste import MAX_BYTES, read_snippet
from coze_widget.snippets.reading import Reading
from coze_widget.terminals import be_printable, clean


class Command(BaseCommand):
    help = (
        "Reads Coze's install snippet (HTML, JavaScript, TypeScript, JSX) from files and "
        "says what to enter into a widget's form, what has no place there and why, and "
        "which credentials must be revoked. Writes nothing into the database and runs "
        "nothing of the files. Exits with 0 when each file makes a widget, with 1 "
        "otherwise."
    )
    requires_system_checks: list[str] = []  # no setting matters here

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--json", action="store_true", help="For programs.")

    def handle(self, *args: Any, **options: Any) -> None:
        paths: list[str] = options["files"]
        _refuse_secrets(paths)
        readings = [(path, _read(path)) for path in paths]
        be_printable(self.stdout)
        if options["json"]:
            self.stdout.write(_to_json(readings))
        else:
            for path, reading in readings:
                self._print(path, reading)
        if not all(reading.is_widget for _path, reading in readings):
            raise CommandError(_("Not every file makes a widget: see above."))

    def _print(self, path: str, reading: Reading) -> None:
        self._line(path, style=self.style.MIGRATE_HEADING)
        for credential in reading.credentials:
            sentence = credential.describe(reading.base_url)
            self._line("[!] " + sentence, style=self.style.ERROR)
        if reading.problem:
            self._line(reading.problem, style=self.style.ERROR)
        if reading.settings_line:
            self._line("  " + reading.settings_line)
        if reading.is_widget:
            self._line(
                _("Nothing was saved: add the widget in the admin with these values.")
            )
            for name, value in reading.fields.items():
                self._line(f"  {name} = {json.dumps(value, ensure_ascii=False)}")
        if reading.unmapped:
            self._line(_("Left out:"))
        for one in reading.unmapped:
            self._line(f"  {one.path}: {one.sentence}", style=self.style.WARNING)
        if reading.offers:
            self._line(
                _("For “further options”, should the SDK know more than we do by now:")
            )
        for offer in reading.offers:
            self._line("  " + json.dumps(offer.tree, ensure_ascii=False))
        for note in reading.notes:
            self._line("[i] " + note)

    def _line(self, text: str, style: Any = str) -> None:
        self.stdout.write(style(clean(text)))


def _refuse_secrets(paths: list[str]) -> None:
    if any(holds_credential(path) for path in paths):
        raise CommandError(
            _(
                "That is a token or a key, not the path of a file. It is now in your "
                "shell's history and was visible in the list of processes: revoke it "
                "in Coze's console."
            )
        )


def _read(path: str) -> Reading:
    try:
        with open(path, "rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return Reading(
            problem=_("The file cannot be read: %(reason)s.") % {"reason": reason}
        )
    is_utf16 = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    return read_snippet(raw.decode("utf-16" if is_utf16 else "utf-8", "replace"))


def _to_json(readings: list[tuple[str, Reading]]) -> str:
    # In ASCII: what files hold may be what a terminal would obey.
    files = [_describe(path, reading) for path, reading in readings]
    return json.dumps({"files": files}, indent=2)


def _describe(path: str, reading: Reading) -> dict[str, Any]:
    return {
        "file": path,
        "widget": reading.fields if reading.is_widget else None,
        "problem": reading.problem,
        "left_out": [
            {"path": one.path, "reason": one.reason.value, "text": one.sentence}
            for one in reading.unmapped
        ],
        "further_options": [offer.tree for offer in reading.offers],
        "notes": reading.notes,
        "credentials": [
            {
                "kind": str(one.kind),
                "line": one.line,
                "path": one.path,
                "text": one.describe(reading.base_url),
                "urls": one.urls(reading.base_url),
            }
            for one in reading.credentials
        ],
        "base_url": reading.base_url,
        "settings_line": reading.settings_line,
    }
