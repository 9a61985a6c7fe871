"""A page that means no good, or is broken: the widget stands it, and the token stays inside."""

from __future__ import annotations

import json
import random

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.site")]

SLUGS = ["support", "support", "support", "sales", "", "__proto__", None, 7, {}]
SAID = [
    None,
    {},
    {"title": "Mine"},
    {"title": 7, "lang": "xx", "parameters": "no", "more": {"deep": [1, 2]}},
    {"__proto__": {"title": "Theirs"}, "constructor": "x", "overrides": {}},
    "text",
    [1],
]
CALLS = {
    "mount": [None, {}, "text", 7, {"slug": "sales"}],
    "open": SLUGS,
    "close": SLUGS,
    "destroy": SLUGS,
    "get": SLUGS,
}
HANDLE_CALLS = {
    "showChatBot": [None],
    "hideChatBot": [None],
    "destroy": [None],
    "update": SAID,
    "identify": [None],
}
# Each call now and then lets the page breathe, so that what was begun meets what comes.
PLAY = """async (calls) => {
    const thrown = [];
    for (const [target, method, said, pause] of calls) {
        try {
            const handle = target === "handle" ? window.kept || CozeWidget.get("support") : CozeWidget;
            if (handle && target === "handle") window.kept = handle;
            if (handle) handle[method](said === null ? undefined : said);
        } catch (error) {
            thrown.push(`${method}: ${error}`);
        }
        if (pause) await new Promise((resolve) => setTimeout(resolve, pause));
    }
    return thrown;
}"""
# What lies open to any script of the page, shadow roots and entries of the history included.
PAGE_HOLDS = """() => {
    const roots = [document.documentElement];
    document.querySelectorAll("*").forEach(({ shadowRoot }) => shadowRoot && roots.push(shadowRoot));
    return JSON.stringify([
        roots.map((root) => root.innerHTML),
        { ...localStorage }, { ...sessionStorage }, document.cookie,
        history.state, location.href, performance.getEntries().map(({ name }) => name),
        window.seen || [],
    ]);
}"""
# What a page may do to itself: every way out of it is listened to.
LISTEN = """if (window === window.top) {
    window.seen = [];
    const spy = (thing, name) => {
        const { [name]: own } = thing;
        thing[name] = function (...said) {
            try { seen.push(`${name} ${JSON.stringify(said)}`); } catch { seen.push(name); }
            return own.apply(this, said);
        };
    };
    spy(window, "fetch");
    spy(MessagePort.prototype, "postMessage");
    spy(Storage.prototype, "setItem");
    spy(History.prototype, "pushState");
    spy(History.prototype, "replaceState");
    spy(EventTarget.prototype, "dispatchEvent");
    const { set } = Object.getOwnPropertyDescriptor(MessagePort.prototype, "onmessage");
    Object.defineProperty(MessagePort.prototype, "onmessage", {
        set(hear) {
            set.call(this, (event) => { seen.push(JSON.stringify(event.data)); hear(event); });
        },
    });
    addEventListener("message", ({ data }) => seen.push(JSON.stringify(data)));
}"""
FREEZE = """if (window === window.top) {
    [Object, Array, Function, Promise, Map, Set, String, EventTarget, Node, Element, HTMLElement,
        Event, CustomEvent, MessagePort, Storage, History, Document]
        .forEach(({ prototype }) => Object.freeze(prototype));
}"""
EXTEND = """if (window === window.top) {
    // As libraries of old did.
    Object.prototype.extend = function () { return this; };
    Array.prototype.last = function () { return this[this.length - 1]; };
    String.prototype.strip = String.prototype.trim;
}"""
FORGED = """() => {
    const forged = [];
    const types = ["hello", "welcome", "call", "ready", "failed", "gone", "closed", "leave", "show",
        "destroy", "who", "visitor", "consent", "changed", "identify", "update"];
    const protocols = [undefined, null, NaN, -1, 0, 1, 2, 3, 4, 1e9, "3", {}, []];
    types.forEach((type) => protocols.forEach((coze_widget) => {
        forged.push({ coze_widget, type, slug: "support", code: "x", lang: {}, overrides: 7 });
    }));
    forged.push(null, 7, "hello", [], { coze_widget: 3, type: "hello", slug: { toString: 1 } },
        { coze_widget: 3, type: "hello", slug: "support", more: "x".repeat(5_000_000) });
    return forged;
}"""


@pytest.fixture
def guests(make_widget):
    return make_widget(guests="isolated")


@pytest.fixture
def token(visitor):
    """Reads along: everything that the site has answered as a token."""
    tokens = []

    def read(response):
        if response.url.endswith("/session/") and response.ok:
            tokens.append(response.json()["token"])

    visitor.context.on("response", read)
    return tokens


@pytest.fixture
def console(visitor):
    """What our own scripts and the page print; the SDK's prints are the SDK's."""
    messages = []
    visitor.page.on("console", lambda message: messages.append(message))

    def printed():
        return [one.text for one in messages if "/index.js" not in one.location["url"]]

    return printed


def sessions_of(visitor):
    asked = visitor.asked(of=visitor.site_url)
    return len([path for path in asked if path.endswith("/session/")])


def expect_a_chat(visitor):
    visitor.page.evaluate("CozeWidget.mount(); CozeWidget.open('support')")
    expect(visitor.input).to_be_visible()
    visitor.say("still here")
    expect(visitor.launcher).to_have_count(1)
    expect(visitor.page.locator("iframe")).to_have_count(1)


def draw_calls(seed):
    chance = random.Random(seed)
    for _ in range(100):
        target = chance.choice(["widget", "handle"])
        calls = CALLS if target == "widget" else HANDLE_CALLS
        method = chance.choice(list(calls))
        pause = chance.choice([0, 0, 0, 0, 1, 30])
        yield [target, method, chance.choice(calls[method]), pause]


# Any method, in any order


@pytest.mark.parametrize("seed", range(4))
def test_a_hundred_calls_in_any_order_throw_nothing_and_make_no_storm(
    visitor, guests, seed
):
    visitor.visit()

    thrown = visitor.page.evaluate(PLAY, list(draw_calls(seed)))

    assert thrown == []
    visitor.page.evaluate("CozeWidget.destroy('sales')")
    before = sessions_of(visitor)
    assert before <= 20
    expect_a_chat(visitor)
    assert sessions_of(visitor) <= before + 2


def test_a_hundred_openings_at_once_ask_the_site_once(visitor, guests):
    visitor.visit()

    visitor.page.evaluate("""() => {
        for (let i = 0; i < 100; i++) CozeWidget.open("support");
        for (let i = 0; i < 100; i++) CozeWidget.get("support").update({ title: `T${i}` });
    }""")

    expect(visitor.input).to_be_visible()
    assert sessions_of(visitor) == 1


def test_opening_and_closing_a_hundred_times_ends_as_the_last_word_says(
    visitor, guests
):
    visitor.visit()
    visitor.open_chat()

    visitor.page.evaluate("""() => {
        for (let i = 0; i < 100; i++) {
            CozeWidget.close("support");
            CozeWidget.open("support");
        }
    }""")

    expect(visitor.input).to_be_visible()
    assert sessions_of(visitor) <= 4
    visitor.say("still here")


# Forged messages


def flood(visitor, script):
    visitor.page.evaluate(
        f"() => {{ const forged = ({FORGED})(); const send = {script};"
        " forged.forEach((message) => send(message)); }"
    )


def remove_other_frames(visitor):
    """They have sent what they had to send; the visitor looks for one frame only."""
    visitor.page.evaluate(
        "document.querySelectorAll('body > iframe').forEach((frame) => frame.remove())"
    )


FLOODS = {
    "the page": "(message) => postMessage(message, '*')",
    "a document without an address": """(() => {
        const other = document.body.appendChild(document.createElement("iframe"));
        const script = other.contentDocument.createElement("script");
        script.textContent = "window.send = (message) => parent.postMessage(message, '*')";
        other.contentDocument.body.append(script);
        return other.contentWindow.send;
    })()""",
    "a window of the page's own": """(() => {
        const other = window.open("about:blank");
        const script = other.document.createElement("script");
        script.textContent = "window.send = (message) => opener.postMessage(message, '*')";
        other.document.body.append(script);
        return other.send;
    })()""",
}


@pytest.mark.parametrize("script", FLOODS.values(), ids=FLOODS)
@pytest.mark.parametrize("when", ["before", "during", "after"])
def test_messages_from_anybody_but_the_frame_are_not_heard(
    visitor, guests, script, when
):
    visitor.visit()
    if when == "before":
        flood(visitor, script)
    if when == "during":
        visitor.page.evaluate("CozeWidget.open('support')")
        flood(visitor, script)
    remove_other_frames(visitor)
    visitor.page.evaluate("CozeWidget.open('support')")
    expect(visitor.input).to_be_visible()
    if when == "after":
        flood(visitor, script)
    remove_other_frames(visitor)

    visitor.say("still here")

    expect(visitor.shell).to_be_visible()
    assert sessions_of(visitor) == 1


INTO_THE_FRAME = """(() => {
    const { shadowRoot } = document.querySelector("div[data-coze-widget]");
    const frame = shadowRoot.querySelector("iframe").contentWindow;
    const other = document.body.appendChild(document.createElement("iframe"));
    const script = other.contentDocument.createElement("script");
    script.textContent = "window.send = (frame, message, ports) =>"
        + " frame.postMessage(message, '*', ports)";
    other.contentDocument.body.append(script);
    window.heard = [];
    return (message) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = ({ data }) => heard.push(data);
        SEND
    };
})()"""


@pytest.mark.parametrize("when", ["during", "after"])
def test_a_frame_beside_ours_gets_no_word_out_of_it(visitor, guests, when):
    visitor.visit()
    send = INTO_THE_FRAME.replace(
        "SEND", "other.contentWindow.send(frame, message, [port2]);"
    )
    visitor.page.evaluate("CozeWidget.open('support')")
    expect(visitor.page.locator("iframe")).to_be_attached()
    if when == "after":
        expect(visitor.input).to_be_visible()

    flood(visitor, send)
    remove_other_frames(visitor)

    expect(visitor.input).to_be_visible()
    visitor.say("still here")
    assert visitor.page.evaluate("heard") == []
    assert sessions_of(visitor) == 1


def test_the_page_itself_may_greet_the_frame_and_learns_no_token(
    visitor, guests, token
):
    """The page is the frame's parent: it is heard, as one that mistreats its own chat."""
    visitor.visit()
    visitor.open_chat()

    send = INTO_THE_FRAME.replace("SEND", "frame.postMessage(message, '*', [port2]);")
    flood(visitor, send)
    visitor.page.wait_for_timeout(300)

    heard = json.dumps(visitor.page.evaluate("heard"))
    assert token
    assert not [one for one in token if one in heard]
    assert sessions_of(visitor) <= 4


def test_a_message_of_five_megabytes_stops_nothing(visitor, guests):
    visitor.visit()
    visitor.open_chat()

    visitor.page.evaluate("""() => {
        const more = "x".repeat(5_000_000);
        for (let i = 0; i < 20; i++)
            postMessage({ coze_widget: 3, type: "hello", slug: "support", more }, "*");
    }""")

    visitor.say("still here")


# The frame in somebody else's page


def hold_frame(visitor, url):
    html = f'<!doctype html><title>Theirs</title><iframe src="{url}"></iframe>'
    visitor.context.route(
        "http://127.0.0.1:*/theirs/",
        lambda route: route.fulfill(body=html, content_type="text/html"),
    )
    port = visitor.site_url.rpartition(":")[2]
    visitor.page.goto(f"http://127.0.0.1:{port}/theirs/")


def test_a_page_of_another_origin_cannot_hold_the_frame(visitor, guests):
    hold_frame(visitor, visitor.site_url + "/chat/support/frame/")

    visitor.page.wait_for_load_state("networkidle")

    assert sessions_of(visitor) == 0
    assert not [frame for frame in visitor.page.frames if "/frame/" in frame.url]


def test_a_frame_in_a_frame_of_the_frame_says_nothing(visitor, guests, token):
    """A page of the site that holds the frame by itself, and never greets it."""
    visitor.visit()

    visitor.page.evaluate("""() => {
        const frame = document.createElement("iframe");
        frame.src = "/chat/support/frame/";
        document.body.append(frame);
        return new Promise((resolve) => { frame.onload = resolve; });
    }""")
    visitor.page.wait_for_timeout(200)

    assert sessions_of(visitor) == 0
    assert token == []
    remove_other_frames(visitor)
    expect_a_chat(visitor)


# Our nodes


HOST = "document.querySelector('div[data-coze-widget]')"
REMOVALS = {
    "the host": f"{HOST}.remove()",
    "the frame": f"{HOST}.shadowRoot.querySelector('iframe').remove()",
    "all that is inside": f"{HOST}.shadowRoot.replaceChildren()",
    "the panel": f"{HOST}.shadowRoot.querySelector('.panel').remove()",
    "the launcher": f"{HOST}.shadowRoot.querySelector('.launcher').remove()",
    "the root, put back": "document.replaceChild(document.documentElement.cloneNode(true),"
    " document.documentElement)",
    "the island": "document.querySelector('[id^=coze-widget-]').remove()",
    "what the frame holds": f"{HOST}.shadowRoot.querySelector('iframe').contentDocument"
    ".documentElement.remove()",
}


@pytest.mark.parametrize("is_open", [True, False], ids=["open", "closed"])
@pytest.mark.parametrize("script", REMOVALS.values(), ids=REMOVALS)
def test_a_page_that_removes_our_nodes_hurts_the_chat_only(
    visitor, guests, script, is_open
):
    visitor.visit()
    island = visitor.page.locator("#coze-widget-support").text_content()
    visitor.open_chat()
    if not is_open:
        visitor.page.evaluate("CozeWidget.close('support')")

    visitor.page.evaluate(script)
    visitor.page.evaluate("""() => {
        for (const method of ["open", "close", "mount", "open", "destroy"])
            CozeWidget[method]("support");
    }""")
    visitor.page.evaluate(
        """(island) => {
            document.querySelectorAll("#coze-widget-support").forEach((one) => one.remove());
            const script = document.createElement("script");
            Object.assign(script, { type: "application/json", id: "coze-widget-support" });
            script.textContent = island;
            document.body.append(script);
            document.querySelectorAll("div[data-coze-widget]").forEach((one) => one.remove());
        }""",
        island,
    )

    expect_a_chat(visitor)
    assert sessions_of(visitor) <= 4


# The page's own realm


@pytest.mark.parametrize("script", [FREEZE, EXTEND], ids=["frozen", "extended"])
def test_prototypes_that_somebody_has_touched(visitor, guests, script):
    visitor.page.add_init_script(script)
    visitor.visit()

    visitor.open_chat()
    visitor.say("hello")
    visitor.close_chat()
    visitor.open_chat()

    expect(visitor.transcript).to_contain_text("hello")
    visitor.page.evaluate("CozeWidget.destroy('support')")
    expect(visitor.page.locator("div[data-coze-widget]")).to_have_count(0)


def test_the_token_is_nowhere_in_a_page_that_listens_to_all_it_can(
    visitor, guests, token, console
):
    visitor.page.add_init_script(LISTEN)
    visitor.visit()
    visitor.open_chat()
    visitor.say("hello")
    visitor.page.evaluate("CozeWidget.get('support').update({ title: 'Mine' })")
    visitor.close_chat()
    visitor.open_chat()

    held = visitor.page.evaluate(PAGE_HOLDS) + json.dumps(console())

    assert token
    assert "coze_widget" in held
    assert not [one for one in token if one in held]


@pytest.mark.parametrize(
    "script",
    [
        "window.fetch = () => { throw new Error('no'); }",
        "delete window.BroadcastChannel; delete window.requestIdleCallback",
        "Object.defineProperty(window, 'sessionStorage', { get() { throw new Error('no'); } })",
        "history.pushState = history.replaceState = () => { throw new Error('no'); }",
    ],
    ids=["fetch", "missing", "storage", "history"],
)
def test_a_page_that_breaks_its_own_tools_keeps_its_chat(visitor, guests, script):
    visitor.page.add_init_script(f"if (window === window.top) {{ {script} }}")
    visitor.visit()

    visitor.launcher.click()

    expect(visitor.input).to_be_visible()
    visitor.say("hello")


def test_a_page_that_hears_no_messages_shows_a_sentence(visitor, guests):
    script = "window.postMessage = () => { throw new Error('no'); }"
    visitor.page.add_init_script(f"if (window === window.top) {{ {script} }}")
    visitor.visit()

    visitor.launcher.click()

    expect(visitor.cover).to_contain_text("could not be loaded")
    expect(visitor.page.get_by_role("button", name="Try again")).to_be_visible()
