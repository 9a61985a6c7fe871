"""What a checklist is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from enum import Enum

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _


class State(str, Enum):
    DONE = "done"  # somebody has looked: nothing is ticked without evidence
    OPEN = "open"
    FAILED = "failed"
    NOTE = "note"  # works, and yet
    UNSEEN = "unseen"  # only Coze's console knows

    @property
    def label(self) -> str:
        return str(_LABELS[self])


_LABELS = {
    State.DONE: _("Done"),
    State.OPEN: _("To do"),
    State.FAILED: _("Wrong"),
    State.NOTE: _("Note"),
    State.UNSEEN: _("Cannot be seen from here"),
}


@dataclass(frozen=True)
class Link:
    text: str
    url: str

    @property
    def is_foreign(self) -> bool:
        return not self.url.startswith("/")


@dataclass(frozen=True)
class Item:
    """`code` is a line to copy, `rows` a small table; texts are in the active language."""

    key: str
    state: State
    text: str
    advice: str = ""
    links: Sequence[Link] = ()
    code: str = ""
    rows: Sequence[tuple[str, str]] = ()

    @property
    def advice_parts(self) -> list[str]:
        """Return words and code in turn: code stands between backticks."""
        return self.advice.split("`")


@dataclass(frozen=True)
class Section:
    key: str
    title: str
    items: Sequence[Item]


@dataclass(frozen=True)
class Checklist:
    sections: Sequence[Section]

    def __iter__(self) -> Iterator[Item]:
        return (item for section in self.sections for item in section.items)

    @property
    def next_item(self) -> Item | None:
        """Return the first thing that somebody has to do."""
        waiting = (State.OPEN, State.FAILED)
        return next((item for item in self if item.state in waiting), None)

    @property
    def has_failed(self) -> bool:
        return self.count(State.FAILED) > 0

    def count(self, *states: State) -> int:
        return sum(item.state in states for item in self)


def say_moment(moment: float) -> str:
    """Return a moment in Unix seconds as people here write it, with its time zone."""
    when = localtime(datetime.fromtimestamp(moment, timezone.utc))
    return date_format(when, "Y-m-d H:i:s T")
