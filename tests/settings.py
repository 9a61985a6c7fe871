"""The plainest project that the package supports; the demo has settings of its own."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import environ

env = environ.Env()
FOLDER = Path(tempfile.gettempdir())

SECRET_KEY = "tests-only"
DEBUG = False
ALLOWED_HOSTS = ["*"]
USE_TZ = True
ROOT_URLCONF = "tests.urls"
LOGIN_URL = "admin:login"
STATIC_URL = "/static/"
MEDIA_ROOT = FOLDER / "coze-widget-tests"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.sites",
    "django.contrib.staticfiles",
    "coze_widget",
    "coze_widget.sandbox",
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

# A file: in memory, the threads of the live server would share one connection, and now and
# then read each other's rows. It looks at NAME, maybe before there is a database.
SQLITE_URL = f"sqlite:///{FOLDER}/coze-widget-nothing.sqlite3"
SQLITE_OPTIONS = {
    "timeout": 20,
    # Whoever writes says so first, or those who read get in the way.
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA synchronous=off",
}
DATABASES = {"default": env.db("DATABASE_URL", default=SQLITE_URL)}
# Whoever runs the tests twice at the same time has two databases, and two prefixes.
OWN_NAME = f"coze-widget-tests-{os.getpid()}"
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = SQLITE_OPTIONS
    DATABASES["default"]["TEST"] = {"NAME": FOLDER / f"{OWN_NAME}.sqlite3"}
else:
    DATABASES["default"]["TEST"] = {"NAME": OWN_NAME}

REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "tests.caches.OwnKeysRedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": OWN_NAME,
        },
    }
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

COZE_IDENTITY_KEY = "an identity key for tests only, long enough to be one"
COZE_WIDGET_MAX_AGE_SECONDS = 0
