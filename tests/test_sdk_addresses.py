from __future__ import annotations

import pytest

from coze_widget.sdk_addresses import CN_SDK_URL, COM_SDK_URL, is_allowed, sdk_url


def test_the_widgets_own_address_wins():
    url = sdk_url("https://api.coze.cn", "1.2.0", "/static/coze/{version}.js")

    assert url == "/static/coze/1.2.0.js"


@pytest.mark.parametrize(
    "url",
    [
        CN_SDK_URL,
        COM_SDK_URL,
        CN_SDK_URL.replace("{version}", "1.2.0-beta.20"),
        "/static/sdk.js",
    ],
)
def test_coze_and_the_sites_own_static_files(url):
    assert is_allowed(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/sdk.js",
        "https://lf-cdn.coze.cn/obj/somebody-elses.js",
        CN_SDK_URL.replace("{version}", "../../../somebody-elses"),
        CN_SDK_URL.replace("{version}", "%2e%2e/%2e%2e/somebody-elses"),
        "https://lf-cdn.coze.cn.evil.example/sdk.js",
        "https://lf-cdn.coze.cn@evil.example/sdk.js",
        "http://lf-cdn.coze.cn/sdk.js",
        "https://lf-cdn.coze.cn",
        "//lf-cdn.coze.cn/sdk.js",
        "/media/upload.js",
        "/static/../media/upload.js",
        "/static\\..\\media/upload.js",
        "/\\evil.example/sdk.js",
        "javascript:alert(1)",
        "https://[half/sdk.js",
        " https://lf-cdn.coze.cn/sdk.js",
        "https://lf-cdn.coze.cn/\nsdk.js",
    ],
)
def test_other_hosts_and_uploads_are_not_allowed(url):
    assert not is_allowed(url)


def test_the_settings_allow_more(settings):
    settings.COZE_SDK_ORIGINS = ["https://cdn.example"]
    settings.COZE_SDK_URLS = {"https://api.coze.cn": "https://own.example/{version}.js"}

    assert is_allowed("https://cdn.example/sdk.js")
    assert is_allowed("https://own.example/other.js")
    assert not is_allowed("https://cdn.example.org/sdk.js")


def test_static_files_on_another_host(settings):
    settings.STATIC_URL = "https://static.example/"

    assert not is_allowed("/static/sdk.js")
    assert not is_allowed("https://static.example/sdk.js")


def test_a_path_that_hides_its_dots(settings):
    assert not is_allowed("/static/%2e%2e/media/upload.js")


def test_uploads_below_the_static_files(settings):
    settings.MEDIA_URL = "/static/media/"

    assert is_allowed("/static/sdk.js")
    assert not is_allowed("/static/media/upload.js")
    assert not is_allowed("/static/%6dedia/upload.js")


def test_static_files_at_the_root(settings):
    settings.STATIC_URL = "/"

    assert not is_allowed("/any/page/?callback=alert")
