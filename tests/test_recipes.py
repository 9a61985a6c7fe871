"""The recipes of the documentation, cooked: their code does what their pages say."""

from __future__ import annotations

import gc
import json
import sys
import time
import types
import uuid
import warnings

import pytest
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sites.models import Site
from django.db import models
from django.template import engines
from django.test import Client
from django.urls import get_script_prefix, set_script_prefix

from coze_widget.catalogue import catalogue
from coze_widget.checks import find_messages
from coze_widget.models import Widget
from tests.recipes import read_block, run_block, set_all
from tests.sandbox.caller import Caller

pytestmark = pytest.mark.django_db
SESSION = "/chat/support/session/"


def post(client, url=SESSION, **extra):
    return client.post(url, "{}", content_type="application/json", **extra)


@pytest.fixture
def guests(make_widget):
    return make_widget(guests="isolated")


@pytest.fixture
def use_module(monkeypatch):
    """Make a module of what a block defines."""

    def use(name, defined):
        module = types.ModuleType(name)
        vars(module).update(defined)
        monkeypatch.setitem(sys.modules, name, module)
        return name

    return use


@pytest.fixture
def templates(tmp_path, settings):
    """A folder of the project's own templates."""
    [backend] = settings.TEMPLATES
    settings.TEMPLATES = [{**backend, "DIRS": [tmp_path]}]
    return tmp_path


# custom-user-model.md


class Member(AbstractBaseUser):
    """No user name, no first name, and nobody counts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    email = models.EmailField(unique=True)
    display_name = models.CharField(max_length=80)
    avatar_url = models.URLField()
    USERNAME_FIELD = "email"

    class Meta:
        app_label = "members"


MEMBER = Member(
    id=uuid.UUID("7d444840-9dc0-11d1-b245-5ffdce74fad2"),
    email="ada@members.example",
    display_name="Ada",
    avatar_url="https://members.example/ada.png",
)


def log_member_in(get_response):
    def answer(request):
        request.user = MEMBER
        return get_response(request)

    return answer


@pytest.fixture
def as_member(settings, use_module, widget, coze):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.test_recipes.log_member_in"]
    module = use_module("members_chat", run_block("recipes/custom-user-model.md"))
    settings.COZE_USER_INFO = f"{module}.user_info"
    return Client()


def test_a_custom_user_has_name_picture_and_a_history(as_member, coze):
    first, again = post(as_member).json(), post(as_member).json()

    assert first["user"]["nickname"] == "Ada"
    assert first["user"]["url"] == "https://members.example/ada.png"
    assert first["epoch"] == again["epoch"]
    assert "ada" not in json.dumps(coze.requests).lower()
    assert str(MEMBER.pk) not in json.dumps(coze.requests)


def test_a_custom_user_needs_no_setting(as_member, settings):
    del settings.COZE_USER_INFO

    assert post(as_member).json()["user"]["nickname"] == ""


@pytest.mark.parametrize(
    ("field", "value", "is_same"),
    [
        ("display_name", "Countess", True),
        ("email", "lovelace@members.example", True),
        ("pk", uuid.uuid4(), False),
    ],
)
def test_a_history_hangs_on_the_primary_key(
    as_member, monkeypatch, field, value, is_same
):
    before = post(as_member).json()["epoch"]
    monkeypatch.setattr(MEMBER, field, value)

    assert (post(as_member).json()["epoch"] == before) == is_same


# several-sites.md


@pytest.fixture
def several_sites(committed, settings, oauth_app):
    settings.ROOT_URLCONF = "tests.browser.site"
    with committed():
        run_block("recipes/several-sites.md")["create_widgets"]()


def page_island(html):
    [island] = [
        part.partition(">")[2].partition("<")[0]
        for part in html.split("<script ")
        if 'id="coze-widget-support"' in part
    ]
    return json.loads(island)


@pytest.mark.parametrize(
    ("host", "title"),
    [
        ("shop.example", "Shop"),
        ("shop.example:8000", "Shop"),
        ("wiki.example", "Wiki"),
        ("www.wiki.example", "Help"),
    ],
)
def test_each_host_shows_its_own_widget(several_sites, client, host, title):
    html = client.get("/", HTTP_HOST=host).content.decode()

    assert page_island(html)["panel"]["title"] == title


def test_each_host_has_its_own_bot(several_sites, client):
    frames = [
        client.get("/chat/support/frame/", HTTP_HOST=host).content
        for host in ("shop.example", "wiki.example")
    ]

    assert b'"bot_id": "7400000000000000001"' in frames[0]
    assert b'"bot_id": "7400000000000000002"' in frames[1]


def test_creating_the_sites_widgets_twice_changes_nothing(several_sites, committed):
    with committed():
        run_block("recipes/several-sites.md")["create_widgets"]()

    assert Widget.objects.count() == 3


def test_a_disabled_row_of_a_site_switches_one_for_all_off(
    several_sites, committed, client
):
    with committed():
        Widget.objects.filter(site__domain="wiki.example").get().delete()
        Widget.objects.create(
            site=Site.objects.get(domain="wiki.example"),
            slug="support",
            name="Off",
            bot_id="1",
            enabled=False,
        )

    answers = [
        client.get("/chat/support/frame/", HTTP_HOST=host).status_code
        for host in ("wiki.example", "elsewhere.example")
    ]

    assert answers == [404, 200]


def test_a_site_id_decides_for_all_hosts(several_sites, settings, client):
    settings.SITE_ID = Site.objects.get(domain="wiki.example").pk

    html = client.get("/", HTTP_HOST="shop.example").content.decode()

    assert page_island(html)["panel"]["title"] == "Wiki"


def test_one_person_is_two_on_two_sites_unless_the_sites_are_one(
    several_sites, coze, settings, django_user_model
):
    client = Client()
    client.force_login(django_user_model.objects.create_user("alice"))
    hosts = ["shop.example", "wiki.example"]

    apart = {post(client, HTTP_HOST=host).json()["epoch"] for host in hosts}
    settings.SITE_ID = Site.objects.get(domain="shop.example").pk
    catalogue.forget()
    together = {post(client, HTTP_HOST=host).json()["epoch"] for host in hosts}

    assert (len(apart), len(together)) == (2, 1)


# caching.md


@pytest.fixture
def cached_site(settings, templates, use_module, guests, coze):
    page = read_block("recipes/caching.md", "html+django")
    (templates / "home.html").write_text(page)
    settings.ROOT_URLCONF = use_module(
        "cached_site", run_block("recipes/caching.md", 0)
    )


def test_a_cached_page_is_everybodys_and_its_chats_are_not(
    cached_site, django_user_model, django_assert_num_queries
):
    alice, bob = Client(), Client()
    alice.force_login(django_user_model.objects.create_user("alice"))
    bob.force_login(django_user_model.objects.create_user("bob"))

    first = alice.get("/")
    with django_assert_num_queries(0):
        second = bob.get("/")

    assert first.content == second.content
    assert "Cookie" not in first.headers.get("Vary", "")
    assert "max-age=600" in second.headers["Cache-Control"]
    assert post(alice).json()["epoch"] != post(bob).json()["epoch"]


def test_a_cached_page_outlives_its_widget_and_gets_no_token(
    cached_site, committed, client
):
    client.get("/")
    with committed():
        Widget.objects.get().delete()

    assert b"coze-widget-support" in client.get("/").content
    assert post(client).status_code == 404
    assert client.get("/chat/support/frame/").status_code == 404


def test_a_part_of_a_page_is_cached_for_host_and_language(
    guests, oauth_app, committed, settings, rf
):
    part = engines["django"].from_string(
        read_block("recipes/caching.md", "html+django", 1)
    )
    first = part.render({}, rf.get("/"))
    with committed():
        guests.name = "Renamed"
        guests.save()

    assert part.render({}, rf.get("/")) == first
    assert "Renamed" in part.render({}, rf.get("/", HTTP_HOST="b.example"))
    settings.LANGUAGE_CODE = "zh-hans"
    assert "Renamed" in part.render({}, rf.get("/"))


def test_the_frame_may_be_kept_for_minutes(guests, oauth_app, settings, client):
    set_all(settings, run_block("recipes/caching.md", 1))

    headers = client.get("/chat/support/frame/").headers

    assert headers["Cache-Control"] == "public, max-age=300"
    assert "Cookie" not in headers.get("Vary", "")
    assert "Set-Cookie" not in headers


# proxies.md


def sent_by_nginx(number=0, *, host="shop.example"):
    """Return the headers that the page's block sets, as WSGI brings them."""
    values = {
        "$http_host": host,
        "$scheme": "https",
        "$proxy_add_x_forwarded_for": "203.0.113.9",
    }
    lines = read_block("recipes/proxies.md", "nginx", number).split("location /")[1]
    words = [
        line.rstrip(";").split() for line in lines.replace("}", "").splitlines() if line
    ]
    return {
        "HTTP_" + word[1].upper().replace("-", "_"): values[word[2]]
        for word in words
        if word[:1] == ["proxy_set_header"]
    }


@pytest.fixture
def behind_nginx(settings, guests, coze):
    assert set_all(settings, run_block("recipes/proxies.md", 0))
    return settings


def old_browser(number=0, **changes):
    headers = {
        **sent_by_nginx(number),
        "HTTP_ORIGIN": "https://shop.example",
        **changes,
    }
    return post(Client(), **headers)


@pytest.mark.parametrize("number", [0, 1])
def test_behind_nginx_a_chat_opens_with_a_secure_cookie(behind_nginx, number):
    response = old_browser(number)

    assert response.status_code == 200
    assert response.cookies["coze_visitor"]["secure"]


def test_behind_nginx_other_pages_get_nothing(behind_nginx):
    assert old_browser(HTTP_ORIGIN="https://evil.example").status_code == 403


def test_without_the_setting_the_log_says_what_to_do(behind_nginx, caplog):
    behind_nginx.SECURE_PROXY_SSL_HEADER = None
    said = read_block("recipes/proxies.md", "text", 1)

    assert old_browser().status_code == 403
    assert " ".join(said.split()).rstrip(" …") in " ".join(caplog.text.split())


def test_a_host_that_the_proxy_changed_is_read_from_its_other_header(behind_nginx):
    changed = {
        "HTTP_HOST": "127.0.0.1:8000",
        "HTTP_X_FORWARDED_HOST": "shop.example",
    }
    behind_nginx.ALLOWED_HOSTS = [*behind_nginx.ALLOWED_HOSTS, "127.0.0.1"]

    assert old_browser(**changed).status_code == 403
    behind_nginx.USE_X_FORWARDED_HOST = True
    assert old_browser(**changed).status_code == 200


@pytest.fixture
def _script_prefix():
    before = get_script_prefix()
    yield
    set_script_prefix(before)


@pytest.mark.usefixtures("_script_prefix")
def test_a_path_prefix_is_in_every_address(settings, guests, coze):
    set_all(settings, run_block("recipes/proxies.md", 1))
    settings.ROOT_URLCONF = "tests.browser.site"
    # As Django's handlers do at the start of a request; the test client does not.
    set_script_prefix(settings.FORCE_SCRIPT_NAME + "/")
    client = Client()

    page = client.get("/").content.decode()
    frame = client.get("/chat/support/frame/").content.decode()
    cookie = post(client).cookies["coze_visitor"]

    assert page_island(page)["frame_url"] == "/shop/chat/support/frame/"
    assert 'src="/shop/static/coze_widget/loader.js"' in page
    assert '"session_url": "/shop/chat/support/session/"' in frame
    assert cookie["path"] == "/shop/chat/"


# celery.md


@pytest.fixture
def night(settings):
    """What tasks call, in a project whose processes keep the rows for a minute."""
    settings.COZE_WIDGET_MAX_AGE_SECONDS = 60
    settings.ROOT_URLCONF = "tests.browser.site"
    return run_block("recipes/celery.md", 0)


def test_a_task_closes_the_chat_at_night(night, guests, oauth_app, committed, client):
    shown = []
    for step in (lambda: None, night["close_chat"], night["open_chat"]):
        with committed():
            step()
        shown.append(b"coze-widget-support" in client.get("/").content)

    assert shown == [True, False, True]


def test_an_update_without_signals_is_seen_when_the_copy_is_old(
    night, guests, oauth_app, settings, client
):
    client.get("/")
    Widget.objects.update(enabled=False)

    assert b"coze-widget-support" in client.get("/").content
    settings.COZE_WIDGET_MAX_AGE_SECONDS = 0.01
    time.sleep(0.02)
    assert b"coze-widget-support" not in client.get("/").content


def test_a_task_renders_what_a_page_would_hold(guests, oauth_app, rf):
    by_task = run_block("recipes/celery.md", 1)["render_page"]()
    by_request = engines["django"].from_string(
        '{% load coze_widget %}{% coze_widget "support" %}'
    )

    assert by_request.render({}, rf.get("/")).strip() in by_task


def test_a_task_talks_to_coze_in_a_history_of_its_own(
    coze, oauth_config, tmp_path, guests
):
    path = tmp_path / "coze_oauth_config.json"
    path.write_text(json.dumps(oauth_config))
    open_coze = run_block("recipes/celery.md", 2)["open_coze"]
    with warnings.catch_warnings():
        # cozepy leaves the connection open by which it asked for the token.
        warnings.simplefilter("ignore", ResourceWarning)

        with open_coze(path) as client:
            conversation = client.conversations.create(bot_id=guests.bot_id)
            mine = client.conversations.list(bot_id=guests.bot_id).items
        gc.collect()

    assert [one.id for one in mine] == [conversation.id]
    with Caller(coze, token=post(Client()).json()["token"]) as guest:
        path = f"/v1/conversations?bot_id={guests.bot_id}"
        assert guest.ask("GET", path)["data"]["conversations"] == []


# strict-csp.md


@pytest.mark.parametrize(
    ("number", "middleware"),
    [
        (0, "django.middleware.csp.ContentSecurityPolicyMiddleware"),
        (1, "csp.middleware.CSPMiddleware"),
    ],
)
def test_the_system_checks_have_nothing_against_the_policies(
    settings, guests, oauth_app, number, middleware
):
    settings.MIDDLEWARE = [middleware, *settings.MIDDLEWARE]
    before = {message.id for message in find_messages()}
    names = set_all(settings, run_block("recipes/strict-csp.md", number))

    assert {message.id for message in find_messages()} <= before
    # The check does look: without the frame it speaks up.
    [policy] = [
        getattr(settings, name) for name in names if "POLICY" in name or "CSP" in name
    ]
    policy = policy.get("DIRECTIVES", policy)
    policy["frame-src"] = ["'none'"]
    assert "coze_widget.W020" in {message.id for message in find_messages()}


# faq.md


def test_an_entry_in_cozes_log_is_found_by_its_person(
    widget, coze, django_user_model, client
):
    alice = django_user_model.objects.create_user("alice")
    client.force_login(alice)

    assert run_block("faq.md")["coze_id"](alice, None) == post(client).json()["epoch"]
