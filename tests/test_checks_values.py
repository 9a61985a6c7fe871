from __future__ import annotations

import pytest
from django.core.cache.backends.locmem import LocMemCache

from coze_widget.checks import check_deployment, check_settings
from coze_widget.checks.values import (
    check_cache_is_shared,
    check_proxies_are_counted,
    check_values,
)
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


@pytest.mark.parametrize("value", [0, "1"])
def test_a_breaker_that_would_never_close(settings, value):
    settings.COZE_BREAKER_RESET_SECONDS = value

    assert only(check_values(), "E008") == (
        "COZE_BREAKER_RESET_SECONDS is not a number of seconds above 0."
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
    quick = {"BACKEND": "tests.test_checks_values.Quick"}
    settings.CACHES = {**settings.CACHES, "quick": quick}
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
        ("COZE_BREAKER_FAILURES", -1, "a whole number from 0 up"),
        ("COZE_MAX_CONNECTIONS", 0, "a whole number from 1 up"),
        ("COZE_MAX_CONNECTIONS", "32", "a whole number from 1 up"),
        ("COZE_ENVIRONMENT", 1, "a text"),
        ("COZE_HEALTH_TOKEN", None, "a text"),
        ("COZE_CALLBACK_TOKENS", "one", "a list of texts"),
        ("COZE_CALLBACK_TOKENS", [None], "a list of texts"),
        ("COZE_LIMITS", "30/hour", "a dict"),
        ("COZE_TRUSTED_PROXIES_COUNT", "1", "a whole number from 0 up"),
        ("COZE_TRUSTED_PROXIES_COUNT", -1, "a whole number from 0 up"),
        ("COZE_IDENTITY_KEY", b"k" * 40, "a text"),
        ("COZE_CACHE", ["default"], "a text"),
        ("COZE_FRAME_SANDBOX", "yes", "True or False"),
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
    "origin",
    [
        "https://cdn.example/",
        "https://cdn.example/sdk",
        "https://cdn.example?x",
        "http://cdn.example",
        "cdn.example",
        "*",
        7,
    ],
)
def test_an_origin_of_the_sdk_that_is_none(settings, origin):
    settings.COZE_SDK_ORIGINS = ["https://cdn.example", origin]

    assert only(check_values(), "E035") == (
        f"COZE_SDK_ORIGINS has no origin with https in “{origin}”."
    )


@pytest.mark.parametrize("origins", ["https://cdn.example", None, {}])
def test_origins_of_the_sdk_that_are_no_list(settings, origins):
    settings.COZE_SDK_ORIGINS = origins

    assert only(check_values(), "E035") == "COZE_SDK_ORIGINS is not a list."


def test_origins_of_the_sdk(settings):
    settings.COZE_SDK_ORIGINS = ("https://cdn.example:8443", "http://localhost:9000")

    assert list(check_values()) == []


def lets_in(request, widget): ...


async def lets_in_later(request, widget): ...


NO_FUNCTION = 7


def test_a_rule_about_people(settings):
    settings.COZE_AUDIENCES = {"customers": f"{__name__}.lets_in"}

    assert list(check_values()) == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (f"{__name__}.no_such_rule", "cannot be imported: Module"),
        ("no_such_module.rule", "cannot be imported: No module named"),
        ("rule", "cannot be imported: rule doesn't look like a module path"),
        (None, "cannot be imported: "),
        (lets_in, "cannot be imported: "),
        (f"{__name__}.lets_in_later", "is no plain function."),
        (f"{__name__}.NO_FUNCTION", "is no plain function."),
    ],
)
def test_a_rule_about_people_that_is_none(settings, path, said):
    settings.COZE_AUDIENCES = {"customers": path}

    sentence = only(check_values(), "E036")

    assert sentence.startswith(f"The rule “customers” in COZE_AUDIENCES {said}")


def test_rules_about_people_that_are_no_dict(settings):
    settings.COZE_AUDIENCES = ["x.y"]

    assert only(check_values(), "E030") == "COZE_AUDIENCES is not a dict."


@pytest.mark.parametrize(
    "limits",
    [
        {},
        {"person": "30/hour", "address": "100 per 5 minutes"},
        {"widget": "10/minute; 100/day", "oauth_app": None, "person_requests": ""},
    ],
)
def test_limits(settings, limits):
    settings.COZE_LIMITS = limits

    assert list(check_values()) == []


@pytest.mark.parametrize(
    "rate",
    ["often", "30 times", "30/fortnight", "0/hour", "1/year", 30, ["30/hour"], True],
)
def test_a_limit_that_does_not_say_how_often(settings, rate):
    settings.COZE_LIMITS = {"person": rate}

    assert only(check_values(), "E041") == (
        "COZE_LIMITS does not say how often for “person”."
    )


def test_a_limit_that_there_is_not(settings):
    settings.COZE_LIMITS = {"visitor": "30/hour"}

    [message] = check_values()

    assert message.id == "coze_widget.E041"
    assert message.msg == (
        "There is no limit “visitor”, so COZE_LIMITS sets nothing by it."
    )
    assert message.hint == (
        "There are: person_requests, address_requests, person, address, widget, "
        "oauth_app."
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECURE_PROXY_SSL_HEADER", ("HTTP_X_FORWARDED_PROTO", "https")),
        ("USE_X_FORWARDED_HOST", True),
    ],
)
def test_a_proxy_that_is_not_counted(settings, name, value):
    assert list(check_proxies_are_counted()) == []
    setattr(settings, name, value)

    assert "COZE_TRUSTED_PROXIES_COUNT is not set" in only(
        check_proxies_are_counted(), "W042"
    )
    settings.COZE_TRUSTED_PROXIES_COUNT = 0
    assert list(check_proxies_are_counted()) == []


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
