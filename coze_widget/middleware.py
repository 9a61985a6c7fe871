"""Makes a guest a new guest at login and at logout."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from coze_widget.visitors import forget_guest

MARK = "_coze_widget_person_changed"


@sync_and_async_middleware
def VisitorMiddleware(
    get_response: Callable[[HttpRequest], Any],
) -> Callable[..., Any]:  # named in MIDDLEWARE like a class
    """Drop the guest's cookie from the answer to a login or a logout.

    Without it the cookie goes when the chat is next opened by somebody who is logged in;
    a guest who logs in and out without opening it would find the earlier chat.
    """
    if iscoroutinefunction(get_response):

        async def forget_async(request: HttpRequest) -> HttpResponseBase:
            answer: Awaitable[HttpResponseBase] = get_response(request)
            return _forget(request, await answer)

        return forget_async

    def forget_sync(request: HttpRequest) -> HttpResponseBase:
        return _forget(request, get_response(request))

    return forget_sync


def mark_change(*, request: HttpRequest | None = None, **signal: Any) -> None:
    """Receiver of `user_logged_in` and `user_logged_out`."""
    if request is not None:
        setattr(request, MARK, True)


def _forget(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if getattr(request, MARK, False):
        forget_guest(response)
    return response
