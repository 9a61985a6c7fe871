"""Which widgets and which sites there are, from this process's copy of the rows.

Exact in the process that saved (signals), and COZE_WIDGET_MAX_AGE_SECONDS old at most in
the others. All rows are read at once; what a site has of them costs the same however many
there are.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.sites.models import Site
from django.http import HttpRequest
from django.http.request import split_domain_port

from coze_widget.local_copies import LocalCopy
from coze_widget.models import Widget

# A row as the database driver gives it.
Record = tuple[Any, ...]


class Catalogue:
    """Threads share one. All its methods but `forget` may raise RowsUnreadable."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._widgets = LocalCopy(Widget, read_widgets, monotonic=monotonic)
        self._sites = LocalCopy(Site, read_sites, monotonic=monotonic)

    def find(self, site_id: int | None, slug: str) -> Widget | None:
        """Return the site's own widget of this slug, else the one for all sites.

        A site's own row hides the one for all even when it is disabled: that is how a
        widget for all sites is switched off on one of them.
        """
        return self._widgets.get().of(site_id).by_slug.get(slug)

    def enabled(self, site_id: int | None) -> tuple[Widget, ...]:
        """Return what a tag without a slug chooses from, by order."""
        return self._widgets.get().of(site_id).enabled

    def all(self, site_id: int | None) -> tuple[Widget, ...]:
        """Return each slug's row, as `find` does, whether it is enabled or not."""
        return self._widgets.get().of(site_id).all

    def site_id(self, request: HttpRequest | None) -> int | None:
        """Return the current site's id; None where no site row fits the request's host.

        The answer is that of Django's `get_current`, but from one look at all sites: so a
        stranger's host costs no query and no memory, and no site is known by a domain
        that another process has changed.
        """
        sites = self._sites.get()
        own = getattr(settings, "SITE_ID", None)
        if own:
            return own if own in sites.ids else None
        if request is None:
            return None
        host = request.get_host()
        site_id = sites.by_domain.get(host.lower())
        if site_id is None:
            domain, _port = split_domain_port(host)
            site_id = sites.by_domain.get(domain)
        return site_id

    def domain(self, site_id: int | None) -> str:
        """Return a site's domain, "" where there is no such site."""
        return self._sites.get().domains.get(site_id, "")

    @property
    def rows_age_seconds(self) -> float | None:
        """How long ago the widgets were read; None where nothing is kept."""
        return self._widgets.age_seconds

    def is_known_down(self, *, seconds: float) -> bool:
        """Tell whether the database failed; forgotten once it has been due for `seconds`."""
        return any(
            copy.is_known_down(seconds=seconds) for copy in (self._widgets, self._sites)
        )

    def note_change(self, using: str | None) -> None:
        """Read the rows anew before anybody is served: sites and widgets hang together."""
        for copy in (self._widgets, self._sites):
            copy.note_change(using)

    def forget(self) -> None:
        """Begin anew, as a new process does: for tests, whose rows go without a signal."""
        self._widgets.forget()
        self._sites.forget()


class OnSite:
    """The widgets of one site, or of all that have none of their own; by order."""

    def __init__(self, rows: Iterable[Widget]) -> None:
        self.all = tuple(sorted(rows, key=lambda row: (row.order, row.slug)))
        self.enabled = tuple(row for row in self.all if row.enabled and not row.is_gone)
        self.by_slug = {row.slug: row for row in self.all}


class Index:
    """All widgets. Whoever reads the next one takes over the rows that did not change."""

    def __init__(
        self, records: Mapping[Any, Record], widgets: Mapping[Any, Widget]
    ) -> None:
        self.records = records
        self.widgets = widgets
        for_all: dict[str, Widget] = {}
        by_site: dict[int | None, dict[str, Widget]]
        by_site = defaultdict(dict, {None: for_all})
        for row in widgets.values():
            by_site[row.site_id][row.slug] = row
        self._on_site = {
            site_id: OnSite({**for_all, **own}.values())
            for site_id, own in by_site.items()
        }
        self._for_all = self._on_site[None]

    def of(self, site_id: int | None) -> OnSite:
        return self._on_site.get(site_id, self._for_all)


class Sites(NamedTuple):
    ids: frozenset[int]
    by_domain: Mapping[str, int]
    domains: Mapping[int | None, str]


def read_widgets(last: Index | None) -> Index:
    """Read all rows, making instances only of those that changed since the last time.

    The others stay the same objects, with what hangs on them. Rows are compared as they
    come from the driver: to make instances of 2,000, or only to parse their JSON, takes
    several times as long as to read them.
    """
    fields = [field.attname for field in Widget._meta.concrete_fields]
    rows = Widget.objects.order_by().values_list("pk", *fields)
    compiler = rows.query.get_compiler(rows.db)
    records = {
        record[0]: record for chunk in compiler.execute_sql() or () for record in chunk
    }
    if last is None:
        last = Index({}, {})
    elif records == last.records:
        return last
    known = last.records
    changed = [record for pk, record in records.items() if record != known.get(pk)]
    widgets = {pk: row for pk, row in last.widgets.items() if pk in records}
    for pk, *values in compiler.results_iter([changed]):
        widgets[pk] = Widget.from_db(rows.db, fields, values)
    return Index(records, widgets)


def read_sites(_last: Sites | None) -> Sites:
    rows = list(Site.objects.order_by("pk").values_list("pk", "domain"))
    return Sites(
        ids=frozenset(pk for pk, _domain in rows),
        by_domain={domain.lower(): pk for pk, domain in rows},
        domains=dict(rows),
    )


catalogue = Catalogue()


def forget_rows(**signal: Any) -> None:
    """Receiver: a row was saved or deleted."""
    catalogue.note_change(signal.get("using"))
