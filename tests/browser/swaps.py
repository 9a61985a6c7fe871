"""Somebody on a site whose pages are swapped, and what must hold there."""

from __future__ import annotations

from playwright.sync_api import expect

# The launchers and frames of the page, and what lies about of those that are gone.
COUNT = """() => {
    const hosts = Array.from(document.querySelectorAll("div[data-coze-widget]"));
    const all = (name) => hosts.flatMap(({ shadowRoot }) =>
        shadowRoot ? Array.from(shadowRoot.querySelectorAll(name)) : []);
    return {
        hosts: hosts.map(({ dataset }) => dataset.cozeWidget),
        dead: hosts.filter(({ shadowRoot }) => !shadowRoot).length,
        launchers: all(".launcher").length,
        frames: all("iframe").length,
    };
}"""
MARK_FRAME = """() => {
    const { shadowRoot } = document.querySelector("div[data-coze-widget]");
    shadowRoot.querySelector("iframe").isTheSame = true;
    shadowRoot.querySelector("iframe").contentWindow.isTheSame = true;
}"""
IS_SAME_FRAME = """() => {
    const { shadowRoot } = document.querySelector("div[data-coze-widget]");
    const frame = shadowRoot.querySelector("iframe");
    return Boolean(frame && frame.isTheSame && frame.contentWindow.isTheSame);
}"""


class Swapper:
    """Goes from page to page of one library, and never to another document."""

    def __init__(self, visitor, library):
        self.visitor = visitor
        self.page = visitor.page
        self.root = f"/{library}/"

    def start(self, path=""):
        self.visitor.visit(self.root + path)
        self.page.evaluate("window.isTheSame = true")

    def go(self, path):
        self.page.get_by_role("link", name=f"to {path}", exact=True).click()
        self.arrive(path)

    def arrive(self, path):
        expect(self.page.get_by_role("heading")).to_have_text(self.root + path)
        expect(self.page).to_have_url(self.visitor.site_url + self.root + path)

    def back(self, path):
        self.page.evaluate("history.back()")
        self.arrive(path)

    def press(self, name):
        self.page.get_by_role("button", name=name, exact=True).click()

    @property
    def is_same_document(self):
        return self.page.evaluate("window.isTheSame")

    def count(self):
        return self.page.evaluate(COUNT)

    def expect_one(self, slug="support", *, frames=0):
        expect(self.visitor.launcher).to_have_count(1)
        found = self.count()
        assert found == {
            "hosts": [slug],
            "dead": 0,
            "launchers": 1,
            "frames": frames,
        }, found

    def expect_none(self):
        expect(self.page.locator("div[data-coze-widget]")).to_have_count(0)

    def chat(self, text="hello"):
        """Leaves a chat that is open, with a sentence half typed."""
        self.visitor.open_chat()
        self.visitor.say(text)
        self.visitor.input.fill("half a sentence")
        self.page.evaluate(MARK_FRAME)
        # Away from the launcher: under the pointer, the next one would fetch its frame.
        self.page.mouse.move(0, 0)

    def expect_chat_untouched(self, text="hello"):
        assert self.page.evaluate(IS_SAME_FRAME)
        expect(self.visitor.input).to_have_value("half a sentence")
        expect(self.visitor.transcript).to_contain_text(text)
