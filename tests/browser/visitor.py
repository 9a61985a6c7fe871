"""A person in front of a browser."""

from __future__ import annotations

import contextlib
from urllib.parse import urlsplit

from django.conf import settings
from django.test import Client
from playwright.sync_api import Error, expect

from coze_widget.conf import conf

expect.set_options(timeout=10_000)

SDK = ".coze-chat-sdk-"


class Visitor:
    """What somebody does and sees; how the page is built is known here only."""

    def __init__(self, context, site_url, coze_url):
        self.context = context
        self.site_url = site_url
        self.coze_url = coze_url
        self.dialogs = []
        self.errors = []
        self.requests = []
        context.on("request", lambda request: self.requests.append(request))
        context.set_default_timeout(10_000)
        self.page = self.new_tab()

    def new_tab(self):
        page = self.context.new_page()
        page.on("dialog", self._note_dialog)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        return page

    def _note_dialog(self, dialog):  # pragma: no cover  # nobody ever meets one
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def leave(self):
        self.context.close()
        assert not self.dialogs, self.dialogs
        assert not self.errors, self.errors

    # Who one is

    def log_in(self, user):
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        value = client.cookies[name].value
        self.context.add_cookies([{"name": name, "value": value, "url": self.site_url}])

    def log_out(self):
        self.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)

    def cookie(self, name):
        cookies = self.context.cookies(self.site_url)
        return next((one["value"] for one in cookies if one["name"] == name), None)

    # Where one goes

    def visit(self, path="/"):
        self.page.goto(self.site_url + path)

    def asked(self, *, of):
        """The paths that the browser has asked of a host, oldest first."""
        host = urlsplit(of).netloc
        parts = [urlsplit(request.url) for request in self.requests]
        return [part.path for part in parts if part.netloc == host]

    def hold_first(self, pattern):
        """The first request gets no answer, later ones are let through."""
        routes = []

        def handle(route):
            routes.append(route)
            if len(routes) > 1:
                route.continue_()

        self.context.route(pattern, handle)
        return routes

    def set_hidden(self, is_hidden):
        """As another tab would; a browser without windows shows every tab all the time."""
        for frame in self.page.frames:
            with contextlib.suppress(Error):
                frame.evaluate(
                    """(isHidden) => {
                        Object.defineProperty(document, "hidden", {
                            configurable: true, get: () => isHidden,
                        });
                        document.dispatchEvent(new Event("visibilitychange"));
                    }""",
                    is_hidden,
                )

    def set_focused(self, is_focused):
        """As another window would."""
        for frame in self.page.frames:
            # It goes at once where somebody else is there.
            with contextlib.suppress(Error):
                frame.evaluate(
                    """(isFocused) => {
                        document.hasFocus = () => isFocused;
                        window.dispatchEvent(new Event(isFocused ? "focus" : "blur"));
                    }""",
                    is_focused,
                )

    # The launcher and the shell around the chat

    @property
    def launcher(self):
        return self.page.locator(".launcher")

    @property
    def shell(self):
        return self.page.locator(".panel[role=dialog]").first

    @property
    def cover(self):
        return self.page.locator(".cover")

    # The chat, in the frame or in the page

    @property
    def is_framed(self):
        """Told by the page's island, too: the frame itself comes a little after a click."""
        if self.page.locator("iframe").count():
            return True
        islands = self.page.locator("script[id^=coze-widget-]").all_text_contents()
        return any('"place": "frame"' in island for island in islands)

    @property
    def chat(self):
        if not self.is_framed:
            return self.page
        frame = self.page.frame_locator("iframe")
        return frame.frame_locator("iframe") if conf.frame_sandbox else frame

    @property
    def input(self):
        return self.chat.locator(f"textarea{SDK}textarea")

    @property
    def transcript(self):
        return self.chat.locator(f"{SDK}messages")

    @property
    def sign(self):
        """Our own sentence instead of the chat."""
        return self.chat.locator("[data-coze-chat] .panel")

    @property
    def strip(self):
        return self.chat.locator("[data-coze-chat] .strip")

    def open_chat(self):
        if not self._opens_by_itself():
            self.page.locator(f".launcher, {SDK}launcher").first.click()
        expect(
            self.page.locator(f"iframe, textarea{SDK}textarea").first
        ).to_be_attached()
        expect(self.input).to_be_visible()
        # An earlier person's chat stands behind it until the site has said who is there.
        expect(self.page.locator(".cover:visible")).to_have_count(0)

    def _opens_by_itself(self):
        """What was open on the tab's page before; a closing takes a moment to be known."""
        is_open = "sessionStorage.getItem('coze-widget-open')"
        for _ in range(10):
            if not self.page.evaluate(is_open):
                return False
            self.page.wait_for_timeout(50)
        return True

    def say(self, text):
        """Sends, and waits for the bot's answer: it repeats what it was told."""
        self.input.fill(text)
        self.input.press("Enter")
        answer = self.chat.locator(f"{SDK}message-bot").last
        expect(answer).to_contain_text(f'You said: "{text}"')

    def close_chat(self):
        self.chat.locator(f"{SDK}header-close").click()
        expect(self.input).not_to_be_visible()
