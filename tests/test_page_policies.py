from __future__ import annotations

import django
import pytest

from coze_widget.models import Widget
from coze_widget.page_policies import (
    Embedding,
    Evidence,
    addresses_of,
    find_needs,
    to_django,
    to_django_csp,
    to_header,
)

CN, COM = "https://api.coze.cn", "https://api.coze.com"
SHOP = "https://shop.example"
ALL = list(Embedding)
FRAMES = [Embedding.FRAME, Embedding.PANEL]


def needs_of(embedding, *, base_url=CN, **fields):
    widget = Widget(slug="support", **fields)
    addresses = addresses_of(widget, embedding, base_url=base_url, site_origin=SHOP)
    return find_needs(embedding, addresses)


@pytest.mark.parametrize("embedding", FRAMES)
def test_a_page_with_a_frame_needs_a_script_and_a_frame(embedding):
    needs = needs_of(embedding)

    assert needs.directives() == {"script-src": ["'self'"], "frame-src": ["'self'"]}
    assert needs.for_old_browsers() == {"style-src": ["'self'"]}
    assert needs.expected() == {}
    assert needs.microphone == ""
    assert needs.without == ()


@pytest.mark.parametrize("embedding", FRAMES)
def test_a_page_with_a_frame_on_a_host_beside_it_asks_who_is_there(settings, embedding):
    settings.COZE_FRAME_ORIGIN = "https://chat.shop.example"

    needs = needs_of(embedding, chat_bot_is_need_audio=True)

    assert needs.directives() == {
        "script-src": ["'self'"],
        "frame-src": ["https://chat.shop.example"],
        "connect-src": ["'self'"],
    }
    assert needs.microphone == 'self "https://chat.shop.example"'


def test_static_files_elsewhere(settings):
    settings.STATIC_URL = "https://static.example/x/"

    needs = needs_of(Embedding.FRAME)

    assert needs.directives()["script-src"] == ["https://static.example"]
    assert needs.for_old_browsers() == {"style-src": ["https://static.example"]}


def test_a_manifest_without_our_files(settings, tmp_path):
    """Whoever asks before `collectstatic` is told all the same."""
    manifest = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": manifest}}
    settings.STATIC_ROOT = tmp_path
    settings.STATIC_URL = "https://static.example/"

    needs = needs_of(Embedding.FRAME)

    assert needs.directives()["script-src"] == ["https://static.example"]


@pytest.mark.parametrize(
    ("fields", "source"),
    [
        ({"launcher_icon_url": "https://pictures.example/a.png"}, None),
        ({"base_icon": "/static/leaf.svg"}, "'self'"),
        ({"launcher_icon_url": "data:image/png;base64,AA=="}, "data:"),
        ({"launcher_icon": "coze_widget/a.png"}, "'self'"),
    ],
)
def test_the_launchers_icon_is_a_picture_of_the_page(fields, source):
    needs = needs_of(Embedding.FRAME, **fields)

    assert needs.directives()["img-src"] == [source or "https://pictures.example"]


def test_uploads_elsewhere(settings):
    settings.MEDIA_URL = "https://media.example/"

    needs = needs_of(Embedding.FRAME, launcher_icon="coze_widget/a.png")

    assert needs.directives()["img-src"] == ["https://media.example"]


def test_a_page_of_another_origin_needs_the_sites(settings):
    needs = needs_of(
        Embedding.EMBEDDED, base_icon="/static/leaf.svg", chat_bot_is_need_audio=True
    )

    assert needs.directives() == {
        "script-src": [SHOP],
        "img-src": [SHOP],
        "frame-src": [SHOP],
        "connect-src": [SHOP],
    }
    assert needs.for_old_browsers() == {"style-src": [SHOP]}
    assert needs.microphone == f'self "{SHOP}"'


def test_a_page_of_another_origin_needs_the_host_of_the_frame_only(settings):
    settings.COZE_FRAME_ORIGIN = "https://chat.shop.example"

    needs = needs_of(Embedding.EMBEDDED, launcher_icon_url="//pictures.example/a.png")

    assert needs.directives() == {
        "script-src": ["https://chat.shop.example"],
        "img-src": ["pictures.example"],
        "frame-src": ["https://chat.shop.example"],
        "connect-src": ["https://chat.shop.example"],
    }


SDK_FOLDERS = {
    CN: "https://lf-cdn.coze.cn/obj/unpkg/flow-platform/chat-app-sdk/",
    COM: "https://sf-cdn.coze.com/obj/unpkg-va/flow-platform/chat-app-sdk/",
}


@pytest.mark.parametrize("base_url", SDK_FOLDERS)
def test_inline_the_page_needs_what_the_sdk_needs_in_this_region(base_url):
    needs = needs_of(Embedding.INLINE, base_url=base_url)
    folder = SDK_FOLDERS[base_url]

    assert needs.directives() == {
        "script-src": ["'self'", folder],
        "style-src": ["'self'", "'unsafe-inline'"],
        "connect-src": ["'self'", base_url],
        "img-src": ["data:", "https:", "blob:"],
        "media-src": ["https:", "data:", "blob:"],
        "font-src": [folder.partition("/obj/")[0], "data:"],
    }
    assert needs.without == ("require-trusted-types-for",)


def test_inline_a_picture_of_another_host_needs_no_word_of_its_own():
    needs = needs_of(Embedding.INLINE, launcher_icon_url="https://pictures.example/a")

    assert needs.directives()["img-src"] == ["data:", "https:", "blob:"]


@pytest.mark.parametrize(
    ("version", "has_voice"), [("1.2.0-beta.10", True), ("1.2.0-beta.8", False)]
)
def test_inline_voice_has_a_host_of_its_own_since_the_sdk_knows_it(version, has_voice):
    needs = needs_of(Embedding.INLINE, chat_bot_is_need_audio=True, sdk_version=version)

    voice = ["wss://ws.coze.cn"] if has_voice else []
    assert needs.directives()["connect-src"] == ["'self'", CN, *voice]
    assert ("worker-src" in needs.directives()) is has_voice
    assert needs.microphone == ("self" if has_voice else "")


def test_what_nobody_has_seen_is_told_apart():
    needs = needs_of(Embedding.INLINE)

    seen = {
        (need.directive, need.source)
        for need in needs.needs
        if need.evidence is Evidence.MEASURED
    }
    assert ("img-src", "data:") in seen
    assert needs.expected()["img-src"] == ["https:", "blob:"]
    assert "script-src" not in needs.expected()


# What people copy


def run(text):
    namespace = {}
    exec(text, namespace)
    return namespace


def test_the_header():
    text = to_header({"script-src": ["'self'", "https://a.example"], "img-src": ["x"]})

    assert text == "script-src 'self' https://a.example; img-src x"


@pytest.mark.skipif(django.VERSION < (6, 0), reason="Django's own policy is of 6.0")
@pytest.mark.parametrize("embedding", ALL)
def test_the_settings_of_django_mean_the_same(embedding):
    directives = needs_of(embedding).directives()

    assert run(to_django(directives))["SECURE_CSP"] == directives


@pytest.mark.parametrize("embedding", ALL)
def test_the_settings_of_django_csp_mean_the_same(embedding):
    directives = needs_of(embedding).directives()

    settings = run(to_django_csp(directives))["CONTENT_SECURITY_POLICY"]
    assert settings == {"DIRECTIVES": directives}


def test_nothing_is_imported_that_is_not_used():
    directives = {"script-src": ["https://a.example"]}

    assert to_django(directives).startswith("SECURE_CSP = {")
    assert to_django_csp(directives).startswith("CONTENT_SECURITY_POLICY = {")
