from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.contrib.sites.models import Site
from django.db import router

from coze_widget.checks import check_widgets
from coze_widget.models import Widget
from tests.messages import ids, only

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _app(oauth_app):
    """Without an OAuth app no widget is shown at all."""


@pytest.fixture
def site(settings):
    """The one site that Django makes: example.com."""
    settings.ALLOWED_HOSTS = ["example.com"]
    return Site.objects.get()


def find():
    return check_widgets(databases=["default"])


def test_one_that_is_shown(site, make_widget):
    make_widget()
    make_widget(slug="own", site=site)

    assert find() == []


@pytest.mark.parametrize("guests", ["login", "isolated"])
def test_audiences_that_are_the_same(make_widget, guests):
    make_widget(slug="shop", guests=guests)
    make_widget(slug="staff", guests=guests)

    assert find() == []


def test_a_guests_token_reaches_a_restricted_bot(make_widget, site):
    make_widget(slug="shop", guests="isolated", site=site)
    make_widget(slug="blog", guests="isolated")
    staff = make_widget(slug="staff")

    [message] = find()

    assert message.id == "coze_widget.W021"
    assert message.msg == (
        "The widget “staff” asks people to log in, and shares the OAuth app “default” "
        "with “blog”, “shop”, open to guests: a guest's token reaches its bot as well."
    )
    assert message.hint.startswith("Give it an OAuth app of its own")
    assert message.obj == staff


@pytest.mark.parametrize("scope", [{"account_permission": {"permission_list": ["x"]}}])
def test_a_scope_keeps_bots_apart(make_widget, oauth_app, scope):
    oauth_app["scope"] = scope
    make_widget(slug="shop", guests="isolated")
    make_widget(slug="staff")

    assert find() == []


def test_an_app_of_its_own_keeps_bots_apart(make_widget, settings, oauth_app):
    settings.COZE_OAUTH_APPS = {
        "default": oauth_app,
        "staff": {**oauth_app, "client_id": "1163000000000000002"},
    }
    make_widget(slug="shop", guests="isolated")
    make_widget(slug="staff", oauth_app="staff")

    assert find() == []


def test_a_widget_that_is_off_shares_nothing(make_widget):
    make_widget(slug="shop", guests="isolated", enabled=False)
    make_widget(slug="staff")

    assert find() == []


def test_an_unknown_app_is_shared_by_nobody(make_widget):
    make_widget(slug="shop", guests="isolated", oauth_app="other")
    make_widget(slug="staff", oauth_app="other")

    assert ids(find()) == ["W010", "W010"]


def test_the_site_of_the_settings_is_not_there(settings, make_widget):
    settings.SITE_ID = 77
    make_widget()

    [message] = find()

    assert message.id == "coze_widget.W016"
    assert message.msg == "SITE_ID is 77, and there is no such site."
    assert message.hint.startswith("There, Django's own login page fails, and only ")


def test_the_site_of_the_settings_is_there(settings, make_widget):
    """Then hosts do not count."""
    settings.SITE_ID = 1
    settings.ALLOWED_HOSTS = ["shop.example"]
    make_widget(site_id=1)

    assert find() == []


def test_a_host_without_a_site(site, settings, make_widget):
    settings.ALLOWED_HOSTS = ["example.com", "shop.example", "Tea.example"]
    make_widget()

    assert only(find(), "W016") == (
        "ALLOWED_HOSTS has hosts that no site has as its domain: "
        "shop.example, tea.example."
    )


@pytest.mark.parametrize("hosts", [[], ["localhost", "127.0.0.1"], ["*"]], ids=repr)
@pytest.mark.parametrize(
    ("domain", "is_told"),
    [
        ("shop.example", True),
        ("127.0.0.1:8000", False),
        ("localhost", False),
        ("shop.localhost", False),
    ],
)
def test_a_developers_machine_without_a_site(site, settings, hosts, domain, is_told):
    """Nobody can log in to the admin, so there is no widget yet."""
    settings.DEBUG = True
    settings.ALLOWED_HOSTS = hosts
    Site.objects.update(domain=domain)

    told = [(message.id, message.msg, message.hint) for message in find()]

    sentence = (
        "SITE_ID is not set, and no row under “Sites” is for localhost or 127.0.0.1."
    )
    hint = (
        "Django's login page fails there, the admin's too. Write SITE_ID = 1 in the "
        "settings."
    )
    assert told == [("coze_widget.W016", sentence, hint)] * is_told


@pytest.mark.parametrize("hosts", [["*"], [".shop.test"], [""]], ids=repr)
def test_several_sites_on_a_developers_machine_have_names_of_their_own(
    site, settings, hosts
):
    settings.DEBUG = True
    settings.ALLOWED_HOSTS = hosts
    Site.objects.create(domain="tea.shop.test")

    assert find() == []


@pytest.mark.parametrize("host", ["192.168.1.5", "WEB", "shop.example"])
def test_a_developer_opens_other_hosts_too(site, settings, host):
    settings.DEBUG = True
    settings.ALLOWED_HOSTS = ["localhost", host]
    Site.objects.create(domain="localhost")

    assert only(find(), "W016") == (
        f"ALLOWED_HOSTS has hosts that no site has as its domain: {host.lower()}."
    )


def test_not_every_host_is_named(site, settings, make_widget):
    settings.ALLOWED_HOSTS = [f"{number}.example" for number in range(11)]
    make_widget()

    assert only(find(), "W016").endswith(
        ": " + ", ".join(settings.ALLOWED_HOSTS[:10]) + "."
    )


@pytest.mark.parametrize(
    "host",
    ["*", ".shop.example", "localhost", "web", "127.0.0.1", "10.0.0.7", "[::1]", "::1"],
)
def test_hosts_that_visitors_do_not_know_need_no_site(settings, make_widget, host):
    settings.ALLOWED_HOSTS = [host]
    make_widget()

    assert find() == []


def test_a_site_may_name_its_port_and_be_written_large(site, settings, make_widget):
    Site.objects.create(domain="Shop.Example:8000", name="Shop")
    settings.ALLOWED_HOSTS = ["example.com", "shop.example"]
    make_widget()

    assert find() == []


@pytest.mark.django_db
def test_a_host_without_a_site_is_told_before_there_is_a_widget(settings):
    settings.ALLOWED_HOSTS = ["shop.example"]

    assert "shop.example" in only(find(), "W016")


def test_a_widget_of_a_site_that_nobody_can_reach(site, settings, make_widget):
    settings.ALLOWED_HOSTS = ["localhost"]
    widget = make_widget(site=site)

    [message] = find()

    assert message.id == "coze_widget.W016"
    assert message.msg == (
        "The widget “support” is for the site example.com, which ALLOWED_HOSTS does not "
        "let in: it is never shown."
    )
    assert message.obj == widget


@pytest.mark.parametrize("hosts", [[], ["*"], [".com"], ["EXAMPLE.com"]])
def test_a_widget_of_a_site_that_can_be_reached(site, settings, make_widget, hosts):
    """None at all: on a developer's machine, with the data of a server."""
    settings.ALLOWED_HOSTS = hosts
    make_widget(site=site)

    assert find() == []


def test_a_domain_that_is_none_is_never_reached(site, settings, make_widget):
    site.domain = "Our Shop"
    site.save()
    settings.ALLOWED_HOSTS = ["localhost"]
    make_widget(site=site)

    assert "the site Our Shop" in only(find(), "W016")


def test_sites_may_be_in_another_database(settings, make_widget, monkeypatch):
    settings.ALLOWED_HOSTS = ["shop.example"]
    make_widget()
    monkeypatch.setattr(
        router, "allow_migrate_model", lambda alias, model: model is Widget
    )

    assert find() == []


# Who may chat


@pytest.mark.parametrize(
    "narrow",
    [{"staff_only": True}, {"groups": ["Tea"]}, {"permission": "auth.view_user"}],
    ids=lambda fields: next(iter(fields)),
)
def test_an_audience_within_those_who_log_in(make_widget, narrow):
    Group.objects.create(name="Tea")
    make_widget(slug="all")
    office = make_widget(slug="office", **narrow)

    [message] = find()

    assert message.id == "coze_widget.W021"
    assert message.msg == (
        "The widget “office” turns people away whom “all” let in, and shares the OAuth "
        "app “default” with them: a token from there reaches its bot as well."
    )
    assert message.obj == office


def test_different_audiences_are_told_of_each_other(make_widget, settings):
    settings.COZE_AUDIENCES = {"customers": "x.y"}
    make_widget(slug="office", staff_only=True)
    make_widget(slug="shop", audience="customers")

    assert ids(find()) == ["W021", "W021"]


@pytest.mark.parametrize("rules", [{}, {"other": "x.y"}, None])
def test_a_rule_that_nobody_wrote(make_widget, settings, rules):
    settings.COZE_AUDIENCES = rules
    make_widget(audience="customers")

    assert only(find(), "W037") == (
        "The widget “support” asks the rule “customers”, which COZE_AUDIENCES does not "
        "have: nobody may chat."
    )


def test_groups_that_do_not_exist(make_widget):
    Group.objects.create(name="Tea")
    make_widget(groups=["Tea", "Coffee", "tea"])

    assert only(find(), "W038") == (
        "The widget “support” is for groups that do not exist: “Coffee”, “tea”."
    )


def test_a_permission_that_does_not_exist(make_widget):
    make_widget(permission="shop.view_user")

    assert only(find(), "W039") == (
        "The widget “support” asks for the permission “shop.view_user”, which Django does "
        "not know: only superusers may chat."
    )


def test_people_who_exist(make_widget, settings):
    settings.COZE_AUDIENCES = {"customers": "x.y"}
    Group.objects.create(name="Tea")
    make_widget(groups=["Tea"], permission="auth.view_user", audience="customers")

    assert find() == []


def test_a_project_without_accounts(make_widget, monkeypatch):
    """Groups can be nowhere else; a permission may be a backend's of the project."""
    make_widget(groups=["Tea"], permission="shop.view_order")
    monkeypatch.setattr(
        router, "allow_migrate_model", lambda alias, model: model is Widget
    )

    assert ids(find()) == ["W038"]


def test_a_widget_that_is_off_is_for_nobody(make_widget):
    make_widget(groups=["x"], permission="x.y", audience="z", enabled=False)

    assert find() == []


def test_an_sdk_from_anywhere(make_widget, settings):
    make_widget(sdk_url="https://cdn.example/sdk.js")

    assert only(find(), "W040") == (
        "The widget “support” names an address of the SDK that is not allowed: it is not "
        "shown."
    )

    settings.COZE_SDK_ORIGINS = ["https://cdn.example"]

    assert find() == []


def test_accounts_are_asked_for_once(make_widget, django_assert_num_queries):
    for number in range(5):
        make_widget(
            slug=f"w{number}",
            groups=["Tea"],
            permission="auth.view_user",
        )
    Group.objects.create(name="Tea")

    with django_assert_num_queries(9):
        assert find() == []


def test_three_queries_are_all(site, make_widget, django_assert_num_queries):
    for number in range(5):
        make_widget(slug=f"w{number}", site=site)

    with django_assert_num_queries(7):  # four of them the savepoints'
        find()
