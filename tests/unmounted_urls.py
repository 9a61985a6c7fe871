"""Projects whose admin is there and our URLs are not; `plain` has a ModelAdmin of its own."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

from coze_widget.models import Widget

plain = admin.AdminSite("plain")
plain.register(Widget, admin.ModelAdmin)

urlpatterns = [
    path("admin/", admin.site.urls),
    path("plain/", plain.urls),
]
