"""The whole list, the same for the command and for the admin's page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from coze_widget.checklist.items import Checklist, Section
from coze_widget.checklist.oauth_app import (
    Candidate,
    list_first_oauth_app,
    list_oauth_app,
)
from coze_widget.checklist.project import list_project
from coze_widget.checklist.widgets import Rows, list_widgets
from coze_widget.checks import find_messages
from coze_widget.openings import last_opening


def build_checklist(
    candidates: Sequence[Candidate],
    rows: Rows,
    *,
    slug: str = "",
    current_app: str = "admin",
    is_offline: bool = False,
) -> Checklist:
    """Look at everything but Coze: whether it was asked, the candidates say."""
    sections = [
        *_oauth_apps(candidates, is_offline=is_offline),
        list_project(find_messages(), rows, candidates),
        list_widgets(
            rows,
            slug=slug,
            current_app=current_app,
            opened_at=_last_opening(candidates),
        ),
    ]
    return Checklist([section for section in sections if section.items])


def _last_opening(candidates: Sequence[Candidate]) -> int | None:
    moments = [last_opening(one.app) for one in candidates if one.app]
    return max(filter(None, moments), default=None)


def _oauth_apps(
    candidates: Sequence[Candidate], *, is_offline: bool
) -> Iterator[Section]:
    if not candidates:
        yield list_first_oauth_app()
    for candidate in candidates:
        yield list_oauth_app(candidate, is_offline=is_offline)
