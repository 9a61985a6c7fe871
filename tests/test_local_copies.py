from __future__ import annotations

import asyncio
import contextlib
import logging
import threading

import pytest
from django.contrib.sites.models import Site
from django.db import OperationalError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from coze_widget import local_copies
from coze_widget.local_copies import (
    GRACE_SECONDS,
    MAX_OUTAGE_SECONDS,
    PATIENCE_SECONDS,
    RETRY_SECONDS,
    LocalCopy,
    RowsUnreadable,
)

AGE = 5
# For what happens in milliseconds, on a machine that is busy with something else.
SOON = 30


@pytest.fixture(autouse=True)
def _age(settings):
    settings.COZE_WIDGET_MAX_AGE_SECONDS = AGE


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


class Table:
    """Rows that are a number: the how-manieth reading they come from."""

    def __init__(self):
        self.readings = 0
        self.lasts = []
        self.failure = None
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.is_asked = threading.Event()

    def read(self, last):
        self.readings += 1
        answer = self.readings
        self.lasts.append(last)
        self.is_asked.set()
        assert self.may_answer.wait(SOON)
        if self.failure:
            raise self.failure
        return answer

    def hold(self):
        self.is_asked.clear()
        self.may_answer.clear()


class WatchedLock:
    """A lock that tells when somebody comes to wait for it."""

    def __init__(self):
        self._lock = threading.Lock()
        self.arrivals = threading.Semaphore(0)
        self.release = self._lock.release

    def acquire(self, timeout):
        self.arrivals.release()
        return self._lock.acquire(timeout=timeout)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def table():
    return Table()


@pytest.fixture
def copy(table, clock):
    return LocalCopy(Site, table.read, monotonic=clock)


@pytest.fixture
def lock(copy):
    copy._reading = WatchedLock()
    return copy._reading


class Asking(threading.Thread):
    """Somebody else's request."""

    def __init__(self, copy):
        super().__init__(daemon=True)
        self._copy = copy
        self.answer = None
        self.start()

    def run(self):
        try:
            self.answer = self._copy.get()
        except RowsUnreadable as exc:
            self.answer = str(exc)
        finally:
            connections.close_all()

    def result(self):
        self.join(SOON)
        assert not self.is_alive()
        return self.answer


def get_in_loop(copy):
    async def main():
        return copy.get()

    return asyncio.run(main())


def test_rows_are_read_once_in_their_age(copy, table, clock):
    assert copy.age_seconds is None
    assert [copy.get(), copy.get()] == [1, 1]

    clock.now += AGE - 0.1
    assert copy.get() == 1
    assert copy.age_seconds == pytest.approx(AGE - 0.1)

    clock.now += 0.1
    assert copy.get() == 2
    assert table.lasts == [None, 1]


def test_who_forgets_begins_anew(copy, table):
    copy.get()
    copy.forget()

    assert copy.age_seconds is None
    assert copy.get() == 2
    assert table.lasts == [None, None]


# Many threads


def test_a_cold_process_reads_once_for_all_threads(copy, table, lock):
    table.hold()
    people = [Asking(copy) for _ in range(8)]
    for _ in people:
        assert lock.arrivals.acquire(timeout=SOON)
    table.may_answer.set()

    assert {person.result() for person in people} == {1}
    assert table.readings == 1


def test_one_reads_and_the_others_go_on_with_the_copy(copy, table, clock):
    copy.get()
    clock.now += AGE
    table.hold()
    reader = Asking(copy)
    assert table.is_asked.wait(SOON)

    assert copy.get() == 1
    table.may_answer.set()
    assert reader.result() == 2
    assert copy.get() == 2
    assert table.readings == 2


def test_a_copy_of_yesterday_is_not_gone_on_with(copy, table, clock, lock):
    copy.get()
    clock.now += AGE + GRACE_SECONDS
    table.hold()
    people = [Asking(copy), Asking(copy)]
    for _ in range(1 + len(people)):
        assert lock.arrivals.acquire(timeout=SOON)
    table.may_answer.set()

    assert [person.result() for person in people] == [2, 2]


def test_nobody_gets_what_was_read_before_a_change(copy, table, lock):
    table.hold()
    reader = Asking(copy)
    assert table.is_asked.wait(SOON)
    copy._outdate()
    later = Asking(copy)
    for _ in range(2):
        assert lock.arrivals.acquire(timeout=SOON)
    table.may_answer.set()

    assert (reader.result(), later.result()) == (1, 2)
    assert copy.get() == 2


def test_a_changed_copy_is_not_gone_on_with(copy, table):
    copy.get()

    copy._outdate()

    assert copy.get() == 2


def test_with_no_age_nobody_waits_for_anybody(copy, settings):
    settings.COZE_WIDGET_MAX_AGE_SECONDS = 0
    together = threading.Barrier(2)
    copy._read = lambda last: (together.wait(SOON), last)
    other = Asking(copy)

    assert copy.get()[1] is None
    assert other.result()[1] is None
    assert copy.age_seconds is None


# A database that fails


@pytest.fixture
def fail(table):
    table.failure = OperationalError("gone")
    return table


def said(caplog):
    return [record.levelname for record in caplog.records]


def test_known_rows_cover_an_outage(copy, table, clock, caplog):
    copy.get()
    table.failure = OperationalError("gone")
    clock.now += AGE

    assert [copy.get(), copy.get()] == [1, 1]
    assert table.readings == 2
    clock.now += RETRY_SECONDS
    assert [copy.get(), copy.get()] == [1, 1]
    assert table.readings == 3
    assert copy.is_known_down(seconds=1)
    assert said(caplog) == ["ERROR"]
    assert "what it last said is shown for 300 s" in caplog.text
    assert "OperationalError: gone" in caplog.text

    table.failure = None
    clock.now += RETRY_SECONDS
    assert copy.get() == 4
    assert not copy.is_known_down(seconds=1)
    assert said(caplog) == ["ERROR", "WARNING"]
    assert "The database answers again (django_site)." in caplog.text


def test_a_failure_is_not_known_to_last_where_nobody_asks(copy, fail, clock):
    with pytest.raises(RowsUnreadable):
        copy.get()

    clock.now += RETRY_SECONDS + 59
    assert copy.is_known_down(seconds=60)
    clock.now += 1
    assert not copy.is_known_down(seconds=60)


def test_but_not_for_ever(copy, table, clock, caplog):
    copy.get()
    table.failure = OperationalError("gone")
    clock.now += AGE
    copy.get()
    clock.now += MAX_OUTAGE_SECONDS

    for _ in range(2):
        with pytest.raises(RowsUnreadable, match=r"^OperationalError$"):
            copy.get()

    assert said(caplog) == ["ERROR", "ERROR"]
    assert "No widget is shown" in caplog.records[1].message


def test_without_known_rows_the_database_is_asked_once_a_second(
    copy, fail, clock, caplog
):
    for _ in range(3):
        with pytest.raises(RowsUnreadable, match=r"^OperationalError$"):
            copy.get()
    assert fail.readings == 1
    clock.now += RETRY_SECONDS
    with pytest.raises(RowsUnreadable):
        copy.get()

    assert fail.readings == 2
    assert said(caplog) == ["ERROR"]
    fail.failure = None
    clock.now += RETRY_SECONDS
    assert copy.get() == 3


def test_known_to_be_wrong_is_worse_than_nothing(copy, table):
    """Somebody has switched a widget off, and then the database is gone."""
    copy.get()
    copy._outdate()
    table.failure = OperationalError("gone")

    with pytest.raises(RowsUnreadable):
        copy.get()


def test_who_has_saved_need_not_pause(copy, fail):
    with pytest.raises(RowsUnreadable):
        copy.get()
    fail.failure = None
    copy._outdate()

    assert copy.get() == 2


def test_who_waited_for_a_failure_does_not_ask_again(copy, fail, lock):
    fail.hold()
    people = [Asking(copy), Asking(copy)]
    for _ in people:
        assert lock.arrivals.acquire(timeout=SOON)
    fail.may_answer.set()

    assert {person.result() for person in people} == {"OperationalError"}
    assert fail.readings == 1


def test_with_no_age_each_asks_and_it_is_said_once(copy, fail, settings, caplog):
    settings.COZE_WIDGET_MAX_AGE_SECONDS = 0
    for _ in range(3):
        with pytest.raises(RowsUnreadable):
            copy.get()

    assert fail.readings == 3
    assert said(caplog) == ["ERROR"]


def test_a_copy_from_before_covers_nothing_where_there_is_no_age(
    copy, table, settings, caplog
):
    copy.get()
    settings.COZE_WIDGET_MAX_AGE_SECONDS = 0
    table.failure = OperationalError("gone")

    with pytest.raises(RowsUnreadable):
        copy.get()
    assert "No widget is shown" in caplog.text


# A database that hangs


def test_nobody_waits_for_long(copy, table, clock, monkeypatch, caplog):
    monkeypatch.setattr(local_copies, "PATIENCE_SECONDS", 0.01)
    table.hold()
    hanging = Asking(copy)
    assert table.is_asked.wait(SOON)

    with pytest.raises(RowsUnreadable, match=r"^TimeoutError$"):
        copy.get()

    assert said(caplog) == ["ERROR"]
    table.may_answer.set()
    assert hanging.result() == 1
    assert copy.get() == 1
    assert said(caplog) == ["ERROR", "WARNING"]


def test_who_was_overtaken_by_others_waits_on(copy, table, monkeypatch, caplog):
    """A lock knows no order: on a busy machine others may read twice before one gets it."""

    class LockLateForMe:
        def __init__(self):
            self._lock = threading.Lock()
            self._times_lost = 2
            self.release = self._lock.release

        def acquire(self, timeout):
            self._times_lost -= 1
            return self._times_lost < 0 and self._lock.acquire(timeout=timeout)

    copy._reading = LockLateForMe()

    assert copy.get() == 1
    assert said(caplog) == []


def test_a_change_at_the_very_moment_of_serving_costs_a_reading(
    copy, table, clock, caplog
):
    """The copy could be served yet when somebody else was found reading."""
    copy.get()
    clock.now += AGE

    class LockOfAnother:
        def __init__(self):
            self._lock = threading.Lock()
            self._is_first = True
            self.release = self._lock.release

        def acquire(self, timeout):
            if not self._is_first:
                return self._lock.acquire(timeout=timeout)
            self._is_first = False
            copy._reading_since = clock.now
            copy._outdate()
            return False

    copy._reading = LockOfAnother()

    assert copy.get() == 2
    assert said(caplog) == []


def test_an_event_loop_does_not_stand_still_for_long(copy, table, monkeypatch, caplog):
    monkeypatch.setattr(local_copies, "PATIENCE_SECONDS", 0.01)
    table.hold()

    with pytest.raises(RowsUnreadable, match=r"^TimeoutError$"):
        get_in_loop(copy)

    assert said(caplog) == ["ERROR"]
    table.may_answer.set()
    with copy._reading:
        assert copy.get() == 1


def test_one_thread_renews_for_an_event_loop(copy, table, clock):
    assert get_in_loop(copy) == 1
    clock.now += AGE
    table.hold()

    assert [get_in_loop(copy), get_in_loop(copy)] == [1, 1]
    table.may_answer.set()
    assert copy._renewal.result(SOON) == 2
    assert get_in_loop(copy) == 2
    assert table.readings == 2


def test_once_it_hangs_nobody_waits(copy, table, clock):
    copy.get()
    clock.now += AGE + GRACE_SECONDS
    table.hold()
    hanging = Asking(copy)
    assert table.is_asked.wait(SOON)
    clock.now += PATIENCE_SECONDS

    # Would fail after two seconds of waiting, since the clock stands still.
    assert copy._wait_seconds() == 0
    assert copy.get() == 1
    table.may_answer.set()
    assert hanging.result() == 2


# Transactions


@pytest.mark.django_db(transaction=True)
def test_a_transaction_sees_its_own_changes_alone(copy, table):
    copy.get()
    with transaction.atomic():
        copy.note_change("default")
        assert [copy.get(), copy.get()] == [2, 3]
        assert Asking(copy).result() == 4

    assert copy.get() == 5


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_is_rolled_back_leaves_nothing(copy, table):
    copy.get()
    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        copy.note_change("default")
        assert copy.get() == 2
        raise ZeroDivisionError

    assert [copy.get(), copy.get()] == [3, 3]


@pytest.mark.django_db(transaction=True)
def test_a_failing_query_would_spoil_no_transaction(copy):
    """Only PostgreSQL minds; what keeps it content is the savepoint."""
    copy._read = lambda last: Site.objects.count()
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        copy.get()

    assert [query["sql"].split()[0] for query in queries] == [
        "SAVEPOINT",
        "SELECT",
        "RELEASE",
    ]


def test_logs_are_where_the_tags_are(copy, fail, caplog):
    with caplog.at_level(logging.ERROR, "coze_widget"), pytest.raises(RowsUnreadable):
        copy.get()

    assert {record.name for record in caplog.records} == {"coze_widget"}
