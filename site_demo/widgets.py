"""The widgets of the demo. What is changed in the admin stays; the ids follow `.env`."""

from __future__ import annotations

import secrets
from typing import Any

from coze_widget.encryption import encrypt
from coze_widget.models import (
    Algorithm,
    Guests,
    Launcher,
    Load,
    Mode,
    Place,
    VisitorKey,
    Widget,
)
from coze_widget.origin_patterns import read_origins
from coze_widget.sandbox.catalogue import APP_ID, BOT_ID, WORKFLOW_ID
from site_demo.conf import conf

LOOKS: dict[str, dict[str, Any]] = {
    "support": {
        "name": "Slow Leaf 慢叶",
        "order": 0,
        "guests": Guests.ISOLATED,
        "footer_expression_text": "✉ {{mail}}",
        "footer_linkvars": {
            "mail": {
                "text": "hello@slow-leaf.example",
                "link": "mailto:hello@slow-leaf.example",
            }
        },
    },
    "members": {"name": "Your orders 订单", "order": 1, "guests": Guests.LOGIN},
    "inline": {
        "name": "Brewing guide 冲泡",
        "order": 2,
        "guests": Guests.ISOLATED,
        "place": Place.INLINE,
        "load": Load.EAGER,
        "launcher": Launcher.SDK,
    },
    "app": {"name": "Tea adviser 顾问", "order": 3, "guests": Guests.ISOLATED},
    "kiln": {
        "name": "Slow Leaf at Blue Kiln 青窑",
        "order": 4,
        "guests": Guests.ISOLATED,
        "chat_bot_title": "Slow Leaf 慢叶",
        "launcher_color": "#1f4e79",
    },
}
KILN = "kiln"


def ensure_widgets() -> None:
    for slug, look in LOOKS.items():
        ids = _app_ids() if slug == "app" else _bot_ids()
        Widget.objects.update_or_create(
            site=None, slug=slug, defaults=ids, create_defaults={**look, **ids}
        )


def open_to_kiln(origin: str) -> str:
    """Let the other shop's pages have its chat; return the secret that it signs with.

    The secret is a new one at each start: nobody has to keep it, and nobody can.
    """
    widget = Widget.objects.get(site=None, slug=KILN)
    origins = read_origins(widget.allowed_origins)
    if origin not in origins:
        widget.allowed_origins = "\n".join([*origins, origin])
        widget.save()
    secret = secrets.token_urlsafe(32)
    VisitorKey.objects.update_or_create(
        widget=widget,
        name="Blue Kiln",
        defaults={
            "algorithm": Algorithm.HS256,
            "encrypted_secret": encrypt(secret),
            "public_key": "",
            "jwks_url": "",
            "is_enabled": True,
        },
    )
    return secret


def _bot_ids() -> dict[str, Any]:
    bot_id = BOT_ID if conf.uses_sandbox else conf.bot_id
    return {"mode": Mode.BOT, "bot_id": bot_id, "enabled": True}


def _app_ids() -> dict[str, Any]:
    """Coze's ids where `.env` has them; those of the sandbox mean nothing to Coze."""
    is_real = not conf.uses_sandbox and bool(conf.app_id and conf.workflow_id)
    return {
        "mode": Mode.APP,
        "app_id": conf.app_id if is_real else APP_ID,
        "workflow_id": conf.workflow_id if is_real else WORKFLOW_ID,
        "enabled": is_real or conf.uses_sandbox,
    }
