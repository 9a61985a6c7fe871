"""Pages as the recipes of the documentation write them."""

from __future__ import annotations

from csp.middleware import CSPMiddleware
from django.core.cache import cache
from django.http import HttpResponse
from django.template import engines
from django.urls import include, path

from tests.browser.site import PAGE
from tests.recipes import read_block

HTMX = "recipes/htmx.md"
CONTENT = '<h1>{{ request.path }}</h1><a href="/plain/">Plain</a>'
WITHOUT_TAG = """<!doctype html><title>Plain</title><body hx-boost="true">
<nav><a href="/">Goods</a></nav><h1>Plain</h1></body>"""
PARTIAL = """{% load static %}<!doctype html><title>Orders</title>
<script src="{% static 'htmx.min.js' %}" defer></script>
<button hx-get="/partial/" hx-target="#order">Show</button><div id="order"></div>"""
PLAIN = PAGE % '{% coze_widget "support" %}'
INLINE = PAGE % '{% coze_widget "support" inline=True %}'


def view_of(template):
    def show(request):
        return HttpResponse(engines["django"].from_string(template).render({}, request))

    return show


def boosted(template):
    """htmx 4 hands attributes down only where it is told to, as the page says."""

    def show(request):
        version = request.COOKIES.get("htmx")
        attribute = "hx-boost:inherited" if version == "4" else "hx-boost"
        return view_of(template.replace("hx-boost", attribute))(request)

    return show


def base_template():
    text = read_block(HTMX, "html+django")
    return text.replace("{% block content %}", "{% block content %}" + CONTENT)


def cached(view):
    """As a page cache keeps a page: what is inside its middleware."""

    def show(request):
        kept = cache.get(request.path)
        if kept is None:
            kept = view(request).content
            cache.set(request.path, kept)
        return HttpResponse(kept)

    return show


def under_djangos_policy(view):
    """With the middleware around the view: a live server builds its own list once."""

    def show(request):
        # Django 5.2 has none; its tests do not come here.
        from django.middleware.csp import ContentSecurityPolicyMiddleware

        return ContentSecurityPolicyMiddleware(view)(request)

    return show


def under_django_csp(view):
    return lambda request: CSPMiddleware(view)(request)


TWO = PAGE % '{% coze_widget "support" %}{% coze_widget "sales" %}'

urlpatterns = [
    path("", boosted(base_template())),
    path("about/", boosted(base_template())),
    path("plain/", boosted(WITHOUT_TAG)),
    path("orders/", view_of(PARTIAL)),
    path("partial/", view_of(read_block(HTMX, "html+django", 1))),
    path("django-csp/", under_django_csp(view_of(PLAIN))),
    path("two/", view_of(TWO)),
    path("kept/", cached(view_of(PLAIN))),
    path("csp/", under_djangos_policy(view_of(PLAIN))),
    path("csp/kept/", under_djangos_policy(cached(view_of(PLAIN)))),
    path("csp/inline/", under_djangos_policy(view_of(INLINE))),
    path("chat/", include("coze_widget.urls")),
]
