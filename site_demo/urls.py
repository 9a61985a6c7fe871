from __future__ import annotations

from django.conf import settings
from django.conf.urls.static import static as serve
from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

from site_demo import reports, views

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
    path("reports/", reports.violations, name="violations"),
    path("reports/new/", reports.report, name="report"),
    # The admin names no icon, so browsers ask for this one.
    path("favicon.ico", RedirectView.as_view(url=static("site_demo/leaf.svg"))),
    path("i18n/", include("django.conf.urls.i18n")),
    path("chat/", include("coze_widget.urls")),
    path("admin/", admin.site.urls),
    # While DEBUG is on; elsewhere the web server does it.
    *serve(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
]
