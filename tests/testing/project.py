"""Somebody's project whose tests are the examples of docs/testing.md, word for word."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from tests.documents import DOCS, ROOT, blocks_of

FILES = {
    "manage.py": """
import os
import sys

from django.core.management import execute_from_command_line

os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"
execute_from_command_line(sys.argv)
""",
    "pytest.ini": """
[pytest]
DJANGO_SETTINGS_MODULE = shop.settings
filterwarnings = error
""",
    "shop/__init__.py": "",
    # No identity key, no credentials, a proxy that nobody can reach: as in many a CI.
    "shop/settings.py": """
SECRET_KEY = "shop"
ROOT_URLCONF = "shop.urls"
STATIC_URL = "/static/"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.sites",
    "django.contrib.staticfiles",
    "coze_widget",
    "shop",
]
AUTH_USER_MODEL = "shop.Member"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "coze_widget.middleware.VisitorMiddleware",
]
TEMPLATES = [
    {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": ":memory:",
        "ATOMIC_REQUESTS": True,
    }
}
COZE_OAUTH_APPS = {"default": "missing.json"}
COZE_PROXIES = {"http": "http://127.0.0.1:9"}
COZE_WIDGETS_ENABLED = False
""",
    "shop/models.py": """
import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models


class Member(AbstractUser):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
""",
    "shop/urls.py": """
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.template import engines
from django.urls import include, path

PAGE = "{% load coze_widget %}<!doctype html><title>Shop</title>{% coze_widget %}"


@login_not_required
def shop(request):
    return HttpResponse(engines["django"].from_string(PAGE).render({}, request))


urlpatterns = [path("", shop), path("chat/", include("coze_widget.urls"))]
""",
}


def examples(words):
    """Return the page's Python blocks that hold these words."""
    blocks = blocks_of(DOCS / "testing.md")
    texts = [block.text for block in blocks if block.language == "python"]
    return [text for text in texts if words in text]


def write(folder, files):
    for name, text in {**FILES, **files}.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.lstrip())


def run(folder, *command, **environment):
    """Return what a Python command says, and that it went well."""
    ours = ("COZE_", "DJANGO_", "PYTEST_")
    kept = {n: value for n, value in os.environ.items() if not n.startswith(ours)}
    path = os.pathsep.join([str(folder), str(ROOT)])
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**kept, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def count_tests(*texts):
    return sum(len(re.findall(r"def test_", text)) for text in texts)
