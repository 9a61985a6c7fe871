"""What `destroy()` leaves of the chat in the page: nothing that grows, nothing that is seen."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.swapped_pages")]

ROUNDS = 20
# What a browser itself keeps of a page that has had a frame.
FEW_NODES = 10
FEW_LISTENERS = 10
ONE_MB = 1024 * 1024
# The SDK's own notes in the storage are cleared when somebody else comes: test_one_person.py.
LOOK = """() => {
    const page = document.documentElement;
    const isOurs = (name) => !/^(coze__|cache:@coze-)/.test(name);
    return {
        globals: Object.keys(window).sort(),
        html: page.outerHTML,
        styles: getComputedStyle(page).cssText + getComputedStyle(document.body).cssText,
        sheets: [document.styleSheets.length, document.adoptedStyleSheets.length],
        focus: document.activeElement.id,
        scroll: [scrollX, scrollY],
        history: JSON.stringify(history.state),
        stored: [localStorage, sessionStorage].flatMap(Object.keys).filter(isOurs),
        frames: window.length,
    };
}"""
OPEN = """() => new Promise((resolve) => {
    document.addEventListener("coze:ready", resolve, { once: true });
    CozeWidget.open("support");
})"""
TARGETS = ("window", "document", "document.documentElement", "document.body")


class Scales:
    """Counts with the browser's own tooling, after it has swept."""

    def __init__(self, visitor):
        self.page = visitor.page
        self.session = visitor.context.new_cdp_session(visitor.page)
        for domain in ["Performance", "HeapProfiler"]:
            self.session.send(f"{domain}.enable")

    def weigh(self):
        for _ in range(3):
            self.session.send("HeapProfiler.collectGarbage")
        found = self.session.send("Performance.getMetrics")["metrics"]
        metrics = {one["name"]: one["value"] for one in found}
        names = ["Nodes", "JSEventListeners", "JSHeapUsedSize", "Documents"]
        return {name: metrics[name] for name in names}

    def listeners(self):
        return {target: self.listeners_of(target) for target in TARGETS}

    def listeners_of(self, target):
        thing = self.session.send("Runtime.evaluate", {"expression": target})["result"]
        query = {"objectId": thing["objectId"]}
        found = self.session.send("DOMDebugger.getEventListeners", query)["listeners"]
        return sorted(one["type"] for one in found)


@pytest.fixture
def page(visitor, make_widget):
    make_widget(guests="isolated")
    visitor.visit("/plain/")
    visitor.page.evaluate("""() => {
        document.body.style.color = "navy";
        document.querySelector("nav a").id = "first";
        document.querySelector("#first").focus();
        history.replaceState({ router: 7 }, "");
    }""")
    return visitor.page


def open_chat(page):
    """Without a look into the frame: the driver would keep hold of its document."""
    page.evaluate(OPEN)


def open_and_destroy(page):
    open_chat(page)
    page.evaluate("CozeWidget.close('support')")
    page.evaluate("CozeWidget.destroy('support')")
    expect(page.locator("div[data-coze-widget]")).to_have_count(0)


def test_twenty_openings_later_the_page_is_what_it_was(visitor, page):
    """All that stays is there after the first opening, and is ours: panel.js, its listener."""
    scales = Scales(visitor)
    open_and_destroy(page)
    page.evaluate("document.querySelector('#first').focus()")
    before, seen, heard = scales.weigh(), page.evaluate(LOOK), scales.listeners()

    for _ in range(ROUNDS):
        open_and_destroy(page)
        page.evaluate("document.querySelector('#first').focus()")

    after = scales.weigh()
    assert page.evaluate(LOOK) == seen
    assert scales.listeners() == heard
    grown = {name: after[name] - before[name] for name in before}
    assert grown["Documents"] <= 0, grown
    assert grown["Nodes"] <= FEW_NODES, grown
    assert grown["JSEventListeners"] <= FEW_LISTENERS, grown
    assert grown["JSHeapUsedSize"] <= ONE_MB, grown


def test_after_destroy_the_page_weighs_no_more_than_with_a_closed_launcher(
    visitor, page
):
    scales = Scales(visitor)
    closed = scales.weigh()
    open_chat(page)

    page.evaluate("CozeWidget.destroy('support')")
    left = scales.weigh()

    grown = {name: left[name] - closed[name] for name in closed}
    assert grown["Nodes"] <= FEW_NODES, grown
    assert grown["JSEventListeners"] <= FEW_LISTENERS, grown
    assert grown["JSHeapUsedSize"] <= ONE_MB, grown


def test_the_page_that_never_had_a_chat_differs_by_one_name_only(visitor, page):
    visitor.visit("/plain/bare/")
    bare = page.evaluate(LOOK)
    visitor.visit("/plain/")
    open_and_destroy(page)
    seen = page.evaluate(LOOK)

    assert set(seen["globals"]) - set(bare["globals"]) == {"CozeWidget"}
    for name in ["styles", "sheets", "focus", "scroll", "stored", "frames"]:
        assert seen[name] == bare[name], name


@pytest.mark.parametrize("size", [(1280, 720), (375, 667)], ids=["wide", "phone"])
def test_destroy_while_the_chat_is_open_restores_scrolling_history_and_focus(
    visitor, page, size
):
    width, height = size
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate("window.entries = history.length")
    seen = page.evaluate(LOOK)
    open_chat(page)

    page.evaluate("CozeWidget.destroy('support')")

    page.wait_for_function("history.state && history.state.router === 7")
    after = page.evaluate(LOOK)
    same = ["styles", "sheets", "focus", "scroll", "history", "stored", "frames"]
    assert {name: after[name] for name in same} == {name: seen[name] for name in same}


def test_a_router_hears_nothing_of_the_chats_own_entry(visitor, page):
    """On a phone Back closes the chat; a page's router must not take that for its own."""
    page.set_viewport_size({"width": 375, "height": 667})
    page.evaluate("""() => {
        window.heard = [];
        addEventListener("popstate", ({ state }) => heard.push(state));
    }""")
    open_chat(page)

    page.evaluate("CozeWidget.destroy('support')")
    page.wait_for_function("heard.length > 0")

    assert not [state for state in page.evaluate("heard") if "router" in (state or {})]


def test_a_second_document_is_not_kept_alive(visitor, page):
    """Two frames were there one after the other; neither document is left."""
    open_chat(page)
    page.evaluate("CozeWidget.destroy('support')")
    page.evaluate("CozeWidget.mount()")
    open_chat(page)

    page.evaluate("CozeWidget.destroy('support')")

    assert Scales(visitor).weigh()["Documents"] <= 2
