"""What the app's modules do in a process that was forked off."""

from __future__ import annotations

import os

import pytest

from coze_widget import leases, tokens
from coze_widget.forks import after_fork
from coze_widget.leases import acquire


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_forked_process_holds_nothing_of_its_parents():
    lease = acquire("coze_widget:token:abc:lease", at_most_seconds=60)
    flight, _leads = tokens._flights._board("k")
    read, write = os.pipe()

    pid = os.fork()
    if not pid:  # pragma: no cover  # another process
        holds_any = leases._keeper._leases or tokens._flights._flights
        os.write(write, b"something" if holds_any else b"nothing")
        os._exit(0)
    os.waitpid(pid, 0)

    assert os.read(read, 9) == b"nothing"
    assert leases._keeper._leases
    assert tokens._flights.is_under_way("k")
    tokens._flights._land("k", flight)
    lease.release()
    os.close(read)
    os.close(write)


def test_the_thread_that_keeps_leases_does_not_come_along(monkeypatch):
    parents = leases._Keeper()
    monkeypatch.setattr(leases, "_keeper", parents)

    leases._begin_anew()

    assert leases._keeper is not parents


def test_where_there_is_no_fork_nothing_has_to_be_done(monkeypatch):
    monkeypatch.delattr(os, "register_at_fork")

    after_fork(pytest.fail)
