"""Makes a guest a new guest at login and at logout; and keeps the frame's host for itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotFound
from django.utils.decorators import sync_and_async_middleware
from django.utils.translation import gettext as _

from coze_widget.installed import require_installed

require_installed("MIDDLEWARE names coze_widget.middleware")

from coze_widget.frame_host import is_out_of_place  # noqa: E402  # after the above
from coze_widget.visitors import forget_guest  # noqa: E402

MARK = "_coze_widget_person_changed"


@sync_and_async_middleware
def VisitorMiddleware(
    get_response: Callable[[HttpRequest], Any],
) -> Callable[..., Any]:  # named in MIDDLEWARE like a class
    """Drop the guest's cookie from the answer to a login or a logout.

    Without it the cookie goes when the chat is next opened by somebody who is logged in;
    a guest who logs in and out without opening it would find the earlier chat.

    On the host of COZE_FRAME_ORIGIN nothing but the chat's frame is found: whoever logged
    in there would be logged in for Coze's script as well.
    """
    if iscoroutinefunction(get_response):

        async def forget_async(request: HttpRequest) -> HttpResponseBase:
            if is_out_of_place(request):
                return _not_here()
            answer: Awaitable[HttpResponseBase] = get_response(request)
            return _forget(request, await answer)

        return forget_async

    def forget_sync(request: HttpRequest) -> HttpResponseBase:
        if is_out_of_place(request):
            return _not_here()
        return _forget(request, get_response(request))

    return forget_sync


def mark_change(*, request: HttpRequest | None = None, **signal: Any) -> None:
    """Receiver of `user_logged_in` and `user_logged_out`."""
    if request is not None:
        setattr(request, MARK, True)


def _not_here() -> HttpResponseBase:
    text = _("Only the chat is on this host.")
    return HttpResponseNotFound(text, content_type="text/plain; charset=utf-8")


def _forget(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if getattr(request, MARK, False):
        forget_guest(response)
    return response
