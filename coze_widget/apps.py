from __future__ import annotations

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.core.checks import Tags, register
from django.db.models.signals import post_delete, post_save
from django.utils.translation import gettext_lazy as _


class CozeWidgetConfig(AppConfig):
    name = "coze_widget"
    verbose_name = _("Coze chat")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register checks and receivers; nothing else happens here."""
        from django.contrib.sites.models import Site

        from coze_widget import catalogue, checks, middleware
        from coze_widget.models import Widget

        for signal in (post_save, post_delete):
            for model in (Widget, Site):
                signal.connect(catalogue.forget_rows, sender=model)
        user_logged_in.connect(middleware.mark_change)
        user_logged_out.connect(middleware.mark_change)
        register(Tags.security)(checks.check_settings)
        register(Tags.database)(checks.check_widgets)
