"""What this process keeps of a table, so that a page costs no query for it.

One thread at a time reads a table anew; the others go on with the copy, or wait for that
thread where there is none. See ADR 0007.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db import DatabaseError, Error, connections, router, transaction
from django.db.models import Model

from coze_widget.conf import conf
from coze_widget.event_loops import refuses_queries, start_in_thread
from coze_widget.outages import Outage

logger = logging.getLogger("coze_widget")

T = TypeVar("T")

# How much longer than its age a copy is served while a thread reads the table anew.
GRACE_SECONDS = 0.5
# For how long threads wait for the one that reads, where no copy may be served.
PATIENCE_SECONDS = 2.0
# How often a database that fails is asked.
RETRY_SECONDS = 1.0
# For how long a database that fails may be covered up: a failover takes less, and longer
# than this nobody goes on chatting by rules that may have been tightened meanwhile.
MAX_OUTAGE_SECONDS = 300.0


class RowsUnreadable(DatabaseError):
    """Raised where the database fails and no copy may be served; the log has said why.

    Its text is the name of the failure's class.
    """


@dataclass(frozen=True)
class _Kept(Generic[T]):
    value: T
    read_at: float
    generation: int


class LocalCopy(Generic[T]):
    """What `read` made of a table's rows. Threads share one.

    At most COZE_WIDGET_MAX_AGE_SECONDS old; after a change of which this process knows
    (`note_change`) it is read before anybody is served again. With an age of 0 nothing is
    kept. `read` gets the last value, whose parts it may use again.
    """

    def __init__(
        self,
        model: type[Model],
        read: Callable[[T | None], T],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._model = model
        self._read = read
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._reading_since: float | None = None
        self._renewal: futures.Future[T] | None = None
        self._generation = 0
        self._kept: _Kept[T] | None = None
        self._asks_again_at: float | None = None
        self._failure = ""
        self._what = model._meta.db_table
        self._outage = Outage(self._what)

    def get(self) -> T:
        """Return the rows, or raise RowsUnreadable."""
        kept = self._kept
        if kept is not None and self._may_serve(kept, conf.widget_max_age_seconds):
            return kept.value
        if refuses_queries():
            return self._get_through_thread()
        return self._get_anew()

    @property
    def age_seconds(self) -> float | None:
        """How long ago the rows were read; None where nothing is kept."""
        kept = self._kept
        return None if kept is None else self._monotonic() - kept.read_at

    def is_known_down(self, *, seconds: float) -> bool:
        """Tell whether the database failed when it was asked last.

        It is not known any more when it has been due again for `seconds`, and nobody came.
        """
        asks_again_at = self._asks_again_at
        return asks_again_at is not None and self._monotonic() - asks_again_at < seconds

    def note_change(self, using: str | None) -> None:
        """Serve nothing older than now; nor, once it is committed, than the commit."""
        self._outdate()
        transaction.on_commit(self._outdate, using=using)

    def forget(self) -> None:
        """Begin anew, as a new process does."""
        self._outdate()
        self._kept = None
        self._outage = Outage(self._what)

    def _outdate(self) -> None:
        with self._lock:
            self._generation += 1
            # Whoever saved has reached the database.
            self._asks_again_at = None

    def _get_anew(self) -> T:
        if not conf.widget_max_age_seconds or self._is_being_changed():
            return self._ask()
        if self._is_pausing():
            return self._fall_back()
        return self._renew()

    def _get_through_thread(self) -> T:
        """Let a thread read, since an event loop must not.

        The loop goes on with the copy where other threads would. Otherwise it stands
        still meanwhile, with all its requests, but not for longer than other threads wait.
        """
        if conf.widget_max_age_seconds and self._is_in_grace():
            self._begin_renewal()
            return self._fall_back()
        try:
            return start_in_thread(self._get_anew).result(PATIENCE_SECONDS)
        except futures.TimeoutError:
            self._note_failure(TimeoutError())
            return self._fall_back()

    def _begin_renewal(self) -> None:
        with self._lock:
            if self._renewal is None or self._renewal.done():
                self._renewal = start_in_thread(self._get_anew)

    def _renew(self) -> T:
        while True:
            since, wait_seconds = self._reading_since, self._wait_seconds()
            if self._reading.acquire(timeout=wait_seconds):
                break
            kept = self._kept
            if kept is not None and self._may_serve(kept, self._grace_age_seconds):
                return kept.value
            # Who was overtaken by others, each of whom read, waits on; and so does who would
            # not have waited, but for a change that came just now.
            is_same_reader = since is not None and since == self._reading_since
            if is_same_reader and (wait_seconds or not self._wait_seconds()):
                self._note_failure(TimeoutError())
                return self._fall_back()
        try:
            kept = self._kept
            if kept is not None and self._may_serve(kept, conf.widget_max_age_seconds):
                return kept.value
            if self._is_pausing():
                return self._fall_back()
            self._reading_since = self._monotonic()
            return self._ask_and_keep()
        finally:
            self._reading_since = None
            self._reading.release()

    def _ask_and_keep(self) -> T:
        generation, read_at = self._generation, self._monotonic()
        try:
            value = self._ask()
        except RowsUnreadable:
            return self._fall_back()
        with self._lock:
            # What was read before a save is not what everybody would read after it.
            if generation == self._generation:
                self._kept = _Kept(value, read_at, generation)
        return value

    def _ask(self) -> T:
        last = self._kept
        try:
            value = self._read_surely(None if last is None else last.value)
        except Error as exc:
            self._note_failure(exc)
            raise RowsUnreadable(self._failure) from exc
        self._note_success()
        return value

    def _read_surely(self, last: T | None) -> T:
        try:
            with contained(self._model):
                return self._read(last)
        except Error:
            if not self._drop_dead_connection():
                raise
            return self._read(last)

    def _drop_dead_connection(self) -> bool:
        """Tell whether another connection may do better.

        A database that was started anew has closed those that threads had kept, and no
        query since then has told Django.
        """
        connection = connections[router.db_for_read(self._model)]
        is_dead = (
            not connection.in_atomic_block
            and connection.connection is not None
            and not connection.is_usable()
        )
        if is_dead:
            connection.close()
        return is_dead

    def _fall_back(self) -> T:
        """Return the copy although its age is over."""
        kept = self._kept
        if kept is not None and self._may_cover_up(kept):
            return kept.value
        raise RowsUnreadable(self._failure)

    def _may_cover_up(self, kept: _Kept[T]) -> bool:
        max_age_seconds = conf.widget_max_age_seconds
        # Where nothing is kept on purpose, a copy from before covers nothing.
        return bool(max_age_seconds) and self._may_serve(
            kept, max_age_seconds + MAX_OUTAGE_SECONDS
        )

    def _may_serve(self, kept: _Kept[T], max_age_seconds: float) -> bool:
        is_outdated = kept.generation != self._generation
        return not is_outdated and self._monotonic() - kept.read_at < max_age_seconds

    def _wait_seconds(self) -> float:
        if self._is_in_grace():
            return 0
        since = self._reading_since
        waited = 0 if since is None else self._monotonic() - since
        return max(0, PATIENCE_SECONDS - waited)

    @property
    def _grace_age_seconds(self) -> float:
        return conf.widget_max_age_seconds + GRACE_SECONDS

    def _is_in_grace(self) -> bool:
        kept = self._kept
        return kept is not None and self._may_serve(kept, self._grace_age_seconds)

    def _is_being_changed(self) -> bool:
        """Tell whether this very transaction has changed rows.

        It alone sees them as they are then; and it may be rolled back yet, of which no
        signal would tell.
        """
        waiting = connections[router.db_for_read(self._model)].run_on_commit
        return any(entry[1] == self._outdate for entry in waiting)

    def _is_pausing(self) -> bool:
        asks_again_at = self._asks_again_at
        return asks_again_at is not None and self._monotonic() < asks_again_at

    def _note_failure(self, failure: Exception) -> None:
        kept = self._kept
        is_covered = kept is not None and self._may_cover_up(kept)
        pause_seconds = min(RETRY_SECONDS, conf.widget_max_age_seconds)
        self._failure = type(failure).__name__
        self._asks_again_at = self._monotonic() + pause_seconds
        if not self._outage.begin("covered" if is_covered else "uncovered"):
            return
        if is_covered:
            logger.error(
                "The database failed (%s): what it last said is shown for %d s. It is "
                "asked once a second, and this is said once.",
                self._what,
                MAX_OUTAGE_SECONDS,
                exc_info=failure,
            )
        else:
            logger.error(
                "No widget is shown: the database failed (%s). Has `python manage.py "
                "migrate` been run? This is said once.",
                self._what,
                exc_info=failure,
            )

    def _note_success(self) -> None:
        self._asks_again_at = None
        self._outage.end()


@contextmanager
def contained(model: type[Model]) -> Iterator[None]:
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
