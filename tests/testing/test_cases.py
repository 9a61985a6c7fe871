from __future__ import annotations

import unittest
from typing import ClassVar

from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.testing import StaticLiveServerTestCase
from django.test import Client, TestCase, TransactionTestCase, override_settings

from coze_widget.conf import conf
from coze_widget.models import Widget
from coze_widget.testing.cases import CozeTestMixin
from coze_widget.testing.widgets import save_widget


def create_user(name):
    return get_user_model().objects.create_user(name)


class Chats:
    """What holds in each kind of test case, in this order or another."""

    def setUp(self):
        super().setUp()
        self.alice, self.bob = create_user("alice"), create_user("bob")

    def test_two_people_are_isolated(self):
        self.assertIsolated(self.coze_chat(self.alice), self.coze_chat(self.bob))

    def test_nothing_is_left_of_another_test(self):
        assert self.coze.requests == []
        assert self.coze_chat(self.alice).history() == []
        assert Widget.objects.get() == self.coze_widget

    def test_what_was_said_is_found(self):
        self.coze_chat(self.alice).say("hello")

        self.assertSaid(self.coze_chat(self.alice), "hello")

    def test_strangers_are_refused(self):
        self.assertRefused(None, "login_required")
        self.assertRefused(Client(), "login_required", widget=self.coze_widget)

    def test_another_widget(self):
        other = save_widget(slug="guests", guests="isolated")

        assert self.coze_chat(widget=other).session["notice"] == "guest"

    def test_pages(self):
        island = '<script type="application/json" id="coze-widget-a">{"a": 1}</script>'

        assert self.assertWidget(island, "a") == {"a": 1}
        self.assertNoWidget("<p>coze-widget-a</p>")


class RolledBackTests(Chats, CozeTestMixin, TestCase):
    """Each test is one transaction."""

    async def test_asynchronous(self):
        chat = await sync_to_async(self.coze_chat)(self.alice)

        assert "hello" in chat.say("hello")


class MixedInLateTests(Chats, TestCase, CozeTestMixin):
    """The order of the bases does not matter."""


class TruncatedTests(Chats, CozeTestMixin, TransactionTestCase):
    """The tables are emptied, without a signal."""


class LiveTests(Chats, CozeTestMixin, StaticLiveServerTestCase):
    def test_the_live_server_knows_alice(self):
        chat = self.coze_chat(self.alice, at=self.live_server_url)

        assert chat.session_name == self.coze_chat(self.alice).session_name
        self.assertRefused(None, "login_required", at=self.live_server_url)


class OwnWidgetTests(CozeTestMixin, TestCase):
    def make_coze_widget(self):
        return save_widget(slug="own", guests="isolated")

    def test_it_is_the_one_that_is_opened(self):
        assert "own" in repr(self.coze_chat())


@override_settings(
    COZE_WIDGETS_ENABLED=False, COZE_USER_INFO="tests.testing.test_cases.name"
)
class SettingsTests(CozeTestMixin, TestCase):
    seen: ClassVar[list[str]] = []

    def test_those_of_the_project_stay(self):
        chat = self.coze_chat(create_user("alice"))

        assert chat.session["user"]["nickname"] == "Somebody"

    @override_settings(COZE_IDENTITY_KEY="")
    def test_those_of_the_test_win(self):
        self.assertRefused(create_user("alice"), "unavailable")

    def test_the_switch_is_on_where_the_mixin_is(self):
        assert conf.widgets_enabled


def name(user, widget):
    return {"nickname": "Somebody"}


class LastTests(unittest.TestCase):
    def test_the_settings_are_those_of_the_project_again(self):
        assert "default" not in conf.oauth_apps
