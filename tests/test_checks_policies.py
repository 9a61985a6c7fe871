from __future__ import annotations

import importlib.util

import pytest
from csp.constants import NONCE as DJANGO_CSP_NONCE

from coze_widget.checks import check_settings, check_widgets, policies
from coze_widget.checks.policies import (
    DJANGO,
    Policy,
    check_page_policies,
    read_policies,
)
from coze_widget.page_policies import Need
from tests.messages import only

DJANGO_CSP = "csp.middleware.CSPMiddleware"
DJANGO_NONCE = "<CSP_NONCE_SENTINEL>"  # django.utils.csp.CSP.NONCE, from 6.0 on
SELF = ["'self'"]
SDK = "https://lf-cdn.coze.cn"


@pytest.fixture(autouse=True)
def _hosts(settings):
    """With "*" every host might be the site's own."""
    settings.ALLOWED_HOSTS = ["shop.example", ".tea.example"]


@pytest.fixture
def policy(settings):
    """Set Django's policy; where Django has none yet, our check reads the same setting."""
    settings.MIDDLEWARE = [DJANGO, *settings.MIDDLEWARE]

    def put(**directives):
        settings.SECURE_CSP = {
            name.replace("_", "-"): sources for name, sources in directives.items()
        }

    return put


def complaints():
    return [message.msg for message in check_page_policies()]


def test_a_project_without_a_policy():
    assert read_policies() == []
    assert complaints() == []


@pytest.mark.parametrize(
    "directives",
    [
        {"frame_src": SELF},
        {"frame_src": "'self'"},
        {"frame_src": "https://video.example 'self'"},
        {"frame_src": {"'self'"}},
        {"frame_src": ["'SELF'"]},
        {"frame_src": ["HTTPS://Shop.example"]},
        {"frame_src": ["*"]},
        {"frame_src": ["https:"]},
        {"frame_src": ["http:"]},
        {"frame_src": ["https://shop.example"]},
        {"frame_src": ["shop.example:443/chat/"]},
        {"frame_src": ["https://*.tea.example"]},
        {"child_src": SELF, "default_src": ["'none'"], "script_src": SELF},
        {"default_src": SELF},
        {"img_src": ["'none'"]},
        {"frame_src": None},
        {"frame_src": []},
        {"upgrade_insecure_requests": True},
    ],
)
def test_a_frame_is_let_in(policy, directives):
    policy(**directives)

    assert complaints() == []


@pytest.mark.parametrize(
    ("directives", "said"),
    [
        ({"frame_src": ["'none'"]}, "frame-src is “'none'”"),
        ({"frame_src": ["https://video.example"]}, "frame-src is “https://video"),
        ({"frame_src": ["*.video.example"]}, "frame-src is “*.video.example”"),
        ({"Frame-Src": ["'none'"]}, "frame-src is “'none'”"),
        ({"frame_src": ["data:"]}, "frame-src is “data:”"),
        ({"child_src": ["blob:"], "default_src": SELF}, "child-src is “blob:”"),
        ({"default_src": ["'none'"], "script_src": SELF}, "default-src is “'none'”"),
    ],
)
def test_a_frame_is_blocked(policy, directives, said):
    policy(**directives)

    [message] = check_page_policies()

    assert message.id == "coze_widget.W020"
    assert message.msg.startswith(f"SECURE_CSP blocks the chat's frame: {said}")
    assert message.hint == "Add 'self' to frame-src."


@pytest.mark.parametrize(
    "directives",
    [
        {"script_src": SELF},
        {"script_src": [DJANGO_NONCE]},
        {"script_src": [DJANGO_NONCE, "'strict-dynamic'"]},
        {"script_src": ["'none'"], "script_src_elem": SELF},
        {"default_src": ["'self'"]},
        {"script_src": ["https:"]},
    ],
)
def test_the_loader_is_let_in(policy, directives):
    policy(**directives)

    assert complaints() == []


@pytest.mark.parametrize(
    ("directives", "said"),
    [
        ({"script_src": ["'none'"]}, "script-src is “'none'”"),
        ({"script_src": ["'unsafe-inline'"]}, "script-src is “'unsafe-inline'”"),
        ({"script_src": [*SELF, "'strict-dynamic'"]}, "script-src is “'self' 'strict"),
        ({"script_src": SELF, "script_src_elem": [SDK]}, "script-src-elem is “https:"),
        ({"default_src": ["'none'"], "frame_src": SELF}, "default-src is “'none'”"),
    ],
)
def test_the_loader_is_blocked(policy, directives, said):
    policy(**directives)

    [message] = check_page_policies()

    assert message.id == "coze_widget.W020"
    assert message.msg.startswith(f"SECURE_CSP blocks loader.js: {said}")
    assert message.hint == "Add the nonce or 'self' to script-src."


def test_both_are_blocked(policy):
    policy(default_src=["'none'"])

    assert len(complaints()) == 2


@pytest.mark.parametrize(
    ("source", "is_let_in"),
    [
        ("https://cdn.example", True),
        ("cdn.example", True),
        ("https://*.example", True),
        ("https://user@cdn.example:443/static/", True),
        ("'self'", False),
        ("https://other.example", False),
        ("*.cdn.example", False),
        ("'sha256-abc'", False),
    ],
)
def test_static_files_on_another_host(settings, policy, source, is_let_in):
    settings.STATIC_URL = "https://cdn.example/static/"
    policy(script_src=[source])

    found = complaints()

    assert (found == []) is is_let_in


def test_static_files_on_a_host_that_is_written_large(settings, policy):
    settings.STATIC_URL = "https://CDN.example/static/"
    policy(script_src=["https://cdn.Example"])

    assert complaints() == []


def test_the_advice_names_the_other_host(settings, policy):
    settings.STATIC_URL = "https://cdn.example/static/"
    policy(script_src=SELF)

    [message] = check_page_policies()

    assert message.hint == "Add the nonce or https://cdn.example to script-src."


def test_static_files_on_a_host_of_the_sites_own(settings, policy):
    settings.STATIC_URL = "https://static.tea.example/"
    policy(script_src=["*.tea.example"])

    assert complaints() == []


def test_of_a_storage_elsewhere_nothing_is_known(settings, policy):
    storage = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": storage}
    policy(script_src=["https://other.example"])

    assert complaints() == []


def test_where_any_host_may_be_ours_nothing_is_said(settings, policy):
    settings.ALLOWED_HOSTS = ["*"]
    policy(frame_src=["https://video.example"])

    assert complaints() == []


def test_a_policy_without_its_middleware_is_none(settings):
    settings.SECURE_CSP = {"default-src": ["'none'"]}
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": {"default-src": ["'none'"]}}

    assert complaints() == []


@pytest.mark.parametrize("value", [None, {}, "default-src 'none'"])
def test_a_middleware_without_a_policy(settings, value):
    settings.MIDDLEWARE = [DJANGO, DJANGO_CSP]
    settings.SECURE_CSP = settings.CONTENT_SECURITY_POLICY = value

    assert read_policies() == []


@pytest.mark.parametrize(
    "middleware", [DJANGO_CSP, "csp.contrib.rate_limiting.RateLimitedCSPMiddleware"]
)
def test_the_policy_of_django_csp(settings, middleware):
    settings.MIDDLEWARE = [middleware]
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": {"frame-src": ["'none'"]}}

    assert only(check_page_policies(), "W020") == (
        "CONTENT_SECURITY_POLICY blocks the chat's frame: frame-src is “'none'”."
    )


def test_django_csp_blocks_by_an_empty_directive(settings):
    settings.MIDDLEWARE = [DJANGO_CSP]
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": {"frame-src": []}}

    assert only(check_page_policies(), "W020").endswith("frame-src is “”.")


@pytest.mark.parametrize(
    "directives",
    [{}, {"script-src": [DJANGO_CSP_NONCE], "default-src": SELF}],
)
def test_django_csp_has_a_default_and_a_nonce(settings, directives):
    settings.MIDDLEWARE = [DJANGO_CSP]
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": directives}

    assert complaints() == []


@pytest.fixture
def csp_3(settings, monkeypatch):
    """django-csp before version 4 has no csp.constants."""
    settings.MIDDLEWARE = [DJANGO_CSP]
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        policies,
        "find_spec",
        lambda name: None if name == "csp.constants" else find_spec(name),
    )


@pytest.mark.usefixtures("csp_3")
def test_the_names_of_an_old_django_csp(settings):
    settings.CSP_DEFAULT_SRC = ("'none'",)
    settings.CSP_SCRIPT_SRC = ("'none'",)
    settings.CSP_INCLUDE_NONCE_IN = ["script-src"]

    assert only(check_page_policies(), "W020") == (
        "CSP_… blocks the chat's frame: default-src is “'none'”."
    )


@pytest.mark.usefixtures("csp_3")
def test_an_old_django_csp_has_a_default_too(settings):
    assert complaints() == []

    settings.CSP_DEFAULT_SRC = ("'none'",)
    settings.CSP_REPORT_ONLY = True
    assert complaints() == []


def test_a_middleware_that_cannot_be_imported(settings, monkeypatch):
    """Django says so when it builds the chain."""

    def find_spec(name):
        raise ModuleNotFoundError(name)

    settings.MIDDLEWARE = [DJANGO_CSP]
    monkeypatch.setattr(policies, "find_spec", find_spec)

    assert complaints() == []


def test_new_django_csp_ignores_the_old_names(settings):
    settings.MIDDLEWARE = [DJANGO_CSP]
    settings.CSP_DEFAULT_SRC = ("'none'",)

    assert complaints() == []


def test_a_frame_on_another_host_of_the_site(settings, policy):
    settings.COZE_FRAME_ORIGIN = "https://chat.tea.example"
    policy(default_src=["'none'"], script_src=SELF, frame_src=SELF)

    hints = [message.hint for message in check_page_policies()]

    assert hints == [
        "Add https://chat.tea.example to frame-src.",
        "Add 'self' to connect-src.",
    ]

    policy(script_src=SELF, frame_src=["https://*.tea.example"])
    assert complaints() == []
    policy(script_src=SELF)
    assert complaints() == []


def test_it_is_part_of_the_checks(policy, oauth_app):
    policy(frame_src=["'none'"])

    assert [message.id for message in check_settings()] == ["coze_widget.W020"]


INLINE_POLICY = {
    "script_src": ["'self'", "http://localhost:9"],
    "connect_src": ["'self'", "http://localhost:9"],
    "style_src": ["'self'", "'unsafe-inline'"],
}


@pytest.fixture
def inline(make_widget, oauth_app, settings):
    settings.SITE_ID = 1
    return make_widget(place="inline")


def find():
    return check_widgets(databases=["default"])


def test_in_the_page_the_sdk_may_do_what_it_does(inline, policy):
    policy(**INLINE_POLICY)

    assert find() == []


def test_in_the_page_a_policy_about_pictures_stops_nothing(inline, policy):
    policy(img_src=SELF)

    assert find() == []


def test_in_the_page_without_a_policy_nothing_is_asked(inline, settings):
    assert find() == []


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"script_src": SELF}, "script-src http://localhost:9"),
        (
            {"script_src": [*INLINE_POLICY["script_src"], "'strict-dynamic'"]},
            "script-src http://localhost:9",
        ),
        ({"connect_src": SELF}, "connect-src http://localhost:9"),
        ({"connect_src": ["http://localhost:9"]}, "connect-src 'self'"),
        ({"style_src": SELF}, "style-src 'unsafe-inline'"),
        (
            {"style_src": [*SELF, "'unsafe-inline'", DJANGO_NONCE]},
            "style-src 'unsafe-inline'",
        ),
        (
            {"require_trusted_types_for": ["'script'"]},
            "without require-trusted-types-for",
        ),
    ],
)
def test_in_the_page_the_sdk_is_blocked(inline, policy, change, missing):
    policy(**{**INLINE_POLICY, **change})

    [message] = find()

    assert message.id == "coze_widget.W020"
    assert message.msg == (
        "The widget “support” stands in the page itself, and SECURE_CSP blocks the "
        "SDK there."
    )
    assert message.hint == (f"Let the chat live in its frame, or change: {missing}.")
    assert message.obj == inline


def test_in_the_page_our_own_sentences_have_a_style_sheet(inline, policy):
    policy(**{**INLINE_POLICY, "style_src": ["'unsafe-inline'"]})

    assert find()[0].hint.endswith("or change: style-src 'self'.")


@pytest.mark.parametrize(
    ("sources", "is_refused"),
    [
        (["https:"], False),
        (["*"], False),
        (["https://lf-cdn.coze.cn"], True),
        (["data:"], True),
    ],
)
def test_a_need_for_any_host_is_met_by_any_host_only(sources, is_refused):
    need = Need("img-src", "https:", "pictures")

    assert Policy("x", {"img-src": tuple(sources)}).refuses(need) is is_refused


def test_in_the_page_a_script_with_the_nonce_may_load_it(inline, policy):
    scripts = ["'strict-dynamic'", DJANGO_NONCE]
    policy(**{**INLINE_POLICY, "script_src": scripts})

    assert find() == []


@pytest.mark.parametrize("field", [{"place": "frame"}, {"enabled": False}])
def test_in_the_page_only_a_widget_in_the_page_needs_it(inline, policy, field):
    policy(default_src=SELF)
    type(inline).objects.update(**field)

    assert find() == []


def test_in_the_page_without_an_app_there_is_no_widget(inline, settings, policy):
    policy(default_src=SELF)
    settings.COZE_OAUTH_APPS = {}

    assert [message.id for message in find()] == ["coze_widget.W010"]
