"""The same project with the app under another path."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("elsewhere/", include("coze_widget.urls"))]
