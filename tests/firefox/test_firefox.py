"""The main ways through the widget in Firefox; all others are walked in Chromium."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.site")]


@pytest.fixture(autouse=True)
def guests(make_widget):
    return make_widget(guests="isolated")


def test_a_chat_is_opened_closed_and_there_again(play):
    seen = play("chat")

    assert seen["before"]["launchers"] == 1
    assert [seen[name]["isOpen"] for name in ["before", "open", "closed"]] == [
        False,
        True,
        False,
    ]
    assert seen["open"]["expanded"] == "true"
    assert "apples" in seen["again"]
    assert "apples" in seen["later"]


def test_of_two_people_in_one_browser_nobody_sees_anothers_words(play):
    words = play("twoPeople")["words"]

    assert "bananas for bob" in words
    assert "apples" not in words


def test_a_guest_has_a_cookie_from_the_opening_on_and_leaves_nothing(play):
    seen = play("guest")

    assert seen["before"] == []
    [cookie] = seen["after"]
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    assert "apples for alice" in seen["words"]
    assert "secret" not in seen["words"]


def test_back_to_an_open_chat_after_somebody_else_has_logged_in(play):
    seen = play("backAndForward")

    assert "bananas for bob" in seen["words"]
    assert "apples" not in seen["words"]
    assert seen["ahead"]["launchers"] == 1


def test_the_strictest_page_has_nothing_to_complain_of(play):
    assert play("strict")["violations"] == [[], []]


def test_the_keyboard_is_enough(play):
    seen = play("keyboard")

    assert seen["reached"]["isLauncherFocused"]
    assert not seen["left"]["isOpen"]
    assert seen["left"]["isLauncherFocused"]


def test_destroy_leaves_nothing_and_mount_brings_it_back(play):
    seen = play("destroy")

    assert seen["left"]["launchers"] == 0
    assert seen["after"] == seen["before"]
