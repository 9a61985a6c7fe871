"""One click on one page, and what the browser did until somebody could write."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.browser.stage import Stage, Tab

PROBE = (Path(__file__).parent / "probe.js").read_text(encoding="utf-8")
LAUNCHER = {"frame": ".launcher", "inline": ".launcher", "bare": "#open"}
PATIENCE_MS = 30_000


@dataclass(frozen=True)
class Opening:
    """In ms after the click; what was not asked for is None."""

    session: float | None
    script: float | None
    usable: float
    requests: list[tuple[str, float, float]]


def visit(stage: Stage, tab: Tab, name: str) -> None:
    tab.page.add_init_script(PROBE)
    tab.page.goto(f"{stage.url}/{name}/", wait_until="load")


def open_chat(tab: Tab, name: str, *, hover_ms: int = 0) -> Opening:
    page = tab.page
    page.evaluate("bench.arm()")
    launcher = page.locator(LAUNCHER[name])
    if hover_ms:
        launcher.hover()
        page.wait_for_timeout(hover_ms)
    launcher.click()
    page.wait_for_function("bench.usable", timeout=PATIENCE_MS)
    found: dict[str, Any] = page.evaluate(
        "({usable: bench.usable, requests: bench.requests()})"
    )
    requests = sorted(map(tuple, found["requests"]), key=lambda one: one[1])
    return Opening(
        session=_first(requests, "/session/"),
        script=_first(requests, "/chat-app-sdk/"),
        usable=found["usable"],
        requests=requests,
    )


def _first(requests: list[tuple[str, float, float]], part: str) -> float | None:
    return next((start for name, start, _ in requests if part in name), None)
