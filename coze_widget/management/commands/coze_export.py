from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from coze_widget.models import Widget
from coze_widget.transfer.files import TransferError
from coze_widget.transfer.plans import export


class Command(BaseCommand):
    help = (
        "Writes widgets as JSON, for manage.py coze_load on another environment or for "
        "your version control. Without credentials, drafts and history."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "slugs", nargs="*", metavar="SLUG", help="These only; otherwise all."
        )
        parser.add_argument("--site", metavar="DOMAIN", help="Those of this site only.")
        parser.add_argument(
            "--output", metavar="FILE", help="In UTF-8; otherwise to the console."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        widgets = _find(options["slugs"], options["site"])
        try:
            text, lost = export(widgets)
        except TransferError as error:
            raise CommandError(str(error)) from None
        for sentence in lost:
            self.stderr.write(sentence)
        if options["output"]:
            Path(options["output"]).write_text(text, encoding="utf-8")
        else:
            _speak_utf8(self.stdout)
            self.stdout.write(text, ending="")


def _find(slugs: list[str], domain: str | None) -> QuerySet[Widget]:
    widgets = Widget.objects.select_related("site")
    if domain:
        widgets = widgets.filter(site__domain__iexact=domain)
    if slugs:
        widgets = widgets.filter(slug__in=slugs)
    missing = set(slugs) - {widget.slug for widget in widgets}
    if missing:
        raise CommandError(
            _("There is no widget: %(slugs)s.") % {"slugs": ", ".join(sorted(missing))}
        )
    return widgets


def _speak_utf8(stdout: Any) -> None:
    """JSON is UTF-8, also where the console's files are something else."""
    stream = getattr(stdout, "_out", None)
    if stream is sys.stdout and hasattr(stream, "reconfigure"):
        stream.reconfigure(encoding="utf-8")
