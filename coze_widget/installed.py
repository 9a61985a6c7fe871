"""Says that the app is not in INSTALLED_APPS, before its models say so less clearly."""

from __future__ import annotations

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured


def require_installed(who: str) -> None:
    """Raise ImproperlyConfigured unless the app is installed; `who` begins the sentence.

    For modules that a project's settings name, ahead of their other imports: which of
    them comes first is up to the order in which Django runs its checks, and to chance.
    """
    if not apps.is_installed("coze_widget"):
        raise ImproperlyConfigured(
            f'{who}, and INSTALLED_APPS has no "coze_widget". '
            'It needs "django.contrib.sites" there, too.'
        )
