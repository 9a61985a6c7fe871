"""Whether what the widget names is published to Chat SDK, as far as it may be asked.

A visitor's token needs no leave to list what a workspace has; without it nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coze_widget.doctor.patients import Patient, read_objects
from coze_widget.doctor.steps import Sight, Step, failed, passed, skipped
from coze_widget.exceptions import (
    BadRequestError,
    NotFoundError,
    PermissionDeniedError,
)
from coze_widget.oauth.open_api import CHAT_SDK_CONNECTOR_ID

PAGE_SIZE, MAX_PAGES = 20, 25


def look_at_channel(patient: Patient) -> Iterator[Sight]:
    try:
        is_published = _is_published(patient)
    except (BadRequestError, NotFoundError, PermissionDeniedError):
        is_published = None
    if is_published is None:
        yield skipped(
            _(
                "The OAuth app may not list what is published, and need not: it would take "
                "listWorkspace, listBot and listApp."
            )
        )
    elif is_published:
        yield passed(_("It is published to Chat SDK."))
    else:
        yield failed(
            _("It is not among what its workspace has published to Chat SDK."),
            _("In Coze's studio, publish it to Chat SDK as well as to API."),
        )


def _is_published(patient: Patient) -> bool | None:
    """Return None where there is no workspace to look in."""
    data = patient.read("v1", "workspaces", query={"page_size": "50"})
    workspaces = read_objects(data.get("workspaces"))
    if not workspaces:
        return None
    wanted = patient.widget.app_id if patient.is_app else patient.widget.bot_id
    return any(
        wanted in _list_published(patient, str(workspace.get("id")))
        for workspace in workspaces
    )


def _list_published(patient: Patient, workspace_id: str) -> Iterator[str]:
    for number in range(1, MAX_PAGES + 1):
        data = patient.read(
            "v1",
            "apps" if patient.is_app else "bots",
            query={
                "workspace_id": workspace_id,
                "connector_id": CHAT_SDK_CONNECTOR_ID,
                "publish_status": "published_online",
                "page_num": str(number),
                "page_size": str(PAGE_SIZE),
            },
        )
        items = read_objects(data.get("items"))
        yield from (str(item.get("id")) for item in items)
        if len(items) < PAGE_SIZE:
            return


CHANNEL = Step(
    "channel",
    gettext_lazy("Published to Chat SDK"),
    look_at_channel,
    needs=("token", "bot"),
    asks=True,
)
