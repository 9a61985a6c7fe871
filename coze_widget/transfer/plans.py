"""What an import would do to each widget, and then doing it: all or nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from django.apps import apps
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coze_widget.conf import conf
from coze_widget.models import Widget
from coze_widget.records import is_same, record_fields, to_record, to_widget
from coze_widget.redaction import redact
from coze_widget.status import oauth_app_names
from coze_widget.transfer.files import TransferError, write_file
from coze_widget.transfer.values import (
    SITE,
    SLUG,
    from_values,
    lost_files,
    to_values,
)
from coze_widget.validators import holds_credential
from coze_widget.versions import Change, compare, describe_errors, find_errors, publish

# What may be said of a site that is in the file; anything else is a domain here.
ALL_SITES = "*"
SKIP = "-"
MAX_DOMAIN_LENGTH = 100  # as in Django's sites
_MAX_NAME = 60


class Outcome(Enum):
    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    SKIPPED = "skipped"
    WRONG = "wrong"

    @property
    def label(self) -> Any:
        return _LABELS[self]


_LABELS = {
    Outcome.NEW: gettext_lazy("new"),
    Outcome.CHANGED: gettext_lazy("changes"),
    Outcome.SAME: gettext_lazy("the same"),
    Outcome.SKIPPED: gettext_lazy("left out"),
    Outcome.WRONG: gettext_lazy("error"),
}


@dataclass
class Item:
    """What becomes of one widget of the file."""

    number: int
    slug: str = ""
    domain: str = ""
    outcome: Outcome = Outcome.WRONG
    changes: list[Change] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    widget: Widget | None = None
    current: Widget | None = None

    @property
    def name(self) -> str:
        where = self.domain or _("All sites")
        return f"{self.slug} · {where}" if self.slug else f"#{self.number}"

    def refuse(self, sentences: Iterable[str]) -> None:
        """Whoever imports may be kept to less than what fits the row."""
        self.errors += sentences
        if self.errors:
            self.outcome = Outcome.WRONG


@dataclass
class Plan:
    items: list[Item]
    # Domains of the file that are not here, whatever was said about them.
    missing_sites: list[str]

    @property
    def is_possible(self) -> bool:
        return not any(item.outcome is Outcome.WRONG for item in self.items)

    @property
    def is_needed(self) -> bool:
        return any(True for _item in self.to_publish())

    def to_publish(self) -> Iterator[Item]:
        return (
            item
            for item in self.items
            if item.outcome in (Outcome.NEW, Outcome.CHANGED)
        )

    @property
    def fingerprint(self) -> str:
        """Of what was shown: with another one, it has to be shown again."""
        shown = [
            (
                item.outcome.value,
                item.name,
                [(change.name, change.old, change.new) for change in item.changes],
            )
            for item in self.items
        ]
        return hashlib.sha256(json.dumps(shown).encode()).hexdigest()


def export(widgets: Iterable[Widget]) -> tuple[str, list[str]]:
    """Return the file's text, and in words what is not in it."""
    entries, lost = [], []
    for widget in widgets:
        values = to_values(widget)
        if holds_credential(values):
            raise TransferError(
                _(
                    "The widget “%(slug)s” holds something like a Coze token or a private "
                    "key: take it out of the row, and revoke it in Coze's console."
                )
                % {"slug": redact(widget.slug)}
            )
        entries.append(values)
        lost += [
            _("The picture of “%(slug)s” is gone, and not in the file.")
            % {"slug": widget.slug}
            for _name in lost_files(widget)
        ]
    entries.sort(key=lambda values: (values[SITE] or "", values[SLUG]))
    return write_file(entries), lost


def plan(
    entries: Iterable[Any],
    *,
    sites: Mapping[str, str] | None = None,
    rows: Iterable[Widget] | None = None,
    switches_off: bool = False,
) -> Plan:
    """Look at each entry and say what would be done; nothing is stored.

    `sites` says for a domain of the file which domain it has here, ALL_SITES or SKIP;
    `rows` are those that may be changed; `switches_off` is for new widgets.
    """
    planner = _Planner(
        sites or {},
        Widget.objects.all() if rows is None else rows,
        switches_off=switches_off,
    )
    items = [planner.look_at(number, entry) for number, entry in enumerate(entries, 1)]
    return Plan(items, list(planner.missing_sites))


def carry_out(plan: Plan, *, by: Any) -> list[Widget]:
    """Publish what is new or different, in one transaction."""
    if not plan.is_possible:
        raise TransferError(_("Nothing was imported: not every widget can be."))
    try:
        with transaction.atomic():
            return [_publish(item, by) for item in plan.to_publish()]
    except IntegrityError:
        raise TransferError(
            _(
                "Nothing was imported: somebody changed these widgets meanwhile. Try again."
            )
        ) from None


def _publish(item: Item, by: Any) -> Widget:
    widget = item.widget
    assert widget is not None  # noqa: S101  # what is to be published has one
    publish(widget, by=by)
    return widget


class _Planner:
    def __init__(
        self, sites: Mapping[str, str], rows: Iterable[Widget], *, switches_off: bool
    ) -> None:
        self.switches_off = switches_off
        self.missing_sites: dict[str, None] = {}
        self._choices = {domain.lower(): choice for domain, choice in sites.items()}
        self._sites = {site.domain.lower(): site for site in Site.objects.all()}
        self._rows = {
            (row.site_id, row.slug): row
            for row in Widget.objects.select_related("draft")
        }
        self._may_change = {row.pk for row in rows}
        self._seen: set[tuple[int | None, str]] = set()
        self._groups = _group_names()

    def look_at(self, number: int, entry: Any) -> Item:
        item = Item(number)
        if not isinstance(entry, dict):
            item.errors.append(_("This is no object, {…}."))
            return item
        item.errors += _find_credentials(entry)
        if item.errors:
            return item
        item.slug, item.domain = _text(entry.get(SLUG)), _text(entry.get(SITE))
        item.warnings += _name_unknown(entry)
        self._judge(item, entry)
        return item

    def _judge(self, item: Item, entry: dict[str, Any]) -> None:
        site, problem = self._find_site(entry.get(SITE))
        if problem == SKIP:
            item.outcome = Outcome.SKIPPED
            return
        slug = entry.get(SLUG)
        if not isinstance(slug, str):
            problem = problem or _("It has no “slug”, by which widgets are known.")
        if problem:
            item.errors.append(problem)
            return
        key = (site.pk if site else None, str(slug))
        item.domain = site.domain if site else ""
        if key in self._seen:
            item.errors.append(_("It stands twice in the file."))
            return
        self._seen.add(key)
        self._compare(item, entry, site, self._rows.get(key))

    def _compare(
        self,
        item: Item,
        entry: dict[str, Any],
        site: Site | None,
        current: Widget | None,
    ) -> None:
        if current and current.pk not in self._may_change:
            item.errors.append(_("It is there already, and not yours to change."))
            return
        item.current = current
        try:
            item.widget = _build(entry, site, current)
        except ValidationError as error:
            item.errors += describe_errors(error)
            return
        item.errors += find_errors(item.widget)
        if item.errors:
            return
        if current is None:
            item.outcome = Outcome.NEW
            item.widget.enabled &= not self.switches_off
        else:
            before = to_record(current)
            after = to_record(item.widget, stores_uploads=False)
            item.changes = compare(before, after)
            is_same_row = is_same(before, after)
            item.outcome = Outcome.SAME if is_same_row else Outcome.CHANGED
        item.warnings += self._warn(item.widget, current)

    def _find_site(self, value: Any) -> tuple[Site | None, str]:
        """Return the site, and what is wrong: SKIP, a sentence or ""."""
        if value is None:
            return None, ""
        if not isinstance(value, str):
            return None, _("“site” is a domain in quotes, or null for all sites.")
        if len(value) > MAX_DOMAIN_LENGTH:
            return None, _("This “site” is too long for a domain.")
        if value.lower() not in self._sites:
            self.missing_sites.setdefault(value.lower())
        domain = self._choices.get(value.lower(), value)
        if domain in (ALL_SITES, SKIP):
            return None, SKIP if domain == SKIP else ""
        site = self._sites.get(domain.lower())
        if site is None:
            return None, _("There is no site “%(domain)s” here.") % {
                "domain": _text(domain)
            }
        return site, ""

    def _warn(self, widget: Widget, current: Widget | None) -> Iterator[str]:
        names = oauth_app_names()
        if names and widget.oauth_app not in names:
            yield _("COZE_OAUTH_APPS has no “%(name)s” here.") % {
                "name": widget.oauth_app
            }
        if widget.audience and widget.audience not in conf.audiences:
            yield _("COZE_AUDIENCES has no “%(name)s” here.") % {
                "name": widget.audience
            }
        for name in widget.groups:
            if name not in self._groups:
                yield _("There is no group “%(name)s” here.") % {"name": name}
        if current and hasattr(current, "draft"):
            yield _("It has a draft here, which stays as it is.")


def _build(entry: dict[str, Any], site: Site | None, current: Widget | None) -> Widget:
    """What the file does not say stays as it is, or has its default."""
    record, uploads = from_values(entry, current)
    before = to_record(current) if current else {}
    widget = to_widget(
        {**before, **record, SITE: site.pk if site else None},
        pk=current.pk if current else None,
    )
    widget.keep_what_coze_said(current)
    for name, upload in uploads.items():
        setattr(widget, name, upload)
    return widget


def _find_credentials(entry: dict[str, Any]) -> Iterator[str]:
    """Look first: Django's own messages repeat values."""
    labels = {field.name: str(field.verbose_name) for field in record_fields()}
    for name, value in entry.items():
        if holds_credential({name: value}):
            yield _(
                "%(label)s: this looks like a Coze token or a private key. Revoke it in "
                "Coze's console; it was not kept."
            ) % {"label": labels.get(name, _("An unknown field"))}


def _name_unknown(entry: dict[str, Any]) -> Iterator[str]:
    known = {field.name for field in record_fields()}
    unknown = [_text(name) for name in entry if name not in known]
    if unknown:
        yield _("Not known here and left out: %(names)s.") % {
            "names": _(", ").join(unknown[:20])
        }


def _group_names() -> set[str]:
    if not apps.is_installed("django.contrib.auth"):
        return set()
    return set(apps.get_model("auth", "Group").objects.values_list("name", flat=True))


def _text(value: Any) -> str:
    """Return what can be shown; credentials were found before."""
    text = value[:_MAX_NAME] if isinstance(value, str) else ""
    return "".join(char if char.isprintable() else " " for char in text)
