"""Makes the pictures of the READMEs from the running demo: `python docs/images/make.py`.

Needs Chromium: Debian's, or Playwright's own. The sandbox answers, so it works offline.
"""

from __future__ import annotations

import base64
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PORT = 8740
SITE = f"http://127.0.0.1:{PORT}"
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic"]

SAID = {
    "en": {
        "alice": "My order SL-1042 is a present. Please leave the price out.",
        "bob": "When will my tea arrive?",
        "question": "Who can see this chat?",
        "answer": "Only you.",
    },
    "zh-CN": {
        "alice": "订单 SL-1042 是送人的，请不要放价格单。",
        "bob": "我的茶什么时候到？",
        "question": "谁能看到这段对话？",
        "answer": "只有你自己。",
    },
}


@contextmanager
def running_demo() -> Iterator[None]:
    with tempfile.TemporaryDirectory() as var:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "manage.py", "demo", "--port", str(PORT)],
            cwd=ROOT,
            env={**os.environ, "ENV_FILE": "", "VAR_DIR": var},
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            list(takewhile(lambda line: "Ctrl-C" not in line, process.stdout or []))
            try:
                yield
            finally:
                process.send_signal(signal.SIGINT)
                process.communicate()


def open_page(browser: Browser, lang: str, *, width: int, height: int) -> Page:
    return browser.new_page(
        viewport={"width": width, "height": height}, locale=lang, color_scheme="light"
    )


def log_in(page: Page, name: str) -> None:
    page.goto(f"{SITE}/login/")
    page.locator(f'.card[formaction$="/{name}/"]').click()
    page.wait_for_url("**/account/")


def chat(page: Page, *messages: str, answer: str) -> None:
    """Open the chat of the page and say something, one message after the other."""
    page.locator("button.launcher").click()
    frame = page.frame_locator("iframe")
    for number, message in enumerate(messages, start=1):
        field = frame.get_by_role("textbox")
        field.fill(message)
        field.press("Enter")
        expect(frame.get_by_text(message).first).to_be_visible()
        page.wait_for_timeout(4000 if number == len(messages) else 3000)
    expect(frame.get_by_text(answer).first).to_be_visible()
    page.mouse.move(0, 0)


def take_shop(browser: Browser, lang: str, path: Path) -> None:
    page = open_page(browser, lang, width=1280, height=800)
    log_in(page, "alice")
    page.goto(SITE)
    chat(page, SAID[lang]["question"], answer=SAID[lang]["answer"])
    page.screenshot(path=path)
    page.context.close()


def take_two_people(browser: Browser, lang: str, path: Path) -> None:
    said, pictures = SAID[lang], []
    for name in ("alice", "bob"):
        page = open_page(browser, lang, width=760, height=720)
        log_in(page, name)
        chat(page, said[name], answer=said[name])
        pictures.append(base64.b64encode(page.screenshot()).decode())
        page.context.close()
    page = browser.new_page(viewport={"width": 1536, "height": 720})
    page.set_content(
        '<body style="margin:0;display:flex;justify-content:space-between">'
        + "".join(f'<img src="data:image/png;base64,{data}">' for data in pictures)
    )
    page.screenshot(path=path, omit_background=True)
    page.context.close()


def take_admin(browser: Browser, lang: str, path: Path) -> None:
    page = open_page(browser, lang, width=1440, height=900)
    page.goto(f"{SITE}/admin/login/?next=/admin/coze_widget/widget/")
    page.fill("#id_username", "admin")
    page.fill("#id_password", "admin")
    page.press("#id_password", "Enter")
    page.get_by_role("link", name="Slow Leaf 慢叶", exact=True).click()
    page.wait_for_url("**/change/")
    preview = page.locator("#coze-preview")
    expect(preview.locator("[data-state=fresh]")).to_be_visible()
    preview.locator(".coze-preview-open").click()
    chat = preview.locator("iframe").content_frame.frame_locator("iframe")
    expect(chat.get_by_role("textbox")).to_be_visible()
    page.wait_for_timeout(1500)
    page.screenshot(path=path)
    page.context.close()


LOOKS = (
    {},
    {"color": "#0f766e", "ink": "#ffffff", "label": "Ask us"},
    {"corner": "bottom-left", "color": "#ffd54f", "ink": "#1f2329", "size": 72},
    {
        "corner": "bottom-left",
        "scheme": "dark",
        "color": "#7c3aed",
        "ink": "#ffffff",
        "label": "问问我们",
        "size": 48,
    },
)


DRESS = """(look) => {
  const script = document.querySelector("script[id^=coze-widget-]");
  const island = JSON.parse(script.textContent);
  Object.assign(island.launcher, look);
  script.textContent = JSON.stringify(island);
  CozeWidget.destroy(island.slug);
  CozeWidget.mount();
}"""


def take_launchers(browser: Browser, path: Path) -> None:
    """Some looks beside each other, as the page's island would say them."""
    pictures = []
    for look in LOOKS:
        page = open_page(browser, "en", width=420, height=300)
        page.goto(f"{SITE}/")
        page.evaluate(DRESS, look)
        expect(page.locator("button.launcher")).to_be_visible()
        clip = {"x": 0.0, "y": 140.0, "width": 420.0, "height": 160.0}
        pictures.append(base64.b64encode(page.screenshot(clip=clip)).decode())
        page.context.close()
    page = browser.new_page(viewport={"width": 856, "height": 336})
    page.set_content(
        '<body style="margin:0;display:flex;flex-wrap:wrap;gap:16px">'
        + "".join(f'<img src="data:image/png;base64,{data}">' for data in pictures)
    )
    page.screenshot(path=path, omit_background=True)
    page.context.close()


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=ARGS
        )
        for lang, suffix in (("en", ""), ("zh-CN", "-zh")):
            with running_demo():
                take_two_people(browser, lang, HERE / f"two-people{suffix}.png")
                # Goes on where Alice has left off: it is the same bot.
                take_shop(browser, lang, HERE / f"shop{suffix}.png")
                take_admin(browser, lang, HERE / f"admin{suffix}.png")
                if not suffix:
                    take_launchers(browser, HERE / "launchers.png")
        browser.close()


if __name__ == "__main__":
    main()
