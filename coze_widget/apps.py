from __future__ import annotations

import django
from django.apps import AppConfig, apps
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.core.checks import Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db.models.signals import post_delete, post_save
from django.utils.translation import gettext_lazy as _

OLDEST_DJANGO = (5, 2)


class CozeWidgetConfig(AppConfig):
    name = "coze_widget"
    verbose_name = _("Coze chat")
    default_auto_field = "django.db.models.BigAutoField"

    def import_models(self) -> None:
        """Say what the models cannot do without, before they fail in words of their own."""
        if django.VERSION < OLDEST_DJANGO:
            raise ImproperlyConfigured(
                "coze_widget needs Django 5.2 or newer; this is Django "
                f"{django.get_version()}."
            )
        if not apps.is_installed("django.contrib.sites"):
            raise ImproperlyConfigured(
                'coze_widget needs "django.contrib.sites" in INSTALLED_APPS, and then '
                "`python manage.py migrate`."
            )
        super().import_models()

    def ready(self) -> None:
        """Register checks and receivers; nothing else happens here."""
        from django.contrib.sites.models import Site

        from coze_widget import catalogue, checks, middleware, visitor_keys
        from coze_widget.models import VisitorKey, Widget

        for signal in (post_save, post_delete):
            for model in (Widget, Site):
                signal.connect(catalogue.forget_rows, sender=model)
            signal.connect(visitor_keys.forget_rows, sender=VisitorKey)
        user_logged_in.connect(middleware.mark_change)
        user_logged_out.connect(middleware.mark_change)
        register(Tags.security)(checks.check_settings)
        register(Tags.security)(checks.check_site)
        register(Tags.database)(checks.check_widgets)
        register(Tags.security, deploy=True)(checks.check_deployment)
