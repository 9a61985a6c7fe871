"""What the project's own settings must have for the widget to work."""

from __future__ import annotations

from collections.abc import Iterator

import django
from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Warning
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.urls import LocalePrefixPattern, URLResolver, get_resolver
from django.utils.translation import gettext as _

from coze_widget.chain import has_middleware
from coze_widget.paths import NotMounted, mount_path

MIDDLEWARE = "coze_widget.middleware.VisitorMiddleware"
LOGIN_MIDDLEWARE = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
)
# What the tests run with ends before this one.
FIRST_UNTESTED_DJANGO = (7, 0)


def check_wiring() -> Iterator[CheckMessage]:
    yield from _check_middleware()
    yield from _check_urls()
    yield from _check_login()
    yield from _check_staticfiles()
    yield from _check_templates()
    yield from _check_django()


def _check_middleware() -> Iterator[CheckMessage]:
    count = settings.MIDDLEWARE.count(MIDDLEWARE)
    if count == 0:
        yield Warning(
            _("%(middleware)s is not in MIDDLEWARE.") % {"middleware": MIDDLEWARE},
            hint=_(
                "Add it, so that a guest's chat is put away at login and at logout."
            ),
            id="coze_widget.W013",
        )
    elif count > 1:
        yield Warning(
            _("%(middleware)s is in MIDDLEWARE more than once.")
            % {"middleware": MIDDLEWARE},
            hint=_("Once is enough; remove the others."),
            id="coze_widget.W013",
        )


def _check_urls() -> Iterator[CheckMessage]:
    try:
        path = mount_path()
    except NotMounted:
        yield Warning(
            _("The URLconf does not include coze_widget.urls: no widget can be shown."),
            hint=_('Add path("chat/", include("coze_widget.urls")) to it.'),
            id="coze_widget.W014",
        )
        return
    if _is_in_i18n_patterns():
        yield Warning(
            _(
                "coze_widget.urls is included within i18n_patterns: the chat uses "
                "%(path)s in every language, and what it answers is in that language."
            )
            % {"path": path},
            hint=_(
                "Move the include out of i18n_patterns. Guests begin anew by that, "
                "since their cookie lies at the path."
            ),
            id="coze_widget.W018",
        )


def _is_in_i18n_patterns() -> bool:
    """Django allows i18n_patterns in the project's own URLconf only."""
    return any(
        "coze_widget" in entry.app_dict
        for entry in get_resolver().url_patterns
        if isinstance(entry, URLResolver)
        and isinstance(entry.pattern, LocalePrefixPattern)
    )


def _check_login() -> Iterator[CheckMessage]:
    missing = [path for path in LOGIN_MIDDLEWARE if not has_middleware(path)]
    if not apps.is_installed("django.contrib.auth"):
        missing.insert(0, "django.contrib.auth")
    if missing:
        yield Warning(
            _("The project has no %(missing)s: the chat takes everybody for a guest.")
            % {"missing": ", ".join(missing)},
            hint=_(
                "Add what is missing to INSTALLED_APPS and MIDDLEWARE. A site without "
                "accounts may silence this; its widgets must be open to guests."
            ),
            id="coze_widget.W023",
        )


def _check_staticfiles() -> Iterator[CheckMessage]:
    if apps.is_installed("django.contrib.staticfiles"):
        return
    yield Warning(
        _(
            "django.contrib.staticfiles is not installed: nothing serves or collects "
            "the widget's scripts."
        ),
        hint=_(
            "Add it to INSTALLED_APPS, or serve the package's directory "
            "static/coze_widget below STATIC_URL."
        ),
        id="coze_widget.W024",
    )


def _check_templates() -> Iterator[CheckMessage]:
    try:
        get_template("coze_widget/widget.html")
    except TemplateDoesNotExist:
        yield Warning(
            _("The app's templates are not found: no widget can be shown."),
            hint=_(
                "TEMPLATES needs the engine DjangoTemplates with APP_DIRS, or with the "
                "loader app_directories."
            ),
            id="coze_widget.W025",
        )


def _check_django() -> Iterator[CheckMessage]:
    if django.VERSION >= FIRST_UNTESTED_DJANGO:
        yield Warning(
            _("This version of coze_widget was not tested with Django %(version)s.")
            % {"version": django.get_version()},
            hint=_("Look for a newer version of django-coze-widget."),
            id="coze_widget.W027",
        )
