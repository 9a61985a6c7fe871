from __future__ import annotations

import threading

import pytest

from coze_widget import renderings as module
from coze_widget.renderings import MAX_AGE_SECONDS, Renderings


class Row:
    def __eq__(self, other):
        """As two objects of one row in the database are."""
        raise AssertionError("it was compared")  # pragma: no cover

    __hash__ = None


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def renderings(clock):
    return Renderings(monotonic=clock)


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(module, "MAX_COUNT", 3)


def never():
    raise AssertionError("it was rendered again")  # pragma: no cover


def test_the_same_row_is_rendered_once(renderings):
    row = Row()

    assert renderings.get(row, "en", lambda: "tea") == "tea"
    assert renderings.get(row, "en", never) == "tea"


def test_other_objects_and_keys_are_others(renderings):
    row = Row()
    renderings.get(row, "en", lambda: "tea")

    assert renderings.get(row, "zh", lambda: "茶") == "茶"
    assert renderings.get(Row(), "en", lambda: "new tea") == "new tea"
    assert renderings.get(row, "en", never) == "tea"


def test_no_other_object_gets_the_place_of_one_that_is_gone(renderings):
    """An id is used again as soon as its object is gone."""
    for number in range(50):
        assert renderings.get(Row(), "en", lambda n=number: str(n)) == str(number)


def test_it_is_over_after_a_while(renderings, clock):
    row = Row()
    renderings.get(row, "en", lambda: "tea")
    clock.now += MAX_AGE_SECONDS

    assert renderings.get(row, "en", lambda: "new tea") == "new tea"
    assert renderings.get(row, "en", never) == "new tea"


def test_what_is_over_is_let_go(renderings, clock):
    for _ in range(5):
        renderings.get(Row(), "en", lambda: "tea")
    clock.now += MAX_AGE_SECONDS
    renderings.get(Row(), "en", lambda: "tea")

    assert len(renderings) == 1


@pytest.mark.usefixtures("few")
def test_the_oldest_goes_first(renderings, clock):
    rows = [Row() for _ in range(3)]
    for row in [*rows, Row()]:
        clock.now += 1
        renderings.get(row, "en", lambda: "tea")

    assert len(renderings) == 3
    assert renderings.get(rows[1], "en", never) == "tea"
    assert renderings.get(rows[0], "en", lambda: "again") == "again"


@pytest.mark.usefixtures("few")
def test_many_threads_keep_within_the_bound(renderings):
    rows, together, faults = [Row() for _ in range(8)], threading.Barrier(4), []

    def show():
        together.wait(30)
        for turn in range(2000):
            number = turn % len(rows)
            html = renderings.get(rows[number], "en", lambda: str(number))  # noqa: B023
            if html != str(number) or len(renderings) > 4:
                faults.append((number, html))  # pragma: no cover

    threads = [threading.Thread(target=show) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert faults == []
    assert len(renderings) == 3
