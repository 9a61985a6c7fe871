from __future__ import annotations

import traceback

import pytest

from coze_widget import oauth_apps
from coze_widget.oauth.credentials import CredentialsError
from coze_widget.oauth_apps import find_oauth_app, get_client, sdk_url


def test_one_client_for_the_process(oauth_app):
    assert get_client("default") is get_client("default")


def test_other_settings_are_another_client(oauth_app, settings):
    before = get_client("default")

    settings.COZE_TOTAL_TIMEOUT_SECONDS = 3

    assert get_client("default") is not before


def test_the_settings_reach_the_client(oauth_app, settings, monkeypatch):
    given = {}
    monkeypatch.setattr(
        oauth_apps, "OAuthClient", lambda app, **arguments: given.update(arguments)
    )
    settings.COZE_CONNECT_TIMEOUT_SECONDS = 1
    settings.COZE_READ_TIMEOUT_SECONDS = 2
    settings.COZE_TOTAL_TIMEOUT_SECONDS = 4.5
    settings.COZE_MAX_RETRIES = 7
    settings.COZE_PROXIES = {"https": "http://proxy:3128"}
    settings.COZE_CA_BUNDLE = "bundle.pem"
    settings.COZE_EXTRA_HEADERS = {"X-Shop": "1"}

    get_client("default")

    assert given == {
        "connect_timeout": 1,
        "read_timeout": 2,
        "total_timeout": 4.5,
        "max_retries": 7,
        "proxies": {"https": "http://proxy:3128"},
        "ca_bundle": "bundle.pem",
        "headers": {"X-Shop": "1"},
    }


def test_a_path_may_be_a_path_object(tmp_path, settings, oauth_app):
    (tmp_path / "key.pem").write_text(oauth_app.pop("private_key"))
    settings.COZE_OAUTH_APPS = {
        "default": {**oauth_app, "private_key_path": tmp_path / "key.pem"}
    }

    assert find_oauth_app("default").client_id == oauth_app["client_id"]


def test_a_whole_file_may_be_the_setting(tmp_path, settings):
    settings.COZE_OAUTH_APPS = {"default": tmp_path / "coze_oauth_config.json"}

    with pytest.raises(CredentialsError, match="coze_oauth_config.json"):
        find_oauth_app("default")


def test_a_setting_that_is_no_dict(settings):
    settings.COZE_OAUTH_APPS = "coze_oauth_config.json"

    with pytest.raises(CredentialsError, match="COZE_OAUTH_APPS is not a dict"):
        find_oauth_app("default")


def test_a_name_that_is_missing_around_the_fields(settings, oauth_app):
    settings.COZE_OAUTH_APPS = oauth_app

    with pytest.raises(CredentialsError, match="without a name for it: write"):
        find_oauth_app("default")


def test_no_frame_of_an_error_holds_the_key(settings, oauth_app):
    settings.COZE_OAUTH_APPS = {"default": {**oauth_app, "base_url": "x"}}

    with pytest.raises(CredentialsError) as caught:
        find_oauth_app("default")

    assert variables_with_the_key(caught.value) == []


def variables_with_the_key(error):
    """Return what an error reporter would find in our frames."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    own = [frame for frame in frames if "coze_widget" in frame.f_globals["__name__"]]
    assert own
    return [
        name
        for frame in own
        for name, value in frame.f_locals.items()
        if "PRIVATE KEY" in repr(value)
    ]


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        (
            "https://api.coze.cn",
            "https://lf-cdn.coze.cn/obj/unpkg/flow-platform/chat-app-sdk/1.2.0/libs/cn/index.js",
        ),
        (
            "https://api.coze.com",
            "https://sf-cdn.coze.com/obj/unpkg-va/flow-platform/chat-app-sdk/1.2.0/libs/oversea/index.js",
        ),
        (
            "http://localhost:8001",
            "http://localhost:8001/obj/unpkg/flow-platform/chat-app-sdk/1.2.0/libs/cn/index.js",
        ),
    ],
)
def test_each_region_has_its_sdk(base_url, url):
    assert sdk_url(base_url, "1.2.0") == url


def test_the_sdk_may_come_from_elsewhere(settings):
    settings.COZE_SDK_URLS = {"https://api.coze.cn": "https://cdn.example/{version}.js"}

    assert sdk_url("https://api.coze.cn", "1.2.0") == "https://cdn.example/1.2.0.js"


@pytest.mark.parametrize(
    "values",
    [
        {"COZE_CA_BUNDLE": None, "COZE_PROXIES": None, "COZE_EXTRA_HEADERS": None},
        {"COZE_TOTAL_TIMEOUT_SECONDS": "12", "COZE_MAX_RETRIES": "2"},
        {"COZE_READ_TIMEOUT_SECONDS": "8", "COZE_CONNECT_TIMEOUT_SECONDS": "3.05"},
    ],
)
def test_what_the_environment_gives_will_do(oauth_app, settings, values):
    without = get_client("default")

    for name, value in values.items():
        setattr(settings, name, value)

    assert get_client("default") is without


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COZE_PROXIES", "http://proxy:3128"),
        ("COZE_PROXIES", {"https": 5}),
        ("COZE_PROXIES", 5),
        ("COZE_EXTRA_HEADERS", {"X-Shop": "茶"}),
        ("COZE_EXTRA_HEADERS", {5: "five"}),
        ("COZE_CA_BUNDLE", 5),
        ("COZE_MAX_RETRIES", "two"),
        ("COZE_TOTAL_TIMEOUT_SECONDS", None),
    ],
)
def test_a_setting_of_the_connection_that_cannot_be_used(
    oauth_app, settings, name, value
):
    setattr(settings, name, value)

    with pytest.raises(CredentialsError) as caught:
        get_client("default")

    assert str(caught.value) == (
        "A setting of the connection to Coze cannot be used. See COZE_PROXIES, "
        "COZE_CA_BUNDLE, COZE_EXTRA_HEADERS and the time-outs in the settings."
    )
    assert variables_with_the_key(caught.value) == []
