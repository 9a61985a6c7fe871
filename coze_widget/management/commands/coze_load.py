from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from coze_widget.terminals import be_printable, clean
from coze_widget.transfer.files import MAX_BYTES, TransferError, read_file
from coze_widget.transfer.plans import (
    ALL_SITES,
    SKIP,
    Item,
    Outcome,
    Plan,
    carry_out,
    plan,
)


class Command(BaseCommand):
    help = (
        "Reads widgets from a file of manage.py coze_export, says what is new and what "
        "changes, and after a yes publishes all of it or nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="- is the standard input.")
        parser.add_argument(
            "--dry-run", action="store_true", help="Say it, and change nothing."
        )
        parser.add_argument(
            "--no-input",
            "--noinput",
            action="store_false",
            dest="interactive",
            help="Do not ask.",
        )
        parser.add_argument(
            "--off", action="store_true", help="Switch new widgets off at first."
        )
        parser.add_argument(
            "--site-map",
            action="append",
            default=[],
            metavar="THERE=HERE",
            help=(
                "The site THERE of the file is the site HERE; "
                f"THERE={ALL_SITES} is for all sites, THERE={SKIP} leaves it out."
            ),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        sites = dict(map(_split, options["site_map"]))
        be_printable(self.stdout)
        try:
            with transaction.atomic():
                found = plan(
                    read_file(_read(options["file"])),
                    sites=sites,
                    switches_off=options["off"],
                )
                self._print(found)
                if not found.is_possible:
                    self._explain_sites(found, sites)
                if self._is_wanted(found, options):
                    carry_out(found, by=None)
                    self.stdout.write(self.style.SUCCESS(_("Done.")))
        except TransferError as error:
            raise CommandError(str(error)) from None

    def _is_wanted(self, found: Plan, options: dict[str, Any]) -> bool:
        if not found.is_possible:
            raise CommandError(_("Nothing was imported: not every widget can be."))
        if options["dry_run"] or not found.is_needed:
            self.stdout.write(_("Nothing was changed."))
            return False
        if not options["interactive"]:
            return True
        if options["file"] == "-":
            raise CommandError(
                _("Read from the standard input, this needs --no-input.")
            )
        is_wanted = input(_("Publish this? [y/N] ")).strip().lower() in ("y", "yes")
        if not is_wanted:
            self.stdout.write(_("Nothing was changed."))
        return is_wanted

    def _print(self, found: Plan) -> None:
        styles = {
            Outcome.NEW: self.style.SUCCESS,
            Outcome.CHANGED: self.style.WARNING,
            Outcome.WRONG: self.style.ERROR,
        }
        for item in found.items:
            style = styles.get(item.outcome, str)
            self._line(f"[{item.outcome.label}] {item.name}", style)
            for sentence in _sentences(item):
                self._line(f"    {sentence}")

    def _explain_sites(self, found: Plan, sites: dict[str, str]) -> None:
        for domain in set(found.missing_sites) - {known.lower() for known in sites}:
            self._line(
                _("Say which site it is here: --site-map %(domain)s=…, or =* for all")
                % {"domain": domain}
            )

    def _line(self, text: str, style: Any = str) -> None:
        """Values come from a file of anybody's: no escape sequences."""
        self.stdout.write(style(clean(text)))


def _sentences(item: Item) -> list[str]:
    changes = [f"{one.name}: {one.old} → {one.new}" for one in item.changes]
    return [*changes, *item.errors, *(f"[i] {text}" for text in item.warnings)]


def _split(pair: str) -> tuple[str, str]:
    there, equals, here = pair.partition("=")
    if not (there and equals and here):
        raise CommandError(_("Write --site-map like this: old.example=new.example"))
    return there, here


def _read(path: str) -> bytes:
    try:
        if path == "-":
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with open(path, "rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CommandError(
            _("The file cannot be read: %(reason)s.") % {"reason": error.strerror}
        ) from None
