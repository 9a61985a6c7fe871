"""A project in memory with one widget, set up once for the measurements."""

from __future__ import annotations

import os

SLUG = "support"


def set_up() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from tests.keypairs import private_pem

    settings.DATABASES["default"]["NAME"] = ":memory:"
    settings.COZE_WIDGET_MAX_AGE_SECONDS = 5
    settings.COZE_OAUTH_APPS = {
        "default": {
            "client_id": "1",
            "public_key_id": "k",
            "private_key": private_pem(),
        }
    }
    call_command("migrate", verbosity=0)
    from coze_widget.models import Widget

    Widget.objects.create(slug=SLUG, name="Support", bot_id="7400000000000000001")
