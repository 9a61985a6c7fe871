"""Every setting of the app, read from `django.conf.settings` on each access."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from django.conf import settings
from django.utils.module_loading import import_string

# Only ever used while DEBUG is on; otherwise a missing key is coze_widget.E001.
DEBUG_IDENTITY_KEY = "only for development: set COZE_IDENTITY_KEY"


class Settings:
    """Nothing is kept, so `override_settings` works as anybody would expect."""

    @property
    def widgets_enabled(self) -> bool:
        """Off, no page has a widget and nothing is asked of database, cache or Coze."""
        return bool(getattr(settings, "COZE_WIDGETS_ENABLED", True))

    @property
    def oauth_apps(self) -> Mapping[str, Any]:
        """Name → fields of an OAuth app, or the path of a `coze_oauth_config.json`."""
        return cast("Mapping[str, Any]", getattr(settings, "COZE_OAUTH_APPS", {}))

    @property
    def base_url(self) -> str:
        """Where Coze's API is when no OAuth app says so, that is, for a PAT on trial."""
        return cast(str, getattr(settings, "COZE_BASE_URL", "https://api.coze.cn"))

    @property
    def personal_access_token(self) -> str:
        """A PAT to try the widget with, on one's own machine only."""
        return cast(str, getattr(settings, "COZE_PERSONAL_ACCESS_TOKEN", ""))

    @property
    def identity_key(self) -> str:
        """Never derived from SECRET_KEY: rotating that one must not lose histories."""
        key = getattr(settings, "COZE_IDENTITY_KEY", "")
        if not key and settings.DEBUG:
            return DEBUG_IDENTITY_KEY
        return cast(str, key)

    @property
    def encryption_keys(self) -> Sequence[str]:
        """Long random texts for secrets in the database: the first one encrypts."""
        keys = getattr(settings, "COZE_ENCRYPTION_KEYS", None)
        if keys is None:
            return [self.identity_key] if self.identity_key else []
        return cast("Sequence[str]", keys)

    @property
    def frame_origin(self) -> str:
        """The other host of the site's own that serves the frame; "" is the page's own."""
        return cast(str, getattr(settings, "COZE_FRAME_ORIGIN", "")).rstrip("/")

    @property
    def page_origins(self) -> Sequence[str]:
        """Where the site's pages are, when COZE_FRAME_ORIGIN is not one of them."""
        return cast("Sequence[str]", getattr(settings, "COZE_PAGE_ORIGINS", []))

    @property
    def frame_sandbox(self) -> bool:
        """Let the SDK run in an inner frame of no origin at all."""
        return bool(getattr(settings, "COZE_FRAME_SANDBOX", False))

    @property
    def environment(self) -> str:
        """Keeps staging and production apart when they share key and database."""
        return cast(str, getattr(settings, "COZE_ENVIRONMENT", "default"))

    @property
    def token_duration_seconds(self) -> int:
        return cast(int, getattr(settings, "COZE_TOKEN_DURATION_SECONDS", 3600))

    @property
    def cache_alias(self) -> str:
        return cast(str, getattr(settings, "COZE_CACHE", "default"))

    @property
    def limits(self) -> Mapping[str, str | None]:
        """Name of a limit → how often ("30/hour"); None or "" switches it off."""
        return cast("Mapping[str, str | None]", getattr(settings, "COZE_LIMITS", {}))

    @property
    def trusted_proxies_count(self) -> int:
        """How many proxies of the site's own add an entry to X-Forwarded-For."""
        return cast(int, getattr(settings, "COZE_TRUSTED_PROXIES_COUNT", 0))

    @property
    def user_info(self) -> Callable[..., Mapping[str, str]]:
        """`f(user, widget)` → `{"nickname": …, "url": …}`, either may be missing."""
        path = getattr(settings, "COZE_USER_INFO", "coze_widget.visitors.user_info")
        return cast("Callable[..., Mapping[str, str]]", import_string(path))

    @property
    def connect_timeout_seconds(self) -> float:
        return cast(float, getattr(settings, "COZE_CONNECT_TIMEOUT_SECONDS", 3.05))

    @property
    def read_timeout_seconds(self) -> float:
        return cast(float, getattr(settings, "COZE_READ_TIMEOUT_SECONDS", 8.0))

    @property
    def total_timeout_seconds(self) -> float:
        return cast(float, getattr(settings, "COZE_TOTAL_TIMEOUT_SECONDS", 12.0))

    @property
    def max_retries(self) -> int:
        return cast(int, getattr(settings, "COZE_MAX_RETRIES", 2))

    @property
    def max_connections(self) -> int:
        """How many connections to a host of Coze's a process keeps open for later.

        Under ASGI also how many threads ask Coze at a time.
        """
        return cast(int, getattr(settings, "COZE_MAX_CONNECTIONS", 32))

    @property
    def breaker_failures(self) -> int:
        """After how many failures in a row an OAuth app's breaker opens; 0: never."""
        return cast(int, getattr(settings, "COZE_BREAKER_FAILURES", 5))

    @property
    def breaker_reset_seconds(self) -> float:
        """How long after one probe of an open breaker the next may follow."""
        return cast(float, getattr(settings, "COZE_BREAKER_RESET_SECONDS", 1.0))

    @property
    def proxies(self) -> Mapping[str, str]:
        return cast("Mapping[str, str]", getattr(settings, "COZE_PROXIES", {}))

    @property
    def ca_bundle(self) -> str:
        return cast(str, getattr(settings, "COZE_CA_BUNDLE", ""))

    @property
    def extra_headers(self) -> Mapping[str, str]:
        return cast("Mapping[str, str]", getattr(settings, "COZE_EXTRA_HEADERS", {}))

    @property
    def sdk_urls(self) -> Mapping[str, str]:
        """Base URL of the API → URL of the SDK with `{version}` in it."""
        return cast("Mapping[str, str]", getattr(settings, "COZE_SDK_URLS", {}))

    @property
    def sdk_origins(self) -> Sequence[str]:
        """Origins from which a widget may load the SDK, besides Coze's and the site's."""
        return cast("Sequence[str]", getattr(settings, "COZE_SDK_ORIGINS", []))

    @property
    def audiences(self) -> Mapping[str, str]:
        """Name → dotted path of `f(request, widget) -> bool`: may this person chat?"""
        return cast("Mapping[str, str]", getattr(settings, "COZE_AUDIENCES", {}))

    @property
    def widget_max_age_seconds(self) -> float:
        """For how long a process may answer from its copy of the widget rows."""
        return cast(float, getattr(settings, "COZE_WIDGET_MAX_AGE_SECONDS", 5))

    @property
    def frame_max_age_seconds(self) -> int:
        """For how long browsers and CDNs may keep the frame without asking."""
        return cast(int, getattr(settings, "COZE_FRAME_MAX_AGE_SECONDS", 0))

    @property
    def health_token(self) -> str:
        """With it in `Authorization: Bearer …`, a monitor learns more of the health."""
        return cast(str, getattr(settings, "COZE_HEALTH_TOKEN", ""))

    @property
    def callback_tokens(self) -> Sequence[str]:
        """Callback tokens of Coze's console; while one replaces another, both."""
        return cast("Sequence[str]", getattr(settings, "COZE_CALLBACK_TOKENS", []))

    @property
    def visitor_cookie_name(self) -> str:
        return cast(str, getattr(settings, "COZE_VISITOR_COOKIE_NAME", "coze_visitor"))

    @property
    def embedded_cookie_name(self) -> str:
        """Of the guest's cookie on other people's pages, where it is partitioned."""
        return cast(
            str, getattr(settings, "COZE_EMBEDDED_COOKIE_NAME", "coze_visitor_embedded")
        )

    @property
    def visitor_token_max_age_seconds(self) -> int:
        """How long a host's signed visitor token may be good for, from now on."""
        return cast(int, getattr(settings, "COZE_VISITOR_TOKEN_MAX_AGE_SECONDS", 600))


conf = Settings()
