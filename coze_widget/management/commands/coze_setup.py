from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from coze_widget.checklist.items import Checklist, Item, State
from coze_widget.checklist.oauth_app import (
    Candidate,
    ask_about,
    read_configured,
    read_file,
)
from coze_widget.checklist.whole import build_checklist
from coze_widget.checklist.widgets import read_rows
from coze_widget.redaction import holds_credential
from coze_widget.status import oauth_app_names
from coze_widget.terminals import be_printable, clean

# ASCII: a console that knows no check mark shows these too.
MARKS = {
    State.DONE: "[x]",
    State.OPEN: "[ ]",
    State.FAILED: "[!]",
    State.NOTE: "[i]",
    State.UNSEEN: "[?]",
}
INDENT = " " * 6


class Command(BaseCommand):
    help = (
        "Says what is still to be done until the chat works: looks at the credential, "
        "asks Coze for one token and throws it away, looks at the settings and at the "
        "widgets. Stores nothing and prints no key. Exits with 0 when Coze gave the "
        "token (with --offline: was not asked) and nothing is wrong, with 1 otherwise."
    )
    requires_system_checks: list[str] = []  # what they find is in the list

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "config",
            nargs="?",
            metavar="coze_oauth_config.json",
            help="The file that Coze's console hands out; without it, COZE_OAUTH_APPS.",
        )
        parser.add_argument(
            "--app", help="The OAuth app's name in COZE_OAUTH_APPS; else all of them."
        )
        parser.add_argument("--slug", default="", help="Look at this widget only.")
        parser.add_argument("--json", action="store_true", help="For programs.")
        parser.add_argument("--offline", action="store_true", help="Do not ask Coze.")

    def handle(self, *args: Any, **options: Any) -> None:
        _refuse_secrets(options["config"], options["app"], options["slug"])
        candidates = _read(options["config"], options["app"])
        if not options["offline"]:
            candidates = self._ask(candidates)
        checklist = build_checklist(
            candidates,
            read_rows(slug=options["slug"]),
            slug=options["slug"],
            is_offline=options["offline"],
        )
        is_ready = _is_ready(candidates, checklist, is_offline=options["offline"])
        be_printable(self.stdout)
        if options["json"]:
            self.stdout.write(_to_json(checklist, is_ready=is_ready))
        else:
            self._print(checklist)
        if not is_ready:
            raise CommandError(_("Not ready yet: see the list."))

    def _ask(self, candidates: list[Candidate]) -> list[Candidate]:
        for app in [one.app for one in candidates if one.app]:
            sentence = _("Asking %(base_url)s …") % {"base_url": app.base_url}
            self.stderr.write(sentence, self.style.HTTP_INFO)
        return ask_about(candidates)

    def _print(self, checklist: Checklist) -> None:
        for section in checklist.sections:
            self.stdout.write("\n" + self.style.MIGRATE_HEADING(clean(section.title)))
            for item in section.items:
                self._print_item(item, is_next=item is checklist.next_item)
        self.stdout.write(
            "\n" + _("[x] done  [ ] to do  [!] wrong  [i] note  [?] not seen from here")
        )

    def _print_item(self, item: Item, *, is_next: bool) -> None:
        style = {
            State.DONE: self.style.SUCCESS,
            State.OPEN: self.style.WARNING,
            State.FAILED: self.style.ERROR,
        }.get(item.state, str)
        arrow = _("  <- next") if is_next else ""
        self.stdout.write(
            f"  {style(MARKS[item.state])} {clean(item.text)}{self.style.WARNING(arrow)}"
        )
        lines = [
            item.advice,
            *(f"{group}: {names}" for group, names in item.rows),
            *(link.url for link in item.links),
            item.code,
        ]
        for line in filter(None, lines):
            self.stdout.write(INDENT + clean(line))


def _refuse_secrets(*arguments: str | None) -> None:
    if any(holds_credential(argument or "") for argument in arguments):
        raise CommandError(
            _(
                "That is a token or a key, not the path of a file. It is now in your "
                "shell's history and was visible in the list of processes: revoke it "
                "in Coze's console."
            )
        )


def _read(path: str | None, name: str | None) -> list[Candidate]:
    if path is not None:
        return [read_file(path, name or "default")]
    return [read_configured(one) for one in ([name] if name else oauth_app_names())]


def _is_ready(
    candidates: list[Candidate], checklist: Checklist, *, is_offline: bool
) -> bool:
    are_accepted = all(one.verdict and one.verdict.accepted for one in candidates)
    is_answered = bool(candidates) and (is_offline or are_accepted)
    return is_answered and not checklist.has_failed


def _to_json(checklist: Checklist, *, is_ready: bool) -> str:
    # In ASCII: names of widgets may hold what a terminal would obey.
    return json.dumps(
        {"ready": is_ready, "sections": [asdict(one) for one in checklist.sections]},
        indent=2,
    )
