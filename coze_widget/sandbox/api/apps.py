"""Apps and their chatflows."""

from __future__ import annotations

from typing import Any

from coze_widget.sandbox.api.call import Call
from coze_widget.sandbox.catalogue import (
    API_CONNECTOR_ID,
    APP,
    ONBOARDING,
    OWNER_ID,
    PUBLISHED_AT,
)
from coze_widget.sandbox.envelope import Refusal
from coze_widget.sandbox.http import Response


def retrieve(call: Call, app_id: str) -> Response:
    check_app(call, app_id)
    return call.succeed({**_describe_app(), "app_id": APP.app_id, "version": "1"})


def list_apps(call: Call) -> Response:
    call.check_workspace()
    connector = call.request.query.get("connector_id", API_CONNECTOR_ID)
    apps = [_describe_app()] if call.is_published_to(connector, APP.app_id) else []
    items, _ = call.read_page().cut(apps)
    return call.succeed({"items": items, "total": len(apps)})


def list_workflows(call: Call) -> Response:
    call.check_workspace()
    mode = call.request.query.get("workflow_mode", "chatflow")
    found = [_describe_workflow()] if mode == "chatflow" else []
    items, has_more = call.read_page(size=10, limit=30).cut(found)
    return call.succeed({"items": items, "has_more": has_more})


def retrieve_workflow(call: Call, workflow_id: str) -> Response:
    check_workflow(workflow_id)
    data: dict[str, Any] = {
        "workflow_detail": _describe_workflow(),
        "role": _describe_role(call),
    }
    if call.request.query.get("include_input_output", "").lower() == "true":
        data["input"] = {"parameters": _describe_parameters()}
        data["output"] = {"terminate_plan": "use_answer_content"}
    return call.succeed(data)


def check_app(call: Call, app_id: object) -> None:
    if str(app_id) != APP.app_id:
        raise Refusal(4200)
    call.check_binding(APP.app_id)


def check_workflow(workflow_id: object) -> None:
    if str(workflow_id) != APP.workflow_id:
        raise Refusal(4200)


def _describe_app() -> dict[str, Any]:
    return {
        "id": APP.app_id,
        "name": APP.name,
        "description": APP.description,
        "icon_url": APP.icon_url,
        "is_published": True,
        "published_at": PUBLISHED_AT,
        "updated_at": PUBLISHED_AT,
        "owner_user_id": OWNER_ID,
        "folder_id": "",
    }


def _describe_workflow() -> dict[str, Any]:
    return {
        "workflow_id": APP.workflow_id,
        "workflow_name": "sandbox_chatflow",
        "app_id": APP.app_id,
        "icon_url": APP.icon_url,
        "description": APP.description,
        "creator": {"id": OWNER_ID, "name": "Sandbox"},
        "created_at": str(PUBLISHED_AT),
        "updated_at": str(PUBLISHED_AT),
    }


def _describe_role(call: Call) -> dict[str, Any]:
    """What the Chat SDK shows in app mode; Coze documents no public shape."""
    return {
        "workflow_id": APP.workflow_id,
        "name": APP.name,
        "description": APP.description,
        "avatar": {"image_url": APP.icon_url},
        "onboarding_info": {
            **ONBOARDING[call.request.language],
            "display_all_suggestions": True,
        },
        "suggest_reply_info": {"suggest_reply_mode": "enable"},
        "background_image_info": None,
        "user_input_config": {"default_input_mode": "text"},
    }


def _describe_parameters() -> dict[str, Any]:
    return {
        "USER_INPUT": {"type": "string", "required": False, "description": ""},
        "CONVERSATION_NAME": {"type": "string", "required": False, "description": ""},
        "city": {
            "type": "string",
            "required": False,
            "description": "Where the visitor is.",
            "default_value": "",
        },
    }
