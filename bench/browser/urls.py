from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path

# The same page again and again: nothing, our launcher, our chat in the page, Coze's own
# snippet as its console hands it out, and the least that opens Coze's chat.
PAGES = ("plain", "frame", "inline", "snippet", "bare")


def page(request: HttpRequest, name: str) -> HttpResponse:
    context = {"sdk_url": settings.BENCH_SDK_URL, "bot_id": settings.BENCH_BOT_ID}
    return render(request, f"bench_browser/{name}.html", context)


urlpatterns = [
    *[path(f"{name}/", page, {"name": name}) for name in PAGES],
    path("chat/", include("coze_widget.urls")),
]
