from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sites.models import Site
from django.core.exceptions import ImproperlyConfigured

from coze_widget.models import Widget
from coze_widget.people import Person
from coze_widget.visitors import SignedVisitor, guest_visitor, signed_visitor
from tests.sessions import browser, handler, post

# Every test of this file runs under both handlers.
__all__ = ["handler"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _one_site(settings):
    settings.SITE_ID = 1


@pytest.fixture
def alice(django_user_model):
    return django_user_model.objects.create_user("alice", first_name="Alice")


@pytest.fixture
def tea(make_widget):
    """A widget of one of two sites, of which the host says which it is."""
    site = Site.objects.create(domain="tea.example", name="tea")
    make_widget(slug="tea", site=site)
    return site


def test_a_user_is_who_they_are_in_the_page(coze, widget, alice):
    epoch = post(browser(alice)).json()["epoch"]

    person = Person.from_user(alice, "support")

    assert person.session_name == epoch
    assert (person.widget, person.nickname) == (widget, "Alice")


def test_a_guest_is_who_their_cookie_says(widget, settings):
    person = Person.from_guest("g-1", "support")

    visitor = guest_visitor("g-1", widget, site_id=settings.SITE_ID)
    assert person.session_name == visitor.session_name


def test_a_subject_is_whom_visitor_tokens_name(widget, settings):
    person = Person.from_subject("42", "support")

    visitor = signed_visitor(SignedVisitor("42"), widget, site_id=settings.SITE_ID)
    assert person.session_name == visitor.session_name


def test_the_three_are_three(widget, alice):
    name = str(alice.pk)
    people = [
        Person.from_user(alice, "support"),
        Person.from_guest(name, "support"),
        Person.from_subject(name, "support"),
    ]

    assert len({person.session_name for person in people}) == 3


@pytest.mark.parametrize("user", [AnonymousUser(), User(username="unsaved")])
def test_who_has_no_number_is_nobody(widget, user):
    with pytest.raises(ValueError, match="not logged in, or not saved"):
        Person.from_user(user, "support")


@pytest.mark.parametrize("make", [Person.from_guest, Person.from_subject])
def test_an_empty_name_is_nobodys(widget, make):
    with pytest.raises(ValueError, match="is empty"):
        make("", "support")


def test_there_must_be_such_a_widget(widget, alice):
    with pytest.raises(Widget.DoesNotExist, match="no widget “sales”"):
        Person.from_user(alice, "sales")


def test_one_that_is_switched_off_will_do(make_widget, alice):
    widget = make_widget(enabled=False)

    assert Person.from_user(alice, "support").widget == widget


def test_the_request_says_at_which_site(tea, alice, rf, settings):
    settings.SITE_ID = None
    settings.ALLOWED_HOSTS = ["tea.example"]
    request = rf.get("/", headers={"host": "tea.example"})

    by_request = Person.from_user(alice, "tea", site=request)

    assert by_request == Person.from_user(alice, "tea", site=tea.pk)


@pytest.mark.usefixtures("coze")
def test_a_host_of_no_site_has_people_too(widget, alice, settings):
    settings.SITE_ID = None
    epoch = post(browser(alice)).json()["epoch"]

    assert Person.from_user(alice, "support", site=None).session_name == epoch


def test_another_site_knows_another_person(widget, tea, alice):
    at_home = Person.from_user(alice, "support")

    assert Person.from_user(alice, "support", site=tea.pk) != at_home


def test_without_site_id_the_site_has_to_be_said(widget, alice, settings):
    settings.SITE_ID = None

    with pytest.raises(ImproperlyConfigured, match="site=request"):
        Person.from_user(alice, "support")
