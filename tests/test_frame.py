from __future__ import annotations

import json
import re

import django
import pytest
from django.contrib.auth.models import User
from django.http import Http404
from django.test.html import parse_html

from coze_widget import views
from coze_widget.blocks import render_frame
from coze_widget.csp import (
    DENIED_FEATURES,
    build_frame_policy,
    origin_of,
    script_source,
    voice_hosts,
)
from coze_widget.paths import Paths

pytestmark = pytest.mark.usefixtures("oauth_app")
URL = "/chat/support/frame/"
POLICIES = (
    "Content-Security-Policy",
    "Cross-Origin-Embedder-Policy",
    "Cross-Origin-Resource-Policy",
    "Permissions-Policy",
)
CONDITIONAL_GET = "django.middleware.http.ConditionalGetMiddleware"


def island(response):
    found = re.search(
        r'<script id="coze-chat" type="application/json">(.+?)</script',
        response.content.decode(),
    )
    return json.loads(found[1])


def test_the_document_holds_what_the_chat_needs(widget, client):
    response = client.get(URL)

    parse_html(response.content.decode())
    chat = island(response)
    assert chat["slug"] == "support"
    assert chat["session_url"] == "/chat/support/session/"
    assert chat["forget_url"] == "/chat/support/forget/"
    assert chat["sdk_url"].startswith("http://localhost:9/obj/unpkg/")
    assert chat["options"]["config"]["bot_id"] == "7400000000000000001"
    assert chat["lang"] is None
    assert set(chat["texts"]) == {"en", "zh-CN"}
    assert b'<base target="_blank">' in response.content


def test_its_policy_names_exactly_where_things_come_from(widget, client):
    policy = dict(
        directive.split(" ", 1)
        for directive in client.get(URL).headers["Content-Security-Policy"].split("; ")
    )

    assert policy == {
        "default-src": "'none'",
        "script-src": "'self' http://localhost:9",
        "style-src": "'self' http://localhost:9 'unsafe-inline'",
        "font-src": "'self' http://localhost:9 data:",
        "img-src": "'self' http://localhost:9 https: data: blob:",
        "media-src": "'self' http://localhost:9 https: data: blob:",
        "connect-src": "'self' http://localhost:9",
        "worker-src": "blob:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "object-src": "'none'",
        "frame-ancestors": "'self'",
    }


COZE = {
    "sdk_url": "https://lf-cdn.coze.cn/obj/unpkg/flow-platform/chat-app-sdk/1.2.0-beta.20"
    "/libs/cn/index.js",
    "api_url": "https://api.coze.cn",
}
SDK_FOLDER = "https://lf-cdn.coze.cn/obj/unpkg/flow-platform/chat-app-sdk/"


def test_the_policy_for_coze_and_a_cdn():
    policy = build_frame_policy(
        asset_urls=["https://static.example/x/chat.js", "https://static.example/y.css"],
        **COZE,
    )

    assert f"script-src 'self' https://static.example {SDK_FOLDER};" in policy
    assert "style-src 'self' https://static.example https://lf-cdn.coze.cn " in policy
    assert policy.endswith("; frame-ancestors 'self'")


def test_the_voice_host_is_let_in_where_voice_is_on():
    quiet = build_frame_policy(asset_urls=[], **COZE)
    loud = build_frame_policy(asset_urls=[], **COZE, has_voice=True)

    assert "https://api.coze.cn; worker-src" in quiet
    assert "https://api.coze.cn wss://ws.coze.cn; worker-src" in loud
    assert voice_hosts("http://localhost:9") == voice_hosts("https://coze.corp") == []


def test_scripts_of_other_people_on_cozes_host_stay_out(settings):
    """Unless the project says otherwise: the hosted SDK's chunks were never seen."""
    assert script_source(COZE["sdk_url"]) == SDK_FOLDER
    assert script_source("/static/sdk/index.js") == "'self'"
    assert script_source("https://sdk.example/a/index.js") == "https://sdk.example"

    settings.COZE_SDK_ORIGINS = ["https://lf-cdn.coze.cn"]
    assert script_source(COZE["sdk_url"]) == "https://lf-cdn.coze.cn"


def test_the_policy_lets_the_sites_own_pictures_in():
    policy = build_frame_policy(
        asset_urls=["//static.example/chat.js"],
        sdk_url="https://lf-cdn.coze.cn/obj/index.js",
        api_url="https://api.coze.cn",
        media_url="http://media.example/",
    )

    assert "img-src 'self' static.example http://media.example https://lf" in policy
    assert "script-src 'self' static.example https://lf-cdn.coze.cn;" in policy


def test_origins_of_urls():
    assert origin_of("//static.example/x.js") == "static.example"
    assert origin_of("https://a.example:8443/x?y") == "https://a.example:8443"
    assert origin_of("/static/x.js") == "'self'"


def ancestors_of(response):
    policy = response.headers["Content-Security-Policy"]
    return policy.partition("frame-ancestors ")[2].split(" ")


def test_isolated_pages_may_hold_it(widget, client):
    headers = client.get(URL).headers

    assert headers["Cross-Origin-Embedder-Policy"] == "credentialless"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_pages_of_the_origins_of_the_row_may_hold_it(make_widget, client):
    make_widget(allowed_origins="https://shop.example\nHTTPS://*.shop.example/\njunk;x")

    response = client.get(URL)

    assert ancestors_of(response) == [
        "'self'",
        "https://shop.example",
        "https://*.shop.example",
    ]
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_a_preview_is_for_the_admins_pages_only(make_widget, rf):
    widget = make_widget(allowed_origins="https://shop.example")

    _, headers = render_frame(widget, rf.get("/"), paths=Paths("/f/", "/s/", "/o/"))

    policy = headers["Content-Security-Policy"]
    assert policy.endswith("; frame-ancestors 'self'")
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "values",
    [
        {"COZE_FRAME_ORIGIN": "https://chat.shop.example"},
        {"COZE_PAGE_ORIGINS": ["https://shop.example", "junk; script-src *\r\nX: y"]},
    ],
)
def test_pages_of_the_site_may_hold_it_on_a_host_beside_theirs(
    widget, client, settings, values
):
    for name, value in values.items():
        setattr(settings, name, value)

    response = client.get(URL)

    named = ["https://shop.example"] if "COZE_PAGE_ORIGINS" in values else []
    assert ancestors_of(response) == ["'self'", *named]
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-site"


@pytest.mark.parametrize(
    ("is_need_audio", "microphone"),
    [(False, "microphone=()"), (True, "microphone=(self)")],
)
def test_it_may_ask_for_the_microphone_only_and_only_for_voice(
    make_widget, client, is_need_audio, microphone
):
    make_widget(chat_bot_is_need_audio=is_need_audio)

    features = client.get(URL).headers["Permissions-Policy"].split(", ")

    assert features == [*(f"{name}=()" for name in DENIED_FEATURES), microphone]


@pytest.mark.parametrize(
    "fields",
    [{"allowed_origins": "https://shop.example"}, {"chat_bot_is_need_audio": 1}],
)
def test_whoever_has_it_hears_of_another_policy(widget, client, committed, fields):
    etag = client.get(URL).headers["ETag"]
    for name, value in fields.items():
        setattr(widget, name, value)
    with committed():
        widget.save()

    response = client.get(URL, HTTP_IF_NONE_MATCH=etag)

    assert response.status_code == 200


SITE_CSP = {"default-src": ["'none'"], "frame-ancestors": ["'none'"]}
PAGE_CACHE = (
    {"COZE_FRAME_MAX_AGE_SECONDS": 60},
    [
        "django.middleware.cache.UpdateCacheMiddleware",
        CONDITIONAL_GET,
        "django.middleware.cache.FetchFromCacheMiddleware",
    ],
)
SURROUNDINGS = {
    "plain": ({}, []),
    "page cache": PAGE_CACHE,
    "conditional GET": ({}, [CONDITIONAL_GET]),
    "django-csp": (
        {
            "CONTENT_SECURITY_POLICY": {"DIRECTIVES": SITE_CSP},
            "CONTENT_SECURITY_POLICY_REPORT_ONLY": {"DIRECTIVES": SITE_CSP},
        },
        ["csp.middleware.CSPMiddleware"],
    ),
    "django-csp and conditional GET": (
        {"CONTENT_SECURITY_POLICY": {"DIRECTIVES": SITE_CSP}},
        ["csp.middleware.CSPMiddleware", CONDITIONAL_GET],
    ),
}
DJANGOS_OWN_CSP = {
    "Django's CSP": (
        {"SECURE_CSP": SITE_CSP, "SECURE_CSP_REPORT_ONLY": SITE_CSP},
        ["django.middleware.csp.ContentSecurityPolicyMiddleware"],
    ),
    "Django's CSP and conditional GET": (
        {"SECURE_CSP": SITE_CSP},
        ["django.middleware.csp.ContentSecurityPolicyMiddleware", CONDITIONAL_GET],
    ),
    "Django's CSP and a page cache": (
        {"SECURE_CSP": SITE_CSP, **PAGE_CACHE[0]},
        ["django.middleware.csp.ContentSecurityPolicyMiddleware", *PAGE_CACHE[1]],
    ),
}


@pytest.mark.parametrize(
    "surroundings",
    [
        *SURROUNDINGS,
        *(
            pytest.param(
                name,
                marks=pytest.mark.skipif(
                    django.VERSION < (6, 0), reason="Django's own policy is of 6.0"
                ),
            )
            for name in DJANGOS_OWN_CSP
        ),
    ],
)
def test_it_opens_three_times_under_any_policy(widget, client, settings, surroundings):
    values, middleware = (SURROUNDINGS | DJANGOS_OWN_CSP)[surroundings]
    for name, value in values.items():
        setattr(settings, name, value)
    settings.MIDDLEWARE = [*middleware, *settings.MIDDLEWARE]

    first = client.get(URL)
    etag = first.headers["ETag"]
    second = client.get(URL, HTTP_IF_NONE_MATCH=etag)
    third = client.get(URL, HTTP_IF_NONE_MATCH=f"W/{etag}")

    assert [r.status_code for r in (first, second, third)] == [200, 304, 304]
    for response in (first, second, third):
        for name in POLICIES:
            assert response.headers[name] == first.headers[name]
        assert "frame-ancestors 'self'" in response.headers["Content-Security-Policy"]
        assert "Content-Security-Policy-Report-Only" not in response.headers
        assert "X-Frame-Options" not in response.headers
        assert response.headers["ETag"] == etag
    assert second.content == third.content == b""


def test_another_policy_is_another_document(widget, client, settings):
    etag = client.get(URL).headers["ETag"]
    settings.COZE_OAUTH_APPS = {
        "default": {
            **settings.COZE_OAUTH_APPS["default"],
            "base_url": "http://localhost:10",
        }
    }

    assert client.get(URL, HTTP_IF_NONE_MATCH=etag).status_code == 200


def test_it_is_the_same_for_everybody_and_sets_no_cookie(
    widget, client, settings, django_user_model
):
    settings.SESSION_SAVE_EVERY_REQUEST = True
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.middleware.locale.LocaleMiddleware",
    ]
    stranger = client.get(URL)
    client.force_login(django_user_model.objects.create_user("alice"))
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    alice = client.get(URL, HTTP_ACCEPT_LANGUAGE="zh-hans")

    assert alice.content == stranger.content
    assert alice.headers["ETag"] == stranger.headers["ETag"]
    assert not alice.cookies
    assert not stranger.cookies


@pytest.mark.parametrize(
    ("seconds", "header"),
    [(0, "public, max-age=0, must-revalidate"), (60, "public, max-age=60")],
)
def test_caches_may_keep_it(widget, client, settings, seconds, header):
    settings.COZE_FRAME_MAX_AGE_SECONDS = seconds

    assert client.get(URL).headers["Cache-Control"] == header


def test_it_needs_no_login(widget, client, settings):
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]

    assert client.get(URL).status_code == 200


def test_it_answers_head_and_nothing_but_reading(widget, client):
    assert client.head(URL).status_code == 200
    assert client.post(URL).status_code == 405


def test_a_disabled_widget_has_no_frame(make_widget, client):
    make_widget(enabled=False)

    assert client.get(URL).status_code == 404


def test_only_developers_read_why_there_is_no_frame(make_widget, rf, settings):
    make_widget(oauth_app="other")

    for debug, text in (False, ""), (True, "COZE_OAUTH_APPS has no OAuth app"):
        settings.DEBUG = debug
        with pytest.raises(Http404) as caught:
            views.frame(rf.get(URL), slug="support")
        assert str(caught.value).startswith(text)
        assert bool(str(caught.value)) is debug


def test_its_own_headers_do_not_depend_on_the_projects_middleware(widget, rf):
    headers = views.frame(rf.get(URL), slug="support").headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_a_condition_is_answered_once(widget, rf):
    request = rf.get(
        URL, HTTP_IF_NONE_MATCH='"x"', HTTP_IF_MODIFIED_SINCE="Sat, 21 Nov 2026"
    )

    views.frame(request, slug="support")

    assert "HTTP_IF_NONE_MATCH" not in request.META
    assert "HTTP_IF_MODIFIED_SINCE" not in request.META


def test_hostile_text_stays_text(make_widget, client):
    hostile = "</title></script><script>alert(1)</script>\u2028"
    make_widget(chat_bot_title=hostile, footer_expression_text=hostile)

    html = client.get(URL).content.decode()

    assert "<script>" not in html
    assert "</title><" not in html.replace("</title>\n", "")
    assert "\u2028" not in html.partition("</title>")[2]


def test_users_are_not_asked_for(widget, client, settings, django_assert_num_queries):
    settings.COZE_WIDGET_MAX_AGE_SECONDS = 60
    client.force_login(User.objects.create_user("alice"))
    client.get(URL)

    with django_assert_num_queries(0):
        client.get(URL)
