from __future__ import annotations

from django.urls import path

from coze_widget import views

app_name = "coze_widget"

urlpatterns = [
    path("<slug:slug>/frame/", views.frame, name="frame"),
    path("<slug:slug>/session/", views.session, name="session"),
    path("<slug:slug>/forget/", views.forget, name="forget"),
]
