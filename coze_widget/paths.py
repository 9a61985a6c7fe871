"""Where the project has mounted our views."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.conf.urls.i18n import is_language_prefix_patterns_used
from django.urls import NoReverseMatch, get_urlconf, reverse
from django.utils.translation import get_supported_language_variant, override

from coze_widget.chain import has_middleware

LOCALE_MIDDLEWARE = "django.middleware.locale.LocaleMiddleware"


class NotMounted(Exception):  # a state of the project, not a failure
    """Raised when the project's URLconf does not include `coze_widget.urls`."""


@dataclass(frozen=True)
class Paths:
    """Where a widget's own views are: the public ones, or those of a preview."""

    frame: str
    session: str
    forget: str
    # What the frame holds in turn, with COZE_FRAME_SANDBOX.
    inner: str = ""


def paths_of(slug: str) -> Paths:
    names = ("frame", "session", "forget", "inner")
    return Paths(*(view_path(name, slug) for name in names))


def view_path(name: str, slug: str) -> str:
    """Return the path of one of our views, the same in every language.

    Under `i18n_patterns` each language has paths of its own; a guest's cookie lies at
    one of them, and the frame knows no language.
    """
    try:
        with override(_language()):
            return reverse(f"coze_widget:{name}", args=[slug])
    except NoReverseMatch:
        raise NotMounted(
            "The project's URLconf does not include coze_widget.urls."
        ) from None


def mount_path() -> str:
    """Return the path under which all of our views are."""
    return view_path("session", "-").removesuffix("-/session/")


def _language() -> str | None:
    """Return the language of our paths; None is that of LANGUAGE_CODE, or no prefix.

    LocaleMiddleware knows only what stands in LANGUAGES: with Django's own defaults,
    `en-us` and not `en-us` but `en`, nothing under /en-us/ is ever found.
    """
    if not has_middleware(LOCALE_MIDDLEWARE):
        return None
    _used, prefixes_default = is_language_prefix_patterns_used(
        get_urlconf() or settings.ROOT_URLCONF
    )
    if not prefixes_default:
        return None
    try:
        return get_supported_language_variant(settings.LANGUAGE_CODE)
    except LookupError:
        return None
