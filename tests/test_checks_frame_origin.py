from __future__ import annotations

import pytest
from django.contrib.sites.models import Site

from coze_widget.checks import check_settings, check_widgets
from coze_widget.checks.frame_origin import check_frame_origin, frame_hosts
from tests.messages import ids, only, put_in_order

FRAME = "https://chat.shop.example"


@pytest.fixture(autouse=True)
def _sibling(settings):
    settings.COZE_FRAME_ORIGIN = FRAME
    settings.COZE_PAGE_ORIGINS = ["https://shop.example", "https://www.shop.example"]
    settings.ALLOWED_HOSTS = [".shop.example"]


def found():
    return ids(check_frame_origin())


def test_a_sibling_in_order_gives_no_cause():
    assert found() == []
    assert frame_hosts() == {"chat.shop.example"}


def test_nor_does_a_site_without_one(settings):
    del settings.COZE_FRAME_ORIGIN
    del settings.COZE_PAGE_ORIGINS

    assert found() == []
    assert frame_hosts() == set()


def test_the_checks_are_part_of_the_whole(oauth_app, settings, tmp_path):
    put_in_order(settings, tmp_path)
    settings.COZE_FRAME_ORIGIN = "chat"

    assert only(check_settings(), "E050") == "COZE_FRAME_ORIGIN is not an origin."


@pytest.mark.parametrize(
    "value",
    [
        "chat.shop.example",
        "https://chat.shop.example/chat",
        "https://*.shop.example",
        "https://user@chat.shop.example",
        "https://chat.shop.example?x",
        "ftp://chat.shop.example",
        "https://",
        "https://chat.shop.example:0",
        None,
        5,
        ["https://chat.shop.example"],
    ],
    ids=repr,
)
def test_what_is_no_origin(settings, value):
    settings.COZE_FRAME_ORIGIN = value

    assert only(check_frame_origin(), "E050") == "COZE_FRAME_ORIGIN is not an origin."


def test_a_slash_at_its_end_is_forgiven(settings):
    settings.COZE_FRAME_ORIGIN = f"{FRAME}/"

    assert found() == []


def test_a_frame_without_https(settings):
    settings.COZE_FRAME_ORIGIN = "http://chat.shop.example"

    assert only(check_frame_origin(), "E050") == "COZE_FRAME_ORIGIN is without https."


@pytest.mark.parametrize(
    ("origin", "page", "is_debug"),
    [
        ("http://chat.shop.localhost:8000", "http://shop.localhost:8000", False),
        ("http://chat.shop.example", "http://shop.example", True),
    ],
)
def test_a_developer_needs_no_https(settings, origin, page, is_debug):
    settings.DEBUG = is_debug
    settings.ALLOWED_HOSTS = [".shop.example", ".localhost"]
    settings.COZE_FRAME_ORIGIN = origin
    settings.COZE_PAGE_ORIGINS = [page]

    assert found() == []


@pytest.mark.parametrize("port", ["", ":8443"])
def test_the_pages_own_host_keeps_no_cookie_apart(settings, port):
    settings.COZE_FRAME_ORIGIN = f"https://www.shop.example{port}"

    assert only(check_frame_origin(), "E051") == (
        "The frame and the pages of https://www.shop.example are on one host."
    )


def test_nobody_named_whose_pages_hold_the_frame(settings):
    settings.COZE_PAGE_ORIGINS = []

    assert "names no page's origin" in only(check_frame_origin(), "E052")


@pytest.mark.parametrize("value", ["https://shop.example", None, {"a": 1}], ids=repr)
def test_page_origins_that_are_no_list(settings, value):
    settings.COZE_PAGE_ORIGINS = value

    assert [message.msg for message in check_frame_origin()] == [
        "COZE_PAGE_ORIGINS is not a list.",
        "COZE_FRAME_ORIGIN is set, and COZE_PAGE_ORIGINS names no page's origin.",
    ]


@pytest.mark.parametrize(
    "value",
    ["shop.example", "https://shop.example/", "https://*.shop.example", "'self'", 5],
)
@pytest.mark.parametrize("frame", [FRAME, ""])
def test_a_page_origin_that_is_none(settings, value, frame):
    settings.COZE_FRAME_ORIGIN = frame
    settings.COZE_PAGE_ORIGINS = ["https://shop.example", value]

    assert only(check_frame_origin(), "E052") == (
        f"COZE_PAGE_ORIGINS has no origin in “{value}”."
    )


def test_another_site_may_be_without_storage(settings):
    settings.COZE_PAGE_ORIGINS = ["https://shop.example", "https://other.example"]

    assert only(check_frame_origin(), "W053") == (
        "The pages of https://other.example may be another site than the frame's host."
    )


def test_a_host_that_django_does_not_answer_for(settings):
    settings.ALLOWED_HOSTS = ["shop.example", "www.shop.example"]

    assert "chat.shop.example" in only(check_frame_origin(), "E054")


def test_while_developing_local_hosts_need_no_name(settings):
    settings.DEBUG = True
    settings.ALLOWED_HOSTS = []
    settings.COZE_FRAME_ORIGIN = "http://chat.shop.localhost:8000"
    settings.COZE_PAGE_ORIGINS = ["http://shop.localhost:8000"]

    assert found() == []


@pytest.mark.parametrize("name", ["SESSION_COOKIE_DOMAIN", "CSRF_COOKIE_DOMAIN"])
@pytest.mark.parametrize(
    "domain", [".shop.example", "shop.example", "chat.shop.example", ".Shop.example"]
)
def test_a_login_that_reaches_the_frames_host(settings, name, domain):
    setattr(settings, name, domain)

    assert only(check_frame_origin(), "W055") == (
        f"{name} is “{domain}”, which takes in the frame's host."
    )


@pytest.mark.parametrize("domain", ["www.shop.example", "op.example", None, ""])
def test_a_login_that_does_not(settings, domain):
    settings.SESSION_COOKIE_DOMAIN = domain

    assert found() == []


@pytest.mark.parametrize(
    "origin", ["https://*.shop.example", FRAME, "HTTPS://*.chat.shop.example"]
)
def test_forms_that_the_frames_host_could_send(settings, origin):
    settings.CSRF_TRUSTED_ORIGINS = [origin]

    assert only(check_frame_origin(), "W056") == (
        f"CSRF_TRUSTED_ORIGINS trusts the frame's host by “{origin}”."
    )


@pytest.mark.parametrize(
    "origin", ["https://shop.example", "http://*.shop.example", "https://*.hop.example"]
)
def test_forms_that_it_could_not(settings, origin):
    settings.CSRF_TRUSTED_ORIGINS = [origin]

    assert found() == []


# Sites


@pytest.fixture
def shop(db, committed, settings):
    settings.ALLOWED_HOSTS = ["shop.example", "www.shop.example", "chat.shop.example"]
    with committed():
        Site.objects.create(domain="www.shop.example", name="WWW")
        return Site.objects.create(domain="shop.example", name="Shop")


def rows():
    return check_widgets(databases=["default"])


def test_a_widget_of_one_site_is_not_found_on_the_frames_host(
    oauth_app, shop, make_widget
):
    make_widget(site=shop)

    assert only(rows(), "W057") == (
        "The widget “support” is for the site shop.example, and the host of "
        "COZE_FRAME_ORIGIN is not: its frame is not found there."
    )


def test_one_for_all_sites_is_and_the_host_needs_no_site(oauth_app, shop, make_widget):
    make_widget()

    assert rows() == []


def test_one_in_the_page_itself_needs_no_frame(oauth_app, shop, make_widget):
    make_widget(site=shop, place="inline")

    assert rows() == []


def test_with_site_id_there_is_one_site(oauth_app, shop, make_widget, settings):
    settings.SITE_ID = shop.pk
    make_widget(site=shop)

    assert rows() == []


def test_a_site_row_for_the_frames_host_is_a_site_of_its_own(
    oauth_app, shop, make_widget, committed
):
    with committed():
        chat = Site.objects.create(domain="chat.shop.example", name="Chat")
    make_widget(site=chat)

    assert rows() == []


def test_without_the_setting_no_widget_is_asked_about(
    oauth_app, shop, make_widget, settings
):
    settings.COZE_FRAME_ORIGIN = ""
    settings.ALLOWED_HOSTS = ["shop.example", "www.shop.example"]
    make_widget(site=shop)

    assert rows() == []
