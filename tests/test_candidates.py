"""The page's part of the audience: which widgets a tag chooses from."""

from __future__ import annotations

import datetime

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from django.contrib.sites.models import Site
from django.db import connection
from django.http import HttpResponse
from django.template import Context, Template
from django.test import Client, override_settings
from django.urls import include, path
from django.views.decorators.cache import cache_page

from coze_widget import candidates
from coze_widget.models import Widget
from coze_widget.outages import Outage
from tests.pages import get, island, islands, render

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("oauth_app")]
OFFICE = [{"days": [1, 2, 3, 4, 5], "from": "09:00", "to": "18:00"}]
SOON = datetime.datetime(2126, 1, 1, tzinfo=datetime.timezone.utc)


def slugs(html):
    return [name.removeprefix("coze-widget-") for name in islands(html)]


# Paths


@pytest.mark.parametrize("tag", ['{% coze_widget "support" %}', "{% coze_widget %}"])
def test_a_widget_is_where_its_paths_are(make_widget, caplog, tag):
    make_widget(include_paths="/shop/*", exclude_paths="/shop/basket/")

    assert slugs(render(tag, get("/shop/tea/"))) == ["support"]
    assert render(tag, get("/shop/basket/")) == ""
    assert render(tag, get("/")) == ""
    assert caplog.records == []


def test_developers_read_that_it_is_not_for_this_page(make_widget, settings):
    settings.DEBUG = True
    make_widget(include_paths="/shop/*")

    assert render('{% coze_widget "support" %}') == (
        "<!-- coze_widget: the widget named “support” is not for this page -->"
    )
    assert render() == (
        "<!-- coze_widget: no widget of this site is for this page and this person -->"
    )


def test_without_a_request_only_a_widget_for_every_page_shows(make_widget):
    template = Template("{% load coze_widget %}{% coze_widget %}")
    make_widget(slug="shop", include_paths="*", order=1)

    assert template.render(Context()).strip() == ""

    make_widget(slug="support", order=2)

    assert slugs(template.render(Context())) == ["support"]


def test_the_first_by_order_that_is_for_this_page(make_widget):
    make_widget(slug="shop", include_paths="/shop/*", order=1)
    make_widget(slug="blog", include_paths="/blog/*", order=2)
    make_widget(slug="rest", order=3)

    pages = {where: slugs(render(request=get(where))) for where in ("/shop/x", "/")}

    assert pages == {"/shop/x": ["shop"], "/": ["rest"]}


def test_a_disabled_widget_of_the_site_is_no_candidate(make_widget):
    make_widget(slug="shop", order=1)
    make_widget(slug="shop", site=Site.objects.get(), enabled=False)
    make_widget(slug="rest", order=2)

    with override_settings(SITE_ID=1):
        assert slugs(render()) == ["rest"]


def test_paths_say_nothing_about_frame_and_session(make_widget, client):
    """They decide where the button is, not who may chat."""
    make_widget(include_paths="/shop/*")

    assert client.get("/chat/support/frame/").status_code == 200
    assert client.post("/chat/support/session/", "{}", "application/json").json()[
        "code"
    ] == ("login_required")


@pytest.mark.usefixtures("_kept")
def test_pages_of_one_widget_share_what_was_rendered(
    make_widget, django_assert_num_queries
):
    make_widget(include_paths="/shop/*")
    first = render(request=get("/shop/1"))

    with django_assert_num_queries(0):
        assert render(request=get("/shop/2")) == first
        assert render(request=get("/blog/")) == ""


@pytest.fixture
def _kept(settings):
    settings.COZE_WIDGET_MAX_AGE_SECONDS = 60


# Several, of which one shows


def test_with_a_clock_the_next_one_comes_along(make_widget):
    make_widget(slug="day", order=1, weekly_hours=OFFICE)
    make_widget(slug="sale", order=2, shown_until=SOON)
    make_widget(slug="night", order=3)
    make_widget(slug="never", order=4)

    html = render()

    assert slugs(html) == ["day", "sale", "night"]
    assert "after" not in island(html, "day")
    assert island(html, "sale")["after"] == ["day"]
    assert island(html, "night")["after"] == ["day", "sale"]
    assert "clock" not in island(html, "night")
    assert html.count("loader.js") == 3


def test_a_widget_that_is_named_stands_alone(make_widget):
    make_widget(slug="day", order=1, weekly_hours=OFFICE)
    make_widget(slug="night", order=2)

    html = render('{% coze_widget "night" %}')

    assert slugs(html) == ["night"]
    assert "after" not in island(html, "night")


@pytest.mark.usefixtures("_kept")
def test_alone_and_after_others_are_kept_apart(make_widget):
    make_widget(slug="day", order=1, weekly_hours=OFFICE)
    make_widget(slug="night", order=2)
    named = render('{% coze_widget "night" %}')

    assert island(render(), "night")["after"] == ["day"]
    assert render('{% coze_widget "night" %}') == named


def test_one_that_cannot_work_does_not_keep_the_others_away(
    make_widget, settings, caplog
):
    settings.DEBUG = True
    make_widget(slug="day", order=1, weekly_hours=OFFICE, oauth_app="other")
    make_widget(slug="night", order=2)

    html = render()

    assert slugs(html) == ["night"]
    assert "after" not in island(html, "night")
    assert "COZE_OAUTH_APPS has no OAuth app named “other”" in html
    assert "no OAuth app named “other”" in caplog.text


def test_lines_of_ones_own_come_once(make_widget, settings):
    own = {"coze_widget/mine.html": ""}
    settings.TEMPLATES = [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [
                    (
                        "django.template.loaders.locmem.Loader",
                        {
                            **own,
                            "coze_widget/widget.html": (
                                '{% extends "base.html" %}'
                                "{% block after %}<hr>{% endblock %}"
                            ),
                            "base.html": WIDGET_HTML,
                        },
                    )
                ]
            },
        }
    ]
    make_widget(slug="day", order=1, weekly_hours=OFFICE)
    make_widget(slug="night", order=2)

    assert render().count("<hr>") == 1


with open("coze_widget/templates/coze_widget/widget.html") as _file:
    WIDGET_HTML = _file.read()


# Hidden from others


@pytest.fixture
def alice(db):
    return User.objects.create_user("alice")


def page_of(user, tag="{% coze_widget %}", **context):
    request = get()
    if user is not None:
        request.user = user
    return render(tag, request, **context)


@pytest.mark.parametrize("tag", ['{% coze_widget "support" %}', "{% coze_widget %}"])
def test_a_hidden_button_is_for_those_who_may_chat(make_widget, alice, tag, caplog):
    make_widget(staff_only=True, hide_from_others=True)
    staff = User.objects.create_user("staff", is_staff=True)

    assert slugs(page_of(staff, tag)) == ["support"]
    for other in (alice, AnonymousUser(), None):
        assert page_of(other, tag) == ""
    assert caplog.records == []


def test_a_hidden_button_needs_a_request(make_widget):
    make_widget(guests="isolated", hide_from_others=True)

    template = Template("{% load coze_widget %}{% coze_widget %}")

    assert template.render(Context()).strip() == ""
    assert slugs(render()) == ["support"]


def test_others_see_the_next_one(make_widget, alice):
    make_widget(slug="staff", order=1, staff_only=True, hide_from_others=True)
    make_widget(slug="support", order=2)

    assert slugs(page_of(alice)) == ["support"]
    alice.is_staff = True
    assert slugs(page_of(alice)) == ["staff"]


@pytest.mark.usefixtures("_kept")
def test_whoever_sees_it_sees_the_same(make_widget):
    make_widget(staff_only=True, hide_from_others=True)
    people = [User(username=name, is_staff=True) for name in ("ann", "bob")]

    assert page_of(people[0]) == page_of(people[1])


@pytest.mark.usefixtures("_kept")
@pytest.mark.parametrize(
    ("fields", "queries"),
    [
        ({}, 0),
        ({"staff_only": True}, 0),
        ({"groups": ["Tea"]}, 1),
        ({"permission": "auth.view_user"}, 2),
        ({"staff_only": True, "groups": ["Tea"], "permission": "auth.view_user"}, 3),
    ],
)
def test_what_hiding_costs(
    make_widget, alice, django_assert_num_queries, fields, queries
):
    """Of a page that has its user already; outside a transaction, as most pages are."""
    make_widget(hide_from_others=True, **fields)
    group = Group.objects.create(name="Tea")
    alice.is_staff = True
    alice.save()
    alice.groups.add(group)
    page_of(alice)
    alice = User.objects.get()
    request = get()
    request.user = alice

    with django_assert_num_queries(queries + SAVEPOINT):
        render(request=request)


# Each test is a transaction.
SAVEPOINT = 2


@pytest.mark.usefixtures("_kept")
def test_two_tags_ask_once(make_widget, alice, django_assert_num_queries):
    make_widget(groups=["Tea"], hide_from_others=True)
    alice.groups.add(Group.objects.create(name="Tea"))
    tags = '{% coze_launcher "support" %}Ask{% endcoze_launcher %}{% coze_widget "support" %}'
    page_of(alice, tags)

    with django_assert_num_queries(1 + SAVEPOINT):
        assert "<button" in page_of(alice, tags)


def home(request):
    return HttpResponse(render("{% coze_widget %}", request))


urlpatterns = [
    path("", home),
    path("cached/", cache_page(60)(home)),
    path("chat/", include("coze_widget.urls")),
]


@override_settings(ROOT_URLCONF=__name__)
def test_a_page_with_a_hidden_button_varies_by_cookie(make_widget, client):
    widget = make_widget()

    assert "Vary" not in client.get("/").headers

    Widget.objects.filter(pk=widget.pk).update(hide_from_others=True)

    assert "Cookie" in client.get("/").headers["Vary"]


PAGE_CACHE = [
    "django.middleware.cache.UpdateCacheMiddleware",
    "django.middleware.cache.FetchFromCacheMiddleware",
]


@override_settings(ROOT_URLCONF=__name__)
@pytest.mark.parametrize("middleware", [[], PAGE_CACHE], ids=["view", "site"])
def test_a_page_cache_gives_nobody_the_button_of_another(
    make_widget, alice, settings, middleware
):
    settings.MIDDLEWARE = [*middleware, *settings.MIDDLEWARE]
    make_widget(staff_only=True, hide_from_others=True)
    staff = User.objects.create_user("staff", is_staff=True)
    browsers = {}
    for name, user in (("staff", staff), ("alice", alice), ("guest", None)):
        browsers[name] = Client()
        if user:
            browsers[name].force_login(user)

    for _time in range(2):
        seen = {
            name: slugs(browser.get("/cached/").content.decode())
            for name, browser in browsers.items()
        }
        assert seen == {"staff": ["support"], "alice": [], "guest": []}


@override_settings(ROOT_URLCONF=__name__)
def test_a_page_without_a_hidden_button_stays_in_the_cache(make_widget, client):
    widget = make_widget()
    client.get("/cached/")
    Widget.objects.filter(pk=widget.pk).update(slug="other")

    assert slugs(client.get("/cached/").content.decode()) == ["support"]


def failing_audience(request, widget):
    with connection.cursor() as cursor:
        cursor.execute("SELECT no_such_column FROM auth_user")


def test_a_rule_that_fails_in_the_database_leaves_the_page_its_transaction(
    make_widget, alice, settings
):
    """On PostgreSQL no query would work after it; what saves the page is the savepoint."""
    settings.COZE_AUDIENCES = {"bad": f"{__name__}.failing_audience"}
    make_widget(audience="bad", hide_from_others=True)

    assert page_of(alice) == ""
    assert User.objects.count() == 1


def test_where_nobody_can_be_asked_for_the_button_is_hidden_and_it_is_said_once(
    make_widget, alice, monkeypatch, caplog
):
    monkeypatch.setattr(candidates, "people", Outage("people"))
    make_widget(slug="team", order=1, groups=["Tea"], hide_from_others=True)
    make_widget(slug="support", order=2)
    alice.groups.add(Group.objects.create(name="Tea"))
    assert slugs(page_of(alice)) == ["team"]
    table = Group._meta.db_table

    monkeypatch.setattr(Group._meta, "db_table", "gone")
    for _view in range(3):
        assert slugs(page_of(User.objects.get())) == ["support"]
    monkeypatch.setattr(Group._meta, "db_table", table)
    assert slugs(page_of(User.objects.get())) == ["team"]

    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
    assert "widgets that hide from others are shown to nobody" in caplog.text


# Where the SDK comes from


@pytest.mark.parametrize("inline", ["True", "False"])
def test_an_sdk_from_anywhere_is_not_shown(make_widget, caplog, inline):
    make_widget(sdk_url="https://evil.example/sdk.js")

    assert render(f'{{% coze_widget "support" inline={inline} %}}') == ""
    assert (
        "the widget named “support” may not load the SDK from its own address: see "
        "COZE_SDK_ORIGINS"
    ) in caplog.text


def test_nor_has_it_a_frame(make_widget, client):
    make_widget(sdk_url="https://evil.example/sdk.js")

    assert client.get("/chat/support/frame/").status_code == 404


def test_an_allowed_sdk_is_in_the_frames_policy(make_widget, client, settings):
    settings.COZE_SDK_ORIGINS = ["https://cdn.example"]
    make_widget(sdk_url="https://cdn.example/{version}/sdk.js")

    response = client.get("/chat/support/frame/")

    assert "https://cdn.example/1.2.0-beta.20/sdk.js" in response.content.decode()
    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self' https://cdn.example;" in policy
