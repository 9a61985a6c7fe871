"""After `CozeWidget.destroy()`: what is left of a chat that was opened and used.

Beside a page whose launcher nobody has touched; both with a widget in a frame.
"""

from __future__ import annotations

import statistics

from bench.browser.opening import open_chat, visit
from bench.browser.stage import Remains, Stage, Tab, make_stage
from bench.figures import Figure
from bench.scenario import main

ROUNDS = 3
MORE_HEAP_MB, MORE_NODES, MORE_LISTENERS = 1, 10, 10


def measure() -> list[Figure]:
    with make_stage() as stage:
        return measure_on(stage)


def measure_on(stage: Stage) -> list[Figure]:
    closed, chatting, left = [], [], []
    for _ in range(ROUNDS):
        with stage.new_tab() as tab:
            visit(stage, tab, "frame")
            _do_else(tab)
            closed.append(tab.remains())
        with stage.new_tab() as tab:
            visit(stage, tab, "frame")
            _chat(tab)
            chatting.append(tab.remains())
            tab.page.evaluate("CozeWidget.destroy('support')")
            left.append(tab.remains())
    return [
        *_compare("while a chat is open", chatting, closed),
        *_compare(
            "after destroy()",
            left,
            closed,
            heap=MORE_HEAP_MB,
            nodes=MORE_NODES,
            listeners=MORE_LISTENERS,
        ),
    ]


def _do_else(tab: Tab) -> None:
    """Let Playwright bring into the page what it brings for a chat, too."""
    tab.page.wait_for_function("true")
    tab.page.locator("h1").click()


def _chat(tab: Tab) -> None:
    open_chat(tab, "frame")
    chat = tab.page.frame_locator("iframe")
    field = chat.locator("textarea.coze-chat-sdk-textarea")
    field.fill("Hello")
    field.press("Enter")
    chat.locator(".coze-chat-sdk-message-bot").last.wait_for()


def _compare(
    title: str, found: list[Remains], closed: list[Remains], **at_most: float
) -> list[Figure]:
    figures = []
    for name, unit, per in (
        ("heap", "MB", 1e6),
        ("nodes", "", 1),
        ("listeners", "", 1),
    ):
        values = [
            statistics.median(getattr(one, name) for one in each) / per
            for each in (found, closed)
        ]
        more = f"{title}: {name} more than with a closed launcher"
        figures.append(
            Figure(more, values[0] - values[1], unit, at_most=at_most.get(name))
        )
    return figures


if __name__ == "__main__":
    main(measure)
