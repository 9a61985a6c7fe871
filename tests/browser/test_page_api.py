"""What a page can say to the chat, and what it is told."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import expect

import coze_widget
from tests.browser.islands import add_widget, change_page

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.site")]

STATIC = Path(coze_widget.__file__).parent / "static" / "coze_widget"
SDK_SCRIPT = "**/index.js"
PANEL = "**/panel.js*"
TITLE = ".coze-chat-sdk-header-title"
# Everything that the page is told, in the order in which it is told.
RECORD = """
    window.told = [];
    const names = ["before-show", "show", "ready", "before-hide", "hide", "error"];
    names.forEach((name) => document.addEventListener(`coze:${name}`, (event) => {
        const { slug, code } = event.detail;
        told.push(code ? [name, slug, code] : [name, slug]);
    }));
"""
VETOES = {
    "by preventDefault": "event.preventDefault()",
    "by false": "event.detail.respondWith(false)",
    "by a promise of false": "event.detail.respondWith(Promise.resolve(false))",
    "by a broken promise": "event.detail.respondWith(Promise.reject(new Error('no')))",
    "against others": "event.detail.respondWith(true);"
    "event.detail.respondWith(Promise.resolve(false))",
}
CONSENTS = {
    "by saying nothing": "",
    "by true": "event.detail.respondWith(true)",
    "by nothing much": "event.detail.respondWith(0); event.detail.respondWith('')",
    "by a promise": "event.detail.respondWith(Promise.resolve())",
    "too late": "setTimeout(() => event.detail.respondWith(false))",
}


ANOTHER_URL = """
    document.addEventListener("readystatechange", () => {
        const island = document.querySelector("#coze-widget-support");
        if (!island) return;
        const said = JSON.parse(island.textContent);
        island.textContent = JSON.stringify({ ...said, panel_url: "URL" });
    }, { once: true });
"""


@pytest.fixture
def guests(make_widget):
    return make_widget(guests="isolated")


def told(visitor):
    return [tuple(one) for one in visitor.page.evaluate("told")]


def names_of(visitor):
    return [name for name, *_ in told(visitor)]


def wait_until_told(visitor, name):
    found = f"told.some(([name]) => name === '{name}')"
    visitor.page.wait_for_function(found)


def on(visitor, name, script):
    visitor.page.evaluate(
        """([name, script]) => {
            document.addEventListener(`coze:${name}`, new Function("event", script));
        }""",
        [name, script],
    )


def prefetch(visitor):
    with visitor.page.expect_response(PANEL):
        visitor.launcher.hover()
    visitor.page.wait_for_function("Boolean(CozeWidget.Panel)")


def add_opener(visitor, html='<button data-coze-open="support">Ask us</button>'):
    visitor.page.evaluate(
        "(html) => document.querySelector('h1').insertAdjacentHTML('afterend', html)",
        html,
    )
    return visitor.page.locator("[data-coze-open]")


# Events


def test_the_page_is_told_what_happens(visitor, guests):
    visitor.page.add_init_script(RECORD)
    visitor.visit()

    visitor.open_chat()
    wait_until_told(visitor, "ready")
    visitor.close_chat()
    wait_until_told(visitor, "hide")

    names = ["before-show", "show", "ready", "before-hide", "hide"]
    assert told(visitor) == [(name, "support") for name in names]


def test_each_opening_is_ready_once(visitor, guests):
    visitor.page.add_init_script(RECORD)
    visitor.visit()
    for _ in range(2):
        visitor.open_chat()
        visitor.close_chat()
    visitor.open_chat()
    visitor.page.wait_for_function(
        "told.filter(([name]) => name === 'ready').length >= 3"
    )

    assert names_of(visitor).count("ready") == 3


def test_events_come_from_the_widgets_own_element(visitor, guests):
    visitor.visit()
    on(visitor, "show", "window.target = event.target.dataset.cozeWidget")

    visitor.open_chat()

    assert visitor.page.evaluate("target") == "support"


def test_a_removed_chat_was_hidden_before(visitor, guests):
    visitor.page.add_init_script(RECORD)
    visitor.visit()
    on(visitor, "before-hide", "event.preventDefault()")
    visitor.open_chat()
    wait_until_told(visitor, "ready")

    visitor.page.evaluate("CozeWidget.destroy('support')")

    # Nobody is asked then.
    assert names_of(visitor) == ["before-show", "show", "ready", "hide"]


def test_a_failure_is_told_with_its_code(visitor, guests):
    visitor.page.add_init_script(RECORD)
    visitor.context.route("**/session/", lambda route: route.fulfill(status=503))
    visitor.visit()

    visitor.launcher.click()

    wait_until_told(visitor, "error")
    assert told(visitor)[2] == ("error", "support", "unavailable")


def test_a_frame_that_says_nothing_is_told_too(visitor, guests):
    visitor.page.add_init_script(RECORD)
    visitor.context.route("**/frame/", lambda route: route.fulfill(body="Not here."))
    visitor.page.clock.install()
    visitor.visit()
    visitor.launcher.click()
    visitor.page.wait_for_load_state("networkidle")

    visitor.page.clock.fast_forward(2500)

    wait_until_told(visitor, "error")
    assert told(visitor)[-1] == ("error", "support", "failed")


# Vetoes


@pytest.mark.parametrize("script", VETOES.values(), ids=VETOES)
def test_the_page_may_forbid_the_opening(visitor, guests, script):
    visitor.page.add_init_script(RECORD)
    visitor.visit()
    prefetch(visitor)
    on(visitor, "before-show", f"if (!window.isFree) {{ {script} }}")

    visitor.launcher.click()
    visitor.page.wait_for_timeout(100)
    assert names_of(visitor) == ["before-show"]
    expect(visitor.launcher).to_be_visible()
    visitor.page.evaluate("window.isFree = true")

    visitor.open_chat()


@pytest.mark.parametrize("script", CONSENTS.values(), ids=CONSENTS)
def test_anything_but_false_is_no_veto(visitor, guests, script):
    visitor.visit()
    on(visitor, "before-show", script)
    on(visitor, "before-hide", script)

    visitor.open_chat()
    visitor.close_chat()


def test_a_broken_promise_is_in_the_console(visitor, guests):
    visitor.visit()
    prefetch(visitor)
    on(visitor, "before-show", VETOES["by a broken promise"])

    with visitor.page.expect_console_message() as message:
        visitor.launcher.click()

    assert message.value.type == "error"
    assert "no" in message.value.text


def test_a_promise_is_waited_for(visitor, guests):
    visitor.visit()
    prefetch(visitor)
    script = "event.detail.respondWith(new Promise((yes) => { window.agree = yes; }))"
    on(visitor, "before-show", script)

    visitor.launcher.click()
    visitor.launcher.click()
    visitor.page.wait_for_timeout(100)
    expect(visitor.shell).not_to_be_visible()
    visitor.page.evaluate("agree()")

    expect(visitor.input).to_be_visible()


@pytest.mark.parametrize("name", ["close", "destroy"])
def test_who_waits_can_be_sent_away(visitor, guests, name):
    visitor.visit()
    prefetch(visitor)
    script = "event.detail.respondWith(new Promise((yes) => { window.agree = yes; }))"
    on(visitor, "before-show", script)
    visitor.launcher.click()

    visitor.page.evaluate(f"CozeWidget.{name}('support')")
    visitor.page.evaluate("agree()")
    visitor.page.wait_for_timeout(100)

    expect(visitor.page.locator("iframe")).not_to_be_visible()


def test_opened_again_while_the_closing_is_in_question_it_stays(visitor, guests):
    visitor.visit()
    visitor.open_chat()
    script = "event.detail.respondWith(new Promise((yes) => { window.agree = yes; }))"
    on(visitor, "before-hide", script)

    visitor.page.evaluate("CozeWidget.close('support'); CozeWidget.open('support')")
    visitor.page.evaluate("agree()")
    visitor.page.wait_for_timeout(100)

    expect(visitor.input).to_be_visible()


def press_escape(visitor):
    visitor.input.press("Escape")


def press_the_sdks_button(visitor):
    visitor.chat.locator(".coze-chat-sdk-header-close").click()


def call_the_function(visitor):
    visitor.page.evaluate("CozeWidget.close('support')")


@pytest.mark.parametrize("script", VETOES.values(), ids=VETOES)
@pytest.mark.parametrize(
    "close", [press_escape, press_the_sdks_button, call_the_function]
)
def test_the_page_may_forbid_the_closing(visitor, guests, close, script):
    visitor.page.add_init_script(RECORD)
    visitor.visit()
    visitor.open_chat()
    on(visitor, "before-hide", f"if (!window.isFree) {{ {script} }}")

    close(visitor)
    wait_until_told(visitor, "before-hide")
    visitor.page.wait_for_timeout(100)
    expect(visitor.input).to_be_visible()
    assert "hide" not in names_of(visitor)
    visitor.page.evaluate("window.isFree = true")
    close(visitor)

    expect(visitor.input).not_to_be_visible()


def test_inline_the_sdks_button_asks_too(visitor, make_widget):
    make_widget(guests="isolated", place="inline")
    visitor.page.add_init_script(RECORD)
    visitor.visit()
    visitor.open_chat()
    on(visitor, "before-hide", "if (!window.isFree) event.preventDefault()")

    press_the_sdks_button(visitor)
    wait_until_told(visitor, "before-hide")
    expect(visitor.input).to_be_visible()
    visitor.page.evaluate("window.isFree = true")
    press_the_sdks_button(visitor)

    expect(visitor.input).not_to_be_visible()
    assert names_of(visitor)[-1] == "hide"


@pytest.mark.parametrize("way", ["Escape", "button"])
def test_while_the_chat_is_on_its_way_too(visitor, guests, way):
    visitor.page.add_init_script(RECORD)
    visitor.hold_first(SDK_SCRIPT)
    visitor.visit()
    on(visitor, "before-hide", "event.preventDefault()")
    visitor.launcher.click()
    expect(visitor.cover).to_be_visible()

    if way == "Escape":
        visitor.page.keyboard.press("Escape")
    else:
        visitor.page.get_by_role("button", name="Close chat").click()

    wait_until_told(visitor, "before-hide")
    expect(visitor.cover).to_be_visible()


def test_the_launcher_asks_as_well(visitor, make_widget):
    make_widget(guests="isolated", header_is_show=False)
    visitor.page.add_init_script(RECORD)
    visitor.visit()
    on(visitor, "before-hide", "event.preventDefault()")
    visitor.open_chat()

    visitor.launcher.click()

    wait_until_told(visitor, "before-hide")
    expect(visitor.input).to_be_visible()


def test_back_asks_each_time(new_visitor, guests):
    phone = new_visitor(viewport={"width": 375, "height": 667})
    phone.page.add_init_script(RECORD)
    phone.visit("/?from")
    phone.visit()
    phone.open_chat()
    on(phone, "before-hide", "if (!window.isFree) event.preventDefault()")

    for asked in (1, 2):
        phone.page.go_back()
        count = "told.filter(([name]) => name === 'before-hide').length"
        phone.page.wait_for_function(f"{count} === {asked}")
        expect(phone.input).to_be_visible()
    phone.page.evaluate("window.isFree = true")
    phone.page.go_back()

    expect(phone.input).not_to_be_visible()
    assert phone.page.url == f"{phone.site_url}/"


def test_a_chat_that_is_not_open_to_somebody_goes_for_good(visitor, guests):
    refusal = {
        "status": 403,
        "content_type": "application/problem+json",
        "body": '{"status": 403, "code": "not_allowed"}',
    }
    visitor.context.route("**/session/", lambda route: route.fulfill(**refusal))
    visitor.visit()
    visitor.launcher.click()
    expect(visitor.shell).to_be_visible()
    expect(visitor.sign).to_contain_text("not open to you")

    visitor.page.evaluate("CozeWidget.close('support')")

    expect(visitor.page.locator("div[data-coze-widget]")).to_have_count(0)
    visitor.page.evaluate("CozeWidget.mount()")
    assert visitor.page.evaluate("CozeWidget.get('support')") is None


# Several on a page


def test_two_chats_do_not_lie_over_each_other(visitor, guests):
    change_page(visitor, html=[add_widget("sales", launcher={"corner": "bottom-left"})])
    visitor.visit()
    visitor.page.evaluate("CozeWidget.open('sales')")
    visitor.page.wait_for_function("CozeWidget.get('sales').isOpen")

    visitor.page.evaluate("CozeWidget.open('support')")

    visitor.page.wait_for_function("CozeWidget.get('support').isOpen")
    assert visitor.page.evaluate("CozeWidget.get('sales').isOpen") is False


# CozeWidget.get


def test_a_chat_in_the_hand(visitor, guests):
    visitor.visit()
    state = "CozeWidget.get('support').isOpen"
    assert visitor.page.evaluate("CozeWidget.get('support').slug") == "support"
    assert visitor.page.evaluate(state) is False

    visitor.page.evaluate("CozeWidget.get('support').showChatBot()")
    expect(visitor.shell).to_be_visible()
    assert visitor.page.evaluate(state) is True
    visitor.page.evaluate("CozeWidget.get('support').hideChatBot()")
    expect(visitor.shell).not_to_be_visible()
    assert visitor.page.evaluate(state) is False
    visitor.page.evaluate("CozeWidget.get('support').destroy()")

    assert visitor.page.evaluate("CozeWidget.get('support')") is None


def test_there_is_nothing_to_get_of_a_chat_that_is_not_there(visitor, guests):
    visitor.visit()

    assert visitor.page.evaluate("CozeWidget.get('other')") is None
    assert visitor.page.evaluate("CozeWidget.get()") is None


def test_what_is_in_the_hand_outlives_the_chat(visitor, guests):
    visitor.visit()
    visitor.page.evaluate("window.chat = CozeWidget.get('support')")
    visitor.page.evaluate("chat.destroy(); chat.hideChatBot(); chat.update({})")
    assert visitor.page.evaluate("chat.isOpen") is False

    visitor.page.evaluate("chat.showChatBot()")

    expect(visitor.shell).to_be_visible()
    assert visitor.page.evaluate("chat.isOpen") is True


def test_before_the_first_opening_the_page_may_change_its_mind(visitor, make_widget):
    make_widget(
        guests="isolated",
        mode="app",
        app_id="7400000000000000011",
        workflow_id="7400000000000000012",
    )
    visitor.visit("/titled/")
    visitor.page.evaluate(
        "CozeWidget.get('support').update({ title: 'Order 7', parameters: { order: 7 } })"
    )

    visitor.open_chat()

    expect(visitor.chat.locator(TITLE)).to_have_text("Order 7")
    expect(visitor.page.get_by_role("dialog", name="Order 7").first).to_be_visible()
    visitor.say("hello")
    expect(visitor.transcript).to_contain_text('"order": 7')
    expect(visitor.transcript).not_to_contain_text("Ulm")


def test_an_open_chat_hears_of_it(visitor, guests):
    visitor.visit()
    visitor.open_chat()
    visitor.input.fill("half a sent")

    visitor.page.evaluate("CozeWidget.get('support').update({ title: 'Order 7' })")

    expect(visitor.page.locator("iframe")).to_have_attribute("title", "Order 7")
    expect(visitor.chat.locator(TITLE)).to_have_text("Order 7")
    expect(visitor.input).to_have_value("half a sent")


def test_null_is_what_the_row_says_again(visitor, guests):
    visitor.visit()
    visitor.page.evaluate("CozeWidget.get('support').update({ title: 'Order 7' })")
    visitor.open_chat()

    visitor.page.evaluate("CozeWidget.get('support').update({ title: null })")

    expect(visitor.chat.locator(TITLE)).to_have_text("Support")


def test_what_cannot_be_sent_is_left_out(visitor, guests):
    visitor.visit()
    visitor.open_chat()

    visitor.page.evaluate("""() => CozeWidget.get("support").update({
        title: "Order 7", parameters: { run: () => 1, city: "Ulm" }, token: "x",
    })""")

    expect(visitor.chat.locator(TITLE)).to_have_text("Order 7")


def test_what_is_no_json_at_all_is_refused_at_once(visitor, guests):
    visitor.visit()
    refused = visitor.page.evaluate("""() => {
        const circle = {};
        circle.self = circle;
        const chat = CozeWidget.get("support");
        try { chat.update({ title: "Order 7", parameters: circle }); }
        catch (error) { return error.name; }
    }""")
    assert refused == "TypeError"

    visitor.open_chat()

    expect(visitor.chat.locator(TITLE)).to_have_text("Support")


# Elements of the page's own


def test_an_element_of_the_page_opens_the_chat(visitor, guests):
    change_page(
        visitor, html=[("<h1>", '<button data-coze-open="support">Ask us</button><h1>')]
    )
    visitor.visit()
    opener = visitor.page.get_by_role("button", name="Ask us")
    expect(opener).to_have_attribute("aria-haspopup", "dialog")
    expect(opener).to_have_attribute("aria-expanded", "false")

    opener.click()
    expect(visitor.shell).to_be_visible()
    expect(visitor.input).to_be_focused()
    expect(opener).to_have_attribute("aria-expanded", "true")
    visitor.input.press("Escape")

    expect(opener).to_be_focused()
    expect(opener).to_have_attribute("aria-expanded", "false")


def test_an_element_that_came_later_opens_it_as_well(visitor, guests):
    visitor.visit()
    opener = add_opener(
        visitor, '<button data-coze-open="support"><i>Ask</i> us</button>'
    )

    opener.focus()
    expect(opener).to_have_attribute("aria-haspopup", "dialog")
    visitor.page.locator("i").click()

    expect(visitor.shell).to_be_visible()


def test_an_element_that_is_gone_gives_the_focus_to_the_launcher(visitor, guests):
    visitor.visit()
    opener = add_opener(visitor)
    opener.click()
    expect(visitor.shell).to_be_visible()
    expect(visitor.input).to_be_focused()
    opener.evaluate("(node) => node.remove()")

    visitor.input.press("Escape")

    expect(visitor.launcher).to_be_focused()


def test_a_link_opens_the_chat_where_there_is_one(visitor, guests):
    visitor.visit()
    opener = add_opener(visitor, '<a href="/?contact" data-coze-open="support">Ask</a>')

    opener.click()

    expect(visitor.shell).to_be_visible()
    assert visitor.page.url == f"{visitor.site_url}/"


def test_and_leads_on_where_there_is_none(visitor, guests):
    visitor.visit()
    opener = add_opener(visitor, '<a href="/?contact" data-coze-open="other">Ask</a>')

    opener.click()

    expect(visitor.page).to_have_url(f"{visitor.site_url}/?contact")
    expect(visitor.page.locator(".panel")).to_have_count(0)


def test_a_link_can_be_opened_in_a_tab_of_its_own(visitor, guests):
    visitor.visit()
    opener = add_opener(visitor, '<a href="/?contact" data-coze-open="support">Ask</a>')

    with visitor.context.expect_page() as tab:
        opener.click(modifiers=["Control"])

    assert tab.value.url == f"{visitor.site_url}/?contact"
    expect(visitor.page.locator(".panel")).not_to_be_visible()


def test_an_element_brings_a_removed_chat_back(visitor, guests):
    visitor.visit()
    opener = add_opener(visitor)
    visitor.page.evaluate("CozeWidget.destroy('support')")

    opener.click()

    expect(visitor.shell).to_be_visible()


# A name of the page's own: data-coze-global


def name_it(visitor, name, *, html=()):
    script = '<script src="/static/coze_widget/loader.js"'
    named = f'{script} data-coze-widget="support" data-coze-global="{name}"'
    change_page(visitor, html=[(script, named), *html])
    visitor.visit()
    expect(visitor.launcher).to_be_visible()


def test_the_buttons_of_cozes_own_guide_work(visitor, guests):
    button = '<button onclick="cozeWebSDK.showChatBot()">Ask us</button>'
    name_it(visitor, "cozeWebSDK", html=[("<h1>", button + "<h1>")])

    visitor.page.get_by_role("button", name="Ask us").click()

    expect(visitor.shell).to_be_visible()


def test_the_name_goes_with_the_chat_and_comes_back_with_it(visitor, guests):
    name_it(visitor, "cozeWebSDK")

    visitor.page.evaluate("cozeWebSDK.destroy()")
    assert visitor.page.evaluate("'cozeWebSDK' in window") is False
    visitor.page.evaluate("CozeWidget.mount()")

    assert visitor.page.evaluate("cozeWebSDK.slug") == "support"


@pytest.mark.parametrize("name", ["shop", "CozeWidget", "location"])
def test_a_name_that_is_taken_stays_what_it_was(visitor, guests, name):
    visitor.page.add_init_script("window.shop = { open: true }")
    warnings = []
    visitor.page.on("console", lambda message: warnings.append(message.text))

    name_it(visitor, name)
    visitor.page.evaluate("CozeWidget.mount()")
    visitor.page.evaluate("CozeWidget.destroy('support')")

    assert visitor.page.evaluate(f"'showChatBot' in window.{name}") is False
    assert visitor.page.evaluate("shop.open") is True
    assert warnings == [f"CozeWidget: window.{name} is taken"]


def test_a_name_that_the_page_has_given_away_meanwhile_stays(visitor, guests):
    name_it(visitor, "cozeWebSDK")
    visitor.page.evaluate("window.cozeWebSDK = 'mine'")

    visitor.page.evaluate("CozeWidget.destroy('support')")

    assert visitor.page.evaluate("cozeWebSDK") == "mine"


def test_a_name_for_a_chat_that_is_not_there_is_not_given(visitor, guests):
    script = '<script src="/static/coze_widget/loader.js"'
    named = f'{script} data-coze-widget="other" data-coze-global="cozeWebSDK"'
    change_page(visitor, html=[(script, named)])
    visitor.visit()
    expect(visitor.launcher).to_be_visible()

    assert visitor.page.evaluate("'cozeWebSDK' in window") is False


# panel.js


def asked_for_panel(visitor):
    return [one for one in visitor.asked(of=visitor.site_url) if "panel" in one]


@pytest.mark.parametrize("way", ["hover", "focus"])
def test_reaching_for_the_launcher_fetches_the_panel(visitor, guests, way):
    visitor.visit()
    expect(visitor.launcher).to_be_visible()
    assert asked_for_panel(visitor) == []

    with visitor.page.expect_response(PANEL):
        getattr(visitor.launcher, way)()

    assert visitor.asked(of=visitor.coze_url) == []


@pytest.mark.parametrize("way", ["hover", "focus"])
def test_so_does_reaching_for_an_element_that_opens_the_chat(visitor, guests, way):
    visitor.visit()
    opener = add_opener(visitor)

    with visitor.page.expect_response(PANEL):
        getattr(opener, way)()

    assert len(asked_for_panel(visitor)) == 1


def test_a_click_that_comes_before_the_panel_is_remembered(visitor, guests):
    held = visitor.hold_first(PANEL)
    visitor.visit()
    visitor.launcher.click()
    expect(visitor.launcher).to_have_attribute("aria-busy", "true")
    visitor.launcher.click()

    held[0].continue_()

    expect(visitor.shell).to_be_visible()
    expect(visitor.input).to_be_visible()
    visitor.close_chat()
    expect(visitor.launcher).to_have_attribute("aria-busy", "false")


def test_unless_it_was_taken_back(visitor, guests):
    held = visitor.hold_first(PANEL)
    visitor.visit()
    visitor.launcher.click()
    visitor.page.evaluate("CozeWidget.close('support')")
    expect(visitor.launcher).to_have_attribute("aria-busy", "false")

    held[0].continue_()
    visitor.page.wait_for_function("Boolean(CozeWidget.Panel)")

    expect(visitor.page.locator(".panel")).not_to_be_visible()


def test_a_panel_that_cannot_be_fetched_is_asked_for_again(visitor, guests):
    visitor.page.add_init_script(RECORD)
    visitor.context.route(PANEL, lambda route: route.abort())
    visitor.visit()
    visitor.launcher.click()
    wait_until_told(visitor, "error")
    assert told(visitor) == [("error", "support", "failed")]
    expect(visitor.launcher).to_have_attribute("aria-busy", "false")
    visitor.context.unroute_all()

    visitor.open_chat()

    visitor.say("hello")


def test_without_a_network_it_says_so(visitor, guests):
    visitor.page.add_init_script(RECORD)
    visitor.visit()
    visitor.context.set_offline(True)

    visitor.launcher.click()

    wait_until_told(visitor, "error")
    assert told(visitor) == [("error", "support", "offline")]


def test_something_else_in_its_place_is_a_failure(visitor, guests):
    visitor.page.add_init_script(RECORD)
    nothing = {"body": "", "content_type": "text/javascript"}
    visitor.context.route(PANEL, lambda route: route.fulfill(**nothing))
    visitor.visit()

    visitor.launcher.click()

    wait_until_told(visitor, "error")
    assert told(visitor) == [("error", "support", "failed")]


@pytest.fixture
def elsewhere():
    """Another host, which knows nothing of CORS."""
    handler = partial(SilentHandler, directory=str(STATIC))
    with ThreadingHTTPServer(("localhost", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


class SilentHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.mark.parametrize("path", ["/", "/nonce/"])
def test_another_host_need_not_send_a_header_for_it(visitor, guests, elsewhere, path):
    """A module would need one; a script in the old way does not."""
    url = f"{elsewhere}/panel.js"
    # Not by `change_page`: what a test answers may ask nothing of localhost.
    visitor.page.add_init_script(ANOTHER_URL.replace("URL", url))
    visitor.visit(path)

    visitor.open_chat()

    visitor.say("hello")
    assert visitor.asked(of=elsewhere) == ["/panel.js", "/panel.js"]
