"""Who the token's account is, and what it owns."""

from __future__ import annotations

from coze_widget.sandbox.api.call import Call
from coze_widget.sandbox.catalogue import OWNER_ID, WORKSPACE_ID
from coze_widget.sandbox.envelope import Refusal
from coze_widget.sandbox.http import Response


def retrieve_me(call: Call) -> Response:
    return call.succeed(
        {
            "user_id": call.grant.owner.account_id,
            "user_name": "sandbox",
            "nick_name": "Sandbox",
            "avatar_url": "",
        }
    )


def list_workspaces(call: Call) -> Response:
    if call.grant.channel:
        raise Refusal(4101)  # channel apps may not ask
    workspace = {
        "id": WORKSPACE_ID,
        "name": "Sandbox workspace",
        "icon_url": "",
        "owner_uid": OWNER_ID,
        "role_type": "owner",
        "admin_uids": [],
        "description": "",
        "enterprise_id": "",
        "joined_status": "joined",
        "workspace_type": "personal",
    }
    items, _ = call.read_page().cut([workspace])
    return call.succeed({"workspaces": items, "total_count": 1})
