"""A project in a process of its own: `python -m tests.tiny_project '{"SITE_ID": 1}'`.

It has the given settings and little else, and prints as JSON what the checks say, and
what a guest gets of tag, frame and session.
"""

from __future__ import annotations

import json
import sys

import django
from django.conf import settings

SETTINGS = {
    "SECRET_KEY": "tests-only",
    "ROOT_URLCONF": "tests.other_urls",
    "STATIC_URL": "/static/",
    "DATABASES": {
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    },
    "TEMPLATES": [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
        }
    ],
    "COZE_IDENTITY_KEY": "an identity key for tests only, long enough to be one",
}


def make_project(given):
    """Start Django, with tables and one widget that guests may use."""
    settings.configure(**{**SETTINGS, **given})
    django.setup()
    from django.core.management import call_command

    from coze_widget.models import Widget

    call_command("migrate", verbosity=0)
    Widget.objects.create(
        slug="support", name="Support", bot_id="7400000000000000001", guests="isolated"
    )


def report():
    from django.template import Context, Template
    from django.test import Client
    from django.test.utils import setup_test_environment

    from coze_widget.checks import check_settings

    messages = [message.id for message in check_settings()]
    setup_test_environment()
    tag = Template("{% load coze_widget %}{% coze_widget %}").render(Context())
    frame = Client().get("/elsewhere/support/frame/")
    session = Client(headers={"Origin": "http://testserver"}).post(
        "/elsewhere/support/session/", "{}", content_type="application/json"
    )
    return {
        "messages": messages,
        "tag": tag,
        "frame": frame.status_code,
        "session": session.json(),
        "health": Client().get("/elsewhere/health/").status_code,
    }


if __name__ == "__main__":
    make_project(json.loads(sys.argv[1]))
    print(json.dumps(report()))
