from __future__ import annotations

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path
from django.utils import translation

from coze_widget.paths import NotMounted, mount_path, view_path

urlpatterns = i18n_patterns(path("chat/", include("coze_widget.urls")))


def test_paths_are_where_the_project_has_mounted_us():
    assert mount_path() == "/chat/"
    assert view_path("frame", "support") == "/chat/support/frame/"


def test_under_languages_there_is_one_path_for_all(settings):
    """A guest's cookie lies at one path; each language would have its own guest."""
    settings.ROOT_URLCONF = __name__
    with translation.override("zh-hans"):
        assert mount_path() == "/en-us/chat/"


def test_a_project_without_our_urls(settings):
    settings.ROOT_URLCONF = "tests.test_tag"

    with pytest.raises(NotMounted, match="does not include coze_widget.urls"):
        mount_path()
