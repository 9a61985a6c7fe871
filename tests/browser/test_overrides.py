"""What a page says differently: the chat takes it as far as the row leaves it to the page.

The page is ours here, and speaks the protocol itself: what the loader makes of its
arguments has tests of its own.
"""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import SDK

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.site")]

SAID = "WebChatClient constructor "
FRAME_URL = "/chat/support/frame/"
PAGE = """({ frame, slug, welcome }) => {
    window.told = [];
    window.addEventListener("message", ({ data, source }) => {
        if (!data || data.type !== "hello") return;
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = ({ data }) => window.told.push(data);
        window.tell = (message) => port1.postMessage(message);
        const ours = { type: "welcome", slug, return_to: "/", ...welcome };
        source.postMessage(ours, location.origin, [port2]);
        window.tell({ type: "show" });
    });
    if (!frame) {
        window.postMessage({ ...welcome, type: "call", slug }, location.origin);
        return;
    }
    const element = document.createElement("iframe");
    element.src = frame;
    element.style = "position: fixed; right: 0; bottom: 0; width: 460px; height: 600px";
    document.body.append(element);
}"""


class Page:
    """A page of some protocol with a chat in it, opened at once."""

    def __init__(self, visitor, place):
        self.visitor = visitor
        self.place = place
        self.console = []
        visitor.page.on("console", self.note)
        visitor.context.route("**/loader.js", lambda route: route.abort())

    def note(self, message):
        self.console.append((message.type, message.text))

    @property
    def received(self):
        """What the SDK's constructor got, each time that it was called."""
        texts = [text for _, text in self.console if text.startswith(SAID)]
        return [json.loads(text.removeprefix(SAID)) for text in texts]

    @property
    def warnings(self):
        """Playwright calls what the browser says itself by the same name."""
        return [
            text
            for kind, text in self.console
            if kind == "warning" and text.startswith("coze_widget:")
        ]

    def open(self, overrides=None, *, lang="en", protocol=2):
        self.visitor.visit()
        welcome = {
            "coze_widget": protocol,
            "lang": lang,
            "overrides": overrides or {},
        }
        frame = FRAME_URL if self.place == "frame" else None
        self.visitor.page.evaluate(
            PAGE, {"frame": frame, "slug": "support", "welcome": welcome}
        )
        expect(self.visitor.input).to_be_visible()
        self.wait_to_hear("ready")
        return self

    def tell(self, message_type, **fields):
        self.visitor.page.evaluate(
            "(message) => window.tell(message)", {"type": message_type, **fields}
        )

    def update(self, overrides, *, lang="en"):
        self.tell("update", lang=lang, overrides=overrides)

    @property
    def told(self):
        return self.visitor.page.evaluate("told.map(({ type }) => type)")

    def wait_to_hear(self, message_type, *, times=1):
        self.visitor.page.wait_for_function(
            "([type, times]) => told.filter((one) => one.type === type).length >= times",
            arg=[message_type, times],
        )

    @property
    def title(self):
        return self.visitor.chat.locator(f"{SDK}header-title")

    @property
    def greeting(self):
        return self.visitor.chat.locator(f"{SDK}onboarding-text")


@pytest.fixture(params=["frame", "inline"])
def place(request):
    return request.param


@pytest.fixture
def page(visitor, place):
    return Page(visitor, place)


@pytest.fixture
def make_row(make_widget, place):
    def make(**fields):
        return make_widget(
            guests="isolated",
            place=place,
            **{"page_sets_nickname": True, **fields},
        )

    return make


def test_a_page_says_four_things_differently(page, make_row, visitor):
    make_row(base_lang="en", parameters={"city": "Ulm", "size": 1})

    page.open(
        {
            "title": "Order <42>",
            "lang": "zh-CN",
            "parameters": {"size": 2},
            "nickname": "Zoë",
        }
    )
    visitor.input.fill("hello")
    visitor.input.press("Enter")

    [options] = page.received
    assert options["ui"]["chatBot"]["title"] == "Order <42>"
    assert options["ui"]["base"]["lang"] == "zh-CN"
    assert options["config"]["botInfo"]["parameters"] == {"city": "Ulm", "size": 2}
    assert options["userInfo"]["nickname"] == "Zoë"
    assert len(options["userInfo"]["id"]) == 64
    expect(page.title).to_have_text("Order <42>")
    expect(page.greeting).to_contain_text("你好，Zoë！")
    expect(visitor.input).to_have_attribute("placeholder", "发送消息")
    expect(visitor.transcript).to_contain_text('{"city": "Ulm", "size": 2}')
    assert page.warnings == []


def test_what_the_row_keeps_for_itself_is_warned_of_and_never_repeated(page, make_row):
    make_row(
        chat_bot_title="Ours",
        base_lang="en",
        page_sets_title=False,
        page_sets_lang=False,
        page_sets_parameters=False,
        page_sets_nickname=False,
    )

    page.open(
        {
            "title": "secret",
            "lang": "zh-CN",
            "parameters": {"secret": 1},
            "nickname": "secret",
            "id": "secret",
            "toString": "secret",
        },
        lang="zh-CN",
    )

    [options] = page.received
    assert "secret" not in json.dumps(options)
    assert options["ui"]["base"]["lang"] == "en"
    expect(page.title).to_have_text("Ours")
    assert page.warnings == [
        f'coze_widget: the page\'s "{name}" is ignored: '
        "the widget does not leave it to pages"
        for name in ("title", "lang", "parameters", "nickname", "id", "toString")
    ]


LONG = {
    "title": "t" * 101,
    "nickname": "😀" * 51,
    "parameters": {"text": "语" * 6000},
}
JUST_FIT = {
    "title": "t" * 100,
    "nickname": "😀" * 50,
    "parameters": {"text": "语" * 5000},
}


@pytest.mark.parametrize("place", ["frame"], indirect=True)
def test_values_of_another_kind_are_as_good_as_none(page, make_row, visitor):
    make_row()
    wrong = [
        {"title": 5, "nickname": {"a": 1}, "lang": "de", "parameters": "x"},
        {"title": "  ", "nickname": [], "lang": ["en"], "parameters": [1]},
        LONG,
    ]
    page.open(wrong[0])

    for overrides in wrong[1:]:
        page.update(overrides)
    visitor.page.evaluate(
        "const me = {}; me.me = me; tell({type: 'update', overrides: {parameters: me}})"
    )
    for nothing in ({"title": "", "nickname": None}, [], None, "x"):
        page.update(nothing)

    visitor.page.wait_for_timeout(100)
    assert [text.split('"')[1] for text in page.warnings] == [
        *["title", "nickname", "lang", "parameters"] * 2,
        *["title", "nickname", "parameters"],
        "parameters",
    ]
    assert all("wrong kind" in text for text in page.warnings)
    assert "t" * 101 not in "".join(page.warnings)


@pytest.mark.parametrize("place", ["frame"], indirect=True)
def test_as_much_as_is_allowed_is_taken(page, make_row):
    make_row()

    page.open(JUST_FIT)

    [options] = page.received
    assert options["ui"]["chatBot"]["title"] == JUST_FIT["title"]
    assert options["userInfo"]["nickname"] == JUST_FIT["nickname"]
    assert options["config"]["botInfo"]["parameters"] == JUST_FIT["parameters"]


@pytest.mark.parametrize("place", ["frame"], indirect=True)
def test_a_document_of_an_older_release_leaves_two_things_to_the_page(
    page, make_row, visitor
):
    make_row()

    visitor.context.add_init_script(
        "const { parse } = JSON; JSON.parse = (text) => "
        "{ const value = parse(text); delete value.page_may; return value; };"
    )

    page.open(
        {"title": "T", "parameters": {"a": 1}, "nickname": "N", "lang": "zh-CN"},
        protocol=1,
    )

    [options] = page.received
    assert options["ui"]["chatBot"]["title"] == "T"
    assert options["config"]["botInfo"]["parameters"] == {"a": 1}
    assert "N" not in options["userInfo"].values()
    assert options["ui"]["base"]["lang"] == "en"


# Another wish while the chat stands


def test_an_open_chat_takes_a_new_wish_and_keeps_what_was_typed(
    page, make_row, visitor
):
    make_row()
    page.open({"title": "Shoes", "parameters": {"product": 1}})
    visitor.say("first")
    visitor.input.fill("half a sentence")

    page.update({"title": "Hats", "nickname": "Zoë"}, lang="zh-CN")

    expect(page.title).to_have_text("Hats", timeout=10_000)
    expect(visitor.input).to_have_value("half a sentence")
    expect(visitor.input).to_be_focused()
    expect(visitor.input).to_have_attribute("placeholder", "发送消息")
    expect(visitor.transcript).to_contain_text("first")
    first, second = page.received
    assert second["userInfo"] == {**first["userInfo"], "nickname": "Zoë"}
    # What the page no longer says is the row's again.
    assert "botInfo" not in second["config"]
    assert page.told.count("ready") == 1


def test_a_closed_chat_takes_it_at_its_next_opening(page, make_row, visitor):
    make_row()
    page.open({"title": "Shoes"})
    visitor.say("first")
    page.tell("hide")
    visitor.page.wait_for_timeout(1600)  # an answer might still have been on its way

    page.update({"title": "Hats"})
    visitor.page.wait_for_timeout(500)
    assert len(page.received) == 1
    page.tell("show")

    page.wait_to_hear("ready", times=2)
    expect(page.title).to_have_text("Hats")
    expect(visitor.transcript).to_contain_text("first")
    assert len(page.received) == 2


@pytest.mark.parametrize("place", ["frame"], indirect=True)
def test_an_answer_on_its_way_is_heard_to_its_end(page, make_row, visitor, coze):
    make_row()
    page.open({"title": "Shoes"})
    coze.add_fault("/v3/chat", latency_ms=2500)
    visitor.input.fill("take your time")
    visitor.input.press("Enter")

    page.update({"title": "Hats"})

    expect(visitor.transcript).to_contain_text('You said: "take your time"')
    expect(page.title).to_have_text("Shoes")
    expect(page.title).to_have_text("Hats", timeout=10_000)
    expect(visitor.transcript).to_contain_text('You said: "take your time"')


@pytest.mark.parametrize("place", ["frame"], indirect=True)
def test_what_was_said_already_changes_nothing(page, make_row, visitor):
    make_row()
    page.open({"title": "Shoes"})

    page.update({"title": "Shoes"})
    visitor.page.wait_for_timeout(2500)

    assert len(page.received) == 1


@pytest.mark.parametrize("place", ["frame"], indirect=True)
def test_a_wish_that_cannot_be_fulfilled_becomes_a_sentence(page, make_row, visitor):
    make_row()
    page.open()
    visitor.page.frames[-1].evaluate(
        "() => { CozeWebSDK.WebChatClient = function () { throw new Error('no') } }"
    )

    page.update({"title": "Hats"})

    expect(visitor.sign).to_contain_text("could not be loaded", timeout=10_000)
    assert page.visitor.page.evaluate("told[told.length - 1]") == {
        "type": "failed",
        "code": "failed",
    }


# Who closes the chat


def test_a_page_that_may_say_no_is_asked_before_the_chat_goes(page, make_row, visitor):
    make_row()
    page.open()

    visitor.chat.locator(f"{SDK}header-close").click()
    page.wait_to_hear("leave")
    visitor.input.fill("still here")
    visitor.chat.locator(f"{SDK}header-close").click()
    page.wait_to_hear("leave", times=2)
    assert "closed" not in page.told

    page.tell("hide")
    if page.place == "inline":
        expect(visitor.input).to_have_count(0)
    page.tell("show")
    page.wait_to_hear("ready", times=2)
    expect(visitor.input).to_be_visible()
    assert "closed" not in page.told


def test_an_older_page_is_told_that_the_chat_has_gone(page, make_row, visitor):
    make_row()
    page.open(protocol=1)

    visitor.chat.locator(f"{SDK}header-close").click()

    page.wait_to_hear("closed")
    assert "leave" not in page.told


def test_our_own_panel_asks_too(page, make_row, visitor):
    make_row()
    page.open()
    page.tell("hide")
    visitor.context.route("**/session/", lambda route: route.abort())
    page.tell("show")
    page.wait_to_hear("failed")

    visitor.sign.get_by_role("button", name="Close chat").click()

    page.wait_to_hear("leave")
    expect(visitor.sign).to_be_visible()


@pytest.mark.parametrize("place", ["inline"], indirect=True)
def test_who_leaves_leaves_the_focus_to_the_page(page, make_row, visitor):
    make_row()
    page.open()
    close = visitor.chat.locator(f"{SDK}header-close")
    close.focus()

    close.press("Enter")

    page.wait_to_hear("leave")
    expect(visitor.page.locator("body")).to_be_focused()
    visitor.page.keyboard.press("Shift+Tab")
    visitor.page.keyboard.press("Tab")
    expect(close).to_be_focused()
