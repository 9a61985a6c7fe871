"""Before somebody has agreed nothing goes to Coze, not even a request for its script."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.site")]

TEXT = "What you write is answered by Coze."
AGREE = "Agree and chat"


@pytest.fixture(params=["frame", "inline", "eager"])
def asking(request, make_widget):
    place = {"place": "frame" if request.param == "frame" else "inline"}
    load = {"load": "eager"} if request.param == "eager" else {}
    return make_widget(
        guests="isolated",
        consent_text=TEXT,
        consent_link_text="Privacy notice",
        consent_link_url="/privacy/",
        **place,
        **load,
    )


def press_launcher(visitor):
    visitor.page.locator(".launcher").click()


def agree(visitor):
    visitor.sign.get_by_role("button", name=AGREE).click()
    expect(visitor.input).to_be_visible()


def test_first_one_reads_what_happens(visitor, asking, coze):
    visitor.visit()
    press_launcher(visitor)

    expect(visitor.sign).to_contain_text(TEXT)
    link = visitor.sign.get_by_role("link", name="Privacy notice")
    expect(link).to_have_attribute("href", "/privacy/")
    expect(link).to_have_attribute("target", "_blank")
    assert visitor.asked(of=coze.url) == []
    assert coze.requests == []
    assert visitor.cookie("coze_visitor") is None

    agree(visitor)
    visitor.say("hello")


def test_who_closes_instead_has_told_nobody_anything(visitor, asking, coze):
    visitor.visit()
    press_launcher(visitor)
    visitor.sign.get_by_role("button", name="Close chat").click()

    expect(visitor.launcher).to_be_visible()
    assert visitor.asked(of=coze.url) == []
    press_launcher(visitor)
    expect(visitor.sign).to_contain_text(TEXT)


def test_one_is_asked_once(visitor, asking):
    visitor.visit()
    press_launcher(visitor)
    agree(visitor)
    visitor.close_chat()

    visitor.visit("/?page=2")
    visitor.open_chat()

    expect(visitor.sign).to_have_count(0)


def test_the_next_person_is_asked_again(visitor, asking, alice, coze):
    visitor.visit()
    press_launcher(visitor)
    agree(visitor)
    visitor.log_in(alice)
    asked = len(coze.requests)

    visitor.visit("/?page=2")

    press_launcher(visitor)
    expect(visitor.sign).to_contain_text(TEXT)
    assert len(coze.requests) == asked
    agree(visitor)


def test_a_new_visitor_is_asked_again(visitor, asking):
    visitor.visit()
    press_launcher(visitor)
    agree(visitor)

    visitor.strip.get_by_role("button").click()

    expect(visitor.sign).to_contain_text(TEXT)
    agree(visitor)


ANSWER = """(answer) => {
    window.asked = 0;
    document.addEventListener("coze:consent", ({ detail }) => {
        window.asked += 1;
        detail.respondWith(Promise.resolve(answer));
    });
}"""


def test_the_sites_own_tool_may_answer(visitor, asking):
    visitor.visit()
    visitor.page.evaluate(ANSWER, True)
    press_launcher(visitor)

    expect(visitor.input).to_be_visible()
    assert visitor.page.evaluate("window.asked") == 1


def test_its_no_closes_the_chat(visitor, asking, coze):
    visitor.visit()
    visitor.page.evaluate(ANSWER, False)
    press_launcher(visitor)

    expect(visitor.page.locator(".launcher")).to_be_visible()
    expect(visitor.sign).to_be_hidden()
    assert visitor.asked(of=coze.url) == []


def test_a_tool_that_fails_is_a_no(visitor, asking, coze):
    visitor.visit()
    visitor.page.evaluate(
        """() => document.addEventListener("coze:consent", ({ detail }) =>
            detail.respondWith(Promise.reject(new Error("no tool"))))"""
    )
    press_launcher(visitor)

    expect(visitor.page.locator(".launcher")).to_be_visible()
    expect(visitor.sign).to_be_hidden()
    assert visitor.asked(of=coze.url) == []


# Before the click


def test_with_consent_nothing_comes_ahead(visitor, make_widget, coze):
    make_widget(guests="isolated", consent_text=TEXT, preconnect=True, load="idle")
    visitor.visit()
    visitor.page.locator(".launcher").hover()
    visitor.page.wait_for_function("Boolean(window.CozeWidget.Panel)")

    expect(visitor.page.locator("iframe")).to_be_attached()
    assert visitor.page.locator("link[rel=preconnect]").count() == 0
    assert visitor.asked(of=coze.url) == []


def test_at_leisure_the_frame_comes_before_the_click(visitor, make_widget, coze):
    make_widget(guests="isolated", load="idle")
    visitor.visit()

    frame = visitor.page.locator("iframe")
    expect(frame).to_be_attached()
    expect(frame).not_to_be_visible()
    inside = visitor.page.frame_locator("iframe").locator("html")
    inside.evaluate(
        """async () => {
            while (!window.CozeWebSDK) await new Promise((go) => setTimeout(go, 20));
        }"""
    )
    # Nobody has been asked who is there, and nobody got a cookie.
    assert coze.requests == [one for one in coze.requests if "/sdk" not in one["path"]]
    assert "/chat/support/session/" not in visitor.asked(of=visitor.site_url)
    assert visitor.context.cookies() == []

    visitor.open_chat()
    visitor.say("hello")
    assert visitor.asked(of=visitor.site_url).count("/chat/support/frame/") == 1


def test_reaching_for_the_button_connects_ahead_where_the_row_says_so(
    visitor, make_widget, coze
):
    make_widget(guests="isolated", preconnect=True)
    visitor.visit()
    links = visitor.page.locator("link[rel=preconnect]")
    assert links.count() == 0

    visitor.page.locator(".launcher").click()

    expect(links.first).to_have_attribute("href", coze.url)
    visitor.page.evaluate("CozeWidget.destroy('support')")
    expect(links).to_have_count(0)


def test_otherwise_it_does_not(visitor, make_widget):
    make_widget(guests="isolated")
    visitor.visit()
    visitor.open_chat()

    assert visitor.page.locator("link[rel=preconnect]").count() == 0
