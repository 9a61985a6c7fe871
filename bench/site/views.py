from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST


def page(request: HttpRequest) -> HttpResponse:
    """A page with the tag, and nothing else to wait for."""
    return render(request, "bench/page.html")


@csrf_exempt
@require_POST
@login_required
def empty(request: HttpRequest) -> HttpResponse:
    """What a logged-in person's POST costs at least: the session view's yardstick."""
    return JsonResponse({})
