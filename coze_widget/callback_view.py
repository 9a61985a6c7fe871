"""Where Coze's callbacks arrive: see `coze_widget.callbacks`."""

from __future__ import annotations

import logging
import time

from django.contrib.auth.decorators import login_not_required
from django.db import Error as DatabaseFailure
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from coze_widget.callbacks import BadCallback, read_event, take_event
from coze_widget.conf import conf
from coze_widget.views import outside_transactions

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 65_536


@never_cache
@csrf_exempt
@login_not_required
@outside_transactions
@require_POST
@sensitive_variables("tokens")
def callback(request: HttpRequest) -> HttpResponse:
    """Answer 200 to what was understood, known or not: Coze sends all else again."""
    tokens = conf.callback_tokens
    if not tokens:
        return _answer(404)
    try:
        body = request.read(MAX_BODY_BYTES + 1)
    except UnreadablePostError:
        return _answer(400)
    if len(body) > MAX_BODY_BYTES:
        return _answer(413)
    try:
        event = read_event(request.headers, body, tokens=tokens, now=time.time())
    except BadCallback as exc:
        logger.warning("A callback was refused: %s.", exc)
        return _answer(403)
    try:
        take_event(event)
    except DatabaseFailure:
        logger.exception("A callback of Coze's could not be kept; it will come again.")
        return _answer(503)
    return _answer(200)


def _answer(status: int) -> JsonResponse:
    return JsonResponse({}, status=status)
