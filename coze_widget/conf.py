"""Every setting of the app, read from `django.conf.settings` on each access."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    def widget_max_age_seconds(self) -> float:
        """For how long a process may answer from its copy of the widget rows."""
        return cast(float, getattr(settings, "COZE_WIDGET_MAX_AGE_SECONDS", 5))

    @property
    def frame_max_age_seconds(self) -> int:
        """For how long browsers and CDNs may keep the frame without asking."""
        return cast(int, getattr(settings, "COZE_FRAME_MAX_AGE_SECONDS", 0))

    @property
    def visitor_cookie_name(self) -> str:
        return cast(str, getattr(settings, "COZE_VISITOR_COOKIE_NAME", "coze_visitor"))


conf = Settings()
