from __future__ import annotations

from django.urls import include, path

from bench.site import views

urlpatterns = [
    path("page/", views.page),
    path("empty/", views.empty),
    path("chat/", include("coze_widget.urls")),
]
