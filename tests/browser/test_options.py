"""A row's further options reach the SDK's constructor, and nothing forbidden does.

The options with a field of their own are in `test_option_tree.py`.
"""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from coze_widget.options import build_options
from tests.browser.visitor import SDK
from tests.test_options import VALUES

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.site")]

SAID = (
    "WebChatClient constructor "  # the stand-in prints what it gets, like the real one
)


@pytest.fixture(params=["frame", "inline"])
def make_row(make_widget, request):
    def make(**fields):
        return make_widget(guests="isolated", place=request.param, **fields)

    return make


def received(visitor):
    """Open the chat, and return the options that its constructor printed."""
    visitor.visit()
    with visitor.page.expect_console_message(
        lambda message: message.text.startswith(SAID)
    ) as printed:
        visitor.open_chat()
    return json.loads(printed.value.text.removeprefix(SAID))


def without_ours(options, place):
    """Leave out what the browser adds: who is there, the callbacks, the place."""
    if place == "frame":
        del options["ui"]["chatBot"]["el"]
    return {key: options[key] for key in options if key not in ("auth", "userInfo")}


def test_every_option_of_the_row_reaches_the_constructor(visitor, make_row):
    extra = {"config": {"region": "eu"}, "ui": {"rail": {"side": ["left"]}}, "next": 7}
    widget = make_row(
        **{**VALUES, "base_layout": "pc", "header_is_show": True},
        extra_options=extra,
        parameters={"city": "Ulm"},
    )

    options = without_ours(received(visitor), widget.place)

    assert options == build_options(widget, place=widget.place)
    assert options["config"]["region"] == "eu"
    assert options["ui"]["rail"] == {"side": ["left"]}
    assert options["next"] == 7


def test_what_is_not_for_editors_never_gets_there(visitor, make_row):
    """Rows of fixtures have met no form."""
    widget = make_row(
        base_lang="en",
        extra_options={
            "auth": {"type": "unauth", "token": "stolen"},
            "userInfo": {"id": "stolen"},
            "el": "#stolen",
            "__proto__": {"stolen": True},
            "config": {"type": "app", "bot_id": "1", "botInfo": {"botId": "stolen"}},
            "ui": {
                "asstBtn": {"isNeed": True},
                "chatBot": {"el": "#stolen", "onShow": "stolen", "isNew": True},
                "footer": [],
            },
        },
    )

    options = received(visitor)

    assert "stolen" not in json.dumps(options)
    assert options["auth"]["type"] == "token"
    assert options["ui"]["chatBot"].pop("isNew") is True
    widget.extra_options = {}
    assert without_ours(options, widget.place) == build_options(
        widget, place=widget.place
    )
    visitor.say("hello")
    expect(visitor.chat.locator(f"{SDK}launcher")).to_have_count(0)
