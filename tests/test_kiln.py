"""Blue Kiln, the demo's other shop: a static page and a backend that signs."""

from __future__ import annotations

import re
import socket
import time

import jwt
import pytest
import requests
from django.contrib.sites.models import Site
from django.test.html import parse_html

from coze_widget.encryption import decrypt
from coze_widget.models import VisitorKey, Widget
from coze_widget.visitor_tokens import audience_of, read_visitor_token
from site_demo.kiln import CUSTOMERS, FILES, Chat, Kiln, build_policy, sign_visitor
from site_demo.widgets import KILN, ensure_widgets, open_to_kiln

SITE = "http://127.0.0.1:8000"
ORIGIN = "http://localhost:8002"


def chat(secret="a secret of the tests, 32 bytes or more"):
    return Chat(site_url=SITE, slug=KILN, audience="kiln@127.0.0.1:8000", secret=secret)


@pytest.fixture
def kiln():
    with Kiln(host="127.0.0.1", port=0, chat=chat()) as kiln:
        yield kiln


def ask(kiln, path, *, method="GET", person="", cookie=""):
    cookie = cookie or (f"blue_kiln_person={person}" if person else "")
    headers = {"Cookie": cookie} if cookie else {}
    return requests.request(method, kiln.url + path, headers=headers, timeout=10)


# The pages


@pytest.mark.parametrize(("path", "lang"), [("/", "en"), ("/zh/", "zh-CN")])
def test_a_page_has_the_chats_one_line(kiln, path, lang):
    html = ask(kiln, path).text

    parse_html(html)
    assert f'<html lang="{lang}">' in html
    line = f'<script src="{SITE}/chat/loader.js" async data-coze-widget="kiln">'
    assert html.count(line) == 1
    # Shown to people as well.
    assert html.count(line.replace("<", "&lt;").replace(">", "&gt;")) == 1
    assert "$" not in html


def test_both_languages_have_the_same_parts(kiln):
    texts = [ask(kiln, path).text for path in ("/", "/zh/")]

    tags = [re.findall(r"<(\w+)", text) for text in texts]
    assert tags[0] == tags[1]


@pytest.mark.parametrize("path", FILES)
def test_a_page_is_as_strict_as_a_page_can_be(kiln, path):
    response = ask(kiln, path)

    assert response.status_code == 200
    assert response.headers["Content-Security-Policy"] == build_policy(SITE)
    assert "unsafe" not in build_policy(SITE)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", response.text)


@pytest.mark.parametrize("path", ["/nothing", "/../kiln.py", "//etc/passwd", "/%00"])
def test_there_is_nothing_else(kiln, path):
    assert ask(kiln, path).status_code == 404
    assert ask(kiln, path, method="POST").status_code == 404


def test_it_stops(kiln):
    port = int(kiln.url.rpartition(":")[2])
    with Kiln(host="127.0.0.1", port=0, chat=chat()) as other:
        own = int(other.url.rpartition(":")[2])

    socket.create_server(("127.0.0.1", own)).close()
    assert port != own


# The backend


def test_a_button_says_who_one_is(kiln):
    answer = ask(kiln, "/become/dora", method="POST")

    assert answer.status_code == 204
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert ask(kiln, "/me", person="dora").json() == {"person": "dora"}
    assert ask(kiln, "/become/guest", method="POST").status_code == 204
    assert ask(kiln, "/become/mallory", method="POST").status_code == 404


def test_the_backend_signs_for_whoever_is_there(kiln):
    answer = ask(kiln, "/visitor-token", method="POST", person="emil")

    claims = jwt.decode(
        answer.text, chat().secret, algorithms=["HS256"], audience="kiln@127.0.0.1:8000"
    )
    assert claims["sub"] == "emil"
    assert claims["name"] == "Emil Fu"
    assert claims["exp"] - claims["iat"] == 300
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("cookie", ["", "blue_kiln_person=mallory", "=;=", 'a="\\'])
def test_for_a_guest_it_signs_nothing(kiln, cookie):
    answer = ask(kiln, "/visitor-token", method="POST", cookie=cookie)

    assert (answer.status_code, answer.text) == (204, "")
    assert ask(kiln, "/me", cookie=cookie).json() == {"person": "guest"}


def test_the_secret_is_not_shown():
    assert "secret" not in repr(chat())


# Its widget


@pytest.fixture
def secret(db, settings):
    settings.DEMO_USES_SANDBOX = True
    ensure_widgets()
    return open_to_kiln(ORIGIN)


def test_its_pages_may_hold_the_widget_and_no_others(secret):
    widget = Widget.objects.get(slug=KILN)

    assert widget.allowed_origins == ORIGIN
    assert not Widget.objects.exclude(slug=KILN).exclude(allowed_origins="").exists()


def test_what_editors_have_added_stays(secret):
    Widget.objects.filter(slug=KILN).update(allowed_origins="https://shop.example")

    open_to_kiln(ORIGIN)
    versions = Widget.objects.get(slug=KILN).history.count()
    open_to_kiln(ORIGIN)

    widget = Widget.objects.get(slug=KILN)
    assert widget.allowed_origins == f"https://shop.example\n{ORIGIN}"
    assert widget.history.count() == versions


def test_each_start_has_a_secret_of_its_own_and_one_key(secret):
    again = open_to_kiln(ORIGIN)

    [key] = VisitorKey.objects.all()
    assert again != secret
    assert decrypt(key.encrypted_secret) == again
    assert again not in key.encrypted_secret


@pytest.mark.parametrize("person", CUSTOMERS.values(), ids=CUSTOMERS)
def test_the_site_believes_what_it_signs(secret, rf, settings, person):
    settings.SITE_ID = 1
    Site.objects.update_or_create(pk=1, defaults={"domain": "127.0.0.1:8000"})
    widget = Widget.objects.get(slug=KILN)
    request = rf.post("/chat/kiln/session/")
    assert audience_of(widget, request) == chat().audience

    token = sign_visitor(person, chat(secret), now=int(time.time()))

    visitor = read_visitor_token(token, widget, request)
    assert visitor.subject == person.username
    assert visitor.name == person.name
