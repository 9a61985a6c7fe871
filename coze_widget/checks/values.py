"""Settings whose value cannot be meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from inspect import iscoroutinefunction
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.checks import CheckMessage, Error, Warning
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coze_widget.conf import Settings, conf
from coze_widget.limits import DEFAULTS as LIMITS
from coze_widget.limits import read_rates
from coze_widget.tokens import (
    MAX_DURATION_SECONDS,
    MIN_DURATION_SECONDS,
    is_duration,
)

TIMEOUTS = (
    "connect_timeout_seconds",
    "read_timeout_seconds",
    "total_timeout_seconds",
    "breaker_reset_seconds",
)
LOOPBACK = ("localhost", "127.0.0.1", "::1")
# RFC 6265: a cookie's name is an HTTP token.
COOKIE_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# Names below are compared without COZE_, which they all have.
CLOSE = 0.8


def _is_number(value: object) -> bool:
    is_flag = isinstance(value, bool)
    return isinstance(value, (int, float)) and not is_flag and value >= 0


def _is_whole_number(value: object) -> bool:
    return isinstance(value, int) and _is_number(value)


def _is_url(value: object) -> bool:
    """Tell whether it is a URL that is safe on its way: https, or this machine's."""
    if not isinstance(value, str):
        return False
    try:
        parts = urlsplit(value)
        # A password in it would reach every browser.
        host = "" if parts.username is not None else parts.hostname
    except ValueError:
        return False
    is_here = parts.scheme == "http" and host in LOOPBACK
    return bool(host) and (parts.scheme == "https" or is_here)


def _is_count(value: object) -> bool:
    return _is_whole_number(value) and value != 0


@dataclass(frozen=True)
class Kind:
    """What the values of some settings are, and how that is said."""

    is_met_by: Callable[[object], bool]
    # Lazy: the sentence is made in the language of whoever reads it.
    said: object
    names: tuple[str, ...]


KINDS = (
    Kind(
        lambda value: isinstance(value, Mapping),
        gettext_lazy("a dict"),
        (
            "COZE_PROXIES",
            "COZE_SDK_URLS",
            "COZE_EXTRA_HEADERS",
            "COZE_AUDIENCES",
            "COZE_LIMITS",
        ),
    ),
    Kind(
        _is_number,
        gettext_lazy("a number of seconds from 0 up"),
        ("COZE_WIDGET_MAX_AGE_SECONDS",),
    ),
    Kind(
        _is_whole_number,
        gettext_lazy("a whole number from 0 up"),
        (
            "COZE_BREAKER_FAILURES",
            "COZE_FRAME_MAX_AGE_SECONDS",
            "COZE_MAX_RETRIES",
            "COZE_TRUSTED_PROXIES_COUNT",
        ),
    ),
    Kind(
        _is_count,
        gettext_lazy("a whole number from 1 up"),
        ("COZE_MAX_CONNECTIONS",),
    ),
    Kind(
        lambda value: isinstance(value, str),
        gettext_lazy("a text"),
        (
            "COZE_CACHE",
            "COZE_ENVIRONMENT",
            "COZE_HEALTH_TOKEN",
            "COZE_IDENTITY_KEY",
            "COZE_USER_INFO",
        ),
    ),
    Kind(
        lambda value: (
            isinstance(value, (list, tuple))
            and all(isinstance(one, str) for one in value)
        ),
        gettext_lazy("a list of texts"),
        ("COZE_CALLBACK_TOKENS",),
    ),
    Kind(
        lambda value: isinstance(value, bool),
        gettext_lazy("True or False"),
        ("COZE_FRAME_SANDBOX", "COZE_WIDGETS_ENABLED"),
    ),
    Kind(_is_url, gettext_lazy("a URL with https"), ("COZE_BASE_URL",)),
)


def check_values() -> Iterator[CheckMessage]:
    yield from _check_durations()
    yield from _check_cache()
    yield from _check_user_info()
    yield from _check_cookie_name()
    yield from _check_kinds()
    yield from _check_sdk_urls()
    yield from _check_sdk_origins()
    yield from _check_audiences()
    yield from _check_limits()
    yield from _check_names()


def check_cache_is_shared() -> Iterator[CheckMessage]:
    if settings.DEBUG or not issubclass(_cache_class(), (LocMemCache, DummyCache)):
        return
    yield Warning(
        _(
            "The cache “%(alias)s”, in which tokens are kept, is not shared by "
            "processes: each asks Coze for tokens of its own."
        )
        % {"alias": conf.cache_alias},
        hint=_(
            "Let COZE_CACHE name a cache that all workers share: Redis, Memcached or "
            "the database. With a single process, silence this check."
        ),
        id="coze_widget.W017",
    )


def check_proxies_are_counted() -> Iterator[CheckMessage]:
    """A site that says elsewhere that it is behind a proxy has forgotten it here."""
    is_behind_one = settings.SECURE_PROXY_SSL_HEADER or settings.USE_X_FORWARDED_HOST
    if not is_behind_one or hasattr(settings, "COZE_TRUSTED_PROXIES_COUNT"):
        return
    yield Warning(
        _(
            "The site is behind a proxy, and COZE_TRUSTED_PROXIES_COUNT is not set: no "
            "limit counts visitors' addresses; or, behind a public CDN, all visitors are "
            "counted as one, with the CDN's address."
        ),
        hint=_(
            "Set it to the number of proxies that add an entry to X-Forwarded-For, to 0 "
            "where none does."
        ),
        id="coze_widget.W042",
    )


def _cache_class() -> type:
    """Return the class of our cache; `object` where it cannot be told."""
    try:
        found = import_string(settings.CACHES[conf.cache_alias]["BACKEND"])
    except (ImportError, KeyError, TypeError):
        return object
    return found if isinstance(found, type) else object


def _check_durations() -> Iterator[CheckMessage]:
    if not is_duration(conf.token_duration_seconds):
        yield Error(
            _(
                "COZE_TOKEN_DURATION_SECONDS is not a whole number from %(least)d to "
                "%(most)d."
            )
            % {"least": MIN_DURATION_SECONDS, "most": MAX_DURATION_SECONDS},
            hint=_("The default is 3600. Coze allows at most 86399."),
            id="coze_widget.E007",
        )
    for name in TIMEOUTS:
        value = getattr(conf, name)
        if not isinstance(value, (int, float)) or value <= 0:
            yield Error(
                _("%(name)s is not a number of seconds above 0.")
                % {"name": f"COZE_{name.upper()}"},
                hint=_("Leave it out to get the default."),
                id="coze_widget.E008",
            )


def _check_cache() -> Iterator[CheckMessage]:
    alias: object = conf.cache_alias
    if isinstance(alias, str) and alias not in settings.CACHES:
        yield Error(
            _("COZE_CACHE names the cache “%(alias)s”, which CACHES does not have.")
            % {"alias": alias},
            hint=_("CACHES has: %(names)s.")
            % {"names": ", ".join(sorted(settings.CACHES))},
            id="coze_widget.E009",
        )


def _check_user_info() -> Iterator[CheckMessage]:
    if not isinstance(getattr(settings, "COZE_USER_INFO", ""), str):
        return
    hint = _("Give the dotted path of a function that takes a user and a widget.")
    try:
        found: object = conf.user_info
    except ImportError as exc:
        yield Error(
            _("COZE_USER_INFO cannot be imported: %(error)s.") % {"error": exc},
            hint=hint,
            id="coze_widget.E011",
        )
    else:
        if not callable(found):
            yield Error(
                _("COZE_USER_INFO names something that cannot be called."),
                hint=hint,
                id="coze_widget.E011",
            )


def _check_cookie_name() -> Iterator[CheckMessage]:
    name: object = conf.visitor_cookie_name
    if not isinstance(name, str) or not COOKIE_NAME.fullmatch(name):
        said = _("COZE_VISITOR_COOKIE_NAME is not a name that a cookie can have.")
        hint = _("Use letters, digits, hyphens and underscores.")
    elif name.lower().startswith("__host-"):
        said = _(
            "COZE_VISITOR_COOKIE_NAME starts with __Host-: browsers drop our cookie."
        )
        hint = _("Such a cookie lies at /, ours at the path of the chat's views.")
    elif taken := _cookie_settings().get(name):
        said = _("COZE_VISITOR_COOKIE_NAME is the same as %(other)s.") % {
            "other": taken
        }
        hint = _("Give the guests' cookie a name of its own.")
    else:
        return
    yield Error(said, hint=hint, id="coze_widget.E029")


def _cookie_settings() -> dict[str, str]:
    names = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "LANGUAGE_COOKIE_NAME")
    return {getattr(settings, name): name for name in names}


def _check_kinds() -> Iterator[CheckMessage]:
    for kind in KINDS:
        for name in kind.names:
            if hasattr(settings, name) and not kind.is_met_by(getattr(settings, name)):
                yield Error(
                    _("%(name)s is not %(kind)s.") % {"name": name, "kind": kind.said},
                    hint=_("Leave it out to get the default."),
                    id="coze_widget.E030",
                )


def _check_sdk_urls() -> Iterator[CheckMessage]:
    urls: object = conf.sdk_urls
    for base_url, url in urls.items() if isinstance(urls, Mapping) else ():
        # A path: the project serves the SDK itself.
        is_path = isinstance(url, str) and re.match(r"/(?!/)", url)
        if not is_path and not _is_url(url):
            said = _("COZE_SDK_URLS has no URL with https for “%(base_url)s”.")
        elif "{version}" not in url:
            said = _("The URL for “%(base_url)s” in COZE_SDK_URLS lacks {version}.")
        else:
            continue
        yield Error(
            said % {"base_url": base_url},
            hint=_(
                "Write it like https://cdn.example/{version}/index.js; a widget's SDK "
                "version takes the place of {version}."
            ),
            id="coze_widget.E031",
        )


def _check_sdk_origins() -> Iterator[CheckMessage]:
    origins: object = conf.sdk_origins
    if not isinstance(origins, (list, tuple, set, frozenset)):
        yield _wrong_origin(_("COZE_SDK_ORIGINS is not a list."))
        return
    for origin in origins:
        if not _is_url(origin) or urlsplit(origin)[2:] != ("", "", ""):
            yield _wrong_origin(
                _("COZE_SDK_ORIGINS has no origin with https in “%(origin)s”.")
                % {"origin": origin}
            )


def _wrong_origin(said: str) -> CheckMessage:
    return Error(
        said,
        hint=_('Write them like ["https://cdn.example"]: no path, no / at the end.'),
        id="coze_widget.E035",
    )


def _check_audiences() -> Iterator[CheckMessage]:
    rules: object = conf.audiences
    for name, path in rules.items() if isinstance(rules, Mapping) else ():
        try:
            found: object = import_string(path)
        except (ImportError, AttributeError, TypeError) as exc:
            said = _(
                "The rule “%(name)s” in COZE_AUDIENCES cannot be imported: %(error)s."
            )
            yield _wrong_rule(said % {"name": name, "error": exc})
            continue
        if not callable(found) or iscoroutinefunction(found):
            said = _("The rule “%(name)s” in COZE_AUDIENCES is no plain function.")
            yield _wrong_rule(said % {"name": name})


def _wrong_rule(said: str) -> CheckMessage:
    return Error(
        said,
        hint=_(
            "Give the dotted path of a function that takes a request and a widget, and "
            "answers True or False. Until then it lets nobody in."
        ),
        id="coze_widget.E036",
    )


def _check_limits() -> Iterator[CheckMessage]:
    limits: object = conf.limits
    for name, rate in limits.items() if isinstance(limits, Mapping) else ():
        if name not in LIMITS:
            yield Error(
                _("There is no limit “%(name)s”, so COZE_LIMITS sets nothing by it.")
                % {"name": name},
                hint=_("There are: %(names)s.") % {"names": ", ".join(LIMITS)},
                id="coze_widget.E041",
            )
        elif not _is_rate(rate):
            yield Error(
                _("COZE_LIMITS does not say how often for “%(name)s”.")
                % {"name": name},
                hint=_(
                    'Write it like "30/hour" or "10/minute; 100/day", from a second to a '
                    "day, or None for no limit. Until then the default applies."
                ),
                id="coze_widget.E041",
            )


def _is_rate(value: object) -> bool:
    try:
        read_rates(value)
    except (TypeError, ValueError):
        return False
    return True


def _check_names() -> Iterator[CheckMessage]:
    """Speak of near misses only: other packages may have names with COZE_, too."""
    known = {_suffix(name) for name in vars(Settings) if not name.startswith("_")}
    for name in sorted(dir(settings)):
        suffix = name.removeprefix("COZE_")
        if suffix == name or suffix in known:
            continue
        for meant in difflib.get_close_matches(suffix, known, n=1, cutoff=CLOSE):
            yield Warning(
                _("There is no setting %(name)s, so it does nothing.") % {"name": name},
                hint=_("Is COZE_%(meant)s meant?") % {"meant": meant},
                id="coze_widget.W026",
            )


def _suffix(attribute: str) -> str:
    return attribute.upper().removesuffix("_ALIAS")
