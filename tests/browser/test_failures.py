"""When something is missing the visitor reads a sentence, in our own panel."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from playwright.sync_api import expect

from coze_widget.catalogue import catalogue
from coze_widget.sandbox.sdk_files import build_bundle

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.site")]

FRAME = {"place": "frame"}
INLINE = {"place": "inline"}
COZES_BUTTON = {"place": "inline", "load": "eager", "launcher": "sdk"}
SESSION = "**/session/"
SDK_SCRIPT = "**/index.js"


@pytest.fixture(params=[FRAME, INLINE], ids=["frame", "inline"])
def place(request):
    return request.param


@pytest.fixture
def guests(make_widget, place):
    return make_widget(guests="isolated", **place)


def press_launcher(visitor):
    launcher = visitor.page.locator(".launcher, .coze-chat-sdk-launcher").first
    is_ours = launcher.evaluate("(node) => node.matches('button')")
    launcher.click()
    if is_ours:  # what draws the panel may come after the click
        expect(visitor.shell).to_be_attached()


def try_again(visitor):
    visitor.sign.get_by_role("button", name="Try again").click()


def test_coze_is_down(visitor, guests, coze):
    visitor.visit()
    coze.stop()

    press_launcher(visitor)
    expect(visitor.sign).to_contain_text("not available right now.")

    coze.start()
    try_again(visitor)
    expect(visitor.input).to_be_visible()
    expect(visitor.sign).to_have_count(0)


def test_it_tries_again_by_itself(visitor, guests, coze):
    visitor.page.clock.install()
    visitor.visit()
    coze.add_fault("/api/permission/oauth2/token", status=503)
    press_launcher(visitor)
    expect(visitor.sign).to_contain_text("not available right now.")

    visitor.page.clock.fast_forward(20_000)

    expect(visitor.input).to_be_visible()


@pytest.fixture
def busy(visitor, make_widget):
    """A site that has been asked once, and is busy since; the clock is ours."""
    make_widget(guests="isolated")
    answer = {"status": 503, "headers": {"Retry-After": "5"}, "body": ""}
    visitor.context.route(SESSION, lambda route: route.fulfill(**answer))
    visitor.page.clock.install()
    visitor.visit()
    press_launcher(visitor)
    expect(visitor.sign).to_contain_text("not available right now.")
    return visitor


def asked_for_sessions(visitor):
    asked = visitor.asked(of=visitor.site_url)
    return len([path for path in asked if path.endswith("/session/")])


def test_a_site_that_stays_busy_is_asked_less_and_less(busy):
    for _ in range(40):
        busy.page.clock.fast_forward(15_000)
        busy.page.wait_for_timeout(20)

    assert 4 <= asked_for_sessions(busy) <= 9


@pytest.mark.parametrize(
    ("seconds", "sentence"),
    [
        (30, "That was a little fast. Please wait a moment."),
        (600, "That was often. You can chat again in 10 minutes."),
    ],
)
def test_how_long_one_has_to_wait_is_said(visitor, guests, seconds, sentence):
    problem = {"status": 429, "code": "rate_limited"}
    visitor.context.route(
        SESSION,
        lambda route: route.fulfill(
            status=429,
            headers={"Retry-After": str(seconds)},
            content_type="application/problem+json",
            json=problem,
        ),
    )
    visitor.visit()
    press_launcher(visitor)

    expect(visitor.sign).to_contain_text(sentence)


def test_a_hidden_page_asks_nobody_until_somebody_is_back(busy):
    busy.set_hidden(True)
    busy.page.clock.fast_forward(600_000)
    busy.page.wait_for_timeout(100)
    assert asked_for_sessions(busy) == 1

    busy.context.unroute(SESSION)
    busy.set_hidden(False)

    expect(busy.input).to_be_visible()
    assert asked_for_sessions(busy) == 2


def test_a_closed_chat_does_not_try_again(busy):
    busy.sign.get_by_role("button", name="Close chat").click()
    # The page is asked, and answers the chat.
    expect(busy.shell).not_to_be_visible()
    busy.page.wait_for_timeout(100)

    busy.page.clock.fast_forward(600_000)
    busy.page.wait_for_timeout(100)

    assert asked_for_sessions(busy) == 1


def test_tab_does_not_reach_a_chat_under_our_panel(visitor, make_widget):
    make_widget(guests="isolated")
    visitor.visit()
    press_launcher(visitor)
    expect(visitor.input).to_be_visible()
    visitor.close_chat()
    visitor.context.route(SESSION, lambda route: route.abort())

    press_launcher(visitor)
    expect(visitor.sign).to_contain_text("not available right now.")

    for _ in range(6):
        visitor.page.keyboard.press("Tab")
        expect(visitor.input).not_to_be_focused()
    expect(visitor.input).not_to_be_visible()


def test_the_sdks_script_is_blocked(visitor, guests):
    visitor.context.route(SDK_SCRIPT, lambda route: route.abort())
    visitor.visit()

    press_launcher(visitor)
    expect(visitor.sign).to_contain_text("The chat could not be loaded.")

    visitor.context.unroute_all()
    try_again(visitor)
    expect(visitor.input).to_be_visible()


def test_the_sdks_script_is_another_one(visitor, guests):
    visitor.context.route(SDK_SCRIPT, lambda route: route.fulfill(body="let other;"))
    visitor.visit()

    press_launcher(visitor)

    expect(visitor.sign).to_contain_text("The chat could not be loaded.")


def test_the_browser_is_offline(visitor, guests):
    visitor.visit()
    press_launcher(visitor)
    expect(visitor.input).to_be_visible()
    visitor.close_chat()
    visitor.context.set_offline(True)

    press_launcher(visitor)
    expect(visitor.sign).to_contain_text("You are offline.")

    # Nobody has to press anything.
    visitor.context.set_offline(False)
    expect(visitor.input).to_be_visible()


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ({"status": 302, "headers": {"Location": "/login/"}}, "could not be started"),
        ({"status": 200, "body": "<p>Log in</p>"}, "could not be started"),
        ({"status": 200, "json": {"token": ""}}, "could not be started"),
        (
            {"status": 200, "content_type": "application/json", "body": "{"},
            "could not be started",
        ),
        ({"status": 502, "body": "<p>nginx</p>"}, "not available right now"),
        ({"status": 429, "body": ""}, "a little fast"),
    ],
)
def test_what_is_no_session_becomes_a_sentence(visitor, make_widget, answer, sentence):
    make_widget(guests="isolated")
    visitor.context.route(SESSION, lambda route: route.fulfill(**answer))
    visitor.visit()

    press_launcher(visitor)

    expect(visitor.sign).to_contain_text(sentence)


def test_who_has_to_log_in_gets_the_way_there_and_back(
    visitor, make_widget, place, settings
):
    settings.LOGIN_URL = "/admin/login/?theme=shop"
    make_widget(**place)
    visitor.visit("/?page=2#goods")

    press_launcher(visitor)

    expect(visitor.sign).to_contain_text("Please log in to chat.")
    visitor.sign.get_by_role("link", name="Log in").click()
    visitor.page.wait_for_url("**/admin/login/**")
    assert "theme=shop&next=%2F%3Fpage%3D2%23goods" in visitor.page.url


def test_a_login_address_that_is_a_script_is_no_link(visitor, make_widget, settings):
    make_widget()
    answer = {"code": "login_required", "login_url": "javascript:alert(1)"}
    visitor.context.route(SESSION, lambda route: route.fulfill(status=401, json=answer))
    visitor.visit()

    press_launcher(visitor)

    expect(visitor.sign).to_contain_text("Please log in to chat.")
    expect(visitor.sign.get_by_role("link")).to_have_count(0)


def test_a_widget_that_is_gone_says_so_and_leaves_the_page(visitor, guests):
    visitor.visit()
    press_launcher(visitor)
    expect(visitor.input).to_be_visible()
    visitor.close_chat()
    guests.enabled = False
    guests.save()
    catalogue.forget()

    press_launcher(visitor)
    expect(visitor.sign).to_contain_text("This chat is no longer here.")
    expect(visitor.sign.get_by_role("button", name="Try again")).to_have_count(0)
    visitor.sign.get_by_role("button", name="Close chat").click()

    expect(visitor.page.locator("div[data-coze-widget]")).to_have_count(0)
    visitor.page.evaluate("CozeWidget.open('support')")
    expect(visitor.page.locator("div[data-coze-widget]")).to_have_count(0)


def test_our_panel_can_be_closed(visitor, guests, coze):
    visitor.visit()
    coze.add_fault("/api/permission/oauth2/token", status=503)
    press_launcher(visitor)

    visitor.sign.get_by_role("button", name="Close chat").click()

    expect(visitor.launcher).to_be_focused()
    press_launcher(visitor)
    expect(visitor.input).to_be_visible()


def test_pressed_again_and_again_it_opens_once(visitor, guests, coze):
    visitor.visit()
    coze.add_fault("/api/permission/oauth2/token", latency_ms=400)
    for _ in range(3):
        press_launcher(visitor)
        visitor.page.keyboard.press("Escape")

    press_launcher(visitor)

    expect(visitor.input).to_be_visible()
    expect(visitor.cover).not_to_be_visible()
    asked = visitor.asked(of=visitor.coze_url)
    assert len([path for path in asked if path.endswith("/index.js")]) == 1


def test_a_hidden_chat_that_fails_stays_hidden(visitor, make_widget, coze):
    make_widget(guests="isolated")
    visitor.visit()
    coze.add_fault("/api/permission/oauth2/token", status=503, latency_ms=300)
    press_launcher(visitor)
    visitor.page.keyboard.press("Escape")
    visitor.page.wait_for_timeout(500)

    expect(visitor.launcher).to_be_visible()
    expect(visitor.sign).not_to_be_visible()


def test_cozes_own_button_without_a_session(visitor, make_widget, coze):
    make_widget(guests="isolated", **COZES_BUTTON)
    visitor.visit()
    coze.add_fault("/api/permission/oauth2/token", status=503)

    press_launcher(visitor)

    expect(visitor.sign).to_contain_text("not available right now.")
    try_again(visitor)
    expect(visitor.input).to_be_visible()


def test_cozes_own_button_is_there_again_after_our_panel(visitor, make_widget, alice):
    make_widget(**COZES_BUTTON)
    visitor.visit()
    press_launcher(visitor)
    expect(visitor.sign).to_contain_text("Please log in to chat.")

    visitor.sign.get_by_role("button", name="Close chat").click()
    visitor.log_in(alice)
    visitor.open_chat()

    visitor.say("hello")


def test_cozes_own_button_without_its_script(visitor, make_widget):
    make_widget(guests="isolated", **COZES_BUTTON)
    visitor.context.route(SDK_SCRIPT, lambda route: route.abort())

    visitor.visit()

    expect(visitor.sign).to_have_count(0)


def test_an_sdk_that_does_not_open_is_a_failure(visitor, make_widget):
    make_widget(guests="isolated")
    body = "CozeWebSDK = { WebChatClient: class { showChatBot() {} destroy() {} } };"
    visitor.context.route(SDK_SCRIPT, lambda route: route.fulfill(body=body))
    visitor.page.clock.install()
    visitor.visit()
    press_launcher(visitor)
    visitor.page.wait_for_load_state("networkidle")

    visitor.page.clock.fast_forward(8000)

    expect(visitor.sign).to_contain_text("The chat could not be loaded.")


def test_an_alert_of_the_sdks_becomes_a_sentence(visitor, make_widget):
    make_widget(guests="isolated")
    body = """CozeWebSDK = { WebChatClient: class {
        showChatBot() { alert("The access token is missing."); }
        destroy() {}
    } };"""
    visitor.context.route(SDK_SCRIPT, lambda route: route.fulfill(body=body))
    visitor.visit()

    press_launcher(visitor)

    expect(visitor.sign).to_contain_text("The chat could not be started.")


# Out of hours

SATURDAY = "2026-11-21T10:00:00Z"
MONDAY_AT_NINE = 1795395600  # in Shanghai


@pytest.fixture
def out_of_hours(new_visitor, make_widget, place):
    """The session view says no; the clock and the zone are ours."""
    make_widget(guests="isolated", **place)
    visitor = new_visitor(timezone_id="Asia/Shanghai")
    visitor.page.clock.install(time=SATURDAY)

    def answer(**members):
        problem = {"status": 403, "code": "closed", **members}
        visitor.context.route(
            SESSION,
            lambda route: route.fulfill(
                status=403, json=problem, content_type="application/problem+json"
            ),
        )
        return visitor

    return answer


@pytest.mark.parametrize(
    ("path", "first", "second"),
    [
        (
            "/",
            "The chat is closed at the moment.",
            r"It opens again Monday, November 23.{1,4} 9:00\sAM\.",
        ),
        ("/zh/", "", r"11月23日星期一 0?9:00"),
    ],
)
def test_out_of_hours_one_reads_when_it_opens_again(out_of_hours, path, first, second):
    visitor = out_of_hours(opens_at=MONDAY_AT_NINE)
    visitor.visit(path)

    press_launcher(visitor)

    expect(visitor.sign).to_contain_text(first)
    expect(visitor.sign).to_contain_text(re.compile(second))
    expect(visitor.sign.locator(".action")).to_have_count(0)


@pytest.mark.parametrize(
    ("opens_at", "says"),
    [
        (MONDAY_AT_NINE + 365 * 86_400, True),
        (0, False),
        (None, False),
        ("soon", False),
        (1e300, False),
    ],
)
@pytest.mark.parametrize("place", [FRAME], indirect=True)
def test_a_moment_is_told_if_it_is_one_to_come(out_of_hours, opens_at, says):
    visitor = out_of_hours(opens_at=opens_at)
    visitor.visit()

    press_launcher(visitor)

    expect(visitor.sign).to_contain_text("The chat is closed at the moment.")
    sentences = visitor.sign.locator("p").inner_text().split("\n")
    assert ["2027" in sentence for sentence in sentences[1:]] == [True] * says


def test_a_chat_out_of_hours_is_not_asked_for_again_until_it_is_opened(out_of_hours):
    visitor = out_of_hours()
    visitor.visit()
    press_launcher(visitor)
    expect(visitor.sign).to_contain_text("The chat is closed at the moment.")

    for _ in range(5):
        visitor.page.clock.fast_forward(600_000)
        visitor.page.wait_for_timeout(20)
    assert asked_for_sessions(visitor) == 1

    visitor.sign.get_by_role("button", name="Close chat").click()
    visitor.context.unroute_all()
    visitor.open_chat()
    visitor.say("hello")


# A hash of the SDK


def hash_of(text):
    digest = hashlib.sha384(text.encode()).digest()
    return "sha384-" + base64.b64encode(digest).decode()


@pytest.fixture(
    params=[FRAME, INLINE, COZES_BUTTON], ids=["frame", "inline", "cozes-button"]
)
def everywhere(request):
    return request.param


def test_the_sdk_with_the_right_hash_runs_and_is_fetched_once(
    visitor, make_widget, everywhere
):
    make_widget(guests="isolated", sdk_integrity=hash_of(build_bundle()), **everywhere)
    visitor.visit()

    visitor.open_chat()
    visitor.say("hello")

    script = visitor.chat.locator("script[src$='/index.js']")
    assert script.get_attribute("integrity") == hash_of(build_bundle())
    assert script.get_attribute("crossorigin") == "anonymous"
    asked = visitor.asked(of=visitor.coze_url)
    assert len([path for path in asked if path.endswith("/index.js")]) == 1


def test_an_sdk_with_another_hash_does_not_run(visitor, make_widget, place):
    make_widget(guests="isolated", sdk_integrity=hash_of("another one"), **place)
    visitor.visit()

    press_launcher(visitor)

    expect(visitor.sign).to_contain_text("The chat could not be loaded.")
    expect(visitor.sign.get_by_role("button", name="Try again")).to_be_visible()
    frame = visitor.page.frames[-1]
    assert frame.evaluate("typeof window.CozeWebSDK") == "undefined"


def test_cozes_own_button_does_not_come_with_another_hash(visitor, make_widget):
    make_widget(guests="isolated", sdk_integrity=hash_of("another"), **COZES_BUTTON)

    visitor.visit()

    assert visitor.page.evaluate("typeof window.CozeWebSDK") == "undefined"
    expect(visitor.sign).to_have_count(0)
