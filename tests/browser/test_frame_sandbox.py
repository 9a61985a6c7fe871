"""COZE_FRAME_SANDBOX: the chat works in a frame without an origin, and cannot look out."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import Error, expect

from tests.browser.hosts import Host, loader
from tests.browser.test_returns import names_at
from tests.browser.test_tokens import mints
from tests.browser.visitor import SDK
from tests.patience import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.site")]

MINUTE = 60 * 1000
INNER = "/inner/"
OUTER = "/frame/"


@pytest.fixture(autouse=True)
def sandboxed(settings):
    settings.COZE_FRAME_SANDBOX = True


@pytest.fixture
def chatting(visitor, alice, widget):
    visitor.log_in(alice)
    visitor.visit()
    visitor.page.evaluate("document.cookie = 'basket=12; path=/'")
    visitor.page.evaluate("localStorage.setItem('basket', '3 teas')")
    visitor.open_chat()
    visitor.say("apples for alice")
    return visitor


def frame_of(visitor, ending):
    [frame] = [
        one for one in visitor.page.frames if urlsplit(one.url).path.endswith(ending)
    ]
    return frame


def kept(visitor):
    return visitor.page.evaluate("JSON.stringify([localStorage, sessionStorage])")


# The chat


def test_the_chat_is_in_a_frame_without_an_origin(chatting):
    assert frame_of(chatting, OUTER).evaluate("window.origin") == chatting.site_url
    assert frame_of(chatting, INNER).evaluate("window.origin") == "null"


def test_a_history_is_there_again(chatting):
    chatting.close_chat()
    chatting.visit()
    chatting.open_chat()

    expect(chatting.transcript).to_contain_text("apples for alice")


def test_what_the_sdk_has_left_before_goes(visitor, alice, widget):
    visitor.log_in(alice)
    visitor.visit()
    visitor.page.evaluate(
        "localStorage.setItem('coze__ChatHistory__7', 'from before the sandbox')"
    )

    visitor.open_chat()

    assert "from before" not in kept(visitor)


def test_nothing_is_refused_by_a_policy(visitor, alice, widget):
    violations = []
    visitor.context.expose_function("violated", lambda said: violations.append(said))
    visitor.context.add_init_script(
        "addEventListener('securitypolicyviolation', (event) =>"
        " violated(`${event.effectiveDirective} ${event.blockedURI}`))"
    )
    visitor.log_in(alice)
    visitor.visit()

    visitor.open_chat()
    visitor.say("apples")

    assert violations == []


def test_its_script_is_fetched_once_for_a_frame(chatting, coze):
    asked = chatting.asked(of=coze.url)

    assert len([path for path in asked if path.endswith("/index.js")]) == 1


def test_the_token_is_renewed_before_it_ends(visitor, alice, widget, coze):
    visitor.page.clock.install()
    visitor.log_in(alice)
    visitor.visit()
    visitor.open_chat()
    visitor.say("first")
    cache.clear()  # the site's own copy is as old as the visitor's
    visitor.page.clock.fast_forward(10 * MINUTE)
    visitor.input.press("End")
    visitor.page.clock.fast_forward(49 * MINUTE)
    visitor.input.press("End")
    wait_until(
        lambda: len(mints(coze)) > 1, pause=lambda: visitor.page.clock.run_for(100)
    )
    visitor.page.clock.run_for(5000)

    expect(visitor.input).to_be_visible()
    visitor.say("second")
    used = {one["token"] for one in coze.requests if one["path"].endswith("/chat")}
    assert len(list(filter(None, used))) == 2


def test_a_chat_that_is_welcomed_twice_loses_no_question(visitor, make_widget):
    """It says hello when it is there, and again when the document around it calls."""
    make_widget(guests="isolated")
    held = visitor.hold_first("**/session/")
    visitor.visit()
    with visitor.page.expect_request("**/session/"):
        visitor.launcher.click()

    frame_of(visitor, OUTER).evaluate(
        """async () => {
            const call = { type: "call", slug: "support" };
            document.querySelector("iframe").contentWindow.postMessage(call, "*");
            await new Promise((resolve) => setTimeout(resolve, 300));
        }"""
    )
    held[0].continue_()

    expect(visitor.input).to_be_visible()
    assert len(held) == 1


def test_a_draft_comes_back_for_the_same_person_only(chatting, bob):
    chatting.input.fill("half a sentence")
    expect_kept(chatting, "half a sentence")
    chatting.visit("/?page=2")
    expect(chatting.input).to_have_value("half a sentence")

    chatting.log_in(bob)
    chatting.visit("/?page=3")

    expect(chatting.input).to_be_visible()
    expect(chatting.input).to_have_value("")
    assert "half a sentence" not in kept(chatting)


def expect_kept(visitor, text):
    """It takes a message from frame to frame."""
    visitor.page.wait_for_function(
        "(text) => JSON.stringify(sessionStorage).includes(text)", arg=text
    )


def test_what_was_sent_is_no_draft(chatting):
    chatting.input.fill("half a sentence")
    expect_kept(chatting, "half a sentence")
    chatting.input.press("Enter")
    expect(chatting.transcript).to_contain_text('You said: "half a sentence"')

    chatting.visit("/?page=2")

    expect(chatting.input).to_be_visible()
    expect(chatting.input).to_have_value("")


# One person


def test_the_frame_goes_with_the_person(chatting, bob):
    chatting.page.locator("iframe").evaluate("(frame) => { frame.isAlices = true; }")
    chatting.page.evaluate(
        "localStorage.setItem('coze__ChatHistory__7', 'from a chat in the page')"
    )
    chatting.log_in(bob)

    chatting.set_hidden(True)
    chatting.set_hidden(False)

    expect(chatting.input).to_be_visible()
    chatting.say("bananas for bob")
    expect(chatting.transcript).not_to_contain_text("apples")
    is_alices = "(frame) => frame.isAlices === true"
    assert not chatting.page.locator("iframe").evaluate(is_alices)
    assert "from a chat" not in kept(chatting)
    assert "3 teas" in kept(chatting)


def test_another_tab_tells_of_the_change(chatting, bob):
    first, chatting.page = chatting.page, chatting.new_tab()
    chatting.visit()
    chatting.open_chat()
    chatting.log_in(bob)
    chatting.set_hidden(True)
    chatting.set_hidden(False)
    expect(chatting.transcript).to_contain_text("Hello Bob")

    chatting.page = first

    expect(chatting.transcript).to_contain_text("Hello Bob")
    expect(chatting.transcript).not_to_contain_text("apples")


def test_who_has_logged_out_logs_in_beside_the_page(chatting, alice):
    """The frame may not take the whole window anywhere."""
    chatting.log_out()
    chatting.set_hidden(True)
    chatting.set_hidden(False)
    expect(chatting.sign).to_contain_text("Please log in to chat.")

    with chatting.context.expect_page() as opened:
        chatting.sign.get_by_role("link", name="Log in").click()
    login = opened.value

    expect(login).to_have_url(f"{chatting.site_url}/admin/login/?next=%2F")
    # It is free of the frame's sandbox, or nobody could log in there.
    assert login.evaluate("window.origin") == chatting.site_url
    login.close()
    chatting.log_in(alice)
    chatting.set_hidden(True)
    chatting.set_hidden(False)
    expect(chatting.transcript).to_contain_text("apples for alice")


def test_two_tabs_of_a_guest_settle_on_one_id(visitor, make_widget, coze):
    make_widget(guests="isolated")
    pages = [visitor.page, visitor.new_tab()]
    for page in pages:
        page.goto(visitor.site_url)
    for page in pages:
        page.locator(".launcher").click(no_wait_after=True)
    for page in pages:
        visitor.page = page
        expect(visitor.input).to_be_visible()
        visitor.say("hello")

    chats = [one["body"] for one in coze.requests if one["path"].endswith("/chat")]
    assert len({body["user_id"] for body in chats if body}) == 1


def test_a_guest_starts_over_as_a_new_visitor(visitor, make_widget):
    make_widget(guests="isolated")
    visitor.visit()
    visitor.open_chat()
    visitor.say("pears for a guest")

    visitor.strip.get_by_role("button").click()
    expect(visitor.transcript).not_to_contain_text("pears")
    visitor.say("figs")

    expect(visitor.transcript).not_to_contain_text("pears")


def test_the_site_being_down_is_a_sentence_with_a_way_on(visitor, alice, widget):
    visitor.log_in(alice)
    visitor.context.route("**/session/", lambda route: route.abort())
    visitor.visit()
    visitor.launcher.click()
    expect(visitor.sign).to_contain_text("not available right now")
    visitor.context.unroute("**/session/")

    visitor.chat.get_by_role("button", name="Try again").click()

    expect(visitor.input).to_be_visible()


# Keyboard, microphone, sizes


def test_the_keyboard_goes_in_and_out(visitor, alice, widget):
    visitor.log_in(alice)
    visitor.visit()
    visitor.launcher.focus()

    visitor.page.keyboard.press("Enter")
    expect(visitor.input).to_be_focused()
    visitor.page.keyboard.press("a")
    expect(visitor.input).to_have_value("a")
    visitor.page.keyboard.press("Escape")

    expect(visitor.input).not_to_be_visible()
    expect(visitor.launcher).to_be_focused()
    # The second time Chromium may leave the focus on the frame around the chat, and Tab
    # leads in.
    visitor.page.keyboard.press("Enter")
    expect(visitor.input).to_be_visible()


@pytest.mark.parametrize("has_voice", [False, True])
def test_the_microphone_is_there_where_voice_is_on(visitor, make_widget, has_voice):
    make_widget(guests="isolated", chat_bot_is_need_audio=has_voice)
    visitor.visit()
    visitor.open_chat()

    is_let_in = frame_of(visitor, INNER).evaluate(
        "(name) => document.featurePolicy.allowsFeature(name)", "microphone"
    )

    assert is_let_in is has_voice
    assert not frame_of(visitor, INNER).evaluate(
        "document.featurePolicy.allowsFeature('camera')"
    )


@pytest.mark.parametrize("size", [(1280, 800), (390, 700)], ids=["wide", "phone"])
def test_the_chat_fills_the_panel(new_visitor, make_widget, size):
    make_widget(guests="isolated")
    width, height = size
    visitor = new_visitor(viewport={"width": width, "height": height})
    visitor.visit()
    visitor.open_chat()

    outer = visitor.page.locator("iframe")
    inner = outer.content_frame.locator("iframe")
    assert inner.bounding_box() == outer.bounding_box()


def test_a_file_goes_along_with_a_message(chatting, coze):
    with chatting.page.expect_file_chooser() as asked:
        chatting.chat.locator(f"{SDK}upload").first.click()
    asked.value.set_files(
        {"name": "note.txt", "mimeType": "text/plain", "buffer": b"three apples"}
    )
    chatting.input.fill("see here")
    chatting.input.press("Enter")

    expect(chatting.transcript).to_contain_text("see here")
    assert [one for one in coze.requests if one["path"] == "/v1/files/upload"]


# Elsewhere


@pytest.fixture
def host():
    with Host() as host:
        yield host


def test_on_a_page_of_another_origin_a_guest_is_known_again(
    visitor, make_widget, host, live_server
):
    make_widget(guests="isolated", allowed_origins=host.url())
    host.show(loader(live_server.url))
    visitor.site_url = host.url()
    # As a browser that gives no cookie back.
    visitor.context.route("**/session/", without_cookies)
    visitor.visit()
    visitor.open_chat()
    visitor.say("apples")

    visitor.close_chat()
    visitor.visit()
    visitor.open_chat()

    expect(visitor.transcript).to_contain_text("apples")
    assert not frame_of(visitor, INNER).evaluate(CAN_READ, "top.document")


def without_cookies(route):
    headers = {**route.request.headers}
    headers.pop("cookie", None)
    response = route.fetch(headers=headers)
    answer = {**response.headers}
    answer.pop("set-cookie", None)
    route.fulfill(response=response, headers=answer)


def test_a_page_that_may_not_hold_the_frame_gets_no_chat(
    visitor, make_widget, host, live_server
):
    make_widget(guests="isolated", allowed_origins="https://shop.example")
    host.show(f'<iframe src="{live_server.url}/chat/support{INNER}"></iframe>')

    with visitor.page.expect_console_message(
        lambda message: "frame-ancestors" in message.text
    ):
        visitor.page.goto(host.url())

    assert not visitor.asked(of=live_server.url)[1:]


def test_a_page_that_holds_the_frame_puts_nothing_of_its_own_in(
    visitor, make_widget, host, live_server
):
    """It would be handed the way to the visitor's token: a page may lead frames in frames."""
    make_widget(guests="isolated", allowed_origins=host.url())
    host.show(loader(live_server.url))
    host.show(path="/trap/")
    visitor.site_url = host.url()
    visitor.visit()
    visitor.open_chat()

    with visitor.page.expect_console_message(
        lambda message: "frame-src" in message.text
    ):
        visitor.page.locator("iframe").evaluate(
            "(frame, url) => { frame.contentWindow[0].location = url; }",
            f"{host.url()}/trap/",
        )

    assert "/trap/" not in visitor.asked(of=host.url())


def test_the_frames_own_host_and_the_sandbox_go_together(
    visitor, alice, widget, settings, live_server
):
    port = urlsplit(live_server.url).port
    visitor.site_url = f"http://shop.localhost:{port}"
    settings.COZE_FRAME_ORIGIN = f"http://chat.shop.localhost:{port}"
    settings.COZE_PAGE_ORIGINS = [visitor.site_url]
    visitor.log_in(alice)
    visitor.visit()
    visitor.open_chat()
    visitor.say("apples for alice")

    assert frame_of(visitor, OUTER).url.startswith(settings.COZE_FRAME_ORIGIN)
    assert frame_of(visitor, INNER).evaluate("window.origin") == "null"


# The wall: Coze's script can do what a script of ours can do there

CAN_READ = """(code) => {
    try {
        (0, eval)(code);
        return true;
    } catch {
        return false;
    }
}"""
TRIES = {
    "the outer document": "parent.document.title",
    "its code": "parent.fetch",
    "the page's document": "parent.parent.document.title",
    "the page's storage": "top.localStorage.length",
    "the page's code": "top.CozeWidget",
    "its address": "top.location.href",
    "its fate": "top.location = 'about:blank'; throw top.location.href",
    "databases": "indexedDB.open('x').onerror; throw 0",
    "caches": "caches.keys",
    "service workers": "navigator.serviceWorker.controller",
}
# Before any script of ours, and of Coze's, has put anything in their place.
NATIVE = {
    "cookies": "document.cookie",
    "storage": "localStorage.length",
    "the tab's storage": "sessionStorage.length",
}


@pytest.fixture
def scripted(visitor, alice, widget):
    """Remembers what the browser itself says, and lets tests evaluate a string."""
    visitor.context.add_init_script(
        "window.natively = {};"
        f"const tries = {list(NATIVE.values())!r};"
        """tries.forEach((code) => {
            const [name, property] = code.split(".");
            try {
                natively[code] = String(window[name][property]);
            } catch (error) {
                natively[code] = error.name;
            }
        });"""
    )
    visitor.log_in(alice)
    visitor.visit()
    visitor.page.evaluate("document.cookie = 'basket=12; path=/'")
    visitor.open_chat()
    return visitor


@pytest.mark.parametrize("code", TRIES.values(), ids=TRIES)
def test_a_script_in_the_frame_cannot_reach(chatting, code):
    with pytest.raises(Error):
        frame_of(chatting, INNER).evaluate(f"() => {{ return void ({code}); }}")


@pytest.mark.parametrize("code", NATIVE.values(), ids=NATIVE)
def test_what_the_site_has_kept_is_not_there(scripted, code):
    assert frame_of(scripted, INNER).evaluate("natively")[code] == "SecurityError"
    assert frame_of(scripted, OUTER).evaluate("natively")[code] != "SecurityError"


def test_what_is_there_instead_is_forgotten(chatting):
    inner = frame_of(chatting, INNER)
    inner.evaluate(
        """() => {
            document.cookie = "i18next=xx; path=/";
            document.cookie = "basket=none; path=/";
            localStorage.setItem("basket", "none");
            localStorage.setItem("coze__OpenSDKUID__", "7");
            sessionStorage.setItem("coze-widget-open", "other");
        }"""
    )

    assert inner.evaluate("document.cookie") == "basket=none"
    assert inner.evaluate("localStorage.getItem('basket')") == "none"
    assert inner.evaluate("localStorage.key(0) in localStorage")
    assert inner.evaluate("localStorage.key(localStorage.length)") is None
    inner.evaluate("localStorage.clear()")
    assert inner.evaluate("localStorage.getItem('basket')") is None
    assert chatting.cookie("i18next") is None
    assert chatting.cookie("basket") == "12"
    assert chatting.page.evaluate("localStorage.getItem('basket')") == "3 teas"
    assert chatting.page.evaluate("sessionStorage['coze-widget-open']") == "support"


def test_its_policy_lets_it_ask_nothing_of_the_site(chatting):
    asked = len(chatting.asked(of=chatting.site_url))

    said = frame_of(chatting, INNER).evaluate(
        """() => Promise.all(["/", "/admin/", "/chat/support/frame/"].map((path) =>
            fetch(path, {credentials: "include", mode: "no-cors"}).then(
                () => "sent", (error) => error.name)))"""
    )

    assert said == ["TypeError"] * 3
    assert len(chatting.asked(of=chatting.site_url)) == asked


def test_were_it_without_a_policy_the_site_would_refuse(
    new_visitor, alice, widget, caplog
):
    """As a stranger's: no cookie goes along, and Origin is null."""
    visitor = new_visitor(bypass_csp=True)
    visitor.log_in(alice)
    visitor.visit()
    visitor.open_chat()
    inner = frame_of(visitor, INNER)
    # In bypassed policies the one with `sandbox` is, too; the frame's attribute is not.
    assert inner.evaluate("window.origin") == "null"

    inner.evaluate(
        """() => new Promise((done) => {
            const asked = new XMLHttpRequest();
            asked.onloadend = done;
            asked.open("POST", "/chat/support/session/");
            asked.withCredentials = true;
            asked.setRequestHeader("Content-Type", "text/plain");
            asked.send("{}");
        })"""
    )

    sent = visitor.requests[-1].all_headers()
    assert visitor.requests[-1].url.endswith("/session/")
    assert "cookie" not in sent
    assert "Sec-Fetch-Site is 'cross-site', Origin is 'null'" in caplog.text


def test_no_form_leaves_the_frame(chatting):
    asked = len(chatting.asked(of=chatting.site_url))

    frame_of(chatting, INNER).evaluate(
        """() => {
            const form = document.createElement("form");
            form.method = "post";
            form.action = "/admin/logout/";
            document.body.append(form);
            form.submit();
        }"""
    )
    chatting.say("still here")

    assert len(chatting.asked(of=chatting.site_url)) == asked


GRAB = """() => {
    const { postMessage } = MessagePort.prototype;
    window.grabbed = new Set();
    MessagePort.prototype.postMessage = function (...said) {
        grabbed.add(this);
        return postMessage.apply(this, said);
    };
}"""


@pytest.fixture
def grabbed(chatting):
    """A script that has got hold of the ports to outside."""
    frame_of(chatting, INNER).evaluate(GRAB)
    chatting.input.fill("half a sentence")
    expect_kept(chatting, "half a sentence")
    return chatting


def test_whoever_gets_hold_of_the_way_out_can_ask_for_nothing_else(grabbed):
    asked = len(grabbed.asked(of=grabbed.site_url))

    frame_of(grabbed, INNER).evaluate(
        """() => grabbed.forEach((port) => [
            "/admin/", "constructor", "__proto__", null, {},
        ].forEach((to) => port.postMessage({ type: "ask", id: 99, to, body: "{}" })))"""
    )
    grabbed.say("still here")

    assert len(grabbed.asked(of=grabbed.site_url)) == asked


def test_nor_does_it_keep_anything_else_for_it(grabbed):
    before = grabbed.page.evaluate("JSON.stringify(localStorage)")

    frame_of(grabbed, INNER).evaluate(
        """() => grabbed.forEach((port) => [
            ["localStorage", "basket", "none"],
            ["sessionStorage", "coze-widget-open", "other"],
            ["sessionStorage", "coze-widget-draft-other", "x"],
            ["constructor", "coze-widget-draft-support", "x"],
            ["localStorage", "coze-widget-draft-support", "x".repeat(70000)],
            ["localStorage", "coze-widget-handle-support", {}],
        ].forEach(([storage, key, value]) =>
            port.postMessage({ type: "keep", storage, key, value })))"""
    )
    grabbed.say("still here")

    assert grabbed.page.evaluate("JSON.stringify(localStorage)") == before
    assert grabbed.page.evaluate("sessionStorage['coze-widget-open']") == "support"
    assert "coze-widget-draft-other" not in kept(grabbed)


def test_its_address_opens_nothing_of_the_site(chatting):
    """Where a link leads somebody there: a document without an origin, and no chat."""
    tab = chatting.new_tab()

    tab.goto(f"{chatting.site_url}/chat/support{INNER}")

    assert tab.evaluate("window.origin") == "null"
    assert tab.locator("textarea").count() == 0


def test_a_page_gets_no_token_out_of_either(chatting):
    assert not re.search(r"czs_\w+", chatting.page.content())
    outer = chatting.page.locator("iframe")
    inner = "(frame) => frame.contentDocument.querySelector('iframe').contentDocument"
    assert outer.evaluate(inner) is None


# The admin's preview, where the login is an editor's


def test_the_preview_works_as_well(visitor, widget, nadia):
    visitor.log_in(nadia)
    visitor.page.set_viewport_size({"width": 1440, "height": 900})
    visitor.visit(reverse("admin:coze_widget_widget_change", args=[widget.pk]))
    stage = visitor.page.locator(".coze-preview-stage iframe:not(.coze-coming)")
    pane = visitor.page.locator("#coze-preview")
    said = visitor.page.locator(".coze-preview-said")
    expect(said).to_have_attribute("data-state", "fresh")

    pane.get_by_role("button", name="Open the chat").click()

    chat = stage.content_frame.frame_locator("iframe").frame_locator("iframe")
    chat.locator(f"textarea{SDK}textarea").fill("apples")
    chat.locator(f"textarea{SDK}textarea").press("Enter")
    expect(chat.locator(f"{SDK}messages")).to_contain_text('You said: "apples"')
    assert frame_of(visitor, INNER).evaluate("window.origin") == "null"


def test_back_to_the_page_of_somebody_else(chatting, bob, coze):
    """Out of the back/forward cache. Playwright loses sight of the frames then."""
    chatting.page.locator("iframe").evaluate("(frame) => { frame.isAlices = true; }")
    chatting.page.evaluate(
        "addEventListener('pageshow', (event) => { window.kept = event.persisted })"
    )
    chatting.visit("/zh/")
    chatting.log_in(bob)
    chatting.page.evaluate("history.back()")
    expect(chatting.page.locator("html[lang=en]")).to_be_attached()
    assert chatting.page.evaluate("window.kept")

    # The frame was told, has asked the site, and is drawn anew.
    chatting.page.wait_for_function(
        """() => {
            const host = document.querySelector("div[data-coze-widget]");
            const frame = host.shadowRoot.querySelector("iframe");
            const cover = host.shadowRoot.querySelector(".cover");
            return frame && !frame.isAlices && cover.hidden;
        }"""
    )
    chatting.page.keyboard.type("bananas for bob")
    chatting.page.keyboard.press("Enter")
    wait_until(
        lambda: len(names_at(coze)) == 2,
        pause=lambda: chatting.page.wait_for_timeout(50),
    )
