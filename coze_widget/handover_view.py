"""The page's host tells the frame's who is there: see `coze_widget.handovers`."""

from __future__ import annotations

import time
from http import HTTPStatus

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from coze_widget.bodies import Opening, read_opening
from coze_widget.conf import conf
from coze_widget.frame_host import is_on_frame_host
from coze_widget.handovers import sign_handover
from coze_widget.identities import identify, keep_identity
from coze_widget.limits import Limited, count_request
from coze_widget.models import Widget
from coze_widget.problems import Problem
from coze_widget.views import (
    answer_privately,
    limited,
    outside_transactions,
    require_open,
    served_widget,
)
from coze_widget.visitors import Visitor


@csrf_exempt
@login_not_required
@outside_transactions
def visitor(request: HttpRequest, slug: str) -> HttpResponse:
    """Judge the person as the session view does, and hand them over to the frame's host."""
    return answer_privately(request, lambda: _hand_over(request, slug))


def _hand_over(request: HttpRequest, slug: str) -> HttpResponse:
    # Nobody has a cookie on the frame's host, so whoever asks there is nobody.
    if not conf.frame_origin or is_on_frame_host(request):
        raise Problem(HTTPStatus.NOT_FOUND, "not_found")
    widget = served_widget(request, slug)
    read_opening(request)
    require_open(widget)
    person = _identify(request, widget)
    _count(request, widget, person)
    response = _answer(person, widget)
    keep_identity(request, response, widget=widget, visitor=person, is_embedded=False)
    return response


def _identify(request: HttpRequest, widget: Widget) -> Visitor:
    """By login and cookie only: what else the page knows it says to the frame itself."""
    try:
        return identify(request, widget, Opening())
    except Problem as problem:
        # The frame shows the link, and it is on another host.
        if "login_url" in problem.members:
            url = request.build_absolute_uri(problem.members["login_url"])
            problem.members["login_url"] = url
        raise


def _count(request: HttpRequest, widget: Widget, person: Visitor) -> None:
    try:
        count_request(request, widget, person.session_name)
    except Limited as exc:
        raise limited(widget, exc) from exc


def _answer(person: Visitor, widget: Widget) -> JsonResponse:
    token, expires_at = sign_handover(person, widget)
    return JsonResponse(
        {"visitor": token, "expires_at": expires_at, "now": int(time.time())}
    )
