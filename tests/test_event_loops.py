from __future__ import annotations

import asyncio
import contextvars
import logging
import threading

import pytest
from asgiref.sync import async_to_sync
from django.db import connections
from django.shortcuts import render
from django.test import AsyncClient
from django.urls import include, path

from coze_widget import candidates
from coze_widget.catalogue import catalogue
from coze_widget.event_loops import refuses_queries, start_in_thread
from coze_widget.local_copies import GRACE_SECONDS, RowsUnreadable
from coze_widget.models import Widget
from tests.elsewhere import elsewhere
from tests.pages import islands

__all__ = ["elsewhere"]
AGE = 5
SOON = 30
released = threading.Event()
tenant = contextvars.ContextVar("tenant")


async def page(request):
    """What a project's own coroutine does: nothing in it may query."""
    return render(request, "tag.html")


urlpatterns = [path("page/", page), path("chat/", include("coze_widget.urls"))]


@pytest.fixture(autouse=True)
def _pages_by_coroutines(settings, tmp_path):
    (tmp_path / "tag.html").write_text("{% load coze_widget %}{% coze_widget %}")
    [engine] = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [tmp_path]}]
    settings.ROOT_URLCONF = __name__
    settings.COZE_WIDGET_MAX_AGE_SECONDS = AGE


@pytest.fixture
def clock(monkeypatch):
    """The clock of both copies."""
    now = [1000.0]
    for copy in (catalogue._widgets, catalogue._sites):
        monkeypatch.setattr(copy, "_monotonic", lambda: now[0])
    return now


def titles(client=None):
    """What the page's widgets are called."""
    # Not asyncio.run: its thread for synchronous code would keep a connection.
    response = async_to_sync((client or AsyncClient()).get)("/page/")
    assert response.status_code == 200
    found = islands(response.content.decode()).values()
    return [island["panel"]["title"] for island in found]


def rename(name):
    """As another process does."""
    Widget.objects.update(name=name)


def wait_for_renewal():
    for copy in (catalogue._widgets, catalogue._sites):
        copy._renewal.result(SOON)


# The tag in a page that a coroutine renders


pages = pytest.mark.usefixtures("oauth_app")
database = pytest.mark.django_db(transaction=True)


@pages
@database
def test_a_cold_process_reads_for_a_coroutine(make_widget, caplog):
    make_widget(name="Tea")

    assert titles() == ["Tea"]
    assert titles() == ["Tea"]
    assert caplog.messages == []


@pages
@database
def test_a_coroutine_goes_on_with_the_copy_while_it_is_renewed(
    make_widget, clock, caplog
):
    make_widget(name="Tea")
    titles()
    rename("Coffee")
    clock[0] += AGE

    assert titles() == ["Tea"]
    wait_for_renewal()
    assert titles() == ["Coffee"]
    assert caplog.messages == []


@pages
@database
def test_a_coroutine_gets_no_copy_of_yesterday(make_widget, clock, caplog):
    make_widget(name="Tea")
    titles()
    rename("Coffee")
    clock[0] += AGE + GRACE_SECONDS

    assert titles() == ["Coffee"]
    assert caplog.messages == []


@pages
@database
def test_what_this_process_saved_shows_in_the_next_page(make_widget):
    widget = make_widget(name="Tea")
    titles()
    widget.name = "Coffee"
    widget.save()

    assert titles() == ["Coffee"]


@pages
@database
def test_with_no_age_each_page_reads(make_widget, settings):
    settings.COZE_WIDGET_MAX_AGE_SECONDS = 0
    make_widget(name="Tea")
    assert titles() == ["Tea"]
    rename("Coffee")

    assert titles() == ["Coffee"]


@pages
def test_a_database_that_is_down_costs_the_page_no_more_than_the_widget(
    elsewhere, caplog
):
    elsewhere.stop()

    assert [titles(), titles()] == [[], []]
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "No widget is shown: the database failed" in caplog.text


@pages
@database
def test_a_widget_hides_from_others_in_a_coroutines_page(make_widget, nadia, caplog):
    make_widget(name="Tea", staff_only=True, hide_from_others=True)
    staff = AsyncClient()
    staff.force_login(nadia)

    assert titles() == []
    assert titles(staff) == ["Tea"]
    assert caplog.messages == []


def take_long(request, widget):
    released.wait(SOON)
    return True


@pages
@database
def test_a_widget_whose_rule_hangs_is_hidden(
    make_widget, settings, monkeypatch, caplog
):
    monkeypatch.setattr(candidates, "PATIENCE_SECONDS", 0.01)
    settings.COZE_AUDIENCES = {"slow": f"{__name__}.take_long"}
    make_widget(guests="isolated", audience="slow", hide_from_others=True)
    released.clear()

    assert titles() == []
    released.set()
    for thread in threading.enumerate():
        if thread.name == "coze_widget-ask":
            thread.join(SOON)
    assert "widgets that hide from others are shown to nobody" in caplog.text


# What stands behind it


def test_only_its_own_thread_runs_a_loop():
    async def main():
        return refuses_queries(), await asyncio.to_thread(refuses_queries)

    assert not refuses_queries()
    assert asyncio.run(main()) == (True, False)


def test_a_notebook_may_ask_by_itself(monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

    async def main():
        return refuses_queries()

    assert not asyncio.run(main())


def test_who_asks_hears_what_went_wrong():
    def fail():
        raise RowsUnreadable("gone")

    with pytest.raises(RowsUnreadable, match="gone"):
        start_in_thread(fail).result(SOON)


def test_context_variables_come_along():
    tenant.set("tea")

    assert start_in_thread(tenant.get).result(SOON) == "tea"


@database
def test_no_connection_is_left_behind():
    def ask():
        connections["default"].ensure_connection()
        return connections["default"]

    used = start_in_thread(ask).result(SOON)

    assert used is not connections["default"]
    assert used.connection is None
