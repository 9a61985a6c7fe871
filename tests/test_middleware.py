from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import async_to_sync, iscoroutinefunction
from django.contrib.auth import login, logout
from django.http import HttpResponse
from django.test import AsyncClient
from django.urls import include, path

from coze_widget.middleware import VisitorMiddleware, mark_change

pytestmark = pytest.mark.django_db


def log_in(request):
    from django.contrib.auth.models import User

    login(request, User.objects.get(username="alice"))
    return HttpResponse()


def log_out(request):
    logout(request)
    return HttpResponse()


def other(request):
    return HttpResponse()


urlpatterns = [
    path("in/", log_in),
    path("out/", log_out),
    path("other/", other),
    path("chat/", include("coze_widget.urls")),
]


@pytest.fixture(autouse=True)
def _site(settings, django_user_model):
    settings.ROOT_URLCONF = "tests.test_middleware"
    django_user_model.objects.create_user("alice")


@pytest.mark.parametrize("url", ["/in/", "/out/"])
def test_a_login_and_a_logout_put_the_guest_away(client, url):
    cookie = client.get(url).cookies["coze_visitor"]

    assert (cookie["max-age"], cookie["path"]) == (0, "/chat/")


def test_nothing_else_does(client):
    assert "coze_visitor" not in client.get("/other/").cookies


def test_a_guest_who_logs_in_and_out_finds_no_earlier_chat(client, coze, make_widget):
    make_widget(guests="isolated")
    ask = ("/chat/support/session/", "{}")
    first = client.post(*ask, content_type="application/json").json()

    client.get("/in/")
    client.get("/out/")

    again = client.post(*ask, content_type="application/json").json()
    assert again["epoch"] != first["epoch"]


@pytest.mark.django_db(transaction=True)
def test_it_works_under_asgi():
    # Not asyncio.run: its thread for synchronous code would keep a connection.
    response = async_to_sync(AsyncClient().get)("/in/")

    assert response.cookies["coze_visitor"]["max-age"] == 0


def test_it_stays_asynchronous_in_an_asynchronous_stack(rf):
    async def view(request):
        return HttpResponse("as it was")

    middleware = VisitorMiddleware(view)

    assert iscoroutinefunction(middleware)
    assert asyncio.run(middleware(rf.get("/"))).content == b"as it was"


def test_a_login_without_a_request_is_none_of_its_business():
    assert mark_change(request=None) is None
