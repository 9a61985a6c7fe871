"""A widget that works in tests: its bot is one of the sandbox's."""

from __future__ import annotations

from typing import Any

from coze_widget.models import Widget
from coze_widget.sandbox.catalogue import APP_ID, BOT_ID, WORKFLOW_ID


def save_widget(**fields: Any) -> Widget:
    """Save a widget for all sites, with the form's defaults; `mode="app"` works, too."""
    return Widget.objects.create(
        **{
            # Not in the way of rows that the project's migrations make.
            "slug": "coze-test",
            "name": "Test chat",
            "bot_id": BOT_ID,
            "app_id": APP_ID,
            "workflow_id": WORKFLOW_ID,
            **fields,
        }
    )
