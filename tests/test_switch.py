"""COZE_WIDGETS_ENABLED keeps every widget away."""

from __future__ import annotations

import pytest
from django.template import RequestContext, Template
from django.test import RequestFactory, override_settings

from coze_widget.checks import check_settings
from coze_widget.models import Widget
from coze_widget.status import find_status


@pytest.fixture(autouse=True)
def _switched_off(settings):
    settings.COZE_WIDGETS_ENABLED = False


def render(tag="{% coze_widget %}"):
    template = Template("{% load coze_widget %}" + tag)
    return template.render(RequestContext(RequestFactory().get("/"))).strip()


@pytest.mark.parametrize(
    "tag",
    [
        "{% coze_widget %}",
        '{% coze_widget "support" %}',
        '{% coze_widget "support" inline=True eager=True %}',
    ],
)
def test_a_page_gets_nothing_and_asks_nothing(
    widget, oauth_app, tag, caplog, django_assert_num_queries
):
    with django_assert_num_queries(0):
        html = render(tag)

    assert html == ""
    assert caplog.text == ""


def test_developers_read_why(settings):
    settings.DEBUG = True

    assert render() == ("<!-- coze_widget: the setting COZE_WIDGETS_ENABLED is off -->")


def test_it_comes_back_when_switched_on(widget, oauth_app):
    with override_settings(COZE_WIDGETS_ENABLED=True):
        assert "coze-widget-support" in render()

    assert render() == ""


@pytest.mark.parametrize("name", ["frame", "session", "forget"])
def test_every_view_answers_as_for_a_disabled_widget(
    widget, coze, client, name, django_assert_num_queries
):
    with django_assert_num_queries(0):
        ask = client.get if name == "frame" else client.post
        response = ask(f"/chat/support/{name}/", content_type="application/json")

    assert response.status_code == 404
    assert coze.requests == []


def test_the_admin_says_so(oauth_app):
    status = find_status(Widget())

    assert status.works is False
    assert status.text == "Switched off by the setting COZE_WIDGETS_ENABLED."


def test_no_credentials_are_needed(settings):
    settings.COZE_IDENTITY_KEY = ""
    settings.COZE_OAUTH_APPS = {"default": "missing.json"}

    assert check_settings() == []
