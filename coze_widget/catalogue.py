"""This process's copy of the widget rows, so that a page costs no query for its widget.

Exact in the process that saved (signals), and at most COZE_WIDGET_MAX_AGE_SECONDS old in
the others. Rows are few: all are read at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.sites.models import Site
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, router, transaction
from django.db.models import Model
from django.http import HttpRequest

from coze_widget.conf import conf
from coze_widget.models import Widget

# Hosts come from requests; a project with ALLOWED_HOSTS = ["*"] must not fill the memory.
MAX_HOSTS = 1000


class Catalogue:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._generation = 0
        self._read_at: float | None = None
        self._rows: tuple[Widget, ...] | None = None
        # Host → the id of its site, if it has one, and when it was looked up.
        self._site_ids: dict[str, tuple[int | None, float]] = {}

    def find(self, site_id: int | None, slug: str) -> Widget | None:
        """Return the site's own widget of this slug, else the one for all sites.

        A site's own row hides the one for all even when it is disabled: that is how a
        widget for all sites is switched off on one of them.
        """
        rows = [row for row in self._rows_of(site_id) if row.slug == slug]
        return rows[0] if rows else None

    def first(self, site_id: int | None) -> Widget | None:
        """Return what a tag without a slug shows: the first enabled row by order."""
        enabled = [row for row in self.all(site_id) if row.enabled]
        return min(enabled, key=lambda row: (row.order, row.slug), default=None)

    def all(self, site_id: int | None) -> list[Widget]:
        """Return each slug's row, as `find` does, whether it is enabled or not."""
        found: dict[str, Widget] = {}
        for row in self._rows_of(site_id):
            found.setdefault(row.slug, row)
        return list(found.values())

    def site_id(self, request: HttpRequest | None) -> int | None:
        """Return the current site's id; None where no site row fits the request's host."""
        host = "" if request is None else request.get_host()
        site_id, read_at = self._site_ids.get(host, (None, None))
        if self._is_fresh(read_at):
            return site_id
        generation, read_at = self._generation, time.monotonic()
        try:
            with _contained(Site):
                site_id = Site.objects.get_current(request).id
        except (Site.DoesNotExist, ImproperlyConfigured):
            site_id = None
        self._keep_site_id(host, (site_id, read_at), generation)
        return site_id

    def forget(self) -> None:
        with self._lock:
            self._generation += 1
            self._rows = None
            self._site_ids.clear()

    def _keep_site_id(
        self, host: str, found: tuple[int | None, float], generation: int
    ) -> None:
        with self._lock:
            if len(self._site_ids) >= MAX_HOSTS:
                self._site_ids.clear()
            if self._may_keep(generation):
                self._site_ids[host] = found

    def _rows_of(self, site_id: int | None) -> list[Widget]:
        """A site's own rows come first."""
        rows = [row for row in self._all() if row.site_id in (site_id, None)]
        return sorted(rows, key=lambda row: row.site_id is None)

    def _all(self) -> tuple[Widget, ...]:
        rows = self._rows
        if rows is not None and self._is_fresh(self._read_at):
            return rows
        generation, read_at = self._generation, time.monotonic()
        with _contained(Widget):
            rows = tuple(Widget.objects.all())
        with self._lock:
            if self._may_keep(generation):
                self._rows, self._read_at = rows, read_at
        return rows

    def _may_keep(self, generation: int) -> bool:
        """Tell whether what was read since then is what everybody would read.

        A save in between makes it old; a save of this very transaction may be rolled
        back yet, and no signal would say so.
        """
        waiting = connections[router.db_for_read(Widget)].run_on_commit
        is_writing = any(entry[1] == self.forget for entry in waiting)
        return generation == self._generation and not is_writing

    def _is_fresh(self, read_at: float | None) -> bool:
        if read_at is None:
            return False
        return time.monotonic() - read_at < conf.widget_max_age_seconds


@contextmanager
def _contained(model: type[Model]) -> Iterator[None]:
    """Keep a failing query from spoiling the page's own transaction.

    PostgreSQL answers nothing more in a transaction in which a query has failed, and
    with ATOMIC_REQUESTS the whole page is one.
    """
    alias = router.db_for_read(model)
    if connections[alias].in_atomic_block:
        with transaction.atomic(using=alias):
            yield
    else:
        yield


catalogue = Catalogue()


def forget_rows(**signal: Any) -> None:
    """Receiver: at once for this transaction, and again when others can see the change."""
    catalogue.forget()
    transaction.on_commit(catalogue.forget, using=signal.get("using"))
