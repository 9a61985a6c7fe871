"""The stand-in SDK behaves as Coze's was measured to behave, bad manners included."""

from __future__ import annotations

import contextlib
import http.server
import json
import re
import threading

import pytest
from playwright.sync_api import expect

from coze_widget.sandbox.recorder import hash_token
from tests.sandbox.caller import APP, BOT, WORKFLOW, Caller, say

pytestmark = pytest.mark.browser

SDK = "/obj/unpkg/flow-platform/chat-app-sdk/1.2.0-beta.20/libs/cn/index.js"
MISSING_TOKEN = (
    "The access token is missing. Please check the configuration information."
)

# `site` is the host page's own record of what the SDK did to it.
PAGE = """<!doctype html><html><head><title>Host</title></head><body>
<main id="main">A site</main><div id="place"></div>
<script nonce="n">
  const site = {{ refreshes: [], hooks: [], messages: [], violations: 0, token: "" }};
  addEventListener("message", (event) => site.messages.push(event.data));
  document.addEventListener("securitypolicyviolation", () => {{ site.violations += 1; }});
  site.build = (options, auth) => {{
    site.options = options;
    options.auth = Object.assign({{
      type: "token",
      token: site.token,
      onRefreshToken: async (old) => {{ site.refreshes.push(old); return site.token; }},
    }}, auth);
    site.client = new CozeWebSDK.WebChatClient(options);
  }};
</script>
<script nonce="n" src="{sdk}"></script></body></html>"""


class HostSite:
    """Serves one page at a URL of its own, so that the API is another origin."""

    def __init__(self, page, headers):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                for name, value in {"Content-Type": "text/html", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(page.encode())

            def log_message(self, *args):
                """Quiet."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, args=(0.05,)).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Host:
    """A page that holds the SDK, and the person in front of it."""

    def __init__(self, context, sandbox, url):
        self.sandbox = sandbox
        self.token = sandbox.issue_token(session_name="alice")
        self.dialogs = []
        self.console = []
        self.page = context.new_page()
        self.page.set_default_timeout(8000)
        self.page.on("dialog", self.note_dialog)
        self.page.on("console", lambda message: self.console.append(message.text))
        self.page.goto(url)
        self.run(f"site.token = {json.dumps(self.token)}")

    def note_dialog(self, dialog):
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def run(self, script):
        return self.page.evaluate(script)

    def build(self, *, auth="{}", config=None, user=None, el="", **ui):
        options = {
            "config": config or {"type": "bot", "bot_id": BOT},
            "userInfo": user or {"id": "visitor-1", "nickname": "Alice", "url": ""},
            "ui": ui,
        }
        self.run(f"site.build({json.dumps(options)}, {auth})")
        return self

    def show(self):
        self.run("site.client.showChatBot()")
        return self

    def hide(self):
        self.run("site.client.hideChatBot()")

    def open(self, **options):
        """Built, shown, and ready to be written to."""
        self.build(**options).show()
        expect(self.find("textarea")).to_be_visible()
        return self

    def find(self, name):
        return self.page.locator(f".coze-chat-sdk-{name}")

    def say(self, text):
        self.find("textarea").fill(text)
        self.find("textarea").press("Enter")

    def talk(self, text):
        """Says it and waits for the end of the answer."""
        self.say(text)
        expect(self.find("send")).to_be_visible()
        expect(self.find("typing")).to_have_count(0)

    def asked(self, *, status=None):
        """What the API was asked, preflights left out."""
        return [
            f"{entry['method']} {entry['path']}"
            for entry in self.sandbox.requests
            if entry["method"] != "OPTIONS" and not entry["path"].startswith("/obj/")
            if status is None or entry["status"] == status
        ]

    def wait_for_answers(self, count, *, ending):
        """Of requests that the page made."""
        self.page.wait_for_function(
            "([count, ending]) => performance.getEntriesByType('resource')"
            ".filter((entry) => entry.name.endsWith(ending)).length === count",
            arg=[count, ending],
        )

    def sent(self, path):
        """The bodies of the requests for a path."""
        found = [entry for entry in self.sandbox.requests if entry["path"] == path]
        return [entry["body"] for entry in found if entry["method"] != "OPTIONS"]


@pytest.fixture(scope="module")
def context(browser):
    """One profile for most tests: a site has an origin of its own in each of them."""
    with contextlib.closing(browser.new_context()) as context:
        yield context


@pytest.fixture
def visit(browser, context, sandbox):
    with contextlib.ExitStack() as stack:

        def visit(*, headers=None, **options):
            site = HostSite(PAGE.format(sdk=sandbox.url + SDK), headers or {})
            stack.callback(site.stop)
            profile = context
            if options:
                profile = browser.new_context(**options)
                stack.callback(profile.close)
            host = Host(profile, sandbox, site.url)
            stack.callback(host.page.close)
            return host

        context.clear_cookies()
        yield visit


@pytest.fixture
def host(visit):
    return visit()


# As a guest in somebody's page


def test_merely_loading_it_changes_the_page(host):
    font = host.run("getComputedStyle(document.getElementById('main')).fontFamily")
    globals_ = host.run(
        "['CozeWebSDK', 'CozeWebSDKmain', 'webpackChunkCozeWebSDK']"
        ".map((name) => typeof window[name])"
    )

    assert host.run("document.querySelectorAll('style').length") > 100
    assert "PingFang SC" in font
    assert globals_ == ["object", "object", "object"]


def test_construction_asks_nothing_and_shows_a_plain_div(host):
    host.build(base={"zIndex": 7})

    launcher = host.find("launcher")
    assert host.asked() == []
    assert launcher.evaluate("(e) => [e.tagName, e.tabIndex, e.style.zIndex]") == [
        "DIV",
        -1,
        "7",
    ]
    assert launcher.get_attribute("role") is None
    assert launcher.bounding_box()["width"] == 56
    assert host.run("CozeWebSDK.WebChatClient.clients.length") == 1


def test_without_a_launcher_there_is_none(host):
    host.build(asstBtn={"isNeed": False})

    expect(host.find("launcher")).to_have_count(0)


def test_it_prints_the_token(host):
    host.build()

    assert any(host.token in line for line in host.console)


def test_an_empty_token_is_not_printed_until_the_panel_renders(host):
    host.build(auth='{token: ""}')
    host.run("site.client.options.auth.token = site.token")
    before = "".join(host.console)

    host.show()
    expect(host.find("textarea")).to_be_visible()

    assert host.token not in before
    assert any(
        line.startswith("useChatOpInfo:") and host.token in line
        for line in host.console
    )
    assert host.run("site.refreshes") == []
    assert host.dialogs == []


@pytest.mark.parametrize("auth", ['{type: "unauth"}', "{onRefreshToken: null}"])
def test_auth_that_it_does_not_like_makes_an_alert(host, auth):
    host.build(auth=auth)

    assert len(host.dialogs) == 1
    assert host.dialogs[0] in host.console
    expect(host.find("launcher")).to_have_count(0)


@pytest.mark.parametrize("refresh", ["async () => ''", "() => Promise.reject(1)"])
def test_without_a_token_it_alerts_and_stays_shut(host, refresh):
    host.build(auth=f'{{token: "", onRefreshToken: {refresh}}}').show()
    host.run("0")  # a turn of the page

    assert host.dialogs == [MISSING_TOKEN]
    expect(host.find("panel")).to_have_count(0)
    host.hide()
    host.run("0")
    assert host.dialogs == [MISSING_TOKEN] * 2


def test_an_empty_token_is_asked_for_at_the_first_opening(host):
    host.open(auth='{token: ""}')

    assert host.run("site.refreshes") == [""]
    assert host.run("site.client.getToken()") == host.token


def test_it_leaves_traces_and_they_stay(host):
    host.open()
    host.run("site.client.destroy()")

    assert host.run("document.cookie") == "i18next=en"
    assert host.run("Object.keys(localStorage).sort()") == [
        "cache:@coze-common/chat-area",
        f"coze__ChatHistory__{BOT}",
    ]
    assert host.run("document.body.lastElementChild.tagName") == "TEXTAREA"
    assert host.run("document.querySelectorAll('style').length") > 100
    assert host.run("CozeWebSDK.WebChatClient.clients.length") == 0
    expect(host.find("panel")).to_have_count(0)
    expect(host.find("launcher")).to_have_count(0)


def test_a_new_body_is_too_much_for_it(host):
    host.open()
    host.hide()
    host.run("document.body = document.createElement('body')")

    host.show()

    expect(host.find("panel")).to_have_count(0)
    name = host.run(
        "(() => { try { site.client.destroy() } catch (e) { return e.name } })()"
    )
    assert name == "NotFoundError"
    host.open()


STRICT = {
    "Content-Security-Policy": "style-src 'self'; script-src 'nonce-n' 'strict-dynamic'"
}
TRUSTED_TYPES = {"Content-Security-Policy": "require-trusted-types-for 'script'"}


def test_a_strict_style_policy_is_broken_a_hundred_times(visit):
    host = visit(headers=STRICT)

    host.build()

    # The events are queued: by the time of the next task they are there.
    assert host.run("new Promise((r) => setTimeout(() => r(site.violations)))") > 100


def test_under_trusted_types_sending_fails(visit):
    host = visit(headers=TRUSTED_TYPES).open()

    host.say("Hello")

    expect(host.find("failed")).to_be_visible()
    assert "POST /v3/chat" not in host.asked()


# Show and hide

OPENING = [
    "GET /v1/bots/7400000000000000001",
    "GET /v1/conversations",
    "POST /v1/conversation/message/list",
]


def test_every_opening_repeats_its_calls(host):
    host.open()
    first = host.asked()
    host.sandbox.clear_requests()

    host.hide()
    expect(host.find("panel")).to_have_count(0)
    host.show()
    expect(host.find("textarea")).to_be_visible()

    assert sorted(first) == sorted([*OPENING, "POST /v1/conversation/create"])
    assert sorted(host.asked()) == sorted(OPENING)


def test_the_calls_carry_what_they_should(host):
    host.open(base={"lang": "zh-CN"})

    entries = {entry["path"]: entry for entry in host.sandbox.requests}
    conversations = entries["/v1/conversations"]
    assert conversations["query"] == {
        "bot_id": BOT,
        "connector_id": "999",
        "page_num": "1",
        "page_size": "1",
        "user_id": "visitor-1",
    }
    assert conversations["headers"]["accept-language"] == "zh"
    assert json.loads(conversations["headers"]["x-coze-client-user-agent"])
    assert "cookie" not in conversations["headers"]
    assert host.sent("/v1/conversation/message/list") == [{"limit": 10}]
    assert host.sent("/v1/conversation/create") == [
        {
            "bot_id": BOT,
            "connector_id": "999",
            "user_id": "visitor-1",
            "messages": [],
        }
    ]


def test_the_hooks_come_in_order_and_may_veto(host):
    host.build()
    host.run(
        """() => {
        const chatBot = site.client.settings.chatBot;
        for (const name of ["onBeforeShow", "onShow", "onBeforeHide", "onHide"]) {
          chatBot[name] = () => { site.hooks.push(name); return site.answer; };
        }
        site.answer = false;
      }"""
    )
    host.show()
    host.page.wait_for_function("site.hooks.length === 1")
    expect(host.find("panel")).to_have_count(0)

    host.run("site.answer = undefined")
    host.show()
    expect(host.find("textarea")).to_be_visible()
    host.run("site.answer = false")
    host.find("header-close").click()
    host.page.wait_for_function("site.hooks.length === 4")
    expect(host.find("panel")).to_be_visible()

    assert host.run("site.hooks") == [
        "onBeforeShow",
        "onBeforeShow",
        "onShow",
        "onBeforeHide",
    ]


def test_the_launcher_opens_and_the_close_button_closes(host):
    host.build()

    host.find("launcher").click()
    expect(host.find("textarea")).to_be_focused()
    expect(host.find("launcher")).to_be_hidden()
    host.find("header-close").click()

    expect(host.find("panel")).to_have_count(0)
    expect(host.find("launcher")).to_be_visible()


def test_closing_in_mid_answer_sends_no_cancel(host):
    host.open()
    host.say("/slow")
    expect(host.find("bubble-bot")).to_contain_text("I take")

    host.hide()
    expect(host.find("panel")).to_have_count(0)

    assert "POST /v3/chat/cancel" not in host.asked()


# Tokens


def test_an_expired_token_at_opening_costs_two_refusals_and_one_refresh(host):
    host.sandbox.expire_tokens()
    fresh = host.sandbox.issue_token(session_name="alice")
    host.build()
    host.run(f"site.token = {json.dumps(fresh)}")

    host.show()

    expect(host.find("textarea")).to_be_visible()
    assert len(host.asked(status=401)) == 2
    assert host.run("site.refreshes") == [host.token]


def test_in_mid_chat_the_message_is_not_sent_again(host):
    host.open()
    host.sandbox.expire_tokens()
    fresh = host.sandbox.issue_token(session_name="alice")
    host.run(f"site.token = {json.dumps(fresh)}")

    host.say("Hello")
    expect(host.find("failed")).to_be_visible()
    before = host.asked().count("POST /v3/chat")
    host.find("failed").click()

    expect(host.find("bubble-bot")).to_contain_text('You said: "Hello"')
    expect(host.find("failed")).to_be_hidden()
    assert before == 1
    assert host.run("site.refreshes") == [host.token]


def test_the_new_token_lives_in_the_mounted_chat_only(host):
    host.sandbox.expire_tokens()
    fresh = host.sandbox.issue_token(session_name="alice")
    host.build()
    host.run(f"site.token = {json.dumps(fresh)}")
    for _ in range(2):
        host.show()
        expect(host.find("textarea")).to_be_visible()
        host.hide()
        expect(host.find("panel")).to_have_count(0)

    assert host.run("site.refreshes") == [host.token] * 2
    host.run("site.client.options.auth.token = site.token")
    host.show()
    expect(host.find("textarea")).to_be_visible()
    assert host.run("site.refreshes.length") == 2


def test_a_token_that_stays_bad_ends_on_an_error_page(host):
    host.sandbox.revoke_tokens()
    host.build().show()

    expect(host.find("retry")).to_be_visible()
    host.page.wait_for_function("site.messages.length === 1")
    assert len(host.asked(status=401)) == 8
    assert host.run("site.refreshes.length") == 4
    assert host.run("site.messages")[0] == {
        "type": "chat-sdk-error",
        "data": {
            "type": "OPEN_API_ERROR",
            "code": 700012006,
            "message": "The access token is invalid.",
        },
    }
    assert host.dialogs == []

    host.run(f"site.token = {json.dumps(host.sandbox.issue_token())}")
    host.find("retry").click()
    expect(host.find("textarea")).to_be_visible()


def test_a_refresh_that_rejects_is_the_last_one(host):
    host.open(
        auth="{onRefreshToken: (old) => { site.refreshes.push(old);"
        " return Promise.reject(new Error('no')); }}"
    )
    host.sandbox.revoke_tokens()

    host.say("Hello")
    expect(host.find("failed")).to_be_visible()
    host.find("failed").click()
    expect(host.find("failed")).to_be_visible()

    assert host.run("site.refreshes.length") == 1


# Talking


def test_it_opens_with_the_bots_greeting(host):
    host.open(chatBot={"title": "Help desk"})

    expect(host.find("header-title")).to_have_text("Help desk")
    expect(host.find("onboarding-text")).to_contain_text(
        "Hello Alice, I am Sandbox Bot"
    )
    expect(host.find("suggestion")).to_have_count(3)


def test_the_title_is_empty_by_default(host):
    host.open()

    expect(host.find("header-title")).to_have_text("")


def test_a_message_is_answered_and_stays_in_the_history(host):
    host.open()

    host.talk("Good morning")
    host.talk("And again")
    host.hide()
    host.show()

    expect(host.find("bubble-user")).to_have_text(["Good morning", "And again"])
    expect(host.find("bubble-bot").last).to_contain_text("This is message 2")
    [body, _] = host.sent("/v3/chat")
    assert body == {
        "bot_id": BOT,
        "user_id": "visitor-1",
        "stream": True,
        "connector_id": "999",
        "additional_messages": [
            {"role": "user", "content_type": "text", "content": "Good morning"}
        ],
        "enable_card": True,
    }


def test_enter_sends_and_shift_enter_begins_a_line(host):
    host.open()
    textarea = host.find("textarea")

    textarea.press_sequentially("one")
    textarea.press("Shift+Enter")
    textarea.press_sequentially("two")
    expect(host.find("bubble-user")).to_have_count(0)
    textarea.press("Enter")

    expect(host.find("bubble-user")).to_have_text("one\ntwo")


def test_text_is_text(host):
    host.open()

    host.talk("<img src=x onerror=alert(1)>")

    expect(host.find("bubble-user")).to_have_text("<img src=x onerror=alert(1)>")
    assert host.dialogs == []


def test_suggestions_are_sent_when_pressed(host):
    host.open()

    host.find("suggestion").first.click()

    expect(host.find("bubble-user")).to_have_text("What can you do?")
    expect(host.find("list > .coze-chat-sdk-suggestions button")).to_have_count(3)


def test_an_answer_is_stopped(host):
    host.open()
    host.say("/slow")
    expect(host.find("bubble-bot")).to_contain_text("I take")

    host.find("stop").click()

    expect(host.find("send")).to_be_visible()
    expect(host.find("failed")).to_be_hidden()
    host.page.wait_for_function("site.client.chat.turn === null")
    assert "POST /v3/chat/cancel" in host.asked()


@pytest.mark.parametrize("text", ["/fail", "/error"])
def test_a_failed_answer_shows_its_sentence(host, text):
    host.open()

    host.say(text)

    expect(host.find("notice")).to_have_text("Internal error.")


def test_a_refused_message_shows_its_sentence_and_a_mark(host):
    host.open()
    host.sandbox.add_fault("/v3/chat", code=4028)

    host.say("Hello")

    expect(host.find("notice")).to_have_text("Your free quota has been used up.")
    expect(host.find("failed")).to_be_visible()


def test_a_tool_shows_if_wanted(host):
    host.open().talk("/tool")

    expect(host.find("tool")).to_have_text("Called clock-now")


def test_a_tool_does_not_show_if_not_wanted(host):
    host.open(chatBot={"isNeedFunctionCallMessage": False}).talk("/tool")

    expect(host.find("bubble-bot")).to_have_count(1)
    expect(host.find("tool")).to_have_count(0)


def test_older_messages_come_when_scrolling_up(host):
    with Caller(host.sandbox, token=host.token) as alice:
        alice.begin(messages=[say(f"{number}\n" * 9) for number in range(12)])
    host.open()
    expect(host.find("bubble-user")).to_have_count(10)

    host.find("messages").evaluate("(box) => { box.scrollTop = 0; }")

    expect(host.find("bubble-user")).to_have_count(12)
    expect(host.find("bubble-user").first).to_contain_text("0")
    assert host.sent("/v1/conversation/message/list")[-1]["limit"] == 15


def test_clearing_the_context_draws_a_line_that_stays(host):
    host.open().talk("Hello")

    host.find("header-clear").click()
    expect(host.find("divider")).to_have_text("Context cleared")
    host.talk("Again")
    host.hide()
    host.show()

    expect(host.find("divider")).to_have_text("Context cleared")


def test_a_new_conversation_is_empty(host):
    host.open().talk("Hello")

    host.find("header-create").click()

    expect(host.find("bubble-user")).to_have_count(0)
    expect(host.find("onboarding")).to_be_visible()
    assert host.sent("/v1/conversation/create")[-1] == {
        "bot_id": BOT,
        "connector_id": "999",
        "user_id": "visitor-1",
    }


def test_a_file_goes_with_a_message(host):
    host.open()
    picture = {"name": "a.png", "mimeType": "image/png", "buffer": b"x"}
    notes = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"x"}

    host.find("picker").set_input_files([picture, notes])
    expect(host.find("chip-image")).to_have_attribute(
        "src", "data:image/png;base64,eA=="
    )
    expect(host.find("chip-busy")).to_have_count(0)
    host.talk("See")

    expect(host.find("bubble-user")).to_contain_text("notes.txt")
    expect(host.find("bubble-bot")).to_contain_text("Files received: a.png, notes.txt")
    [body] = host.sent("/v3/chat")
    [message] = body["additional_messages"]
    parts = json.loads(message["content"])
    assert message["content_type"] == "object_string"
    assert [part["type"] for part in parts] == ["image", "file", "text"]


def test_a_picture_is_looked_at_and_a_file_taken_back(host):
    host.open(base={"zIndex": 50})
    picture = {"name": "a.png", "mimeType": "image/png", "buffer": b"x"}
    host.find("picker").set_input_files(picture)

    host.find("chip-image").click()
    assert host.find("preview").evaluate("(e) => e.style.zIndex") == "52"
    host.find("preview-close").click()
    expect(host.find("preview")).to_have_count(0)
    host.find("chip-remove").click()

    expect(host.find("chip")).to_have_count(0)
    expect(host.find("send")).to_be_disabled()


def test_a_refused_file_is_told(host):
    host.open()
    host.sandbox.add_fault("/v1/files/upload", code=4303)

    host.find("picker").set_input_files(
        {"name": "a.exe", "mimeType": "text/plain", "buffer": b"x"}
    )

    expect(host.find("toast")).to_have_text("The type of the file is not supported.")
    expect(host.find("chip")).to_have_count(0)


def test_more_than_six_files_are_too_many(host):
    host.open()
    file = {"name": "a.txt", "mimeType": "text/plain", "buffer": b"x"}

    host.find("picker").set_input_files([file] * 7)

    expect(host.find("toast")).to_have_text("At most 6 files in one message")
    expect(host.find("chip")).to_have_count(6)


def test_uploads_and_voice_can_be_switched_off(host):
    host.open(chatBot={"uploadable": False, "isNeedAudio": False})

    expect(host.find("upload")).to_have_count(0)
    expect(host.find("mic")).to_have_count(0)


def test_speech_becomes_text(host):
    host.open()

    host.find("mic").click()
    expect(host.find("mic")).to_have_attribute("aria-pressed", "true")
    host.find("mic").click()

    expect(host.find("textarea")).to_have_value("Hello, can you hear me?")


def test_an_answer_is_quoted(host):
    host.open(chatBot={"isNeedQuote": True}).talk("Hello")

    host.find("quote").click()
    host.talk("What?")

    expect(host.find("bubble-user").last).to_have_text(
        re.compile(r'^> You said: "Hello" .*\nWhat\?$')
    )


FEEDBACK = {
    "isNeedFeedback": True,
    "feedbackPanel": {
        "title": "Why?",
        "placeholder": "Say more",
        "tags": [{"label": "Wrong"}, {"label": "Other", "isNeedDetail": True}, {}],
    },
}


def test_thumbs_are_off_by_default(host):
    host.open().talk("Hello")

    expect(host.find("like")).to_have_count(0)


def test_a_thumb_up_is_given_and_taken_back(host):
    host.open(chatBot={"feedback": FEEDBACK}).talk("Hello")

    for pressed in ("true", "false"):
        host.find("like").click()
        expect(host.find("like")).to_have_attribute("aria-pressed", pressed)

    host.wait_for_answers(2, ending="/feedback")
    given = [call for call in host.asked() if call.endswith("/feedback")]
    assert [call.split()[0] for call in given] == ["POST", "DELETE"]


def test_a_thumb_down_asks_why(host):
    host.open(chatBot={"feedback": FEEDBACK}).talk("Hello")

    host.find("dislike").click()
    expect(host.find("feedback-tag")).to_have_text(["Wrong", "Other"])
    host.find("feedback-tag").last.click()
    expect(host.find("feedback-submit")).to_be_disabled()
    host.find("feedback-comment").fill("Too short")
    host.find("feedback-submit").click()

    expect(host.find("feedback")).to_have_text("Thank you for your feedback")
    host.wait_for_answers(2, ending="/feedback")
    bodies = [
        entry["body"]
        for entry in host.sandbox.requests
        if entry["path"].endswith("/feedback") and entry["method"] == "POST"
    ]
    assert bodies[-1] == {
        "feedback_type": "unlike",
        "comment": "Too short",
        "reason_types": ["Other"],
    }


def test_another_persons_token_shows_nothing_of_the_first(host):
    host.open().talk("A secret of alice")
    host.run("site.client.destroy()")
    host.sandbox.clear_requests()
    bob = host.sandbox.issue_token(session_name="bob")

    host.run(f"site.token = {json.dumps(bob)}")
    host.open()

    expect(host.find("bubble-user")).to_have_count(0)
    tokens = {entry["token"] for entry in host.sandbox.requests} - {""}
    assert tokens == {hash_token(bob)}


# Options


@pytest.mark.parametrize(
    "config",
    [
        {"bot_id": BOT},
        {"botId": BOT, "bot_id": "1"},
        {"botInfo": {"botId": BOT, "parameters": {"city": "Rome"}}, "botId": "1"},
    ],
)
def test_the_bots_id_has_three_names(host, config):
    host.open(config=config)

    assert "GET /v1/bots/7400000000000000001" in host.asked()


def test_parameters_of_a_bot_are_sent(host):
    config = {"botInfo": {"botId": BOT, "parameters": {"city": "Rome"}}}

    host.open(config=config).talk("Hello")

    expect(host.find("bubble-bot")).to_contain_text(
        'Start parameters: {"city": "Rome"}'
    )


def test_an_empty_id_gives_a_blank_panel(host):
    host.build(config={"type": "bot"}).show()

    host.page.wait_for_function("site.messages.length === 1")
    assert host.run("site.messages[0].data.type") == "INVALID_BOT_ID"
    expect(host.find("panel")).to_be_visible()
    expect(host.find("textarea")).to_have_count(0)
    assert host.asked() == []


def test_an_app_has_calls_of_its_own(host):
    info = {"appId": APP, "workflowId": WORKFLOW, "parameters": {"city": "Oslo"}}
    ui = {"conversations": {"isNeed": True}}

    host.open(config={"type": "app", "appInfo": info}, **ui).talk("Hello")

    expect(host.find("onboarding-name")).to_have_text("Sandbox App")
    expect(host.find("bubble-bot")).to_contain_text(
        'Start parameters: {"city": "Oslo"}'
    )
    expect(host.find("conversations")).to_have_count(0)
    [body] = host.sent("/v1/workflows/chat")
    assert body["ext"] == {"user_id": "visitor-1"}
    [created] = host.sent("/v1/workflow/conversation/create")
    assert created == {
        "app_id": APP,
        "workflow_id": WORKFLOW,
        "conversation_name": "Default",
        "get_or_create": True,
        "draft_mode": False,
        "connector_id": "999",
    }
    host.find("header-create").click()
    expect(host.find("bubble-user")).to_have_count(0)


def test_without_an_id_the_visitor_is_somebody_else_each_time(host):
    host.open(user={"nickname": "Alice", "url": ""})
    host.hide()
    host.show()
    expect(host.find("textarea")).to_be_visible()

    ids = [
        entry["query"]["user_id"]
        for entry in host.sandbox.requests
        if entry["path"] == "/v1/conversations" and entry["method"] == "GET"
    ]
    assert len(set(ids)) == 2


def test_without_an_id_an_app_does_not_learn_who_is_there(host):
    info = {"appId": APP, "workflowId": WORKFLOW}

    host.open(
        config={"type": "app", "appInfo": info}, user={"nickname": "Alice", "url": ""}
    ).talk("Hello")

    [body] = host.sent("/v1/workflows/chat")
    assert body["ext"] == {"user_id": ""}


def test_it_speaks_chinese(host):
    host.open(base={"lang": "zh-CN"})

    expect(host.find("onboarding-text")).to_contain_text("你好，Alice！")
    expect(host.find("textarea")).to_have_attribute("placeholder", "发送消息")
    expect(host.find("footer")).to_contain_text("扣子")
    assert host.run("document.cookie") == "i18next=zh-CN"


def test_the_footer_has_links(host):
    host.open(
        footer={
            "expressionText": "See {{ terms }} and {{nothing}}.",
            "linkvars": {"terms": {"text": "Terms", "link": "https://site.example/t"}},
        }
    )

    expect(host.find("footer")).to_have_text("See Terms and .")
    expect(host.find("footer-link")).to_have_attribute("href", "https://site.example/t")
    expect(host.find("footer-link")).to_have_attribute("target", "_blank")


def test_parts_can_be_switched_off(host):
    host.open(
        footer={"isShow": False},
        header={"isNeedClose": False},
        chatBot={"isNeedClearContext": False, "isNeedAddNewConversation": False},
    )

    expect(host.find("footer")).to_have_count(0)
    expect(host.find("header-button")).to_have_count(0)


def test_without_a_header_its_buttons_are_in_a_menu(host):
    host.open(header={"isShow": False}).talk("Hello")

    expect(host.find("header")).to_have_count(0)
    host.find("menu-button").click()
    host.find("menu-create").click()

    expect(host.find("bubble-user")).to_have_count(0)
    expect(host.find("menu-items")).to_be_hidden()


def test_without_header_and_buttons_there_is_no_menu(host):
    host.open(
        header={"isShow": False},
        chatBot={"isNeedClearContext": False, "isNeedAddNewConversation": False},
    )

    expect(host.find("menu")).to_have_count(0)


def test_the_panel_stands_at_the_lower_right(host):
    host.open(base={"zIndex": 50}, chatBot={"width": 500})

    box = host.find("panel").bounding_box()
    assert box == {"x": 760, "y": 20, "width": 500, "height": 680}
    assert host.find("panel").evaluate("(e) => e.style.zIndex") == "49"


def test_on_a_phone_it_fills_the_screen(visit):
    host = visit(
        viewport={"width": 375, "height": 667},
        user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 17_0) Mobile/15E148",
    ).open()

    assert host.find("panel").bounding_box() == {
        "x": 0,
        "y": 0,
        "width": 375,
        "height": 667,
    }
    font = host.find("textarea").evaluate("(e) => getComputedStyle(e).fontSize")
    assert font == "16px"
    assert host.run("document.documentElement.scrollWidth") == 375


def test_it_fills_an_element_of_the_site(host):
    host.run(
        "Object.assign(document.getElementById('place').style,"
        " {width: '320px', height: '500px'})"
    )
    host.build()
    host.run(
        "site.client.destroy(); site.options.ui.chatBot.el ="
        " document.getElementById('place'); site.build(site.options)"
    )
    host.show()

    expect(host.find("textarea")).to_be_visible()
    box = host.page.locator("#place > .coze-chat-sdk-panel").bounding_box()
    assert (box["width"], box["height"]) == (320, 500)
    host.run("site.client.destroy()")
    assert host.run("document.getElementById('place').children.length") == 0


def test_its_icon_can_be_the_sites(host):
    icon = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>"

    host.build(base={"icon": icon})

    expect(host.find("launcher-image")).to_have_attribute("src", icon)


def test_a_broken_picture_becomes_a_letter(host):
    user = {"id": "1", "nickname": "bob", "url": "data:image/png,broken"}

    host.open(user=user).talk("Hello")

    expect(host.find("avatar-user")).to_have_text("B")


# The list of conversations


def test_the_list_mounts_the_chat_twice(host):
    host.open(conversations={"isNeed": True})

    assert host.asked().count("GET /v1/bots/7400000000000000001") == 2
    expect(host.find("conversations")).to_be_hidden()


def test_a_wide_panel_shows_the_list_with_chinese_headings(host):
    host.open(conversations={"isNeed": True}, chatBot={"width": 900}).talk("Order 66")

    expect(host.find("conversations")).to_be_visible()
    expect(host.find("conversations-group")).to_have_text("今天")
    expect(host.find("conversation-open")).to_have_text("Order 66")


def test_conversations_are_changed_renamed_and_deleted(host):
    host.open(conversations={"isNeed": True}, chatBot={"width": 900}).talk("First")
    expect(host.find("conversation-open")).to_have_text("First")
    host.find("conversations-create").click()
    expect(host.find("conversation-open")).to_have_count(2)

    host.find("conversation-open").filter(has_text="First").click()
    expect(host.find("bubble-user")).to_have_text("First")
    row = host.find("conversation").filter(has_text="First")
    row.hover()
    row.locator(".coze-chat-sdk-conversation-rename").click()
    host.find("conversation-name").fill("Renamed")
    host.find("conversation-name").press("Enter")
    row = host.find("conversation").filter(has_text="Renamed")
    expect(row).to_be_visible()
    row.hover()
    row.locator(".coze-chat-sdk-conversation-remove").click()

    expect(row).to_have_count(0)
    expect(host.find("bubble-user")).to_have_count(0)


def test_renaming_is_given_up_with_escape(host):
    host.open(conversations={"isNeed": True}, chatBot={"width": 900})
    host.find("conversation").hover()
    host.find("conversation-rename").click()

    host.find("conversation-name").press("Escape")

    expect(host.find("conversation-open")).to_have_text("New conversation")


def test_a_narrow_panel_has_the_list_as_a_sheet(host):
    host.open(conversations={"isNeed": True})

    host.find("header-list").click()
    expect(host.find("conversations-sheet")).to_be_visible()
    host.find("conversations-create").press("Escape")
    expect(host.find("conversations")).to_be_hidden()

    host.find("header-list").click()
    host.find("conversation-open").click()
    expect(host.find("conversations")).to_be_hidden()
