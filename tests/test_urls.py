from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from coze_widget import urls


def test_urls_without_the_app_say_what_is_missing(settings):
    settings.INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]

    with pytest.raises(
        ImproperlyConfigured, match='INSTALLED_APPS has no "coze_widget"'
    ):
        runpy.run_path(str(Path(urls.__file__)))
