"""Voice needs a secure context: elsewhere the SDK is told that nobody wants it."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import ARGUMENTS, find_browser
from tests.browser.visitor import SDK, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.site")]

SAID = "WebChatClient constructor "
# A name that is not this machine's, as far as the browser knows.
HOST = "shop.test"


@pytest.fixture(params=["frame", "inline"])
def row(make_widget, request):
    return make_widget(
        guests="isolated", place=request.param, chat_bot_is_need_audio=True
    )


@pytest.fixture
def visitor_without_tls(browser, live_server, coze, settings):
    settings.ALLOWED_HOSTS = [HOST]
    other = browser.browser_type.launch(
        executable_path=find_browser(browser.browser_type.executable_path),
        args=[
            *ARGUMENTS,
            f"--host-resolver-rules=MAP {HOST} 127.0.0.1",
            "--no-proxy-server",
        ],
    )
    address = f"http://{HOST}:{urlsplit(live_server.url).port}"
    visitor = Visitor(other.new_context(), address, coze.url)
    yield visitor
    visitor.leave()
    other.close()


def received(visitor):
    visitor.visit()
    with visitor.page.expect_console_message(
        lambda message: message.text.startswith(SAID)
    ) as printed:
        visitor.open_chat()
    return json.loads(printed.value.text.removeprefix(SAID))


def test_on_localhost_one_may_speak(visitor, row):
    options = received(visitor)

    assert options["ui"]["chatBot"]["isNeedAudio"] is True
    expect(visitor.chat.locator(f"{SDK}mic")).to_be_visible()


def test_over_plain_http_there_is_no_microphone(visitor_without_tls, row):
    visitor = visitor_without_tls

    options = received(visitor)

    assert not visitor.page.evaluate("isSecureContext")
    assert options["ui"]["chatBot"]["isNeedAudio"] is False
    expect(visitor.chat.locator(f"{SDK}mic")).to_have_count(0)
    visitor.say("hello")
