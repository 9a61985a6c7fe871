"""The demo site as a production site: many processes behind nginx, PostgreSQL, Redis.

Take the lines below to a project of your own; what they need of the environment stands in
deploy/.env.example.
"""

from __future__ import annotations

from deploy.caches import redis_cache, session_cache
from site_demo.settings import *  # noqa: F403
from site_demo.settings import env

DEBUG = False
# Here nothing has a default that could be forgotten.
SECRET_KEY = env.str("SECRET_KEY")
COZE_IDENTITY_KEY = env.str("COZE_IDENTITY_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")

# A pool, since gthread's threads and ASGI's tasks come and go. All processes together take
# at most GUNICORN_WORKERS × DATABASE_POOL_SIZE connections: docs/sizing.md.
DATABASES = {
    "default": {
        **env.db("DATABASE_URL"),
        "OPTIONS": {
            "connect_timeout": 3,
            "pool": {
                "min_size": 1,
                "max_size": env.int("DATABASE_POOL_SIZE", default=10),
                "timeout": 5,
            },
        },
    }
}

CACHES = {
    "default": redis_cache(env.str("CACHE_URL")),
    "sessions": session_cache(env.str("CACHE_URL")),
}
# Nobody is logged out by a Redis that has lost its memory.
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_CACHE_ALIAS = "sessions"

# nginx says so, and always sets the header itself.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# nginx alone; one more for a CDN or a balancer in front of it.
COZE_TRUSTED_PROXIES_COUNT = env.int("COZE_TRUSTED_PROXIES_COUNT", default=1)
# Only for hosts that post forms here under another name.
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

SECURE_SSL_REDIRECT = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=3600)
# Subdomains and browsers' built-in lists: for whoever owns the whole domain to decide.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# A host beside the pages' for the frame, so that Coze's script is not of their origin.
COZE_FRAME_ORIGIN = env.str("COZE_FRAME_ORIGIN", default="")
COZE_PAGE_ORIGINS = env.list("COZE_PAGE_ORIGINS", default=[])

# nginx keeps the frame for as long, so that a thousand openings are one request here.
COZE_FRAME_MAX_AGE_SECONDS = 60

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Hashed names: nginx lets browsers keep them for a year.
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {
        "coze_widget": {"handlers": ["console"], "level": "INFO"},
        # A line for each new token is much on a busy site; failures stay.
        "coze_widget.events": {"level": "WARNING"},
    },
}
