from __future__ import annotations

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.middleware.locale import LocaleMiddleware
from django.test import Client
from django.urls import include, path
from django.utils import translation

from coze_widget.paths import (
    LOCALE_MIDDLEWARE,
    NotMounted,
    mount_path,
    view_path,
)

urlpatterns = i18n_patterns(path("chat/", include("coze_widget.urls")))


@pytest.fixture(autouse=True)
def _login(settings):
    """These projects have no admin, to which the usual one sends people."""
    settings.LOGIN_URL = "/login/"


def test_paths_are_where_the_project_has_mounted_us():
    assert mount_path() == "/chat/"
    assert view_path("frame", "support") == "/chat/support/frame/"


def test_under_languages_there_is_one_path_for_all(settings):
    """A guest's cookie lies at one path; each language would have its own guest."""
    settings.ROOT_URLCONF = __name__
    with translation.override("zh-hans"):
        assert mount_path() == "/en-us/chat/"


@pytest.mark.parametrize(
    ("urlconf", "code", "expected"),
    [
        ("tests.test_paths", "en-us", "/en/chat/"),
        ("tests.test_paths", "de-at", "/de/chat/"),
        ("tests.test_paths", "zh-hans", "/zh-hans/chat/"),
        ("tests.unprefixed_urls", "en-us", "/chat/"),
        ("tests.urls", "en-us", "/chat/"),
    ],
)
@pytest.mark.django_db
@pytest.mark.usefixtures("widget", "oauth_app")
def test_under_languages_the_chat_answers_without_a_redirect(
    settings, urlconf, code, expected
):
    """Of Django's default, en-us, LocaleMiddleware knows no more than en."""
    settings.ROOT_URLCONF = urlconf
    settings.LANGUAGE_CODE = code
    settings.MIDDLEWARE = [LOCALE_MIDDLEWARE, *settings.MIDDLEWARE]
    browser = Client(headers={"Accept-Language": "fr"})

    frame = browser.get(view_path("frame", "support"))
    session = browser.post(
        view_path("session", "support"), "{}", content_type="application/json"
    )

    assert mount_path() == expected
    assert frame.status_code == 200
    assert session.json()["code"] == "login_required"


@pytest.mark.parametrize(
    ("urlconf", "said"),
    [
        ("tests.test_paths", "Please log in to chat."),
        ("tests.unprefixed_urls", "Please log in to chat."),
        ("tests.urls", "请先登录再聊天。"),
    ],
)
@pytest.mark.django_db
@pytest.mark.usefixtures("widget", "oauth_app")
def test_only_outside_of_them_the_visitor_is_answered_in_their_language(
    settings, urlconf, said
):
    settings.ROOT_URLCONF = urlconf
    settings.MIDDLEWARE = [LOCALE_MIDDLEWARE, *settings.MIDDLEWARE]
    browser = Client(headers={"Accept-Language": "zh-hans"})

    answer = browser.post(
        view_path("session", "support"), "{}", content_type="application/json"
    )

    assert answer.json()["detail"] == said


def test_a_default_language_that_the_project_does_not_have(settings):
    """Django's own check says so (translation.E004)."""
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = [LOCALE_MIDDLEWARE, *settings.MIDDLEWARE]
    settings.LANGUAGES = [("fr", "Français")]
    settings.LANGUAGE_CODE = "de"

    assert mount_path() == "/de/chat/"


class OwnLocaleMiddleware(LocaleMiddleware):
    """Many projects have one, to take the language from somewhere else."""


def test_a_locale_middleware_of_the_projects_own(settings):
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = [f"{__name__}.OwnLocaleMiddleware", *settings.MIDDLEWARE]

    assert mount_path() == "/en/chat/"


def test_a_project_without_our_urls(settings):
    settings.ROOT_URLCONF = "tests.test_tag"

    with pytest.raises(NotMounted, match="does not include coze_widget.urls"):
        mount_path()
