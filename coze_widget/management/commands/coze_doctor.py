from __future__ import annotations

import json
from argparse import ArgumentParser
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseFailure
from django.utils.translation import gettext as _

from coze_widget.doctor.examination import Examination, list_costs
from coze_widget.doctor.findings import Finding, Outcome
from coze_widget.doctor.patients import Patient
from coze_widget.models import Widget
from coze_widget.redaction import holds_credential
from coze_widget.terminals import be_printable, clean

# ASCII: a console that knows no check mark shows these too.
MARKS = {
    Outcome.PASSED: "[ok]",
    Outcome.WARNED: "[!]",
    Outcome.FAILED: "[XX]",
    Outcome.SKIPPED: "[--]",
}
INDENT = " " * 7


class Command(BaseCommand):
    help = (
        "Examines widgets: settings, key, token, permissions, bot, conversations, whether "
        "people are kept apart, the SDK's script and, with --page, what a browser gets. "
        "Sends no message without --chat. Exits with 0 when nothing has failed."
    )
    requires_system_checks: list[str] = []  # what they find is a step

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", nargs="*", help="Without one: all widgets.")
        parser.add_argument(
            "--offline", action="store_true", help="Ask nobody on the network."
        )
        parser.add_argument(
            "--chat",
            action="store_true",
            help="Send one message, which costs one dialogue of the account.",
        )
        parser.add_argument(
            "--page",
            default="",
            metavar="URL",
            help="A page of the site that holds the widget, to be looked at as a browser does.",
        )
        parser.add_argument(
            "--json", action="store_true", help="For programs: one line a finding."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        _refuse_secrets(*options["slug"], options["page"])
        _check_page(options["page"])
        be_printable(self.stdout)
        widgets = _find_widgets(options["slug"])
        if not widgets:
            self.stderr.write(_("There is no widget yet: add one in the admin."))
            return
        is_for_people = not options["json"]
        if is_for_people and not options["offline"]:
            self._announce(may_chat=options["chat"])
        counts: Counter[Outcome] = Counter()
        for widget in widgets:
            patient = Patient(
                widget, page_url=options["page"], may_chat=options["chat"]
            )
            if is_for_people:
                self._print_heading(widget)
            for finding in Examination(patient, is_offline=options["offline"]).run():
                counts[finding.outcome] += 1
                if is_for_people:
                    self._print(finding)
                else:
                    self.stdout.write(_to_json(widget, finding))
        if is_for_people:
            self.stdout.write("\n" + _sum_up(counts))
        if counts[Outcome.FAILED]:
            raise CommandError(_("Something is broken: see the list."))

    def _announce(self, *, may_chat: bool) -> None:
        costs = _(", ").join(list_costs(may_chat=may_chat))
        self.stderr.write(
            _("For each widget this uses up: %(costs)s.") % {"costs": costs},
            self.style.HTTP_INFO,
        )

    def _print_heading(self, widget: Widget) -> None:
        heading = _("“%(name)s” (%(slug)s), %(site)s") % {
            "name": widget.name,
            "slug": widget.slug,
            "site": widget.site.domain if widget.site else _("on all sites"),
        }
        self.stdout.write("\n" + self.style.MIGRATE_HEADING(clean(heading)))

    def _print(self, finding: Finding) -> None:
        style = {
            Outcome.PASSED: self.style.SUCCESS,
            Outcome.WARNED: self.style.WARNING,
            Outcome.FAILED: self.style.ERROR,
        }.get(finding.outcome, str)
        mark = style(f"{MARKS[finding.outcome]:4}")
        self.stdout.write(f"  {mark} {clean(f'{finding.title}: {finding.seen}')}")
        for line in filter(None, (finding.advice, finding.who, finding.facts)):
            self.stdout.write(INDENT + clean(line))


def _refuse_secrets(*arguments: str) -> None:
    if any(map(holds_credential, arguments)):
        raise CommandError(
            _(
                "That is a token or a key, not the slug of a widget. It is now in your "
                "shell's history and was visible in the list of processes: revoke it in "
                "Coze's console."
            )
        )


def _check_page(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
        is_address = is_address and "@" not in parts.netloc
    except ValueError:
        is_address = False
    if url and not is_address:
        raise CommandError(
            _("--page wants an address with http:// or https://, without a password.")
        )


def _find_widgets(slugs: list[str]) -> list[Widget]:
    widgets = Widget.objects.select_related("site").order_by("slug", "pk")
    try:
        found = list(widgets.filter(slug__in=slugs) if slugs else widgets)
    except DatabaseFailure as exc:
        raise CommandError(
            _("The widgets cannot be read (%(error)s): has `migrate` been run?")
            % {"error": type(exc).__name__}
        ) from exc
    unknown = sorted(set(slugs) - {widget.slug for widget in found})
    if unknown:
        raise CommandError(
            _("There is no widget %(slugs)s.")
            % {"slugs": _(", ").join(f"“{clean(slug)}”" for slug in unknown)}
        )
    return found


def _sum_up(counts: Counter[Outcome]) -> str:
    return ", ".join(f"{outcome.label}: {counts[outcome]}" for outcome in Outcome)


def _to_json(widget: Widget, finding: Finding) -> str:
    # In ASCII: names of widgets may hold what a terminal would obey.
    return json.dumps(
        {
            "widget": widget.slug,
            "site": widget.site.domain if widget.site else None,
            **finding.to_json(),
        }
    )
