"""For Django's own test cases: `class ShopTests(CozeTestMixin, TestCase)`."""

from __future__ import annotations

from typing import Any

from django.test import SimpleTestCase, override_settings

from coze_widget.models import Widget
from coze_widget.testing.assertions import (
    Page,
    assert_isolated,
    assert_no_widget,
    assert_refused,
    assert_said,
    assert_widget,
)
from coze_widget.testing.chats import Chat
from coze_widget.testing.coze import Coze, running_coze
from coze_widget.testing.sessions import fetch_session
from coze_widget.testing.widgets import save_widget


class CozeTestMixin(SimpleTestCase):
    """Gives each test a stand-in for Coze, and a widget with a bot that it has.

    Goes with TestCase, TransactionTestCase and the live-server cases. A `setUp` of your
    own calls `super().setUp()` first.
    """

    coze: Coze
    coze_widget: Widget

    def setUp(self) -> None:
        super().setUp()
        self.coze = running_coze()
        settings = override_settings(**self.coze.build_settings())
        settings.enable()
        self.addCleanup(settings.disable)
        self.coze.reset()
        self.addCleanup(self.coze.reset)
        self.coze_widget = self.make_coze_widget()

    def make_coze_widget(self) -> Widget:
        """Override it for a widget of your own, new or found."""
        return save_widget()

    def coze_chat(
        self, who: Any = None, *, widget: Widget | None = None, at: str = ""
    ) -> Chat:
        """Open the chat as a user, as a client of Django's, or as a new guest.

        The token comes from the session view; `coze_widget.testing.sessions.Refused`
        says what it answered instead. `at` is the URL of a live server.
        """
        widget = widget or self.coze_widget
        session = fetch_session(who, widget, at=at)
        return Chat(session, widget, base_url=self.coze.url)

    def assertIsolated(self, one: Chat, other: Chat) -> None:
        assert_isolated(one, other)

    def assertSaid(self, chat: Chat, text: str) -> None:
        assert_said(chat, text)

    def assertRefused(
        self, who: Any, code: str, *, widget: Widget | None = None, at: str = ""
    ) -> None:
        assert_refused(who, code, widget=widget or self.coze_widget, at=at)

    def assertWidget(self, page: Page, slug: str = "") -> dict[str, Any]:
        return assert_widget(page, slug)

    def assertNoWidget(self, page: Page) -> None:
        assert_no_widget(page)
