"""What a test looks for in a list."""

from __future__ import annotations

from coze_widget.checklist.items import State


def states_of(section):
    return {item.key: item.state for item in section.items}


def item_of(section, key):
    [item] = [item for item in section.items if item.key == key]
    return item


DONE, OPEN, FAILED, NOTE, UNSEEN = (
    State.DONE,
    State.OPEN,
    State.FAILED,
    State.NOTE,
    State.UNSEEN,
)
