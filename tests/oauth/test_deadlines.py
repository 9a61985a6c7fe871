from __future__ import annotations

import http.client
import socket

import pytest
from urllib3.connection import HTTPConnection, HTTPSConnection

from coze_widget.oauth.deadlines import (
    Deadline,
    _bound,
    _DeadlineReader,
    _DeadlineResponse,
)


@pytest.fixture
def sockets():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def read_from(sock, *, deadline):
    with _DeadlineReader(sock, sock.makefile("rb", buffering=0), deadline) as reader:
        return reader.read(1)


def test_a_deadline_counts_down_and_past_zero():
    times = iter([10.0, 11.5, 14.0])
    deadline = Deadline(3, monotonic=lambda: next(times))

    assert (deadline.remaining(), deadline.remaining()) == (1.5, -1.0)


@pytest.mark.parametrize(
    ("longest", "remaining", "expected"), [(2, 9, 2), (9, 5, 5), (None, 5, 5)]
)
def test_a_read_waits_no_longer_than_either_bound(
    sockets, longest, remaining, expected
):
    ours, theirs = sockets
    theirs.send(b"x")
    ours.settimeout(longest)
    deadline = Deadline(remaining, monotonic=lambda: 0.0)

    assert read_from(ours, deadline=deadline) == b"x"
    assert ours.gettimeout() == expected


def test_nothing_is_read_after_the_deadline(sockets):
    ours, theirs = sockets
    theirs.send(b"x")

    with pytest.raises(TimeoutError):
        read_from(ours, deadline=Deadline(0))


def test_a_connection_class_is_bound_once():
    for plain in (HTTPConnection, HTTPSConnection):
        bound = _bound(plain)

        assert issubclass(bound, plain)
        assert bound.response_class is _DeadlineResponse
        assert _bound(bound) is bound
        assert plain.response_class is http.client.HTTPResponse
