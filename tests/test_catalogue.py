from __future__ import annotations

import contextlib
import datetime
import threading

import pytest
from django.contrib.sites.models import Site
from django.db import connections, transaction
from django.test import RequestFactory

from coze_widget import catalogue as module
from coze_widget import local_copies
from coze_widget.catalogue import Catalogue, catalogue
from coze_widget.models import Widget

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _kept_for_a_while(settings):
    settings.COZE_WIDGET_MAX_AGE_SECONDS = 60


@pytest.fixture
def site(committed):
    with committed():
        return Site.objects.create(domain="b.example", name="b")


def get(host):
    return RequestFactory().get("/", HTTP_HOST=host)


def first(site_id):
    """What a tag without a slug begins with."""
    return next(iter(catalogue.enabled(site_id)), None)


def test_a_sites_own_row_wins_over_the_one_for_all(make_widget, site):
    make_widget(name="all")
    make_widget(name="own", site=site)

    assert catalogue.find(site.pk, "support").name == "own"
    assert catalogue.find(None, "support").name == "all"
    assert catalogue.find(1, "support").name == "all"


def test_another_sites_row_does_not_exist(make_widget, site):
    make_widget(site=site)

    assert catalogue.find(1, "support") is None
    assert first(1) is None


def test_a_disabled_row_of_the_site_hides_the_one_for_all(make_widget, site):
    make_widget()
    make_widget(site=site, enabled=False)

    assert first(site.pk) is None
    assert first(None).slug == "support"


def test_a_save_shows_at_once(make_widget):
    widget = make_widget()
    assert catalogue.find(None, "support").name == "Support"

    widget.name = "Help"
    widget.save()

    assert catalogue.find(None, "support").name == "Help"


def test_a_deletion_shows_at_once(widget):
    assert first(None)

    widget.delete()

    assert first(None) is None


def test_what_others_saved_shows_after_a_while(widget, later):
    catalogue.find(None, "support")
    Widget.objects.update(name="from another process")

    assert first(None).name == "Support"
    later()
    assert first(None).name == "from another process"


@pytest.mark.django_db(transaction=True)
def test_a_row_read_before_the_commit_is_not_kept(make_widget):
    widget = make_widget()
    with transaction.atomic():
        Widget.objects.filter(pk=widget.pk).update(name="uncommitted")
        widget.refresh_from_db()
        widget.save()
        assert first(None).name == "uncommitted"
        assert catalogue.rows_age_seconds is None

    assert first(None).name == "uncommitted"
    assert catalogue.rows_age_seconds is not None


@pytest.mark.django_db(transaction=True)
def test_a_row_that_was_rolled_back_never_was():
    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        Widget.objects.create(slug="s", name="n", bot_id="1")
        assert first(None)
        raise ZeroDivisionError

    assert first(None) is None


@pytest.mark.django_db(transaction=True)
def test_a_save_shows_at_once_in_every_thread(make_widget, monkeypatch):
    """Whoever asks after a save gets what was saved, or what was saved later."""
    # However busy the machine is: this is not about waiting.
    monkeypatch.setattr(local_copies, "PATIENCE_SECONDS", 60)
    widget = make_widget(name="0")
    saved, faults = 0, []
    ready, is_over = threading.Barrier(5), threading.Event()

    def ask():
        try:
            ready.wait(30)
            while not is_over.is_set():
                known = saved
                seen = int(catalogue.find(None, "support").name)
                if seen < known:
                    faults.append((known, seen))  # pragma: no cover
        finally:
            connections.close_all()

    people = [threading.Thread(target=ask) for _ in range(4)]
    for thread in people:
        thread.start()
    ready.wait(30)
    try:
        for number in range(1, 40):
            widget.name = str(number)
            widget.save()
            saved = number
    finally:
        is_over.set()
        for thread in people:
            thread.join(30)

    assert faults == []
    assert first(None).name == "39"


# What a re-reading costs


@pytest.fixture
def later(monkeypatch):
    """Let the copy's time be over."""
    passed = 0.0
    process = Catalogue(monotonic=lambda: 1000.0 + passed)
    monkeypatch.setattr(module, "catalogue", process)
    monkeypatch.setitem(globals(), "catalogue", process)

    def later():
        nonlocal passed
        passed += 61

    return later


def test_rows_that_did_not_change_stay_the_same_objects(make_widget, later):
    make_widget(slug="a", name="A", parameters={"tea": ["green"]})
    make_widget(slug="b", name="B", parameters={"tea": ["black"]})
    a, b = catalogue.all(None)
    later()
    assert catalogue.all(None) == (a, b)

    Widget.objects.filter(slug="b").update(parameters={"tea": ["white"]})
    later()
    same, other = catalogue.all(None)

    assert same is a
    assert other is not b
    assert other.parameters == {"tea": ["white"]}
    assert b.parameters == {"tea": ["black"]}


def test_a_reading_without_a_change_costs_one_query_and_no_object(
    make_widget, site, later, django_assert_num_queries
):
    for number in range(20):
        make_widget(slug=f"w{number}", site=site)
    before = catalogue.all(site.pk)
    later()

    # One SELECT, and the savepoint of the test's transaction.
    with django_assert_num_queries(3):
        assert catalogue.all(site.pk) is before


def test_a_row_read_is_as_django_reads_it(make_widget, site, later):
    """Every kind of field, with what a driver makes of it and Django again."""
    moment = datetime.datetime(2126, 1, 1, 12, 30, tzinfo=datetime.timezone.utc)
    make_widget(
        site=site,
        parameters={"a": [1, None, "ä"]},
        groups=["Tea"],
        shown_from=moment,
        enabled=False,
        launcher_icon="coze_widget/tea.png",
    )

    row = catalogue.find(site.pk, "support")

    for known in (Widget.objects.get(), Widget.objects.only("pk").get()):
        assert {
            field.attname: getattr(row, field.attname)
            for field in Widget._meta.concrete_fields
        } == {
            field.attname: getattr(known, field.attname)
            for field in Widget._meta.concrete_fields
        }
    assert row._state.db == "default"
    assert not row._state.adding


def test_rows_come_and_go(make_widget, later):
    make_widget(slug="a")
    make_widget(slug="b")
    a, _b = catalogue.all(None)
    Widget.objects.filter(slug="b")._raw_delete("default")
    Widget.objects.bulk_create([Widget(slug="c", name="C", bot_id="1")])
    later()

    assert [row.slug for row in catalogue.all(None)] == ["a", "c"]
    assert catalogue.all(None)[0] is a


def test_no_rows(later, django_assert_num_queries):
    assert catalogue.all(None) == ()
    later()
    assert catalogue.all(None) == ()


# What a site has


def test_a_site_has_its_own_and_those_for_all_by_order(make_widget, site):
    make_widget(slug="c", order=1)
    make_widget(slug="b", order=2)
    make_widget(slug="b", order=0, site=site)
    make_widget(slug="a", order=1, site=site, enabled=False)

    assert [row.slug for row in catalogue.all(site.pk)] == ["b", "a", "c"]
    assert [row.slug for row in catalogue.enabled(site.pk)] == ["b", "c"]
    assert [row.slug for row in catalogue.enabled(None)] == ["c", "b"]


def test_what_a_site_has_is_worked_out_once(make_widget, site):
    for number in range(20):
        make_widget(slug=f"w{number}", site=site)
    make_widget(slug="all")

    assert catalogue.enabled(site.pk) is catalogue.enabled(site.pk)
    assert catalogue.all(1) is catalogue.all(None)
    assert catalogue.find(site.pk, "all") is catalogue.enabled(site.pk)[0]


# Sites


def test_the_host_chooses_the_site(site):
    assert catalogue.site_id(get("b.example")) == site.pk


def test_site_id_of_the_settings_wins(site, settings):
    settings.SITE_ID = site.pk

    assert catalogue.site_id(get("other.example")) == site.pk
    assert catalogue.site_id(None) == site.pk


@pytest.mark.parametrize("missing", [4711, 0, None])
def test_site_id_of_no_site_is_none(settings, missing):
    settings.SITE_ID = missing

    assert catalogue.site_id(None) is None


@pytest.mark.parametrize(
    "host", ["b.example", "B.Example", "b.example:8000", "b.example.", "c.example:81"]
)
def test_hosts_are_found_as_django_finds_them(site, host, settings):
    Site.objects.create(domain="C.example:81", name="c")
    Site.objects.clear_cache()

    found = catalogue.site_id(get(host))

    assert found == Site.objects.get_current(get(host)).pk
    Site.objects.clear_cache()


def test_a_port_of_ones_own_comes_first(site):
    other = Site.objects.create(domain="b.example:8000", name="b8000")

    assert catalogue.site_id(get("b.example:8000")) == other.pk
    assert catalogue.site_id(get("b.example:8001")) == site.pk


def test_strangers_hosts_cost_no_query_and_no_memory(
    site, later, django_assert_num_queries
):
    catalogue.site_id(get("b.example"))
    before = catalogue._sites.get()

    with django_assert_num_queries(0):
        for number in range(2000):
            assert catalogue.site_id(get(f"x{number}.example")) is None
        assert catalogue.site_id(get("b.example")) == site.pk
    assert catalogue._sites.get() is before


def test_a_domain_that_others_have_changed_is_seen_after_a_while(site, later):
    assert catalogue.site_id(get("b.example")) == site.pk
    Site.objects.filter(pk=site.pk).update(domain="moved.example")
    later()

    assert catalogue.site_id(get("b.example")) is None
    assert catalogue.site_id(get("moved.example")) == site.pk


def test_a_new_site_is_seen_at_once():
    catalogue.site_id(get("new.example"))

    site = Site.objects.create(domain="new.example", name="new")

    assert catalogue.site_id(get("new.example")) == site.pk


def test_without_request_and_site_id_only_rows_for_all_count():
    assert catalogue.site_id(None) is None
