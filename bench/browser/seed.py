"""`python -m bench.browser.seed`: tables, one widget, static files as they are deployed."""

from __future__ import annotations

import os

import django


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.site.settings"
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from coze_widget.models import Widget

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    Widget.objects.create(
        slug="support",
        name="Support",
        bot_id=settings.BENCH_BOT_ID,
        oauth_app="app0",
        guests="isolated",
    )


if __name__ == "__main__":
    main()
