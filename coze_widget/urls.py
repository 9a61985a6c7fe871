from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asgiref.sync import SyncToAsync
from django.urls import ResolverMatch, URLPattern, path, re_path
from django.urls.resolvers import RoutePattern

from coze_widget.installed import require_installed

require_installed("The URLconf includes coze_widget.urls")

from coze_widget import (  # noqa: E402  # after the above
    callback_view,
    embedding_view,
    handover_view,
    health_view,
    views,
)

app_name = "coze_widget"


class EitherPattern(URLPattern):
    """Leads to a coroutine under an ASGI server, and to a plain function elsewhere.

    Django would run a plain one under ASGI in a thread that waits, and a coroutine under
    WSGI in a loop and a thread of its own for each request.
    """

    def __init__(
        self,
        route: str,
        view: Callable[..., Any],
        coroutine: Callable[..., Any],
        *,
        name: str,
    ) -> None:
        super().__init__(RoutePattern(route, name, is_endpoint=True), view, name=name)
        self._coroutine = coroutine

    def resolve(self, path: str) -> ResolverMatch | None:
        match = super().resolve(path)
        if match is not None and _is_under_asgi():
            match.func = self._coroutine
        return match


def _is_under_asgi() -> bool:
    """Tell by the context that Django's ASGI handler gives each request.

    An event loop alone says little: notebooks and Playwright have one, and Django's
    synchronous test client does not get along with a coroutine there.
    """
    return SyncToAsync.thread_sensitive_context.get(None) is not None


urlpatterns = [
    path("health/", health_view.health, name="health"),
    path("callback/", callback_view.callback, name="callback"),
    # For pages of other origins.
    re_path(
        r"^(?P<name>(?:loader|panel|launcher)(?:\.[\w-]{1,64})?\.(?:js|css))$",
        embedding_view.asset,
        name="asset",
    ),
    path("<slug:slug>/widget.json", embedding_view.widget, name="widget"),
    path("<slug:slug>/frame/", views.frame, name="frame"),
    path("<slug:slug>/inner/", views.inner, name="inner"),
    EitherPattern(
        "<slug:slug>/session/", views.session, views.asession, name="session"
    ),
    path("<slug:slug>/forget/", views.forget, name="forget"),
    path("<slug:slug>/visitor/", handover_view.visitor, name="visitor"),
]
