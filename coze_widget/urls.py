from __future__ import annotations

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.urls import path

if not apps.is_installed("coze_widget"):
    # The models would say so as well, of whichever of them is imported first.
    raise ImproperlyConfigured(
        "The URLconf includes coze_widget.urls, and INSTALLED_APPS has no "
        '"coze_widget". It needs "django.contrib.sites" there, too.'
    )

from coze_widget import views  # after the above

app_name = "coze_widget"

urlpatterns = [
    path("<slug:slug>/frame/", views.frame, name="frame"),
    path("<slug:slug>/session/", views.session, name="session"),
    path("<slug:slug>/forget/", views.forget, name="forget"),
]
