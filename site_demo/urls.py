from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

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
    # The admin names no icon, so browsers ask for this one.
    path("favicon.ico", RedirectView.as_view(url=static("site_demo/leaf.svg"))),
    path("i18n/", include("django.conf.urls.i18n")),
    path("chat/", include("coze_widget.urls")),
    path("admin/", admin.site.urls),
]
