"""Pages while the database of the rows is down: a real one."""

from __future__ import annotations

import threading

import pytest
from django.contrib.sites.models import Site
from django.db import connections, transaction

from coze_widget import catalogue as catalogue_module
from coze_widget.catalogue import Catalogue
from coze_widget.models import Widget
from coze_widget.outages import Outage
from tests.elsewhere import ALIAS, elsewhere
from tests.pages import get, islands, render

__all__ = ["elsewhere"]
SOON = 30


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch, settings, oauth_app, _rows):
    """That of a process which has shown no page yet."""
    settings.COZE_WIDGET_MAX_AGE_SECONDS = 5
    clock = Clock()
    process = Catalogue(monotonic=clock)
    for module in ("candidates", "catalogue", "identities", "visitor_tokens"):
        monkeypatch.setattr(f"coze_widget.{module}.catalogue", process)
    assert catalogue_module.catalogue is process
    return clock


@pytest.fixture
def _rows(elsewhere):
    # Without signals: as another process would.
    [site] = Site.objects.bulk_create([Site(domain="testserver", name="shop")])
    Widget.objects.bulk_create(
        [Widget(slug="support", name="Support", bot_id="1", site=site)]
    )


def page(path="/"):
    return list(islands(render(request=get(path))))


WIDGET = ["coze-widget-support"]
JSON = "application/json"


def test_a_page_of_a_warm_process_keeps_its_widget(elsewhere, clock, caplog):
    assert page() == WIDGET
    elsewhere.stop()

    for _ in range(20):
        clock.now += 0.5
        assert page() == WIDGET
    tables = [record.args[0] for record in caplog.records]
    assert sorted(tables) == ["coze_widget_widget", "django_site"]

    elsewhere.start()
    clock.now += 1
    assert page() == WIDGET
    assert caplog.text.count("The database answers again") == 2


def test_a_page_of_a_cold_process_is_without_and_soon_with_it(
    elsewhere, clock, caplog, settings
):
    elsewhere.stop()
    for _ in range(20):
        clock.now += 0.5
        assert page() == []
    assert len(caplog.records) == 1
    assert "No widget is shown: the database failed (django_site)" in caplog.text
    settings.DEBUG = True
    assert render() == (
        "<!-- coze_widget: OperationalError, see the log. "
        "Has `python manage.py migrate` been run? -->"
    )

    elsewhere.start()
    clock.now += 1
    assert page() == WIDGET


def test_a_restart_between_two_readings_costs_nothing(elsewhere, clock, caplog):
    assert page() == WIDGET
    elsewhere.hang_up()
    clock.now += 5

    assert page() == WIDGET
    assert caplog.records == []
    assert catalogue_module.catalogue.rows_age_seconds == 0


ASK = {"path": "/chat/support/session/", "data": "{}", "content_type": JSON}


def test_frame_and_session_go_on_with_known_rows(elsewhere, clock, client):
    assert page() == WIDGET
    elsewhere.stop()
    clock.now += 5

    assert client.get("/chat/support/frame/").status_code == 200
    assert client.post(**ASK).json()["code"] == "login_required"


def test_frame_and_session_of_a_cold_process_say_come_again(elsewhere, clock, client):
    elsewhere.stop()

    for answer in (client.get("/chat/support/frame/"), client.post(**ASK)):
        assert answer.status_code == 503
        assert answer.json()["code"] == "unavailable"
        assert answer.headers["Retry-After"] == "10"
        assert answer.headers["Cache-Control"] == "no-store"


def test_within_a_transaction_the_copy_serves(elsewhere, clock):
    assert page() == WIDGET
    clock.now += 5

    with transaction.atomic(using=ALIAS):
        elsewhere.hang_up()
        assert page() == WIDGET
        connections[ALIAS].close()


def test_a_broken_transaction_of_the_page_spoils_nothing(elsewhere, clock):
    """Someone's view has swallowed an error, and PostgreSQL answers it nothing more."""
    assert page() == WIDGET
    clock.now += 5
    with transaction.atomic(using=ALIAS):
        with connections[ALIAS].cursor() as cursor:
            with pytest.raises(Exception, match="no_such_table"):
                cursor.execute("SELECT * FROM no_such_table")
            assert page() == WIDGET
        transaction.set_rollback(True, using=ALIAS)


def test_threads_go_through_an_outage_together(elsewhere, clock):
    """Each with a connection of its own, which it does not know to be dead."""
    seen, together = [], threading.Barrier(5)

    def person():
        try:
            for _ in range(4):
                together.wait(SOON)
                seen.append(page())
                together.wait(SOON)
        finally:
            connections.close_all()

    people = [threading.Thread(target=person) for _ in range(4)]
    for thread in people:
        thread.start()
    for prepare in (int, elsewhere.stop, elsewhere.start, elsewhere.hang_up):
        prepare()
        clock.now += 5
        together.wait(SOON)
        together.wait(SOON)
    for thread in people:
        thread.join(SOON)

    assert seen == [WIDGET] * 16


def test_each_effect_is_news_once(caplog):
    outage = Outage("rows")
    outage.end()

    effects = ["covered", "covered", "uncovered", "uncovered"]
    assert [outage.begin(effect) for effect in effects] == [True, False, True, False]
    for _ in range(2):
        outage.end()

    assert caplog.messages == ["The database answers again (rows)."]
    assert outage.begin("uncovered")
