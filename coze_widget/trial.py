"""A personal (or service) access token, tried by one developer on one machine.

Such a token isolates nobody and lives for days, yet it would go to the browser. So it is
used only where nobody but the developer can be: every condition below must hold. Coze's
own guides call a PAT good for debugging only.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from coze_widget.conf import conf

LOOPBACK_ADDRESSES = ("127.0.0.1", "::1")
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")
PROXY_HEADERS = ("HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP")


def trial_token(request: HttpRequest | None, *, oauth_app: str) -> str:
    """Return the PAT when the widget has no OAuth app and this is its developer, else ''."""
    token = conf.personal_access_token
    if not token or oauth_app in conf.oauth_apps or request is None:
        return ""
    return token if _is_developer_alone(request) else ""


def _is_developer_alone(request: HttpRequest) -> bool:
    return (
        settings.DEBUG
        and request.META.get("REMOTE_ADDR") in LOOPBACK_ADDRESSES
        and _host_without_port(request.get_host()) in LOOPBACK_HOSTS
        and _page_is_local(request)
        and not _came_through_proxy(request)
    )


def _page_is_local(request: HttpRequest) -> bool:
    """A bare proxy may send a loopback Host; the browser still names its page."""
    pages = (request.headers.get("Origin"), request.headers.get("Referer"))
    hosts = [page.partition("://")[2].partition("/")[0] for page in pages if page]
    return all(_host_without_port(host) in LOOPBACK_HOSTS for host in hosts)


def _host_without_port(host: str) -> str:
    return host if host.endswith("]") else host.rpartition(":")[0] or host


def _came_through_proxy(request: HttpRequest) -> bool:
    return any(
        name in PROXY_HEADERS or name.startswith("HTTP_X_FORWARDED_")
        for name in request.META
    )
