"""Pages that hold the tag, as a project would write them."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpResponse
from django.template import engines
from django.urls import include, path
from django.utils.translation import override

NONCE = "bm9uY2U="
PAGE = """{%% load coze_widget %%}<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Shop</title>
  </head>
  <body>
    <main>
    <h1>Shop</h1>
    <p><a href="/">Goods</a> <button type="button">Basket</button></p>
    %s
    <p>Tall.</p><p>Tall.</p><p>Tall.</p><p>Tall.</p><p>Tall.</p><p>Tall.</p>
    <p>Tall.</p><p>Tall.</p><p>Tall.</p><p>Tall.</p><p>Tall.</p><p>Tall.</p>
    <p>Tall.</p><p>Tall.</p><p>Tall.</p><p>Tall.</p><p>Tall.</p><p>Tall.</p>
    <p>Tall.</p><p>Tall.</p><p>Tall.</p><p>Tall.</p><p>Tall.</p><p>Tall.</p>
    <p>Tall.</p><p>Tall.</p><p>Tall.</p><p>Tall.</p><p>Tall.</p><p>Tall.</p>
    </main>
  </body>
</html>
"""
TAGS = {
    "": "{% coze_widget %}",
    "inline/": '{% coze_widget "support" inline=True %}',
    "placed/": '{% coze_panel "support" %}',
    "asked/": (
        '{% coze_launcher "support" %}Ask us{% endcoze_launcher %}'
        '{% coze_widget "support" %}'
    ),
    "twice/": "{% coze_widget %}{% coze_widget %}",
    "titled/": '{% coze_widget "support" title="Ask <us>" parameters=inputs %}',
}


def render(request, tag):
    template = engines["django"].from_string(PAGE % tag)
    return template.render({"inputs": {"city": "Ulm"}}, request)


def view_of(tag):
    return lambda request: HttpResponse(render(request, tag))


def strict(request):
    """As much as a page can forbid and still hold the launcher."""
    request.csp_nonce = NONCE
    policy = [
        "default-src 'none'",
        f"script-src 'nonce-{NONCE}'",
        "style-src 'self'",
        "frame-src 'self'",
        "base-uri 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
    return HttpResponse(
        render(request, TAGS[""]),
        headers={"Content-Security-Policy": "; ".join(policy)},
    )


def only_with_nonce(request):
    request.csp_nonce = NONCE
    return HttpResponse(
        render(request, TAGS[""]),
        headers={"Content-Security-Policy": f"script-src 'nonce-{NONCE}'"},
    )


def chinese(request):
    with override("zh-hans"):
        return HttpResponse(render(request, TAGS[""]))


urlpatterns = [
    path("admin/", admin.site.urls),
    path("chat/", include("coze_widget.urls")),
    path("strict/", strict),
    path("nonce/", only_with_nonce),
    path("zh/", chinese),
    *[path(route, view_of(tag)) for route, tag in TAGS.items()],
]
