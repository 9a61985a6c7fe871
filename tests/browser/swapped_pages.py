"""The pages of one site, swapped by htmx or by Turbo, or loaded by themselves."""

from __future__ import annotations

from django.http import FileResponse, HttpResponse
from django.template import engines
from django.urls import include, path

from tests.browser.assets import require_asset

BASE = """{% load coze_widget %}<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    HEAD
    <title>{{ request.path }}</title>
    {% if library != "plain" %}<script src="/assets/{{ library }}.js" defer></script>{% endif %}
  </head>
  <body hx-boost="true">
    <nav>LINKS</nav>
    <h1>{{ request.path }}</h1>
    BODY
  </body>
</html>
"""
SUPPORT = '{% coze_widget "support" %}'
PARTS = """
<button class="swap" hx-get="/{{ library }}/part/chat/" hx-target="#part">Chat</button>
<button class="swap" hx-get="/{{ library }}/part/nothing/" hx-target="#part">Nothing</button>
<button class="swap" hx-get="/{{ library }}/part/chat/" hx-target="#part" hx-swap="outerHTML"
  hx-push-url="/{{ library }}/parts/?chat">Chat instead</button>
<button class="swap" hx-get="/{{ library }}/" hx-target="body" hx-swap="outerHTML">Body</button>
<button class="swap" hx-get="/{{ library }}/about/" hx-target="body" hx-swap="innerHTML transition:true"
  >Transition</button>
<div id="part"></div>
"""
FRAME = '<turbo-frame id="part">%s<a href="%s">Next part</a></turbo-frame>'
MORPH = '<meta name="turbo-refresh-method" content="morph">'
PLACE = '{% coze_panel "support" %}'
PERMANENT = f'<div id="chat-place" data-turbo-permanent>{PLACE}</div>'
# Path → what the body holds, and maybe the head.
PAGES = {
    "": (SUPPORT, MORPH),
    "about/": ('{% coze_widget "support" title="About us" %}', ""),
    "sales/": ('{% coze_widget "sales" %}', ""),
    "bare/": ("<p>No chat here.</p>", ""),
    "slow/": (SUPPORT, ""),
    "parts/": (PARTS, ""),
    "both/": (PARTS + SUPPORT, ""),
    "placed/": (PLACE, MORPH),
    "placed/too/": ("<p>Here, too.</p>" + PLACE, ""),
    "permanent/": (PERMANENT, ""),
    "permanent/too/": ("<p>Here, too.</p>" + PERMANENT, ""),
    "frame/": (FRAME % ("", "/{{ library }}/frame/chat/"), ""),
    "frame/chat/": (FRAME % (SUPPORT, "/{{ library }}/frame/"), ""),
    "head/": ("", SUPPORT),
    "inline/": ('{% coze_widget "support" inline=True %}', ""),
}
LINKS = " ".join(
    f'<a href="/{{{{ library }}}}/{route}">to {route}</a>' for route in PAGES
)


def render(request, template, library):
    page = engines["django"].from_string(template)
    return HttpResponse(page.render({"library": library}, request))


def view_of(body, head):
    template = BASE.replace("LINKS", LINKS).replace("BODY", body).replace("HEAD", head)

    def show(request, library):
        return render(request, template, library)

    return show


def part_of(body):
    template = "{% load coze_widget %}<div id='part'>" + body + "</div>"

    def show(request, library):
        return render(request, template, library)

    return show


def asset(request, name):
    return FileResponse(require_asset(name).open("rb"), content_type="text/javascript")


urlpatterns = [
    path("assets/<slug:name>.js", asset),
    path("chat/", include("coze_widget.urls")),
    path("<slug:library>/part/chat/", part_of(SUPPORT)),
    path("<slug:library>/part/nothing/", part_of("<p>Nothing.</p>")),
    *[path(f"<slug:library>/{route}", view_of(*page)) for route, page in PAGES.items()],
]
