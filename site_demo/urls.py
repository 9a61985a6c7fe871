from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.urls import include, path

from site_demo import views

urlpatterns = [
    path("", views.home, name="home"),
    path("inline/", views.guide, name="inline"),
    path("app/", views.adviser, name="app"),
    path("account/", views.account, name="account"),
    path(
        "login/",
        LoginView.as_view(
            template_name="site_demo/login.html", redirect_authenticated_user=True
        ),
        name="login",
    ),
    path("become/<slug:username>/", views.become, name="become"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("chat/", include("coze_widget.urls")),
    path("admin/", admin.site.urls),
]
