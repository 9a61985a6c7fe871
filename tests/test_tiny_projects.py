"""Projects that lack what others take for granted, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests import tiny_project

AUTH = ["django.contrib.contenttypes", "django.contrib.auth"]
# In either order.
NEEDED = ["coze_widget", "django.contrib.sites"]
OURS = "coze_widget.middleware.VisitorMiddleware"
LOGIN = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    OURS,
]


def run(**given):
    return subprocess.run(
        [sys.executable, "-m", tiny_project.__name__, json.dumps(given)],
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("apps", "middleware", "messages"),
    [
        pytest.param([], [], ["W013", "W023", "W024"], id="next to nothing"),
        pytest.param(
            [*AUTH, "django.contrib.staticfiles"],
            [OURS],
            ["W023"],
            id="without sessions",
        ),
        pytest.param(
            [*AUTH, "django.contrib.sessions"],
            LOGIN,
            ["W024"],
            id="without staticfiles",
        ),
    ],
)
def test_guests_can_chat_in_a_project(oauth_config, apps, middleware, messages):
    done = run(
        INSTALLED_APPS=[*apps, *NEEDED],
        MIDDLEWARE=middleware,
        COZE_OAUTH_APPS={"default": oauth_config},
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["messages"] == [f"coze_widget.{id_}" for id_ in messages]
    assert (
        '<script src="/static/coze_widget/loader.js" defer data-coze-widget="support">'
        in found["tag"]
    )
    assert found["frame"] == 200
    assert found["session"]["notice"] == "guest"
    assert found["session"]["token"].startswith("czs_")


def test_another_database_that_is_down_takes_no_node_away(oauth_config, tmp_path):
    reports = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(tmp_path / "nowhere" / "reports.sqlite3"),
        "ATOMIC_REQUESTS": True,
    }

    done = run(
        INSTALLED_APPS=NEEDED,
        DATABASES={**tiny_project.SETTINGS["DATABASES"], "reports": reports},
        COZE_OAUTH_APPS={"default": oauth_config},
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["health"] == found["frame"] == 200
    assert found["session"]["notice"] == "guest"


def test_a_project_without_sites_is_told_what_to_add():
    done = run(INSTALLED_APPS=["coze_widget"])

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "django.core.exceptions.ImproperlyConfigured: coze_widget needs "
        '"django.contrib.sites" in INSTALLED_APPS, and then `python manage.py migrate`.'
    )
