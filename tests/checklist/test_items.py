from __future__ import annotations

import pytest
from django.utils.translation import override

from coze_widget.checklist.items import Checklist, Item, Link, Section, State
from tests.checklist.finding import DONE, FAILED, NOTE, OPEN, UNSEEN


def list_of(*states):
    items = [Item(str(number), state, "") for number, state in enumerate(states)]
    return Checklist([Section("a", "A", items[:2]), Section("b", "B", items[2:])])


@pytest.mark.parametrize(
    ("states", "key"),
    [
        ((DONE, UNSEEN, NOTE, OPEN, FAILED), "3"),
        ((FAILED, OPEN), "0"),
        ((DONE, UNSEEN, NOTE), None),
        ((), None),
    ],
)
def test_the_next_one_is_the_first_that_somebody_can_do(states, key):
    item = list_of(*states).next_item

    assert (item and item.key) == key


def test_states_are_counted():
    checklist = list_of(DONE, DONE, FAILED, OPEN)

    assert checklist.count(DONE) == 2
    assert checklist.count(OPEN, FAILED) == 2
    assert checklist.has_failed
    assert not list_of(OPEN).has_failed


def test_code_stands_between_backticks():
    item = Item("a", OPEN, "", advice="Run `migrate`, then `check`.")

    assert item.advice_parts == ["Run ", "migrate", ", then ", "check", "."]


def test_links_out_of_the_site():
    assert Link("", "https://www.coze.cn/").is_foreign
    assert not Link("", "/admin/").is_foreign


def test_states_have_names_in_both_languages():
    with override("zh-hans"):
        chinese = {state.label for state in State}

    assert {state.label for state in State} == {
        "Done",
        "To do",
        "Wrong",
        "Note",
        "Cannot be seen from here",
    }
    assert len(chinese) == 5
    assert all(ord(label[0]) > 127 for label in chinese)
