"""COZE_FRAME_SANDBOX: Coze's script in a frame without an origin, our own around it."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client
from django.test.html import parse_html

from coze_widget.csp import SANDBOX
from coze_widget.paths import Paths
from coze_widget.sandboxed_frames import render_inner, render_outermost

pytestmark = pytest.mark.usefixtures("oauth_app")
FRAME = "/chat/support/frame/"
INNER = "/chat/support/inner/"


@pytest.fixture(autouse=True)
def sandboxed(settings):
    settings.COZE_FRAME_SANDBOX = True


def directives_of(response):
    policy = response.headers["Content-Security-Policy"]
    parts = [directive.partition(" ") for directive in policy.split("; ")]
    return {name: sources for name, _, sources in parts}


def inner_frame(html):
    return re.search(r"<iframe [^>]*>", html)[0]


def test_the_outer_document_knows_nothing_of_coze(widget, client):
    html = client.get(FRAME).content.decode()

    parse_html(html)
    assert "localhost:9" not in html
    assert "7400000000000000001" not in html
    assert re.findall(r'src="([^"]+)"', html) == ["/static/coze_widget/outer.js", INNER]


def test_it_holds_the_two_addresses_that_may_be_asked(widget, client):
    html = client.get(FRAME).content.decode()

    island = re.search(r'id="coze-outer" type="application/json">(.+?)</script', html)
    assert json.loads(island[1]) == {
        "slug": "support",
        "session_url": "/chat/support/session/",
        "forget_url": "/chat/support/forget/",
    }


def test_its_policy_lets_nothing_of_cozes_in(widget, client):
    assert directives_of(client.get(FRAME)) == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "frame-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "object-src": "'none'",
        "frame-ancestors": "'self'",
    }


def test_the_frame_in_it_has_no_origin(widget, client):
    [sandbox] = re.findall(r'sandbox="([^"]*)"', client.get(FRAME).content.decode())

    assert sandbox.split() == list(SANDBOX)
    assert "allow-scripts" in SANDBOX
    # The first gives the origin back, the others reach out of the frame.
    assert not {
        "allow-same-origin",
        "allow-forms",
        "allow-modals",
        "allow-top-navigation",
        "allow-top-navigation-by-user-activation",
    } & set(SANDBOX)


def test_the_inner_document_has_none_wherever_it_is_shown(widget, client):
    """Also where somebody opens its address: the policy says so, not only the frame."""
    directives = directives_of(client.get(INNER))

    assert directives["sandbox"].split() == list(SANDBOX)


def test_the_inner_document_cannot_ask_the_site(widget, client):
    directives = directives_of(client.get(INNER))

    assert directives["connect-src"] == "http://localhost:9"
    assert directives["script-src"] == "'self' http://localhost:9"


def test_the_inner_document_is_the_chats_with_a_script_before_it(
    widget, client, settings
):
    inner = client.get(INNER).content.decode()
    settings.COZE_FRAME_SANDBOX = False
    frame = client.get(FRAME).content.decode()

    ours = '<script src="/static/coze_widget/inner.js" defer></script>'
    assert inner.index(ours) < inner.index("coze_widget/chat.js")
    assert inner.replace(ours, "").split() == frame.split()


def test_without_the_setting_the_frame_is_the_chat_itself(widget, client, settings):
    settings.COZE_FRAME_SANDBOX = False

    response = client.get(FRAME)

    assert b'id="coze-chat"' in response.content
    assert "sandbox" not in directives_of(response)


def test_an_outer_document_from_a_cache_still_finds_the_inner_one(
    widget, client, settings
):
    settings.COZE_FRAME_SANDBOX = False

    assert client.get(INNER).status_code == 200


def test_the_outer_document_may_hold_the_inner_one(widget, client):
    """To Firefox it is of another origin, as is everything."""
    outer, inner = client.get(FRAME), client.get(INNER)

    assert outer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert inner.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


@pytest.mark.parametrize("url", [FRAME, INNER])
def test_who_may_hold_the_frame_may_hold_what_is_in_it(
    make_widget, client, settings, url
):
    """A browser asks of all that is around a document."""
    settings.COZE_PAGE_ORIGINS = ["https://www.example.com"]
    make_widget(allowed_origins="https://shop.example")

    response = client.get(url)

    assert (
        directives_of(response)["frame-ancestors"]
        == "'self' https://www.example.com https://shop.example"
    )
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response.headers["Cross-Origin-Embedder-Policy"] == "credentialless"
    assert "X-Frame-Options" not in response.headers


def test_a_preview_stays_the_admins(make_widget, rf):
    widget = make_widget(allowed_origins="https://shop.example")
    paths = Paths("/a/frame/", "/a/session/", "/a/forget/", "/a/inner/")

    document, headers = render_outermost(widget, rf.get("/"), paths=paths)
    _, inner_headers = render_inner(widget, rf.get("/"), paths=paths)

    assert 'src="/a/inner/"' in document
    for policy in (headers, inner_headers):
        assert "frame-ancestors 'self'" in policy["Content-Security-Policy"]
        assert "shop.example" not in policy["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("has_voice", "outer", "inner"), [(False, "()", "()"), (True, "*", "(self)")]
)
def test_the_microphone_is_handed_in_only_where_voice_is_on(
    make_widget, client, has_voice, outer, inner
):
    make_widget(chat_bot_is_need_audio=has_voice)

    response = client.get(FRAME)

    said = response.headers["Permissions-Policy"]
    assert said.endswith(f", microphone={outer}")
    assert ("allow=" in inner_frame(response.content.decode())) is has_voice
    said = client.get(INNER).headers["Permissions-Policy"]
    assert said.endswith(f", microphone={inner}")


@pytest.mark.parametrize("url", [FRAME, INNER])
def test_both_are_the_same_for_everybody_and_in_no_language(widget, client, alice, url):
    plain = client.get(url)
    client.force_login(alice)
    chinese = client.get(url, headers={"accept-language": "zh-hans"})

    assert plain.content == chinese.content
    assert not plain.cookies
    assert not chinese.cookies
    assert plain.headers["ETag"] == chinese.headers["ETag"]


@pytest.fixture
def alice(db, django_user_model):
    return django_user_model.objects.create_user("alice")


@pytest.mark.parametrize("url", [FRAME, INNER])
def test_a_known_document_is_confirmed_with_its_policy(widget, client, url):
    known = client.get(url)

    again = client.get(url, headers={"if-none-match": known.headers["ETag"]})

    assert again.status_code == 304
    assert directives_of(again) == directives_of(known)


@pytest.mark.django_db
@pytest.mark.parametrize("url", [FRAME, INNER])
def test_a_widget_that_is_not_shown_has_neither(client, url):
    assert client.get(url).status_code == 404


@pytest.mark.parametrize("url", [FRAME, INNER])
def test_a_widget_that_cannot_work_has_neither(widget, client, settings, url):
    settings.COZE_OAUTH_APPS = {}

    assert client.get(url).status_code == 404


def test_a_hostile_title_stays_text(make_widget, client):
    make_widget(chat_bot_title='</title><script>x</script>"><b ')

    html = client.get(FRAME).content.decode()

    assert "<script>x" not in html
    assert "<b " not in html
    assert inner_frame(html).count('"') % 2 == 0


@pytest.mark.parametrize("to", ["session", "forget"])
def test_a_script_without_an_origin_is_nobody_to_the_site(widget, to):
    """What browsers say of such a request, old ones and new ones."""
    browser = Client(enforce_csrf_checks=True)
    for headers in (
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null"},
    ):
        response = browser.post(
            f"/chat/support/{to}/",
            data="{}",
            content_type="application/json",
            headers=headers,
        )

        assert response.status_code == 403
        assert response.json()["code"] == "bad_origin"
