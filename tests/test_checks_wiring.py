from __future__ import annotations

import django
import pytest
from django.apps import apps
from django.conf.urls.i18n import i18n_patterns
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.core.exceptions import ImproperlyConfigured
from django.urls import clear_url_caches, include, path

from coze_widget.checks.wiring import MIDDLEWARE, check_wiring
from tests.messages import only


class TokenAuthentication(AuthenticationMiddleware):
    """A project's own."""


# Named by tests as ROOT_URLCONF.
urlpatterns = i18n_patterns(path("chat/", include("coze_widget.urls")))


@pytest.fixture
def urlconf(settings):
    """Switch the project's URLs; what is known of the others is forgotten."""

    def switch(name):
        settings.ROOT_URLCONF = name
        clear_url_caches()

    yield switch
    clear_url_caches()


def test_a_project_in_order():
    assert list(check_wiring()) == []


def test_the_middleware_is_missing(settings):
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if one != MIDDLEWARE]

    assert only(check_wiring(), "W013") == f"{MIDDLEWARE} is not in MIDDLEWARE."


def test_the_middleware_is_there_twice(settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]

    assert only(check_wiring(), "W013") == (
        f"{MIDDLEWARE} is in MIDDLEWARE more than once."
    )


def test_the_urls_are_missing(urlconf):
    urlconf("tests.empty_urls")

    assert "does not include coze_widget.urls" in only(check_wiring(), "W014")


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_urls_are_within_i18n_patterns(settings, urlconf, language):
    settings.LANGUAGE_CODE = language
    urlconf("tests.test_checks_wiring")

    assert only(check_wiring(), "W018") == (
        "coze_widget.urls is included within i18n_patterns: the chat uses "
        f"/{language}/chat/ in every language, and what it answers is in that language."
    )


def test_the_urls_are_within_other_urls(urlconf):
    urlconf("tests.nested_urls")

    assert list(check_wiring()) == []


@pytest.mark.parametrize("missing", ["Session", "Authentication"])
def test_nobody_can_be_logged_in(settings, missing):
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if missing not in one]

    message = only(check_wiring(), "W023")

    assert f"{missing}Middleware: the chat takes everybody for a guest." in message


def test_auth_is_not_installed(settings):
    settings.INSTALLED_APPS = [
        app
        for app in settings.INSTALLED_APPS
        if app not in ("django.contrib.auth", "django.contrib.admin")
    ]

    assert only(check_wiring(), "W023").startswith(
        "The project has no django.contrib.auth:"
    )


def test_a_project_has_middleware_of_its_own(settings):
    settings.MIDDLEWARE = [
        "nowhere.at.all",
        *(one for one in settings.MIDDLEWARE if "Authentication" not in one),
        "tests.test_checks_wiring.TokenAuthentication",
    ]

    assert list(check_wiring()) == []


def test_nothing_serves_the_scripts(settings):
    settings.INSTALLED_APPS = [
        app for app in settings.INSTALLED_APPS if app != "django.contrib.staticfiles"
    ]

    assert only(check_wiring(), "W024").startswith(
        "django.contrib.staticfiles is not installed:"
    )


def test_our_templates_are_not_found(settings):
    settings.TEMPLATES = [{"BACKEND": settings.TEMPLATES[0]["BACKEND"]}]

    assert only(check_wiring(), "W025") == (
        "The app's templates are not found: no widget can be shown."
    )


def test_a_django_that_nobody_has_tried(monkeypatch):
    monkeypatch.setattr(django, "VERSION", (7, 0, 0, "final", 0))

    assert only(check_wiring(), "W027") == (
        "This version of coze_widget was not tested with Django 7.0."
    )


def test_a_django_that_is_too_old(monkeypatch):
    monkeypatch.setattr(django, "VERSION", (5, 1, 9, "final", 0))

    with pytest.raises(
        ImproperlyConfigured,
        match=r"needs Django 5\.2 or newer; this is Django 5\.1\.9",
    ):
        apps.get_app_config("coze_widget").import_models()


def test_there_are_no_sites(settings):
    config = apps.get_app_config("coze_widget")
    settings.INSTALLED_APPS = ["django.contrib.contenttypes"]

    with pytest.raises(
        ImproperlyConfigured, match='needs "django.contrib.sites" in INSTALLED_APPS'
    ):
        config.import_models()
