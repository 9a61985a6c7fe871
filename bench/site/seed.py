"""`python -m bench.site.seed SITES PEOPLE`: rows for the site that BENCH_SITE describes.

Prints the people's session cookies, which are good on every site.
"""

from __future__ import annotations

import json
import os
import sys

import django


def main(sites: int, people: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.site.settings"
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    _make_sites(sites)
    json.dump(_make_people(people), sys.stdout)


def _make_sites(count: int) -> None:
    """Each with one widget, that has an OAuth app of its own; one site is the plain case."""
    from django.contrib.sites.models import Site

    from coze_widget.models import Widget

    Site.objects.all().delete()
    names = [f"site{number}.example" for number in range(count)]
    sites = Site.objects.bulk_create(Site(domain=name, name=name) for name in names)
    Widget.objects.bulk_create(
        Widget(
            slug="support",
            name="Support",
            bot_id="7400000000000000001",
            site=site,
            oauth_app=f"app{number}",
        )
        for number, site in enumerate(sites)
    )


def _make_people(count: int) -> list[str]:
    """Log them in without the expense of passwords."""
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.contrib.sessions.backends.cached_db import SessionStore

    User = get_user_model()
    users = User.objects.bulk_create(
        User(username=f"person{number}", password="!") for number in range(count)
    )
    cookies = []
    for user in users:
        session = SessionStore()
        session["_auth_user_id"] = str(user.pk)
        session["_auth_user_backend"] = settings.AUTHENTICATION_BACKENDS[0]
        session["_auth_user_hash"] = user.get_session_auth_hash()
        session.save()
        cookies.append(f"{settings.SESSION_COOKIE_NAME}={session.session_key}")
    return cookies


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
