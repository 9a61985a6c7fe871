"""A site behind gunicorn, the sandbox as Coze, and a Chromium that looks at both."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    CDPSession,
    Page,
    sync_playwright,
)

from bench.coze import Coze
from bench.keys import make_keys
from bench.services import Missing
from bench.world import ROOT, Site, gunicorn
from coze_widget.sandbox.catalogue import BOT_ID
from tests.browser.chromium import find_browser, launch

# As the hosted SDK, and the build of its source that was measured.
SDK_BYTES = 8_000_000
SDK_PATH = "/obj/unpkg/flow-platform/chat-app-sdk/{version}/libs/cn/index.js"
APPS = """
django.contrib.auth django.contrib.contenttypes django.contrib.sessions
django.contrib.sites django.contrib.messages django.contrib.staticfiles
coze_widget bench.browser
"""
MIDDLEWARE = """
django.middleware.security.SecurityMiddleware
whitenoise.middleware.WhiteNoiseMiddleware
bench.browser.compression.SteadyGZipMiddleware
django.contrib.sessions.middleware.SessionMiddleware
django.middleware.common.CommonMiddleware
django.middleware.csrf.CsrfViewMiddleware
django.contrib.auth.middleware.AuthenticationMiddleware
django.middleware.clickjacking.XFrameOptionsMiddleware
coze_widget.middleware.VisitorMiddleware
"""


@dataclass(frozen=True)
class Remains:
    """What the browser still holds for a page once garbage is collected."""

    heap: float  # bytes
    nodes: float
    listeners: float


@dataclass(frozen=True)
class Tab:
    page: Page
    devtools: CDPSession

    def slow_down(self, latency_ms: int) -> None:
        """Let each answer take that much longer; as many bytes a second as there are."""
        unbound = {"downloadThroughput": -1, "uploadThroughput": -1}
        self.devtools.send("Network.enable")
        self.devtools.send(
            "Network.emulateNetworkConditions",
            {"offline": False, "latency": latency_ms, **unbound},
        )

    def remains(self) -> Remains:
        self.collect_garbage()
        counted = self.devtools.send("Memory.getDOMCounters")
        return Remains(self.heap_bytes(), counted["nodes"], counted["jsEventListeners"])

    def collect_garbage(self) -> None:
        for _ in range(3):
            self.devtools.send("HeapProfiler.collectGarbage")

    def heap_bytes(self) -> float:
        return float(self.devtools.send("Runtime.getHeapUsage")["usedSize"])


@dataclass(frozen=True)
class Stage:
    url: str
    coze: Coze
    browser: Browser

    @contextlib.contextmanager
    def profile(self) -> Iterator[BrowserContext]:
        """Open a browser profile of its own: no cookie, an empty cache."""
        context = self.browser.new_context(viewport={"width": 1280, "height": 800})
        try:
            yield context
        finally:
            context.close()

    @contextlib.contextmanager
    def tab(self, context: BrowserContext) -> Iterator[Tab]:
        page = context.new_page()
        try:
            yield Tab(page, context.new_cdp_session(page))
        finally:
            page.close()

    @contextlib.contextmanager
    def new_tab(self) -> Iterator[Tab]:
        with self.profile() as context, self.tab(context) as tab:
            yield tab


@contextlib.contextmanager
def make_stage() -> Iterator[Stage]:
    """Raises `Missing` where no browser is installed."""
    with sync_playwright() as playwright:
        path = find_browser(playwright.chromium.executable_path)
        if path is None:
            raise Missing("no Chromium")
        with (
            Coze(make_keys(1), sdk_bytes=SDK_BYTES) as coze,
            tempfile.TemporaryDirectory() as folder,
            gunicorn(_make_site(Path(folder), coze), workers=1) as server,
        ):
            chromium = launch(playwright, path)
            yield Stage(f"http://127.0.0.1:{server.port}", coze, chromium)
            chromium.close()


def _make_site(folder: Path, coze: Coze) -> Site:
    path = folder / "site.json"
    path.write_text(json.dumps(_make_settings(folder, coze)))
    environment = {**os.environ, "BENCH_SITE": str(path)}
    command = [sys.executable, "-m", "bench.browser.seed"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return Site(folder, environment, coze, cookies=(), sites=1)


def _make_settings(folder: Path, coze: Coze) -> dict[str, Any]:
    """What differs from bench.site.settings: one process, static files as in production."""
    return {
        "SECRET_KEY": "only for measuring, and as long as a real one is: 0123456789",
        "COZE_IDENTITY_KEY": "only for measuring, long enough to be one",
        "COZE_OAUTH_APPS": coze.settings(),
        "BENCH_BOT_ID": BOT_ID,
        "BENCH_SDK_URL": coze.url + SDK_PATH.format(version="1.2.0-beta.20"),
        "ROOT_URLCONF": "bench.browser.urls",
        "INSTALLED_APPS": APPS.split(),
        "MIDDLEWARE": MIDDLEWARE.split(),
        "SESSION_ENGINE": "django.contrib.sessions.backends.db",
        "COZE_TRUSTED_PROXIES_COUNT": 0,
        # As deploy/settings.py has it.
        "COZE_FRAME_MAX_AGE_SECONDS": 60,
        "STATIC_ROOT": str(folder / "static"),
        "STORAGES": {
            "staticfiles": {
                "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
            }
        },
        "DATABASES": {
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": str(folder / "site.sqlite3"),
            }
        },
    }
