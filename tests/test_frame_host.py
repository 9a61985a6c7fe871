"""COZE_FRAME_ORIGIN: what pages say of it, and what is found on that host."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import include, path, set_script_prefix

from coze_widget.frame_host import is_on_frame_host, is_out_of_place, on_page_host
from coze_widget.islands import build_chat_island, build_page_island
from coze_widget.models import Widget
from coze_widget.paths import Paths
from tests.loop_client import LoopClient

PAGE, FRAME = "shop.example", "chat.shop.example"


def account(request):
    return HttpResponse("Alice's account")


urlpatterns = [
    path("account/", account),
    path("static/file.js", account),
    path("media/face.png", account),
    path("chat/", include("coze_widget.urls")),
]
# The app at the root of its host: a prefix would let everything in.
at_root = [path("account/", account), path("", include("coze_widget.urls"))]


@pytest.fixture(autouse=True)
def _sibling(settings):
    settings.ROOT_URLCONF = "tests.test_frame_host"
    settings.COZE_FRAME_ORIGIN = f"https://{FRAME}"
    settings.COZE_PAGE_ORIGINS = [f"https://{PAGE}"]


def request_to(host, path="/"):
    return RequestFactory(headers={"host": host}).get(path)


# The host


@pytest.mark.parametrize(
    ("host", "is_frames"),
    [
        (FRAME, True),
        (FRAME.upper(), True),
        (PAGE, False),
        (f"{FRAME}.", True),
        (f"{FRAME}:443", True),
        (f"{FRAME}:8443", False),
        (f"x{FRAME}", False),
        (f"{FRAME}.evil.example", False),
    ],
)
def test_the_frames_host_is_known_by_its_whole_name(host, is_frames):
    assert is_on_frame_host(request_to(host)) is is_frames


def test_a_port_is_part_of_it(settings):
    settings.COZE_FRAME_ORIGIN = "http://chat.shop.localhost:8000/"

    assert is_on_frame_host(request_to("chat.shop.localhost:8000"))
    assert not is_on_frame_host(request_to("chat.shop.localhost:9000"))


def test_without_the_setting_nobody_looks_at_the_host(settings):
    settings.COZE_FRAME_ORIGIN = ""
    settings.ALLOWED_HOSTS = []

    assert not is_on_frame_host(request_to("anything.example"))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/login/", f"https://{PAGE}/login/"),
        ("https://id.example/login/", "https://id.example/login/"),
        ("//id.example/login/", "//id.example/login/"),
    ],
)
def test_a_path_leads_to_the_pages_host(url, expected):
    assert on_page_host(url) == expected


def test_where_no_page_is_known_a_path_stays_one(settings):
    settings.COZE_PAGE_ORIGINS = []

    assert on_page_host("/login/") == "/login/"


# What is found there


def ask(client, host, path):
    response = client.get(path, headers={"host": host})
    return response.status_code, response.content.decode()


@pytest.mark.django_db
def test_nobody_finds_a_page_of_the_site_on_the_frames_host(client):
    assert ask(client, PAGE, "/account/") == (200, "Alice's account")
    assert ask(client, FRAME, "/account/") == (404, "Only the chat is on this host.")
    assert ask(client, FRAME, "/nothing/")[0] == 404


@pytest.mark.django_db
def test_nor_in_an_event_loop():
    assert ask(LoopClient(), FRAME, "/account/")[0] == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/chat/support/frame/", "/static/file.js", "/media/face.png"]
)
def test_the_frame_and_what_it_is_made_of_are_there(
    client, widget, oauth_app, settings, path
):
    settings.MEDIA_URL = "/media/"

    assert ask(client, FRAME, path)[0] == 200


@pytest.mark.parametrize("place", ["/", "", None, "https://cdn.example/"])
def test_files_elsewhere_let_nothing_else_in(settings, place):
    settings.STATIC_URL = place

    assert is_out_of_place(request_to(FRAME, "/account/"))


def test_neither_does_a_prefix_of_the_whole_project(settings):
    """Django puts the prefix before what is not set."""
    set_script_prefix("/app/")
    settings.MEDIA_URL = ""
    assert settings.MEDIA_URL == "/app/"

    assert is_out_of_place(request_to(FRAME, "/app/account/"))


@pytest.fixture(autouse=True)
def _prefix():
    yield
    set_script_prefix("/")


def test_neither_does_an_app_at_the_root():
    request = request_to(FRAME, "/account/")
    request.urlconf = type("urls", (), {"urlpatterns": at_root})
    frame = request_to(FRAME, "/support/frame/")
    frame.urlconf = request.urlconf

    assert is_out_of_place(request)
    assert not is_out_of_place(frame)


# What a page and the frame are told


def page_island(**options):
    widget = Widget(slug="support", name="Support")
    place = options.pop("place", "frame")
    return build_page_island(widget, place=place, overrides={}, **options)


def test_a_page_is_told_where_the_frame_is_and_where_to_ask_who_is_there():
    island = page_island()

    assert island["frame_url"] == f"https://{FRAME}/chat/support/frame/"
    assert island["visitor_url"] == "/chat/support/visitor/"


def test_without_the_setting_there_is_nothing_to_ask(settings):
    settings.COZE_FRAME_ORIGIN = ""

    island = page_island()

    assert island["frame_url"] == "/chat/support/frame/"
    assert "visitor_url" not in island


def test_a_chat_in_the_page_itself_has_no_other_host():
    island = page_island(place="inline")

    assert island["frame_url"] is None
    assert "visitor_url" not in island


def test_a_preview_stays_where_its_editor_is_logged_in():
    island = page_island(paths=Paths("/admin/frame/", "/admin/session/", "/admin/f/"))

    assert island["frame_url"] == "/admin/frame/"
    assert "visitor_url" not in island


def test_the_frames_own_paths_are_of_its_own_host():
    island = build_chat_island(
        Widget(slug="support", name="Support", bot_id="1"),
        place="frame",
        base_url="https://api.coze.cn",
    )

    assert island["session_url"] == "/chat/support/session/"
    assert island["embedders"] == [f"https://{PAGE}"]
