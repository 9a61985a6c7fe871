from __future__ import annotations

import pytest
from django.utils.translation import override

from coze_widget.models import Widget
from coze_widget.status import find_status

pytestmark = pytest.mark.usefixtures("oauth_app")


def status_of(**fields):
    status = find_status(Widget(**fields))
    return status.works, status.text


def test_a_key_that_can_be_read_works():
    assert status_of() == (
        True,
        "The key of the OAuth app “default” can be read; the chat talks to "
        "http://localhost:9. Whether Coze accepts the key shows when somebody chats.",
    )


def test_an_unknown_oauth_app():
    assert status_of(oauth_app="gone") == (
        False,
        "COZE_OAUTH_APPS has no OAuth app “gone”; it has: “default”.",
    )


def test_an_sdk_from_anywhere():
    assert status_of(sdk_url="https://cdn.example/sdk.js") == (
        False,
        "Its address of the SDK is not allowed: see COZE_SDK_ORIGINS.",
    )
    assert status_of(sdk_url="/static/sdk.js")[0] is True


def test_a_credential_that_is_wrong(settings):
    settings.COZE_OAUTH_APPS = {"default": {"client_id": "1"}}

    works, text = status_of()

    assert works is False
    assert "public_key_id" in text


@pytest.mark.parametrize("setting", [{}, "a path, but no dict"])
def test_no_oauth_app_at_all(settings, setting):
    settings.COZE_OAUTH_APPS = setting

    assert status_of() == (False, "The setting COZE_OAUTH_APPS is empty.")


def test_a_personal_token_on_trial(settings):
    settings.COZE_OAUTH_APPS = {}
    settings.COZE_PERSONAL_ACCESS_TOKEN = "pat_" + "a" * 40
    settings.DEBUG = True

    assert status_of() == (
        None,
        "On trial with the personal access token of the settings: on this computer "
        "only, with one history for everybody.",
    )


def test_a_personal_token_counts_for_nothing_outside_debug(settings):
    settings.COZE_OAUTH_APPS = {}
    settings.COZE_PERSONAL_ACCESS_TOKEN = "pat_" + "a" * 40

    assert status_of()[0] is False


def test_without_an_identity_key(settings):
    settings.COZE_IDENTITY_KEY = ""

    assert status_of() == (False, "The setting COZE_IDENTITY_KEY is missing.")


@pytest.mark.urls("tests.test_status")
def test_without_the_urls():
    assert status_of() == (
        False,
        "The project's URLconf does not include coze_widget.urls.",
    )


# A URLconf without those of the package.
urlpatterns = []


def test_a_problem_with_the_key_is_told_in_the_editors_language(widget, settings):
    settings.COZE_OAUTH_APPS = {"default": {"client_id": "1163000000000000001"}}

    with override("zh-hans"):
        text = find_status(widget).text

    assert text == "OAuth 应用“default”：缺少 public_key_id。"


def test_names_are_listed_as_editors_list_them(settings):
    settings.COZE_OAUTH_APPS = {"app": {}, "inline": {}}

    with override("zh-hans"):
        _works, text = status_of(oauth_app="gone")

    assert "“app”、“inline”" in text
