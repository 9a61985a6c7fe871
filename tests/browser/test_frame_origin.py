"""COZE_FRAME_ORIGIN: pages at shop.localhost, the frame at chat.shop.localhost.

Two origins of one site, as www.example.com and chat.example.com are; browsers find both on
this machine.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.urls import path
from playwright.sync_api import Error, expect

from coze_widget.catalogue import catalogue
from tests.browser import site
from tests.browser.test_embedding import partitioning_browser  # noqa: F401  # a fixture
from tests.browser.visitor import Visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.urls("tests.browser.test_frame_origin"),
]

TOKEN = re.compile(r"czs_\w+")


def with_policy(request):
    policy = f"frame-src {request.GET['from']}"
    response = HttpResponse(site.render(request, site.TAGS[""]))
    response.headers["Content-Security-Policy"] = policy
    return response


def holding(request):
    """A page of anybody's: it is asked for by many names."""
    address = f"{settings.COZE_FRAME_ORIGIN}/chat/support/frame/"
    return HttpResponse(f'<!doctype html><iframe src="{address}"></iframe>')


urlpatterns = [
    path("policy/", with_policy),
    path("holding/", holding),
    *site.urlpatterns,
]


@pytest.fixture
def port(live_server):
    return urlsplit(live_server.url).port


@pytest.fixture
def page_origin(port):
    return f"http://shop.localhost:{port}"


@pytest.fixture
def frame_origin(port):
    return f"http://chat.shop.localhost:{port}"


@pytest.fixture
def move_frame(settings, page_origin, frame_origin):
    """What an operator does; the rows' kept HTML goes with the processes then."""

    def move():
        settings.COZE_FRAME_ORIGIN = frame_origin
        settings.COZE_PAGE_ORIGINS = [page_origin]
        catalogue.forget()

    return move


@pytest.fixture
def moved(move_frame):
    move_frame()


@pytest.fixture
def visitor(new_visitor, page_origin):
    visitor = new_visitor()
    visitor.site_url = page_origin
    return visitor


def frame_of(visitor, origin):
    [frame] = [one for one in visitor.page.frames if one.url.startswith(origin)]
    return frame


def test_a_persons_history_moves_along_with_the_frame(
    visitor, alice, bob, widget, move_frame, frame_origin
):
    visitor.log_in(alice)
    visitor.visit()
    visitor.open_chat()
    visitor.say("apples for alice")
    move_frame()

    visitor.visit()
    visitor.open_chat()

    assert frame_of(visitor, frame_origin)
    expect(visitor.transcript).to_contain_text("apples for alice")
    visitor.say("plums for alice")
    expect(visitor.strip).to_have_count(0)

    visitor.log_out()
    visitor.log_in(bob)
    visitor.visit()
    visitor.open_chat()
    visitor.say("bananas for bob")

    expect(visitor.transcript).not_to_contain_text("alice")


def test_a_person_who_changes_while_the_page_stands_gets_a_chat_of_their_own(
    visitor, alice, bob, widget, moved
):
    visitor.log_in(alice)
    visitor.visit()
    visitor.open_chat()
    visitor.say("apples for alice")
    visitor.close_chat()
    visitor.log_out()
    visitor.log_in(bob)

    visitor.open_chat()
    visitor.say("bananas for bob")

    expect(visitor.transcript).not_to_contain_text("alice")


def test_a_logout_takes_the_chat_away(visitor, alice, widget, moved, page_origin):
    visitor.log_in(alice)
    visitor.visit()
    visitor.open_chat()
    visitor.say("apples for alice")
    visitor.close_chat()
    visitor.log_out()

    visitor.launcher.click()

    expect(visitor.sign).to_contain_text("Please log in to chat.")
    expect(visitor.transcript).to_have_count(0)
    link = visitor.sign.get_by_role("link", name="Log in")
    assert link.get_attribute("href") == f"{page_origin}/admin/login/?next=%2F"
    link.click()
    expect(visitor.page).to_have_url(f"{page_origin}/admin/login/?next=%2F")


def test_guests_keep_their_history_and_it_is_nobody_elses(
    visitor, new_visitor, make_widget, move_frame, page_origin
):
    make_widget(guests="isolated")
    visitor.visit()
    visitor.open_chat()
    visitor.say("pears for a guest")
    cookie = visitor.cookie("coze_visitor")
    move_frame()

    visitor.visit()
    visitor.open_chat()

    expect(visitor.transcript).to_contain_text("pears for a guest")
    expect(visitor.strip).to_contain_text("You are chatting as a guest.")
    assert visitor.cookie("coze_visitor") == cookie

    other = new_visitor()
    other.site_url = page_origin
    other.visit()
    other.open_chat()
    other.say("figs")

    expect(other.transcript).not_to_contain_text("pears")


def test_no_cookie_lies_on_the_frames_host(
    visitor, make_widget, moved, frame_origin, page_origin
):
    make_widget(guests="isolated")
    visitor.visit()
    visitor.open_chat()
    visitor.say("figs")

    assert [one["name"] for one in visitor.context.cookies(frame_origin)] == []
    names = [one["name"] for one in visitor.context.cookies(f"{page_origin}/chat/")]
    assert names == ["coze_visitor"]


def test_a_guest_starts_over_as_a_new_visitor(visitor, make_widget, moved):
    make_widget(guests="isolated")
    visitor.visit()
    visitor.open_chat()
    visitor.say("pears for a guest")

    visitor.strip.get_by_role("button").click()
    expect(visitor.transcript).not_to_contain_text("pears")
    visitor.say("figs")

    expect(visitor.transcript).not_to_contain_text("pears")


def test_starting_over_says_so_when_it_cannot(visitor, make_widget, moved, page_origin):
    """Else somebody would write to the chat that they meant to leave."""
    make_widget(guests="isolated")
    visitor.visit()
    visitor.open_chat()
    visitor.say("pears for a guest")
    visitor.context.route(
        f"{page_origin}/chat/support/forget/", lambda route: route.fulfill(status=500)
    )

    visitor.strip.get_by_role("button").click()

    expect(visitor.sign).to_contain_text("The chat could not be started.")
    expect(visitor.transcript).to_have_count(0)


@pytest.fixture
def visitor_of_two_sites(partitioning_browser, page_origin, coze, traffic):  # noqa: F811
    visitor = Visitor(partitioning_browser.new_context(), page_origin, coze.url)
    yield visitor
    visitor.leave()
    traffic.close()


def test_a_frame_of_another_site_needs_no_cookie_either(
    visitor_of_two_sites, alice, widget, settings, page_origin, port
):
    """Browsers take chat.localhost for no relative of shop.localhost."""
    settings.COZE_FRAME_ORIGIN = f"http://chat.localhost:{port}"
    settings.COZE_PAGE_ORIGINS = [page_origin]
    visitor = visitor_of_two_sites
    visitor.log_in(alice)
    visitor.visit()
    visitor.open_chat()
    visitor.say("apples for alice")

    visitor.visit()
    visitor.open_chat()

    expect(visitor.transcript).to_contain_text("apples for alice")
    assert frame_of(visitor, settings.COZE_FRAME_ORIGIN)


# The wall


TRIES = {
    "the page's document": "parent.document.title",
    "the page's cookies": "parent.document.cookie",
    "the page's storage": "parent.localStorage.length",
    "the page's code": "parent.CozeWidget",
    "the page itself": "parent.eval('1')",
}


@pytest.fixture
def chatting(visitor, alice, widget, moved):
    visitor.log_in(alice)
    visitor.visit()
    visitor.page.evaluate("document.cookie = 'basket=12; path=/'")
    visitor.open_chat()
    visitor.say("apples for alice")
    return visitor


def test_a_script_in_the_frame_cannot_read_the_page(chatting, frame_origin):
    """Nor could Coze's. In a frame of the page's own origin each of these works."""
    frame = frame_of(chatting, frame_origin)

    for what, code in TRIES.items():
        said = frame.evaluate(
            f"() => {{ try {{ return {code} }} catch ({{ name }}) {{ return name }} }}"
        )
        assert said == "SecurityError", what


def test_that_is_so_because_of_the_setting(visitor, alice, widget, page_origin):
    visitor.log_in(alice)
    visitor.visit()
    visitor.open_chat()
    frame = frame_of(visitor, f"{page_origin}/chat/")

    assert frame.evaluate(TRIES["the page's document"]) == "Shop"


def test_it_sees_none_of_the_pages_cookies(chatting, frame_origin):
    frame = frame_of(chatting, frame_origin)

    assert chatting.cookie("basket") == "12"
    assert "basket" not in frame.evaluate(
        "Object.getOwnPropertyDescriptor(Document.prototype, 'cookie').get.call(document)"
    )


def test_a_script_in_the_page_cannot_read_the_frame(chatting):
    """Nor the token in it."""
    frame = chatting.page.locator("iframe")

    assert frame.evaluate("(frame) => frame.contentDocument") is None
    with pytest.raises(Error, match="SecurityError"):
        frame.evaluate("(frame) => frame.contentWindow.document.title")
    assert not TOKEN.search(chatting.page.content())


def ask(frame, url):
    """A request as Coze's script could send it, with all cookies that there are."""
    return frame.evaluate(
        """(url) => fetch(url, {
            method: "POST",
            headers: {"Content-Type": "text/plain"},
            body: "{}",
            credentials: "include",
        }).then((response) => response.text(), (error) => error.name)""",
        url,
    )


@pytest.mark.parametrize("view", ["visitor", "session"])
def test_the_frames_policy_lets_no_script_ask_the_pages_host(
    chatting, frame_origin, page_origin, view
):
    url = f"{page_origin}/chat/support/{view}/"
    before = len(chatting.requests)

    said = ask(frame_of(chatting, frame_origin), url)

    assert said == "TypeError"
    assert url not in [request.url for request in chatting.requests[before:]]


@pytest.mark.parametrize("view", ["visitor", "session"])
def test_nor_would_it_hear_who_is_there_if_the_policy_did(
    chatting, frame_origin, page_origin, view, caplog
):
    """A document without a policy: requests between siblings carry the login."""
    tab = chatting.new_tab()
    tab.goto(f"{frame_origin}/nothing/")

    said = ask(tab.main_frame, f"{page_origin}/chat/support/{view}/")

    assert said == "TypeError"
    [refusal] = [one for one in caplog.messages if "was refused" in one]
    assert "Sec-Fetch-Site is 'same-site'" in refusal


def test_a_script_in_the_frame_is_nobody_without_the_page(chatting, frame_origin):
    frame = frame_of(chatting, frame_origin)

    said = frame.evaluate(
        """() => fetch("/chat/support/session/", {
            method: "POST",
            headers: {"Content-Type": "application/json"},
            body: "{}",
        }).then((response) => response.json())"""
    )

    assert said["code"] == "bad_visitor"


def test_nobody_can_log_in_on_the_frames_host(chatting, frame_origin):
    tab = chatting.new_tab()

    response = tab.goto(f"{frame_origin}/admin/login/")

    assert response.status == 404
    assert tab.locator("body").inner_text() == "Only the chat is on this host."


HOLDERS = {
    "http://shop.localhost": True,
    "http://evil.localhost": False,
    "http://evil.shop.localhost": False,
    "http://shop.localhost.evil.localhost": False,
}


@pytest.mark.parametrize(("holder", "may_hold"), HOLDERS.items())
def test_nobody_but_the_sites_pages_holds_the_frame(
    visitor, widget, moved, frame_origin, port, holder, may_hold
):
    visitor.page.goto(f"{holder}:{port}/holding/")

    assert visitor.page.frames[-1].url.startswith(frame_origin) is may_hold


def test_a_page_lets_the_frame_in_by_its_name(
    visitor, alice, widget, moved, frame_origin
):
    """`'self'` is not enough: that is what W020 says."""
    visitor.log_in(alice)
    visitor.visit(f"/policy/?from={frame_origin}")
    visitor.open_chat()
    visitor.say("apples")
    visitor.close_chat()

    visitor.visit("/policy/?from='self'")
    visitor.launcher.click()

    expect(visitor.cover).to_contain_text("The chat could not be loaded.")
