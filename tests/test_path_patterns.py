from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coze_widget.path_patterns import is_shown_on


def shown(path, include="", exclude=""):
    return is_shown_on(path, include=include, exclude=exclude)


@pytest.mark.parametrize(
    ("pattern", "path", "is_it"),
    [
        ("/", "/", True),
        ("/", "/shop/", False),
        ("/shop/", "/shop/", True),
        ("/shop", "/shop/", False),
        ("/shop/", "/Shop/", False),
        ("/shop/*", "/shop/", True),
        ("/shop/*", "/shop/tea/green/", True),
        ("/shop/*", "/blog/shop/", False),
        ("*/", "/shop/", True),
        ("*/print", "/shop/tea/print", True),
        ("/*/tea/", "/shop/tea/", True),
        ("/*/tea/", "/tea/", False),
        ("/a*b*a", "/a-b-a", True),
        ("/a*a", "/a", False),
        ("*", "/anything", True),
        ("**", "/anything", True),
        ("/shop/[ab]?.html", "/shop/[ab]?.html", True),
        ("/shop/[ab]?.html", "/shop/a1.html", False),
        ("/茶/", "/茶/", True),
        ("/%E8%8C%B6/*", "/茶/绿/", True),
        ("/a%2Ab", "/a*b", True),
        ("/a%2Ab", "/a-b", False),
        ("  /shop/  ", "/shop/", True),
    ],
)
def test_a_pattern(pattern, path, is_it):
    assert shown(path, include=pattern) is is_it
    assert shown(path, exclude=pattern) is not is_it


def test_without_patterns_it_is_on_every_page():
    assert shown("/shop/")
    assert shown("/shop/", include="\n  \r\n", exclude="\n")


def test_one_line_of_several_is_enough():
    assert shown("/tea/", include="/shop/*\r\n\r\n/tea/\n")


def test_what_is_excluded_wins():
    assert not shown("/shop/basket/", include="/shop/*", exclude="/shop/basket/*")


@pytest.mark.parametrize(
    ("include", "exclude", "is_it"),
    [("", "", True), (" \n", "", True), ("*", "", False), ("", "/x", False)],
)
def test_a_page_that_nobody_knows(include, exclude, is_it):
    assert shown(None, include=include, exclude=exclude) is is_it


LETTERS = st.text("/ab*", max_size=8)


@given(LETTERS.filter(str.strip), LETTERS)
def test_it_is_what_a_regular_expression_would_say(pattern, path):
    expression = ".*".join(map(re.escape, pattern.split("*")))

    assert shown(path, include=pattern) is bool(re.fullmatch(expression, path))


def test_many_stars_cost_little():
    started = time.perf_counter()

    assert not shown("/" + "a" * 5_000, include="/" + "*a" * 900 + "*b")

    # With backtracking it would not end in a lifetime.
    assert time.perf_counter() - started < 10
