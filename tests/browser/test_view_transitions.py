"""Pages that put in other parts by their own code: view transitions, partial reloads, loaders
that come twice."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.swaps import Swapper
from tests.browser.test_versions import LOADER, text_of

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.swapped_pages")]

# As a small site of one's own does it: fetches a page, and swaps the body in a transition.
GO = """async (path) => {
    const answer = await fetch(path);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const swap = () => {
        document.body.replaceWith(document.adoptNode(page.body));
        history.pushState({ path }, "", path);
        CozeWidget.mount();
    };
    await document.startViewTransition(swap).finished;
}"""
RELOAD_PART = """async (path) => {
    const answer = await fetch(path);
    document.querySelector("#part").innerHTML = await answer.text();
    CozeWidget.mount();
}"""
RELOAD_PART_INTO_BODY = """async (path) => {
    const answer = await fetch(path);
    document.body.insertAdjacentHTML("beforeend", await answer.text());
}"""
LOAD_AGAIN = """(text) => {
    const script = document.createElement("script");
    script.textContent = text;
    document.head.append(script);
}"""


@pytest.fixture
def plain(visitor, make_widget):
    make_widget(guests="isolated")
    make_widget(slug="sales", name="Sales", guests="isolated")
    swapper = Swapper(visitor, "plain")
    yield swapper
    assert swapper.is_same_document, "the page was loaded anew"


def test_an_open_chat_survives_a_view_transition(plain):
    plain.start()
    plain.chat()

    for path in ["slow/", ""]:
        plain.page.evaluate(GO, plain.root + path)
        plain.arrive(path)
        plain.expect_chat_untouched()

    plain.expect_one(frames=1)


def test_what_lies_behind_a_transition_counts(plain):
    plain.start()
    plain.chat()

    plain.page.evaluate(GO, "/plain/sales/")
    plain.expect_one("sales")
    plain.page.evaluate(GO, "/plain/bare/")

    plain.expect_none()


def test_a_part_that_is_loaded_again_brings_no_second_chat(plain):
    plain.start("both/")
    plain.chat()

    for _ in range(3):
        plain.page.evaluate(RELOAD_PART, "/plain/part/chat/")
    plain.page.evaluate(RELOAD_PART, "/plain/part/nothing/")

    plain.expect_chat_untouched()
    plain.expect_one(frames=1)


def older(text):
    """The release before did not hear of swaps, nor that the person has changed."""
    for start, end in [('  ["turbo:render"', "  );\n"), ("      identify:", "\n")]:
        before, found, after = text.partition(start)
        assert found
        text = before + after.partition(end)[2]
    return text


@pytest.mark.parametrize("is_open", [True, False], ids=["open", "closed"])
@pytest.mark.parametrize("change", [str, older], ids=["same", "older"])
def test_a_loader_that_comes_again_and_again_leaves_the_page_to_the_first(
    plain, change, is_open
):
    plain.start()
    if is_open:
        plain.chat()

    for _ in range(3):
        plain.page.evaluate(LOAD_AGAIN, change(text_of(LOADER)))

    plain.expect_one(frames=int(is_open))
    if is_open:
        plain.expect_chat_untouched()
    else:
        plain.visitor.open_chat()


def test_a_younger_loader_finds_an_older_one_and_leaves_it_the_page(plain, visitor):
    plain.start("bare/")
    plain.page.evaluate(LOAD_AGAIN, older(text_of(LOADER)))
    plain.page.evaluate(RELOAD_PART_INTO_BODY, "/plain/part/chat/")

    plain.page.evaluate(LOAD_AGAIN, text_of(LOADER))

    plain.expect_one()
    visitor.open_chat()
    expect(visitor.input).to_be_visible()
