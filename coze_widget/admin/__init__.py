"""The editor's rooms: one module for each thing that can be done with a widget."""

from __future__ import annotations

from coze_widget.admin.widgets import WidgetAdmin

__all__ = ["WidgetAdmin"]
