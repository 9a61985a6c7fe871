"""The whole tree of options: from what an editor posts to what a visitor sees.

Each row of the tables below goes form → row → JSON → the SDK's constructor in Chromium →
something that one can see, in the frame and in the page. An option without a row here
fails the last tests of this file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import models
from playwright.sync_api import expect

from coze_widget.extra_options import WITH_FIELD
from coze_widget.forms import WidgetForm
from coze_widget.models import Widget
from coze_widget.options import OPTIONS, build_options
from coze_widget.sandbox.catalogue import APP_ID, BOT_ID, WORKFLOW_ID
from tests.browser.visitor import SDK
from tests.widget_data import link_rows, tag_rows, widget_data

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.site")]

SAID = "WebChatClient constructor "
ICON = "/static/admin/img/icon-yes.svg"
FACE = "/static/admin/img/icon-no.svg"
BOTS_OWN_ICON = "data:image/svg+xml"
PAGE_WIDTH = 1280
MISSING = "(missing)"
BOTH = ("frame", "inline")


class Sight:
    """An open chat in which `hello` and `/tool` have been said."""

    def __init__(self, visitor, coze, place):
        self.visitor = visitor
        self.coze = coze
        self.place = place
        self.options = self.open()
        visitor.say("hello")
        visitor.input.fill("/tool")
        visitor.input.press("Enter")
        expect(visitor.transcript).to_contain_text("The tool says")

    def open(self):
        """Return the options that the constructor printed, at the latest on opening."""
        with self.visitor.page.expect_console_message(
            lambda message: message.text.startswith(SAID)
        ) as printed:
            self.visitor.visit()
            self.visitor.open_chat()
        return json.loads(printed.value.text.removeprefix(SAID))

    def find(self, name):
        return self.visitor.chat.locator(f"{SDK}{name}")

    def bodies(self, path):
        """Of the requests for a path; preflights have none."""
        found = [one["body"] for one in self.coze.requests if one["path"] == path]
        return [body for body in found if body]

    def asked(self, path):
        return any(one["path"] == path for one in self.coze.requests)


@dataclass(frozen=True)
class Row:
    path: str
    value: Any  # that the constructor gets
    seen: Callable[[Sight], None]
    posted: dict[str, str] = field(
        default_factory=dict
    )  # a box without a tick: nothing
    places: tuple[str, ...] = BOTH

    @property
    def stores(self):
        """Whether the row's own column holds this very value."""
        is_said = bool(self.posted) or self.value is False
        return is_said and self.value != MISSING and self.path in FIELDS


def at(tree, path):
    for key in path.split("."):
        if key not in tree:
            return MISSING
        tree = tree[key]
    return tree


# What one can see


@dataclass(frozen=True)
class Shows:
    """A part of the chat is there, with this text or this picture in it."""

    name: str
    text: str = ""
    picture: str = ""

    def __call__(self, sight):
        part = sight.find(self.name).first
        expect(part).to_be_visible()
        expect(part).to_contain_text(self.text)
        if self.picture:  # one that cannot be fetched would have become a letter
            image = part.locator("img").first
            expect(image).to_have_attribute("src", re.compile(re.escape(self.picture)))


@dataclass(frozen=True)
class Hides:
    """A part is not there, though some other row of the tables shows it."""

    name: str

    def __call__(self, sight):
        expect(sight.find(self.name)).to_have_count(0)


def hint(text):
    return lambda sight: expect(sight.visitor.input).to_have_attribute(
        "placeholder", text
    )


def answers(text):
    return lambda sight: expect(sight.visitor.transcript).to_contain_text(text)


def no_answer(text):
    return lambda sight: expect(sight.visitor.transcript).not_to_contain_text(text)


def width_of(name, width):
    def seen(sight):
        shell = sight.visitor.shell if name == "shell" else sight.find(name)
        assert shell.bounding_box()["width"] == width

    return seen


def layer_of(name, layer):
    """Of the nearest element around it that has one, out of shadow roots too."""

    def seen(sight):
        element = sight.visitor.shell if name == "shell" else sight.find(name)
        found = element.evaluate(
            """(node) => {
                for (; node; node = node.parentNode || node.host) {
                    const { zIndex } = node.host ? {} : getComputedStyle(node);
                    if (zIndex && zIndex !== "auto") return Number(zIndex);
                }
            }"""
        )
        assert found == layer

    return seen


def sends(path, name, value):
    def seen(sight):
        body = sight.bodies(path)[-1]
        assert body.get(name, MISSING) == value

    return seen


def asks(path):
    def seen(sight):
        assert sight.asked(path)

    return seen


def chinese(sight):
    hint("发送消息")(sight)
    languages = {
        one["headers"].get("accept-language")
        for one in sight.coze.requests
        if one["path"] == f"/v1/bots/{BOT_ID}" and one["method"] == "GET"
    }
    assert languages == {"zh"}


def no_frame_of_the_sdks(sight):
    expect(sight.visitor.chat.locator("iframe")).to_have_count(0)


def thumb_down(sight):
    """Open the panel of a thumb down, once for all that is to be seen in it."""
    if not sight.find("feedback").count():
        sight.find("dislike").last.click()
    return sight.find("feedback")


def feedback_title(sight):
    thumb_down(sight)
    expect(sight.find("feedback-title")).to_have_text("What was wrong?!")


def feedback_hint(sight):
    expect(thumb_down(sight).get_by_placeholder("Say more")).to_be_visible()


def feedback_tags(sight):
    thumb_down(sight)
    expect(sight.find("feedback-tag")).to_have_text(["Wrong", "其他"])
    expect(sight.find("feedback-submit")).to_be_enabled()
    sight.find("feedback-tag").last.click()
    expect(sight.find("feedback-submit")).to_be_disabled()


def own_launcher_stays(sight):
    Hides("header-close")(sight)
    expect(sight.visitor.launcher).to_be_visible()


def links_to(url):
    return lambda sight: expect(sight.find("footer-link")).to_have_attribute(
        "href", url
    )


def cozes_launcher(sight):
    """Of the two there is one only; it stands aside while the chat is open."""
    expect(sight.visitor.launcher).to_have_count(0)
    expect(sight.find("launcher")).to_be_hidden()
    sight.find("header-close").click()
    expect(sight.find("launcher")).to_be_visible()


def known_by_that_name(sight):
    name = sight.options["userInfo"]["id"]
    assert len(name) == 64
    chats = sight.bodies("/v3/chat") or sight.bodies("/v1/workflows/chat")
    assert {body.get("user_id") or body["ext"]["user_id"] for body in chats} == {name}


class Any64:
    """Equal to the name of anybody: 64 hexadecimal characters."""

    def __eq__(self, other):
        return isinstance(other, str) and len(other) == 64

    __hash__ = None


# The tables: one widget each, so that few pages are loaded

FULL = [
    Row("config.type", "bot", Shows("onboarding"), {"mode": "bot"}),
    Row(
        "config.bot_id",
        BOT_ID,
        asks(f"/v1/bots/{BOT_ID}"),
        # The address in Coze's studio will do.
        {"bot_id": f"https://www.coze.cn/space/1/bot/{BOT_ID}"},
    ),
    Row(
        "config.botInfo.parameters",
        {"city": "Ulm"},
        answers('Start parameters: {"city": "Ulm"}'),
        {"parameters": '{"city": "Ulm"}'},
    ),
    Row("config.isIframe", False, no_frame_of_the_sdks),
    Row(
        "ui.base.icon", ICON, Shows("avatar-header", picture=ICON), {"base_icon": ICON}
    ),
    Row("ui.base.layout", "pc", Hides("mobile"), {"base_layout": "pc"}),
    Row("ui.base.lang", "zh-CN", chinese, {"base_lang": "zh-CN"}),
    Row(
        "ui.base.zIndex",
        MISSING,
        layer_of("shell", 77),
        {"base_z_index": "77"},
        ("frame",),
    ),
    Row(
        "ui.base.zIndex",
        77,
        layer_of("panel", 76),
        {"base_z_index": "77"},
        ("inline",),
    ),
    Row("ui.header.isShow", True, Shows("header"), {"header_is_show": "on"}),
    Row(
        "ui.header.isNeedClose",
        True,
        Shows("header-close"),
        {"header_is_need_close": "on"},
    ),
    Row("ui.footer.isShow", True, Shows("footer"), {"footer_is_show": "on"}),
    Row(
        "ui.footer.expressionText",
        "Please read {{terms}}.",
        Shows("footer", "Please read Terms."),
        {"footer_expression_text": "Please read {{terms}}."},
    ),
    Row(
        "ui.footer.linkvars",
        {"terms": {"text": "Terms", "link": "https://a.example/t"}},
        links_to("https://a.example/t"),
        link_rows(("terms", "Terms", "https://a.example/t")),
    ),
    Row(
        "ui.conversations.isNeed",
        True,
        Shows("conversations"),
        {"conversations_is_need": "on"},
    ),
    Row(
        "ui.chatBot.title",
        "Ask <us>",
        Shows("header-title", "Ask <us>"),
        {"chat_bot_title": "Ask <us>"},
    ),
    Row(
        "ui.chatBot.width",
        MISSING,
        width_of("shell", 800),
        {"chat_bot_width": "800"},
        ("frame",),
    ),
    Row(
        "ui.chatBot.width",
        800,
        width_of("panel", 800),
        {"chat_bot_width": "800"},
        ("inline",),
    ),
    Row("ui.chatBot.uploadable", True, Shows("upload"), {"chat_bot_uploadable": "on"}),
    Row("ui.chatBot.isNeedAudio", True, Shows("mic"), {"chat_bot_is_need_audio": "on"}),
    Row(
        "ui.chatBot.isNeedFunctionCallMessage",
        True,
        Shows("tool", "已调用 clock-now"),
        {"chat_bot_is_need_function_call_message": "on"},
    ),
    Row(
        "ui.chatBot.isNeedAddNewConversation",
        True,
        Shows("header-create"),
        {"chat_bot_is_need_add_new_conversation": "on"},
    ),
    Row(
        "ui.chatBot.isNeedClearContext",
        True,
        Shows("header-clear"),
        {"chat_bot_is_need_clear_context": "on"},
    ),
    Row(
        "ui.chatBot.isNeedQuote",
        True,
        Shows("quote"),
        {"chat_bot_is_need_quote": "on"},
    ),
    Row(
        "ui.chatBot.feedback.isNeedFeedback",
        True,
        Shows("like"),
        {"chat_bot_feedback_is_need": "on"},
    ),
    Row(
        "ui.chatBot.feedback.feedbackPanel.title",
        "What was wrong?!",
        feedback_title,
        {"chat_bot_feedback_panel_title": "What was wrong?!"},
    ),
    Row(
        "ui.chatBot.feedback.feedbackPanel.placeholder",
        "Say more",
        feedback_hint,
        {"chat_bot_feedback_panel_placeholder": "Say more"},
    ),
    Row(
        "ui.chatBot.feedback.feedbackPanel.tags",
        [
            {"label": "Wrong", "isNeedDetail": False},
            {"label": "其他", "isNeedDetail": True},
        ],
        feedback_tags,
        tag_rows(("Wrong", False), ("其他", True)),
    ),
    Row("userInfo.id", Any64(), known_by_that_name),
    Row(
        "userInfo.nickname",
        "Zoë",
        Shows("onboarding-text", "你好，Zoë！"),
        {"user_nickname": "Zoë"},
    ),
    Row("userInfo.url", FACE, Shows("avatar-user", picture=FACE), {"user_url": FACE}),
    Row(
        "ui.rail.side",
        ["left"],
        answers('You said: "hello"'),  # the SDK passes over what it does not know
        {"extra_options": '{"ui": {"rail": {"side": ["left"]}}}'},
    ),
    Row("ui.asstBtn.isNeed", False, Hides("launcher"), {"launcher": "own"}),
]

# As few boxes with a tick and as few texts as one can see the lack of.
BARE = [
    Row("config.botInfo.parameters", MISSING, no_answer("Start parameters")),
    Row("ui.base.icon", MISSING, Shows("avatar-header", picture=BOTS_OWN_ICON)),
    Row("ui.base.layout", "mobile", Shows("mobile"), {"base_layout": "mobile"}),
    Row("ui.header.isShow", True, Shows("header"), {"header_is_show": "on"}),
    Row("ui.header.isNeedClose", False, own_launcher_stays),
    Row("ui.footer.isShow", False, Hides("footer")),
    Row("ui.footer.expressionText", MISSING, Hides("footer-link")),
    Row("ui.footer.linkvars", MISSING, Hides("footer-link")),
    Row("ui.conversations.isNeed", False, Hides("conversations")),
    Row("ui.chatBot.title", "Support", Shows("header-title", "Support")),  # the name
    Row("ui.chatBot.uploadable", False, Hides("upload")),
    Row("ui.chatBot.isNeedAudio", False, Hides("mic")),
    Row("ui.chatBot.isNeedFunctionCallMessage", False, Hides("tool")),
    Row("ui.chatBot.isNeedAddNewConversation", False, Hides("header-create")),
    Row("ui.chatBot.isNeedClearContext", False, Hides("header-clear")),
    Row("ui.chatBot.isNeedQuote", False, Hides("quote")),
    Row("ui.chatBot.feedback.isNeedFeedback", False, Hides("like")),
    Row("ui.chatBot.feedback.feedbackPanel.title", MISSING, Hides("like")),
    Row("ui.chatBot.feedback.feedbackPanel.placeholder", MISSING, Hides("like")),
    Row("ui.chatBot.feedback.feedbackPanel.tags", MISSING, Hides("like")),
    Row("userInfo.nickname", "", Shows("onboarding-text", "Hello there, I am")),
    Row("userInfo.url", MISSING, Shows("avatar-user", "T")),  # of "there"
]
# Where it fills a phone's screen: the SDK's panel inline, ours around the frame.
BARE += [
    Row(
        "ui.base.layout",
        "mobile",
        width_of(name, PAGE_WIDTH),
        {"base_layout": "mobile"},
        (place,),
    )
    for name, place in (("shell", "frame"), ("panel", "inline"))
]

# An app, and what the SDK says by itself where the row says nothing.
APP = [
    Row("config.type", "app", Shows("onboarding"), {"mode": "app", "bot_id": ""}),
    Row(
        "config.appInfo.appId",
        APP_ID,
        asks(f"/v1/apps/{APP_ID}"),
        {"app_id": APP_ID},
    ),
    Row(
        "config.appInfo.workflowId",
        WORKFLOW_ID,
        asks(f"/v1/workflows/{WORKFLOW_ID}"),
        {"workflow_id": WORKFLOW_ID},
    ),
    Row(
        "config.appInfo.version",
        "v1.0",
        sends("/v1/workflows/chat", "version", "v1.0"),
        {"app_version": "v1.0"},
    ),
    Row(
        "config.appInfo.parameters",
        {"city": "Rom"},
        sends("/v1/workflows/chat", "parameters", {"city": "Rom"}),
        {"parameters": '{"city": "Rom"}'},
    ),
    Row("config.isIframe", False, no_frame_of_the_sdks),
    Row("userInfo.id", Any64(), known_by_that_name),
    Row("ui.base.lang", "en", hint("Send a message")),  # the page's
    Row(
        "ui.footer.isShow",
        True,
        Shows("footer", "Powered by coze. AI-generated content for reference only."),
        {"footer_is_show": "on"},
    ),
    Row("ui.header.isShow", False, Hides("header")),
    # Where there is no header they are in its menu, and one of them is enough for it.
    Row(
        "ui.chatBot.isNeedClearContext",
        True,
        Shows("menu-button"),
        {"chat_bot_is_need_clear_context": "on"},
    ),
    # Apps have no list of conversations, whatever the row says.
    Row(
        "ui.conversations.isNeed",
        True,
        Hides("conversations"),
        {"conversations_is_need": "on"},
    ),
]

COZES_BUTTON = [
    Row(
        "ui.base.icon",
        ICON,
        lambda sight: expect(sight.find("launcher-image")).to_have_attribute(
            "src", ICON
        ),
        {"base_icon": ICON},
        ("inline",),
    ),
    Row(
        "ui.header.isNeedClose",
        True,
        Shows("header-close"),
        {"header_is_show": "on", "header_is_need_close": "on"},
        ("inline",),
    ),
    Row(
        "ui.asstBtn.isNeed",
        True,
        cozes_launcher,
        {"launcher": "sdk", "load": "eager"},
        ("inline",),
    ),
]

# Where a row keeps what is no option of its own.
FIELDS = {
    **{option.path: option.field for option in OPTIONS},
    "config.type": "mode",
    "config.bot_id": "bot_id",
    "config.botInfo.parameters": "parameters",
    "config.appInfo.appId": "app_id",
    "config.appInfo.workflowId": "workflow_id",
    "config.appInfo.version": "app_version",
    "config.appInfo.parameters": "parameters",
    "userInfo.nickname": "user_nickname",
    "userInfo.url": "user_url",
}
WITHOUT_FIELD = {
    "config.isIframe",  # always false
    "ui.asstBtn.isNeed",  # from launcher and place
    "userInfo.id",  # of the person
    "ui.rail.side",  # stands for all that is in `extra_options`
}

TABLES = {"full": FULL, "bare": BARE, "app": APP, "cozes-button": COZES_BUTTON}


def save_form(rows, place, committed):
    posted = {"guests": "isolated", "place": place}
    for row in rows:
        posted.update(row.posted)
    form = WidgetForm(data=widget_data(**posted))
    assert form.is_valid(), form.errors
    with committed():
        form.save()
    return Widget.objects.get()


def without_ours(options, widget):
    """Leave out what the browser adds: who is there, the place, the page's language."""
    rest = {key: options[key] for key in options if key not in ("auth", "userInfo")}
    rest["ui"]["chatBot"].pop("el", None)
    if not widget.base_lang:
        rest["ui"]["base"].pop("lang")
    return rest


@pytest.mark.parametrize(
    ("name", "place"),
    [
        (name, place)
        for name, rows in TABLES.items()
        for place in BOTH
        if any(place in row.places for row in rows)
    ],
)
def test_what_is_posted_is_what_one_sees(name, place, committed, visitor, coze):
    rows = [row for row in TABLES[name] if place in row.places]
    widget = save_form(rows, place, committed)
    stored = [(row, getattr(widget, FIELDS[row.path])) for row in rows if row.stores]
    written = build_options(widget, place=place)

    sight = Sight(visitor, coze, place)

    wrong = [f"stored {value!r}: {row}" for row, value in stored if value != row.value]
    for row in rows:
        assert at(sight.options, row.path) == row.value, row
        row.seen(sight)
    assert not wrong, "\n\n".join(wrong)
    written["ui"].setdefault("base", {})
    assert without_ours(sight.options, widget) == written


# Whether the tables are whole

ROWS = [row for rows in TABLES.values() for row in rows]
PATHS = {row.path for row in ROWS}


def test_every_option_has_a_row():
    assert {*FIELDS, *WITHOUT_FIELD} == PATHS
    assert {".".join(path) for path in WITH_FIELD} <= PATHS


def test_every_option_is_looked_at_in_the_frame_and_in_the_page():
    seen = {(row.path, place) for row in ROWS for place in row.places}

    assert seen == {(path, place) for path in PATHS for place in BOTH}


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.field)
def test_every_switch_is_on_once_and_off_once(option):
    values = [row.value for row in ROWS if row.path == option.path]

    if isinstance(Widget._meta.get_field(option.field), models.BooleanField):
        assert {True, False} <= set(values)
    else:
        assert len({str(value) for value in values}) > 1


def test_what_is_looked_for_in_vain_is_found_elsewhere():
    shown = {row.seen.name for row in ROWS if isinstance(row.seen, Shows)}
    hidden = {row.seen.name for row in ROWS if isinstance(row.seen, Hides)}

    assert hidden - shown <= {"launcher", "footer-link"}  # by functions of their own
