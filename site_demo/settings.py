"""The demo's settings, and the only place that reads the environment and `.env`.

Everything has a default, so that a fresh checkout runs without a `.env`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import django
import environ

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
# What the environment says wins over the file.
env.read_env(env.str("ENV_FILE", default=str(BASE_DIR / ".env")))

# The database and the sandbox's credentials; not under version control.
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = env.bool("DEBUG", default=True)
# Fixed, so that people stay logged in when the demo is started again.
SECRET_KEY = env.str(
    "SECRET_KEY",
    default="only-for-the-demo-on-this-machine" if DEBUG else environ.Env.NOTSET,
)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])

ROOT_URLCONF = "site_demo.urls"
SITE_ID = 1
USE_TZ = True
# Where Coze is; an editor reads and enters moments in it.
TIME_ZONE = "Asia/Shanghai"
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
    "site_demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "site_demo.reports.ReportToMiddleware",
    # Django 5.2 has no policy of its own.
    *(
        ["django.middleware.csp.ContentSecurityPolicyMiddleware"]
        if django.VERSION >= (6, 0)
        else []
    ),
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
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
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "site_demo.context.demo",
            ],
        },
    },
]

# A policy as strict as it gets without nonces: `frame-src 'self'` is all that the chat
# needs of the page.
SECURE_CSP = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "frame-src": ["'self'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'self'"],
    # Over https `report-to` is added: see site_demo.reports.
    "report-uri": ["/reports/new/"],
}
SECURE_REFERRER_POLICY = "same-origin"


def _database() -> dict[str, Any]:
    if env.str("DATABASE_URL", default=""):
        return dict(env.db("DATABASE_URL"))
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": VAR_DIR / "demo.sqlite3",
        "OPTIONS": {"transaction_mode": "IMMEDIATE"},
    }


DATABASES = {"default": _database()}
CACHES = {"default": env.cache("CACHE_URL", default="locmemcache://")}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
# The texts of the top-level templates are translated here, too.
LOCALE_PATHS = [BASE_DIR / "site_demo" / "locale"]

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR_DIR / "media"

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "account"
LOGOUT_REDIRECT_URL = "home"

# Cookies are shared by all ports of a host: keep away from the developer's other projects.
SESSION_COOKIE_NAME = "slow_leaf_session"
CSRF_COOKIE_NAME = "slow_leaf_csrf"
LANGUAGE_COOKIE_NAME = "slow_leaf_language"

SANDBOX_CONFIG = VAR_DIR / "coze_oauth_config.json"


def _oauth_app() -> dict[str, str] | str | None:
    """Return the real credentials, in whichever of the two forms they were given."""
    if env.str("COZE_OAUTH_CONFIG", default=""):
        return str(env.str("COZE_OAUTH_CONFIG"))
    if not env.str("COZE_CLIENT_ID", default=""):
        return None
    return {
        "client_id": env.str("COZE_CLIENT_ID"),
        "public_key_id": env.str("COZE_PUBLIC_KEY_ID", default=""),
        "private_key": env.str("COZE_PRIVATE_KEY", default=""),
        "private_key_path": env.str("COZE_PRIVATE_KEY_PATH", default=""),
        "base_url": COZE_BASE_URL,
    }


COZE_BASE_URL = env.str("COZE_BASE_URL", default="https://api.coze.cn")
COZE_IDENTITY_KEY = env.str("COZE_IDENTITY_KEY", default="")
COZE_PERSONAL_ACCESS_TOKEN = env.str("COZE_PERSONAL_ACCESS_TOKEN", default="")

_app = _oauth_app()
# Without anything of Coze's, a stand-in for Coze serves the demo.
DEMO_USES_SANDBOX = _app is None and not COZE_PERSONAL_ACCESS_TOKEN
if DEMO_USES_SANDBOX and SANDBOX_CONFIG.exists():
    _app = str(SANDBOX_CONFIG)  # written by `manage.py coze_sandbox --config`
COZE_OAUTH_APPS = {"default": _app} if _app else {}

DEMO_PORT = env.int("PORT", default=8000)
DEMO_BOT_ID = env.str("COZE_BOT_ID", default="")
DEMO_APP_ID = env.str("COZE_APP_ID", default="")
DEMO_WORKFLOW_ID = env.str("COZE_WORKFLOW_ID", default="")
