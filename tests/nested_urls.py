"""A project that includes the app's URLs within URLs of its own."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("help/", include([path("chat/", include("coze_widget.urls"))]))]
