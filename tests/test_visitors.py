from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.core.signing import Signer
from django.http import HttpResponse

from coze_widget import visitors
from coze_widget.models import Widget
from coze_widget.visitors import guest_visitor, session_name, user_visitor

KEY = "an identity key for tests only, long enough to be one"
WIDGET = Widget(slug="s", user_nickname="Visitor", user_url="/visitor.png")


def test_a_session_name_is_a_keyed_hash_over_a_json_list():
    person = json.dumps([1, "default", 7, "user", "", "42", 0]).encode()

    assert (
        session_name("user", "42", site_id=7)
        == hmac.new(KEY.encode(), person, hashlib.sha256).hexdigest()
    )


def test_everything_that_makes_a_person_changes_the_name(settings):
    names = {
        session_name("user", "42", site_id=7),
        session_name("guest", "42", site_id=7),
        session_name("user", "43", site_id=7),
        session_name("user", "42", site_id=8),
        session_name("user", "42", site_id=None),
        session_name("user", "42", site_id=7, issuer="shop"),
        session_name("user", "42", site_id=7, generation=1),
    }
    settings.COZE_ENVIRONMENT = "staging"
    names.add(session_name("user", "42", site_id=7))
    settings.COZE_IDENTITY_KEY = "k" * 40
    names.add(session_name("user", "42", site_id=7))

    assert len(names) == 9


def test_no_two_people_share_an_encoding():
    assert session_name("user", '4","2', site_id=7) != session_name(
        "user", "4", site_id=7, issuer="2"
    )


def test_secret_key_has_nothing_to_do_with_it(settings):
    before = session_name("user", "42", site_id=7)

    settings.SECRET_KEY = "rotated"

    assert session_name("user", "42", site_id=7) == before


def test_without_a_key_there_is_no_name(settings):
    settings.COZE_IDENTITY_KEY = ""

    with pytest.raises(ImproperlyConfigured, match="COZE_IDENTITY_KEY is not set"):
        session_name("user", "42", site_id=7)


def test_while_developing_a_key_is_there(settings):
    settings.COZE_IDENTITY_KEY = ""
    settings.DEBUG = True

    assert len(session_name("user", "42", site_id=7)) == 64


def nickname(user, widget=WIDGET):
    return user_visitor(user, widget, site_id=1).nickname


def test_a_full_name_is_the_nickname():
    assert nickname(User(pk=1, first_name="Alice", last_name="L")) == "Alice L"


class ShortName:
    pk = 1

    def get_short_name(self):
        return "Al"


class EmailName(ShortName):
    def get_full_name(self):
        return "alice@shop.example"

    get_short_name = get_full_name


def test_else_the_short_one_else_the_rows():
    assert nickname(ShortName()) == "Al"
    assert nickname(User(pk=1, username="alice")) == "Visitor"


def test_never_an_email_address():
    assert nickname(EmailName()) == "Visitor"


def custom_info(user, widget):
    return {"nickname": "  Dr. " + "A" * 60, "url": "https://a.example/a.png"}


def broken_info(user, widget):
    raise KeyError("profile")


def hostile_info(user, widget):
    return {"nickname": None, "url": "javascript:alert(1)"}


def half_an_address(user, widget):
    return {"url": "https://[::1/a.png"}


def test_a_project_may_say_better(settings):
    settings.COZE_USER_INFO = "tests.test_visitors.custom_info"

    visitor = user_visitor(User(pk=1), WIDGET, site_id=1)

    assert visitor.nickname == ("Dr. " + "A" * 60)[:50]
    assert visitor.url == "https://a.example/a.png"


@pytest.mark.parametrize("function", ["broken_info", "hostile_info", "half_an_address"])
def test_what_is_not_fit_to_show_is_replaced_by_the_rows(settings, function):
    settings.COZE_USER_INFO = f"tests.test_visitors.{function}"

    visitor = user_visitor(User(pk=1), WIDGET, site_id=1)

    assert (visitor.nickname, visitor.url) == ("Visitor", "/visitor.png")


def test_a_guest_is_who_the_row_says():
    guest = guest_visitor("g", WIDGET, site_id=1)

    assert (guest.nickname, guest.url, guest.is_guest) == (
        "Visitor",
        "/visitor.png",
        True,
    )
    assert not user_visitor(User(pk=1), WIDGET, site_id=1).is_guest


def test_the_cookie_is_signed_for_this_use_only():
    response = HttpResponse()
    visitors.remember_guest(response, "g", days=0, secure=False)

    value = response.cookies["coze_visitor"].value
    assert Signer(salt="coze_widget.visitors").unsign(value) == "g"
    assert value != Signer().sign("g")


def test_a_forgotten_cookie_is_deleted_as_it_was_set():
    response = HttpResponse()

    visitors.forget_guest(response)

    cookie = response.cookies["coze_visitor"]
    assert (cookie["samesite"], cookie["path"], cookie["max-age"]) == (
        "Lax",
        "/chat/",
        0,
    )


urlpatterns = []


def test_where_the_app_is_not_mounted_nothing_is_forgotten(settings):
    settings.ROOT_URLCONF = "tests.test_visitors"
    response = HttpResponse()

    visitors.forget_guest(response)

    assert not response.cookies
