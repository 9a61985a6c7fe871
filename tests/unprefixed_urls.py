"""A project with paths for each language, and none for its default one."""

from __future__ import annotations

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

urlpatterns = i18n_patterns(
    path("chat/", include("coze_widget.urls")), prefix_default_language=False
)
