from __future__ import annotations

import pytest
from django.db import connection
from django.http import HttpResponse, StreamingHttpResponse
from django.template import RequestContext, Template
from django.test import RequestFactory

from coze_widget.models import Widget
from coze_widget.testing.assertions import assert_no_widget, assert_widget
from coze_widget.testing.widgets import save_widget

pytestmark = pytest.mark.django_db


def page(tag="{% coze_widget %}", **options):
    template = Template("{% load coze_widget %}<h1>Shop</h1>" + tag)
    html = template.render(RequestContext(RequestFactory().get("/")))
    return HttpResponse(html, **options)


@pytest.mark.parametrize(
    ("options", "place"),
    [("", "frame"), ("inline=True", "inline"), ("inline=True eager=True", "inline")],
)
def test_a_page_has_a_widget(coze_widget, options, place):
    island = assert_widget(page(f"{{% coze_widget 'coze-test' {options} %}}"))

    assert island["slug"] == "coze-test"
    assert island["place"] == place
    assert "launcher" in island


def test_the_sdks_button_counts_as_well(coze):
    save_widget(place="inline", load="eager", launcher="sdk")

    assert assert_widget(page(), "coze-test")["load"] == "eager"


def test_the_text_of_a_page_will_do(coze_widget):
    assert assert_widget(page().content.decode(), "coze-test")


def test_a_page_that_is_streamed_will_do(coze_widget):
    response = StreamingHttpResponse(iter([page().content]))

    assert assert_widget(response, "coze-test")


def test_a_page_has_another_widget(coze_widget):
    with pytest.raises(AssertionError, match="lacks the widget “other”.*“coze-test”"):
        assert_widget(page(), "other")
    with pytest.raises(AssertionError, match="The page has “coze-test”"):
        assert_no_widget(page())


def test_a_page_has_no_widget(coze_widget, settings):
    settings.COZE_WIDGETS_ENABLED = False

    assert_no_widget(page())
    with pytest.raises(AssertionError, match="lacks a widget; it has none"):
        assert_widget(page())


@pytest.mark.parametrize(
    "html",
    [
        '<!-- <script type="application/json" id="coze-widget-support">{}</script> -->',
        '<p id="coze-widget-support">{}</p>',
        "<p>coze-widget-support</p>",
        '<script id="coze-widget-support">{}</script>',
        '<script type="application/json">{}</script>',
        '<script type="application/json" id="other">{"a": "coze-widget-support"}</script>',
    ],
)
def test_words_are_no_widget(html):
    assert_no_widget(HttpResponse(html))


@pytest.mark.parametrize(
    "response",
    [
        HttpResponse(status=302, headers={"Location": "/login/"}),
        HttpResponse("{}", content_type="application/json"),
    ],
)
def test_what_is_no_page_has_neither_a_widget_nor_none(response):
    with pytest.raises(AssertionError, match="This is no page: (302|200)"):
        assert_no_widget(response)


@pytest.mark.django_db(transaction=True)
def test_no_widget_of_an_earlier_test_is_remembered(coze, coze_widget, settings):
    """Its table was emptied, as after a TransactionTestCase, and no signal said so."""
    settings.COZE_WIDGET_MAX_AGE_SECONDS = 60
    assert_widget(page())
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {Widget._meta.db_table}")
    assert_widget(page())

    coze.reset()

    assert_no_widget(page())


def test_a_saved_widget_is_one_that_the_form_would_take(coze):
    save_widget().full_clean()

    assert Widget.objects.get().bot_id == coze.bot_id
