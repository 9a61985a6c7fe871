from __future__ import annotations

import pytest
from django.contrib.sites.models import Site
from django.db import connection

from coze_widget.checklist.widgets import list_widgets, read_rows
from tests.checklist.finding import (
    DONE,
    FAILED,
    NOTE,
    OPEN,
    UNSEEN,
    item_of,
    states_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("oauth_app")]


def listed(slug=""):
    return list_widgets(read_rows(slug=slug), slug=slug)


def only_widget(section):
    [item] = [item for item in section.items if item.key.startswith("widget:")]
    return item


def test_without_a_widget_the_form_comes_next():
    section = listed()

    assert states_of(section) == {"widget": OPEN, "tag": UNSEEN}
    [link] = item_of(section, "widget").links
    assert link.url == "/admin/coze_widget/widget/add/"
    assert item_of(section, "tag").code == "{% load coze_widget %}{% coze_widget %}"


@pytest.mark.urls("tests.empty_urls")
def test_without_the_admin_there_is_no_link():
    assert item_of(listed(), "widget").links == []


def test_a_widget_that_works(widget):
    section = listed()

    item = only_widget(section)
    assert item.state == DONE
    assert item.text == "“Support” is shown on pages that have its tag."
    assert item.advice == "The chat alone is at /chat/support/frame/."
    assert item.code == '{% load coze_widget %}{% coze_widget "support" %}'
    assert [link.url for link in item.links] == [
        f"/admin/coze_widget/widget/{widget.pk}/change/"
    ]


def test_whether_it_is_published_cannot_be_seen(make_widget):
    make_widget(slug="one")
    make_widget(slug="two")
    make_widget(slug="three", mode="app", app_id="1", workflow_id="2", bot_id="")

    published = [item for item in listed().items if item.key == "publish"]

    assert [item.state for item in published] == [UNSEEN, UNSEEN]
    assert ["agent" in item.text for item in published] == [True, False]


def test_a_widget_without_a_credential(make_widget):
    make_widget(oauth_app="gone")

    item = only_widget(listed())

    assert (item.state, item.text) == (FAILED, "“Support” is not shown.")
    assert item.advice.startswith("COZE_OAUTH_APPS has no OAuth app “gone”")


def test_a_widget_on_trial(widget, settings):
    settings.COZE_OAUTH_APPS = {}
    settings.COZE_PERSONAL_ACCESS_TOKEN = "pat_" + "a" * 40
    settings.DEBUG = True

    item = only_widget(listed())

    assert (item.state, item.text) == (NOTE, "“Support” is shown to you alone.")


def test_a_widget_that_is_off_is_no_fault(make_widget):
    make_widget(enabled=False, oauth_app="gone")

    item = only_widget(listed())

    assert (item.state, item.text) == (NOTE, "“Support” is switched off.")
    assert "/frame/" not in item.advice


def test_widgets_that_the_settings_switch_off_are_no_fault(widget, settings):
    settings.COZE_WIDGETS_ENABLED = False

    item = only_widget(listed())

    assert (item.state, item.text) == (NOTE, "“Support” is not shown.")
    assert "COZE_WIDGETS_ENABLED" in item.advice
    assert "/frame/" not in item.advice


def test_the_site_of_a_widget_is_named(make_widget):
    make_widget(site=Site.objects.get(), place="inline")

    assert only_widget(listed()).advice == "Only on example.com."


@pytest.mark.urls("tests.empty_urls")
def test_without_urls_there_is_no_frame(widget):
    item = only_widget(listed())

    assert item.state == FAILED
    assert "/frame/" not in item.advice


def test_one_widget_of_many(make_widget):
    make_widget(slug="one", name="First")
    make_widget(slug="two", name="Second")

    assert only_widget(listed("two")).text.startswith("“Second”")


def test_a_slug_that_nobody_has(widget):
    item = item_of(listed("other"), "widget")

    assert (item.state, item.text) == (FAILED, "There is no widget “other”.")


def test_an_opening_is_ticked(widget):
    section = list_widgets(read_rows(), opened_at=1_800_000_000)

    item = item_of(section, "opening")
    assert item.state == DONE
    assert item.advice == "Last at 2027-01-15 02:00:00 CST."


def test_without_an_opening_the_chat_is_to_be_tried(widget):
    assert item_of(listed(), "opening").state == UNSEEN


def test_widgets_cost_one_query(make_widget, django_assert_num_queries):
    make_widget(slug="one", site=Site.objects.get())
    make_widget(slug="two")

    with django_assert_num_queries(3):  # the row query between a savepoint's two
        section = listed()

    assert len(section.items) == 4


# --- a database that is not as it should be


def test_a_missing_table_is_told_from_a_silent_database():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE coze_widget_widget RENAME TO elsewhere")

    rows = read_rows()

    # Django's class, which is another one with PostgreSQL.
    assert rows.error in {"OperationalError", "ProgrammingError"}
    assert not rows.is_silent
    assert list_widgets(rows).items == []
