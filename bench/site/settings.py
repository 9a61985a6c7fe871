"""A site as it runs in production. Where its services are, and what else differs from one
measurement to the next, stands in the file that BENCH_SITE names, as settings."""

from __future__ import annotations

import json
import os
from pathlib import Path

DEBUG = False
ALLOWED_HOSTS = ["*"]
USE_TZ = True
ROOT_URLCONF = "bench.site.urls"
LOGIN_URL = "/login/"
STATIC_URL = "/static/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.sites",
    "coze_widget",
    "bench.site",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "coze_widget.middleware.VisitorMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_CACHE_ALIAS = "sessions"

# One machine plays everybody: it says whose address it stands for, as a proxy does.
COZE_TRUSTED_PROXIES_COUNT = 1
# Counted as usual, and never reached.
LIMITS = "person_requests address_requests person address widget oauth_app"
COZE_LIMITS = dict.fromkeys(LIMITS.split(), "1000000000/hour")

globals().update(json.loads(Path(os.environ["BENCH_SITE"]).read_text()))
