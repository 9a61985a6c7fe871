"""The pages of a small tea shop, each with the widget in another way."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from site_demo.people import CUSTOMERS, ensure_account
from site_demo.policy import build_inline_policy
from site_demo.shop import ORDERS, SEASON, TEAS

LOAD = "{% load coze_widget %}\n"
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


def home(request: HttpRequest) -> HttpResponse:
    context = {"teas": TEAS, "code": LOAD + "{% coze_widget %}"}
    return render(request, "site_demo/home.html", context)


@login_required
def account(request: HttpRequest) -> HttpResponse:
    orders = ORDERS.get(request.user.get_username(), ())
    context = {"orders": orders, "code": LOAD + '{% coze_widget "members" %}'}
    return render(request, "site_demo/account.html", context)


def guide(request: HttpRequest) -> HttpResponse:
    """The chat in the page itself, so the page has a wider policy than the others.

    Django's policy middleware and django-csp's leave a response alone that has one.
    """
    policy = build_inline_policy()
    context = {
        "teas": TEAS,
        "code": LOAD + '{% coze_widget "inline" %}',
        "policy": policy,
    }
    response = render(request, "site_demo/guide.html", context)
    response.headers["Content-Security-Policy"] = policy
    return response


def adviser(request: HttpRequest) -> HttpResponse:
    code = LOAD + '{% coze_widget "app" parameters=season %}'
    return render(
        request,
        "site_demo/adviser.html",
        {"season": SEASON, "teas": TEAS, "code": code},
    )


@require_POST
def become(request: HttpRequest, username: str) -> HttpResponse:
    """Be Alice, Bob or a guest at the press of a button; on the developer's machine only."""
    if not settings.DEBUG or username not in (*CUSTOMERS, "guest"):
        raise Http404
    logout(request)
    if username in CUSTOMERS:
        login(request, ensure_account(CUSTOMERS[username]), backend=MODEL_BACKEND)
    return redirect(_next_page(request))


def _next_page(request: HttpRequest) -> str:
    url = request.POST.get("next", "")
    is_own = url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()})
    return url if is_own else "home"
