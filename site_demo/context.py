"""What every page of the demo shows: who you can be, and what is missing."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from coze_widget.conf import conf as coze_conf
from coze_widget.models import Widget
from site_demo.conf import conf
from site_demo.people import CUSTOMERS

# Two names of one machine: to a browser they are two hosts, each with its own cookies.
TWINS = {"localhost": "127.0.0.1", "127.0.0.1": "localhost"}


def demo(request: HttpRequest) -> dict[str, Any]:
    return {
        "customers": CUSTOMERS.values(),
        "can_become": settings.DEBUG,
        "twin_url": _twin_url(request),
        "is_set_up": _has_credentials() and Widget.objects.exists(),
        "uses_sandbox": conf.uses_sandbox,
    }


def _twin_url(request: HttpRequest) -> str:
    host, _, port = request.get_host().partition(":")
    twin = TWINS.get(host)
    return f"{request.scheme}://{twin}:{port}{request.path}" if twin and port else ""


def _has_credentials() -> bool:
    return bool(coze_conf.oauth_apps or coze_conf.personal_access_token)
