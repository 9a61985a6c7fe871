from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.sites.models import Site
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from coze_widget.checks.policies import read_policies
from coze_widget.conf import conf
from coze_widget.models import Place, Widget
from coze_widget.oauth.credentials import CredentialsError
from coze_widget.oauth_apps import find_oauth_app
from coze_widget.origin_patterns import is_origin_pattern, read_origins
from coze_widget.page_policies import (
    Embedding,
    Evidence,
    PageNeeds,
    addresses_of,
    find_needs,
    to_django,
    to_django_csp,
    to_header,
)
from coze_widget.terminals import be_printable, clean


@dataclass(frozen=True)
class Section:
    """What a page needs in which a widget stands in one of these ways."""

    embeddings: list[Embedding]
    is_own: bool  # as the row says, and not only a tag
    needs: PageNeeds


@dataclass(frozen=True)
class Report:
    widget: Widget
    base_url: str
    sections: list[Section]
    # What is not known, and what was taken in its place.
    note: str = ""


class Command(BaseCommand):
    help = (
        "Prints what a page with a widget needs of its Content-Security-Policy, for each "
        "way in which the chat may stand there: as a header, as SECURE_CSP of Django 6.0 "
        "and as settings of django-csp. Only what the widget adds: merge it into your "
        "policy. Writes nothing and asks nobody."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "slug", nargs="?", help="This widget only; else all that are enabled."
        )
        parser.add_argument(
            "--mode",
            choices=[embedding.value for embedding in Embedding],
            help="This way of standing in the page only.",
        )
        parser.add_argument(
            "--origin",
            metavar="https://shop.example",
            default="",
            help="The site as pages of other origins see it; else its row in Sites.",
        )
        parser.add_argument("--json", action="store_true", help="For programs.")

    def handle(self, *args: Any, **options: Any) -> None:
        origin = options["origin"].rstrip("/").lower()
        if origin and ("*" in origin or not is_origin_pattern(origin)):
            raise CommandError(
                _("--origin takes a scheme and a host: https://shop.example.")
            )
        embeddings = [
            embedding
            for embedding in Embedding
            if options["mode"] in (None, embedding.value)
        ]
        reports = [
            _report(widget, embeddings, origin) for widget in _find(options["slug"])
        ]
        be_printable(self.stdout)
        if options["json"]:
            self.stdout.write(_to_json(reports))
            return
        for report in reports:
            self._print(report)
        self._print_how_to_merge()

    def _print(self, report: Report) -> None:
        widget = report.widget
        self._line(widget.slug, style=self.style.MIGRATE_HEADING)
        self._line(f"  {report.base_url}, SDK {widget.sdk_version}")
        if report.note:
            self._line(f"  {report.note}", style=self.style.WARNING)
        for section in report.sections:
            self._print_section(section)

    def _print_section(self, section: Section) -> None:
        names = ", ".join(one.value for one in section.embeddings)
        own = _(" (as the widget is set)") if section.is_own else ""
        self.stdout.write("")
        self._line(names + own, style=self.style.MIGRATE_LABEL)
        needs = section.needs
        for need in needs.needs:
            is_seen = need.evidence is Evidence.MEASURED
            mark = "" if is_seen else f" [{need.evidence.value}]"
            self._line(f"  {need.directive} {need.source}  ({need.what}){mark}")
        if needs.microphone:
            self._line(f"  Permissions-Policy: microphone=({needs.microphone})")
        for name in needs.without:
            self._line(
                "  " + _("Not with %(directive)s.") % {"directive": name},
                style=self.style.WARNING,
            )
        if section.embeddings != [Embedding.EMBEDDED]:
            self._print_lacks(needs)
        directives = needs.directives()
        for title, text in (
            (_("As a header:"), "Content-Security-Policy: " + to_header(directives)),
            (_("In the settings, Django 6.0 and newer:"), to_django(directives)),
            (_("In the settings, django-csp 4:"), to_django_csp(directives)),
        ):
            self.stdout.write("")
            self._line(f"  {title}")
            for line in text.splitlines():
                self._line(f"    {line}")

    def _print_lacks(self, needs: PageNeeds) -> None:
        """Say what the project's own policies let in already."""
        for policy in read_policies():
            lacking = [
                f"{need.directive} {need.source}"
                for need in needs.needs
                if need.evidence is not Evidence.OLD_BROWSERS and policy.refuses(need)
            ]
            if lacking:
                sentence = _("%(setting)s lacks: %(sources)s.") % {
                    "setting": policy.setting,
                    "sources": ", ".join(dict.fromkeys(lacking)),
                }
                self._line(f"  {sentence}", style=self.style.WARNING)
            else:
                sentence = _("%(setting)s lets all of it in.")
                self._line(f"  {sentence % {'setting': policy.setting}}")

    def _print_how_to_merge(self) -> None:
        self.stdout.write("")
        for sentence in (
            _("This is not a whole policy. For each directive above:"),
            _("- your policy has it: add the sources, and take 'none' out;"),
            _(
                "- it has not, but has default-src: begin with the sources of "
                "default-src, which no longer count there;"
            ),
            _("- it has neither: leave it out, anything may be loaded."),
            _("A nonce in script-src stands for our own scripts: the tag carries it."),
            _(
                "[expected]: of the hosted SDK, not seen to be needed. [old_browsers]: "
                "Safari before 16.4 and Firefox before 101, not in the policies above."
            ),
        ):
            self._line(sentence)

    def _line(self, text: str, style: Any = str) -> None:
        self.stdout.write(style(clean(text)))


def _find(slug: str | None) -> list[Widget]:
    widgets = Widget.objects.select_related("site").order_by("slug", "pk")
    found = list(widgets.filter(slug=slug) if slug else widgets.filter(enabled=True))
    if slug and not found:
        raise CommandError(_("There is no widget: %(slugs)s.") % {"slugs": slug})
    if not found:
        raise CommandError(_("No widget is enabled."))
    return found


def _report(widget: Widget, embeddings: list[Embedding], origin: str) -> Report:
    note = ""
    try:
        base_url = find_oauth_app(widget.oauth_app).base_url
    except CredentialsError:
        base_url = conf.base_url
        note = _(
            "COZE_OAUTH_APPS has no usable “%(name)s”: taken for one of %(base_url)s."
        ) % {"name": widget.oauth_app, "base_url": base_url}
    site_origin = origin or _origin_of_site(widget)
    sections: list[Section] = []
    for embedding in embeddings:
        if embedding is Embedding.EMBEDDED and not read_origins(widget.allowed_origins):
            continue
        addresses = addresses_of(
            widget, embedding, base_url=base_url, site_origin=site_origin
        )
        _add(sections, widget, embedding, find_needs(embedding, addresses))
    if not sections:
        note = _(
            "No page of another origin may hold it: its allowed origins are empty."
        )
    return Report(widget, base_url, sections, note)


def _add(
    sections: list[Section], widget: Widget, embedding: Embedding, needs: PageNeeds
) -> None:
    """Put it beside the one that needs the same."""
    is_own = embedding.value == widget.place
    for section in sections:
        if section.needs == needs:
            section.embeddings.append(embedding)
            return
    sections.append(Section([embedding], is_own, needs))


def _origin_of_site(widget: Widget) -> str:
    site = (
        widget.site
        or Site.objects.filter(pk=getattr(settings, "SITE_ID", None) or 0).first()
    )
    return f"https://{site.domain}" if site else "https://YOUR-SITE"


def _to_json(reports: list[Report]) -> str:
    # In ASCII: rows may hold what a terminal would obey.
    return json.dumps({"widgets": [_describe(one) for one in reports]}, indent=2)


def _describe(report: Report) -> dict[str, Any]:
    widget = report.widget
    return {
        "slug": widget.slug,
        "site": widget.site.domain if widget.site else None,
        "place": str(Place(widget.place)),
        "base_url": report.base_url,
        "sdk_version": widget.sdk_version,
        "note": report.note,
        "pages": [
            {
                "modes": [embedding.value for embedding in section.embeddings],
                "directives": section.needs.directives(),
                "expected": section.needs.expected(),
                "old_browsers": section.needs.for_old_browsers(),
                "microphone": section.needs.microphone,
                "without": list(section.needs.without),
                "header": to_header(section.needs.directives()),
            }
            for section in report.sections
        ],
    }
