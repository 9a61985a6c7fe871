from __future__ import annotations

import pytest
from django.core.cache.backends.locmem import LocMemCache

from coze_widget.checks import check_deployment, check_settings
from coze_widget.checks.values import check_cache_is_shared, check_values
from coze_widget.conf import Settings
from tests.messages import ids, only

BACKENDS = "django.core.cache.backends."


class Quick(LocMemCache):
    """A project's own, and still of one process."""


def test_defaults_are_in_order():
    assert list(check_values()) == []


@pytest.mark.parametrize("value", [59, 86_400, "900", None])
def test_a_duration_that_coze_would_refuse(settings, value):
    settings.COZE_TOKEN_DURATION_SECONDS = value

    assert only(check_values(), "E007") == (
        "COZE_TOKEN_DURATION_SECONDS is not a whole number from 60 to 86399."
    )


@pytest.mark.parametrize("name", ["CONNECT", "READ", "TOTAL"])
@pytest.mark.parametrize("value", [0, "5"])
def test_a_time_out_that_is_none(settings, name, value):
    setattr(settings, f"COZE_{name}_TIMEOUT_SECONDS", value)

    assert only(check_values(), "E008") == (
        f"COZE_{name}_TIMEOUT_SECONDS is not a number of seconds above 0."
    )


def test_an_unknown_cache(settings):
    settings.COZE_CACHE = "other"

    [message] = check_values()

    assert message.id == "coze_widget.E009"
    assert "“other”" in message.msg
    assert message.hint == "CACHES has: default."


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("nowhere.at_all", "cannot be imported: No module named 'nowhere'"),
        ("tests.messages.nothing", "cannot be imported"),
        ("no_dots", "cannot be imported"),
        ("coze_widget.visitors.MAX_NICKNAME_LENGTH", "cannot be called"),
    ],
)
def test_user_info_that_cannot_be_asked(settings, path, said):
    settings.COZE_USER_INFO = path

    assert said in only(check_values(), "E011")


@pytest.mark.parametrize("backend", ["locmem.LocMemCache", "dummy.DummyCache"])
def test_a_cache_of_one_process(settings, backend):
    settings.CACHES = {"default": {"BACKEND": BACKENDS + backend}}

    assert only(check_cache_is_shared(), "W017") == (
        "The cache “default”, in which tokens are kept, is not shared by processes: "
        "each asks Coze for tokens of its own."
    )


def test_a_cache_of_one_process_under_another_name(settings):
    settings.CACHES["quick"] = {"BACKEND": "tests.test_checks_values.Quick"}
    settings.COZE_CACHE = "quick"

    assert "“quick”" in only(check_cache_is_shared(), "W017")


@pytest.mark.parametrize(
    "backend",
    [
        BACKENDS + "redis.RedisCache",
        BACKENDS + "db.DatabaseCache",
        "nowhere.at.all",
        "tests.messages.ids",
    ],
)
def test_a_cache_that_is_shared_or_unknown_to_us(settings, backend):
    settings.CACHES = {"default": {"BACKEND": backend}}

    assert list(check_cache_is_shared()) == []


def test_one_process_is_enough_for_developing(settings):
    settings.CACHES = {"default": {"BACKEND": BACKENDS + "locmem.LocMemCache"}}
    settings.DEBUG = True

    assert list(check_cache_is_shared()) == []


@pytest.mark.parametrize("name", ["", "two words", "a;b", "a=b", "bücher", None, 5])
def test_a_cookie_cannot_have_every_name(settings, name):
    settings.COZE_VISITOR_COOKIE_NAME = name

    assert only(check_values(), "E029") == (
        "COZE_VISITOR_COOKIE_NAME is not a name that a cookie can have."
    )


@pytest.mark.parametrize("name", ["__Host-chat", "__host-chat"])
def test_a_cookie_that_browsers_drop(settings, name):
    settings.COZE_VISITOR_COOKIE_NAME = name

    assert "browsers drop our cookie" in only(check_values(), "E029")


@pytest.mark.parametrize("other", ["SESSION", "CSRF", "LANGUAGE"])
def test_a_cookie_of_djangos(settings, other):
    setattr(settings, f"{other}_COOKIE_NAME", "taken")
    settings.COZE_VISITOR_COOKIE_NAME = "taken"

    assert only(check_values(), "E029") == (
        f"COZE_VISITOR_COOKIE_NAME is the same as {other}_COOKIE_NAME."
    )


@pytest.mark.parametrize("name", ["__Secure-chat", "coze.visitor_2"])
def test_a_cookie_with_a_name_of_its_own(settings, name):
    settings.COZE_VISITOR_COOKIE_NAME = name

    assert list(check_values()) == []


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("COZE_PROXIES", "http://proxy:3128", "a dict"),
        ("COZE_SDK_URLS", ["https://cdn.example"], "a dict"),
        ("COZE_EXTRA_HEADERS", "X-Shop: 1", "a dict"),
        ("COZE_WIDGET_MAX_AGE_SECONDS", -1, "a number of seconds from 0 up"),
        ("COZE_WIDGET_MAX_AGE_SECONDS", "5", "a number of seconds from 0 up"),
        ("COZE_WIDGET_MAX_AGE_SECONDS", True, "a number of seconds from 0 up"),
        ("COZE_FRAME_MAX_AGE_SECONDS", 1.5, "a whole number from 0 up"),
        ("COZE_FRAME_MAX_AGE_SECONDS", -1, "a whole number from 0 up"),
        ("COZE_MAX_RETRIES", None, "a whole number from 0 up"),
        ("COZE_ENVIRONMENT", 1, "a text"),
        ("COZE_IDENTITY_KEY", b"k" * 40, "a text"),
        ("COZE_CACHE", ["default"], "a text"),
        ("COZE_WIDGETS_ENABLED", "False", "True or False"),
        ("COZE_USER_INFO", ids, "a text"),
        ("COZE_BASE_URL", "api.coze.cn", "a URL with https"),
        ("COZE_BASE_URL", "http://api.coze.cn", "a URL with https"),
        ("COZE_BASE_URL", "https://me@api.coze.cn", "a URL with https"),
        ("COZE_BASE_URL", "https://[", "a URL with https"),
        ("COZE_BASE_URL", None, "a URL with https"),
    ],
)
def test_a_value_of_another_kind(settings, name, value, kind):
    setattr(settings, name, value)

    assert only(check_values(), "E030") == f"{name} is not {kind}."


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COZE_PROXIES", {"https": "http://proxy:3128"}),
        ("COZE_WIDGET_MAX_AGE_SECONDS", 0.5),
        ("COZE_FRAME_MAX_AGE_SECONDS", 0),
        ("COZE_BASE_URL", "https://api.coze.com"),
        ("COZE_BASE_URL", "http://127.0.0.1:9000"),
    ],
)
def test_a_value_of_its_kind(settings, name, value):
    setattr(settings, name, value)

    assert list(check_values()) == []


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://me:pw@cdn.example/{version}/index.js", "has no URL with https for"),
        ("http://cdn.example/{version}/index.js", "has no URL with https for “https:"),
        ("//cdn.example/{version}/index.js", "has no URL with https for “https:"),
        (None, "has no URL with https for “https:"),
        ("https://cdn.example/index.js", "in COZE_SDK_URLS lacks {version}."),
    ],
)
def test_an_address_of_the_sdk_that_cannot_work(settings, url, said):
    settings.COZE_SDK_URLS = {"https://api.coze.cn": url}

    assert said in only(check_values(), "E031")


@pytest.mark.parametrize(
    "start", ["https://cdn.example/", "http://localhost:8000/", "/static/sdk/"]
)
def test_an_address_of_the_sdk(settings, start):
    settings.COZE_SDK_URLS = {"https://api.coze.cn": start + "{version}/index.js"}

    assert list(check_values()) == []


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("COZE_OAUTH_APP", "COZE_OAUTH_APPS"),
        ("COZE_INDENTITY_KEY", "COZE_IDENTITY_KEY"),
        ("COZE_CACHES", "COZE_CACHE"),
        ("COZE_READ_TIMEOUTS_SECONDS", "COZE_READ_TIMEOUT_SECONDS"),
    ],
)
def test_a_slip_of_the_pen(settings, slip, meant):
    setattr(settings, slip, "x")

    [message] = check_values()

    assert message.id == "coze_widget.W026"
    assert message.msg == f"There is no setting {slip}, so it does nothing."
    assert message.hint == f"Is {meant} meant?"


@pytest.mark.parametrize(
    "name", ["COZE_API_TOKEN", "COZE_BOT_ID", "COZE_API_BASE", "OAUTH_APPS"]
)
def test_names_of_others_are_left_alone(settings, name):
    setattr(settings, name, "x")

    assert list(check_values()) == []


@pytest.mark.parametrize("value", [None, 1, "text", b"bytes", [], {}, {1: 2}, object()])
@pytest.mark.parametrize(
    "name",
    [
        "COZE_" + name.upper().removesuffix("_ALIAS")
        for name in vars(Settings)
        if not name.startswith("_")
    ],
)
@pytest.mark.filterwarnings("ignore::BytesWarning")
def test_no_value_takes_the_checks_down(settings, name, value):
    setattr(settings, name, value)

    messages = check_settings() + check_deployment()

    assert all(message.id.startswith("coze_widget.") for message in messages)
