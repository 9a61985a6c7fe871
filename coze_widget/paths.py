"""Where the project has mounted our views."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse
from django.utils.translation import override


class NotMounted(Exception):  # a state of the project, not a failure
    """Raised when the project's URLconf does not include `coze_widget.urls`."""


def view_path(name: str, slug: str) -> str:
    """Return the path of one of our views, the same in every language.

    Under `i18n_patterns` each language has paths of its own; a guest's cookie lies at
    one of them, and the frame knows no language.
    """
    try:
        with override(None):
            return reverse(f"coze_widget:{name}", args=[slug])
    except NoReverseMatch:
        raise NotMounted(
            "The project's URLconf does not include coze_widget.urls."
        ) from None


def mount_path() -> str:
    """Return the path under which all of our views are."""
    return view_path("session", "-").removesuffix("-/session/")
