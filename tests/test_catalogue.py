from __future__ import annotations

import contextlib

import pytest
from django.contrib.sites.models import Site
from django.db import connection, transaction
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from coze_widget import catalogue as module
from coze_widget.catalogue import Catalogue, catalogue
from coze_widget.models import Widget

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _kept_for_a_while(settings):
    settings.COZE_WIDGET_MAX_AGE_SECONDS = 60


@pytest.fixture
def site():
    return Site.objects.create(domain="b.example", name="b")


def get(host):
    return RequestFactory().get("/", HTTP_HOST=host)


def test_a_sites_own_row_wins_over_the_one_for_all(make_widget, site):
    make_widget(name="all")
    make_widget(name="own", site=site)

    assert catalogue.find(site.pk, "support").name == "own"
    assert catalogue.find(None, "support").name == "all"
    assert catalogue.find(1, "support").name == "all"


def test_another_sites_row_does_not_exist(make_widget, site):
    make_widget(site=site)

    assert catalogue.find(1, "support") is None
    assert catalogue.first(1) is None


def test_a_disabled_row_of_the_site_hides_the_one_for_all(make_widget, site):
    make_widget()
    make_widget(site=site, enabled=False)

    assert catalogue.first(site.pk) is None
    assert catalogue.first(None).slug == "support"


def test_a_save_shows_at_once(make_widget):
    widget = make_widget()
    assert catalogue.find(None, "support").name == "Support"

    widget.name = "Help"
    widget.save()

    assert catalogue.find(None, "support").name == "Help"


def test_a_deletion_shows_at_once(widget):
    assert catalogue.first(None)

    widget.delete()

    assert catalogue.first(None) is None


def test_what_others_saved_shows_after_a_while(widget, monkeypatch):
    now = 1000.0
    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    catalogue.first(None)
    Widget.objects.update(name="from another process")

    assert catalogue.first(None).name == "Support"
    now += 61
    assert catalogue.first(None).name == "from another process"


def test_a_row_read_before_a_save_is_not_kept(widget, monkeypatch):
    fresh = Catalogue()
    read = Widget.objects.all

    def read_then_somebody_saves():
        rows = list(read())
        fresh.forget()
        return rows

    monkeypatch.setattr(Widget.objects, "all", read_then_somebody_saves)

    assert fresh.first(None).name == "Support"
    assert fresh._rows is None


@pytest.mark.django_db(transaction=True)
def test_a_row_read_before_the_commit_is_not_kept(make_widget):
    widget = make_widget()
    with transaction.atomic():
        Widget.objects.filter(pk=widget.pk).update(name="uncommitted")
        widget.refresh_from_db()
        widget.save()
        assert catalogue.first(None).name == "uncommitted"
        assert catalogue._rows is None

    assert catalogue.first(None).name == "uncommitted"
    assert catalogue._rows is not None


@pytest.mark.django_db(transaction=True)
def test_a_row_that_was_rolled_back_never_was():
    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        Widget.objects.create(slug="s", name="n", bot_id="1")
        assert catalogue.first(None)
        raise ZeroDivisionError

    assert catalogue.first(None) is None


@pytest.mark.django_db(transaction=True)
def test_a_failing_query_would_spoil_no_transaction(widget):
    """Only PostgreSQL minds; what keeps it content is the savepoint."""
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        catalogue.first(None)

    assert [query["sql"].split()[0] for query in queries] == [
        "SAVEPOINT",
        "SELECT",
        "RELEASE",
    ]


def test_the_host_chooses_the_site(site):
    assert catalogue.site_id(get("b.example")) == site.pk


def test_site_id_of_the_settings_wins(site, settings):
    settings.SITE_ID = site.pk

    assert catalogue.site_id(get("other.example")) == site.pk
    assert catalogue.site_id(None) == site.pk


def test_a_host_without_a_site_is_remembered(django_assert_num_queries):
    assert catalogue.site_id(get("nobody.example")) is None
    catalogue.first(None)

    with django_assert_num_queries(0):
        assert catalogue.site_id(get("nobody.example")) is None


def test_a_new_site_is_seen_at_once():
    catalogue.site_id(get("new.example"))

    site = Site.objects.create(domain="new.example", name="new")

    assert catalogue.site_id(get("new.example")) == site.pk


def test_strangers_hosts_do_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(module, "MAX_HOSTS", 2)
    for name in "abc":
        catalogue.site_id(get(f"{name}.example"))

    assert list(catalogue._site_ids) == ["c.example"]


def test_without_request_and_site_id_only_rows_for_all_count():
    assert catalogue.site_id(None) is None
