"""For pytest: `pytest_plugins = ["coze_widget.testing.fixtures"]` in the top conftest.py.

Needs pytest-django. What the fixtures use is imported when they are: pytest may load this
module before Django's settings are there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from coze_widget.models import Widget
    from coze_widget.testing.chats import Chat
    from coze_widget.testing.coze import Coze


class OpenChat(Protocol):
    """The type of the fixture `coze_chat`."""

    def __call__(
        self, who: Any = None, *, widget: Widget | None = None, at: str = ""
    ) -> Chat: ...


@pytest.fixture
def coze(settings: Any) -> Iterator[Coze]:
    """A stand-in for Coze on this machine, to which the project's settings lead."""
    from coze_widget.testing.coze import running_coze

    coze = running_coze()
    # Through pytest-django's fixture: what a test sets there lies on top of these, and
    # another override_settings here would be undone in the wrong order.
    for name, value in coze.build_settings().items():
        setattr(settings, name, value)
    coze.reset()
    yield coze
    coze.reset()


@pytest.fixture
def coze_widget(coze: Coze, db: None) -> Widget:
    """A saved widget with a bot that the stand-in has. Override it for one of your own."""
    from coze_widget.testing.widgets import save_widget

    return save_widget()


@pytest.fixture
def coze_chat(coze: Coze, coze_widget: Widget) -> OpenChat:
    """Opens the chat as a user, as a client of Django's, or as a new guest.

    The token comes from the session view; `coze_widget.testing.sessions.Refused` says
    what it answered instead. `at` is the URL of a live server.
    """
    from coze_widget.testing.chats import Chat
    from coze_widget.testing.sessions import fetch_session

    def open_chat(
        who: Any = None, *, widget: Widget | None = None, at: str = ""
    ) -> Chat:
        widget = widget or coze_widget
        return Chat(fetch_session(who, widget, at=at), widget, base_url=coze.url)

    return open_chat
