from __future__ import annotations

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.http import HttpResponse
from django.urls import clear_url_caches, path

from coze_widget.checks import check_widgets
from coze_widget.models import Guests
from tests.messages import only

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("oauth_app")]

DEFAULT = "/accounts/login/"
# Named by a test as ROOT_URLCONF.
urlpatterns = i18n_patterns(path("accounts/login/", HttpResponse))


@pytest.fixture
def in_i18n_patterns(settings):
    settings.ROOT_URLCONF = "tests.test_checks_login"
    clear_url_caches()
    yield
    clear_url_caches()


def find():
    return [
        message
        for message in check_widgets(databases=["default"])
        if message.id == "coze_widget.W032"
    ]


@pytest.mark.parametrize("url", [DEFAULT, "login"])
def test_a_login_page_that_is_not_there(settings, make_widget, url):
    settings.LOGIN_URL = url
    make_widget()

    assert only(find(), "W032") == (
        f"LOGIN_URL is “{url}”, and this project has no such page."
    )


@pytest.mark.parametrize(
    "url",
    ["admin:login", "/admin/login/", "/of-another-server/", "https://sso.example/"],
)
def test_a_login_page_that_may_be_there(settings, make_widget, url):
    settings.LOGIN_URL = url
    make_widget()

    assert find() == []


@pytest.mark.usefixtures("in_i18n_patterns")
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_login_page_within_i18n_patterns(settings, make_widget, language):
    settings.LOGIN_URL = DEFAULT
    settings.LANGUAGE_CODE = language
    make_widget()

    assert find() == []


@pytest.mark.parametrize(
    "fields", [{"guests": Guests.ISOLATED}, {"enabled": False}], ids=str
)
def test_nobody_is_asked_to_log_in(settings, make_widget, fields):
    settings.LOGIN_URL = DEFAULT
    make_widget(**fields)

    assert find() == []
