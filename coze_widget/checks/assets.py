"""Whether `collectstatic` has run, and since the package was last changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.checks import CheckMessage, Warning
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage
from django.utils.translation import gettext as _

STATIC = Path(__file__).resolve().parent.parent / "static"
NAMES = (
    "coze_widget/loader.js",
    "coze_widget/panel.js",
    "coze_widget/chat.js",
    "coze_widget/outer.js",
    "coze_widget/inner.js",
    "coze_widget/launcher.css",
    "coze_widget/chat.css",
)


def check_collected_files() -> Iterator[CheckMessage]:
    """Look at files of this machine only: a check asks no storage over the network."""
    is_served_uncollected = getattr(settings, "WHITENOISE_USE_FINDERS", False)
    if settings.DEBUG or is_served_uncollected or not is_local():
        return
    missing = [name for name in NAMES if not _is_collected(name)]
    stale = [name for name in NAMES if name not in missing and _is_stale(name)]
    if missing:
        yield _uncollected(
            _("The storage of static files lacks %(names)s: the widget does not work."),
            missing,
        )
    if stale:
        yield _uncollected(
            _("Older versions of %(names)s than the package's were collected."), stale
        )


def is_local() -> bool:
    """Tell whether static files lie in a directory of this machine."""
    if not apps.is_installed("django.contrib.staticfiles"):
        return False
    try:
        return isinstance(staticfiles_storage, FileSystemStorage)
    except (ImproperlyConfigured, ImportError):
        # Django says so itself.
        return False


def _is_collected(name: str) -> bool:
    try:
        # Those with a manifest know a file by another name.
        stored_name = getattr(staticfiles_storage, "stored_name", str)
        return staticfiles_storage.exists(stored_name(name))
    except (ImproperlyConfigured, ValueError):
        # No STATIC_ROOT, or not in the manifest.
        return False


def _is_stale(name: str) -> bool:
    """Tell whether the file differs *and* is older than ours.

    A storage that minifies changes the text, but after we were installed.
    """
    ours, theirs = STATIC / name, Path(staticfiles_storage.path(name))
    try:
        is_older = os.path.getmtime(theirs) < os.path.getmtime(ours)
        return is_older and theirs.read_bytes() != ours.read_bytes()
    except OSError:
        # Some storages keep the file under its hashed name only.
        return False


def _uncollected(said: str, names: list[str]) -> CheckMessage:
    return Warning(
        said % {"names": ", ".join(names)},
        hint=_(
            "Set STATIC_ROOT if it is not set, run `python manage.py collectstatic`, and "
            "restart the processes."
        ),
        id="coze_widget.W022",
    )
