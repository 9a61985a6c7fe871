"""System checks: what can be wrong before Coze is asked, and what to do about it.

Ids are stable and never used again; each has its heading in docs/checks.md.
"""

from __future__ import annotations

from coze_widget.checks.running import (
    check_deployment,
    check_settings,
    check_site,
    check_widgets,
    find_messages,
)

__all__ = [
    "check_deployment",
    "check_settings",
    "check_site",
    "check_widgets",
    "find_messages",
]
