"""No text in any field gets out of the JSON islands, whatever it is: by hypothesis."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest
from django.db import models
from django.template import RequestContext, Template
from django.test import RequestFactory
from hypothesis import example, given, settings
from hypothesis import strategies as st

from coze_widget.catalogue import catalogue
from coze_widget.models import Widget
from coze_widget.records import record_fields

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("oauth_app")]

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]>",
    "\" onload='alert(1)",
    "\u2028\u2029\x00",
    "{{ secret }}{% load x %}",
    "\\u003c/script>",
]
# Rows of fixtures have met no validator, so anything a column takes is here.
TEXT_FIELDS = [
    field.name
    for field in record_fields()
    if isinstance(field, (models.CharField, models.TextField))
    and not field.choices
    # These decide whether, which and where; a widget with nonsense there is not shown.
    and field.name
    not in {
        "slug",
        "bot_id",
        "app_id",
        "workflow_id",
        "oauth_app",
        "sdk_url",
        "sdk_version",
        "launcher_color",
        "include_paths",
        "exclude_paths",
        "time_zone",
        "audience",
        "permission",
    }
]
# What PostgreSQL and SQLite both take.
texts = st.one_of(
    st.sampled_from([text.replace("\x00", "") for text in HOSTILE]),
    st.text(
        st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"),
        max_size=40,
    ),
    st.text(st.sampled_from("<>/!-&'\"\\{}%[] script"), max_size=40),
)


class Elements(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.found = []
        self.scripts = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, sorted(name for name, _value in attrs)))

    def handle_data(self, data):
        if self.lasttag == "script" and data.strip():
            self.scripts.append(data)


def render(tag):
    template = Template("{% load coze_widget %}" + tag)
    return template.render(RequestContext(RequestFactory().get("/"), {}))


def strings_of(value):
    if isinstance(value, dict):
        return [text for child in value.values() for text in strings_of(child)]
    if isinstance(value, list):
        return [text for child in value for text in strings_of(child)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("tag", ["{% coze_widget %}", "{% coze_widget inline=True %}"])
def test_no_text_of_the_row_breaks_out(make_widget, tag):
    widget = make_widget()
    shape = Elements(render(tag)).found

    @settings(max_examples=60)
    @given(st.dictionaries(st.sampled_from(TEXT_FIELDS), texts, max_size=8))
    @example(dict.fromkeys(TEXT_FIELDS, HOSTILE[0]))
    def check(values):
        limits = {name: Widget._meta.get_field(name).max_length for name in values}
        values = {name: text[: limits[name]] for name, text in values.items()}
        Widget.objects.update(**{**originals, **values})
        catalogue.forget()

        elements = Elements(render(tag))

        assert elements.found == shape
        islands = [json.loads(script) for script in elements.scripts]
        said = {text for island in islands for text in strings_of(island)}
        title = values.get("chat_bot_title") or values.get("name", widget.name)
        assert title in said or not title

    originals = {name: getattr(widget, name) for name in TEXT_FIELDS}
    check()


@settings(max_examples=60)
@given(title=texts, city=texts)
def test_no_text_of_the_page_breaks_out(make_widget, title, city):
    if not Widget.objects.exists():
        make_widget()
    template = Template(
        "{% load coze_widget %}{% coze_widget title=title parameters=parameters %}"
    )
    request = RequestFactory().get("/")
    context = {"title": title, "parameters": {"city": city, title: [city]}}

    elements = Elements(template.render(RequestContext(request, context)))

    assert [tag for tag, _names in elements.found] == ["script", "script"]
    [island] = [json.loads(script) for script in elements.scripts]
    assert island["overrides"].get("title", "") == title.strip()[:100]
    assert island["overrides"]["parameters"]["city"] in (city, [city])
