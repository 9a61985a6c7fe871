from __future__ import annotations

import pytest
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, models

from coze_widget.models import Widget

pytestmark = pytest.mark.django_db
PAT = "pat_" + "a" * 40


def unsaved(**fields):
    return Widget(**{"slug": "s", "name": "Support", "bot_id": "7400", **fields})


def problems_of(widget):
    with pytest.raises(ValidationError) as caught:
        widget.full_clean()
    return {
        (field, error.code)
        for field, errors in caught.value.error_dict.items()
        for error in errors
    }


def test_a_widget_with_a_bot_is_complete():
    assert unsaved().full_clean() is None
    assert str(unsaved()) == "Support"


def test_slugs_are_unique_within_a_site_and_within_all_sites(make_widget):
    site = Site.objects.create(domain="b.example", name="b")
    make_widget(site=None)
    make_widget(site=site)

    assert problems_of(unsaved(slug="support")) == {("__all__", "slug_taken")}
    assert problems_of(unsaved(slug="support", site=site)) == {
        ("__all__", "slug_taken")
    }
    assert make_widget(slug="support", site_id=1).pk


@pytest.mark.parametrize("site_id", [None, 1])
def test_the_database_refuses_a_second_slug(make_widget, site_id):
    make_widget(site_id=site_id)

    with pytest.raises(IntegrityError):
        make_widget(site_id=site_id)


BROKEN = [
    ({"bot_id": ""}, "ids_missing"),
    ({"mode": "app", "app_id": "1"}, "ids_missing"),
    ({"mode": "app", "workflow_id": "1"}, "ids_missing"),
    ({"load": "eager"}, "eager_in_frame"),
    ({"launcher": "sdk"}, "sdk_launcher"),
    ({"launcher": "sdk", "place": "inline"}, "sdk_launcher"),
]


@pytest.mark.parametrize(("fields", "code"), BROKEN)
def test_broken_invariants_have_a_sentence(fields, code):
    assert code in {code for field, code in problems_of(unsaved(**fields))}


@pytest.mark.parametrize(
    "fields",
    [*(fields for fields, code in BROKEN), {"bot_id": "12x"}, {"mode": "x"}],
)
def test_the_database_keeps_the_invariants(make_widget, fields):
    with pytest.raises(IntegrityError):
        make_widget(**fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"launcher": "sdk", "place": "inline", "load": "eager"},
        {"place": "inline", "load": "eager"},
        {"mode": "app", "app_id": "1", "workflow_id": "2", "bot_id": ""},
    ],
)
def test_what_goes_together_is_accepted(fields):
    assert unsaved(**fields).full_clean() is None


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"bot_id": "12x"}, ("bot_id", "not_digits")),
        ({"sdk_version": "latest"}, ("sdk_version", "not_a_version")),
        ({"parameters": [1]}, ("parameters", "not_an_object")),
        ({"base_icon": "javascript:1"}, ("base_icon", "bad_image_url")),
        ({"base_z_index": 0}, ("base_z_index", "min_value")),
        ({"chat_bot_width": 2001}, ("chat_bot_width", "max_value")),
        ({"guest_days": 366}, ("guest_days", "max_value")),
        ({"footer_linkvars": [1]}, ("footer_linkvars", "not_an_object")),
        ({"app_version": " v1"}, ("app_version", "not_printable")),
        (
            {"chat_bot_feedback_panel_tags": {"a": 1}},
            ("chat_bot_feedback_panel_tags", "not_a_list"),
        ),
        ({"extra_options": {"auth": 1}}, ("extra_options", "reserved")),
        (
            {"footer_expression_text": "{{help}}"},
            ("footer_expression_text", "footer_link_missing"),
        ),
    ],
)
def test_a_bad_value_is_named_at_its_field(fields, problem):
    assert problem in problems_of(unsaved(**fields))


def test_an_empty_list_is_an_empty_object():
    widget = unsaved(
        parameters=[],
        footer_linkvars=None,
        chat_bot_feedback_panel_tags={},
        extra_options="",
    )

    widget.full_clean()

    assert (widget.parameters, widget.footer_linkvars) == ({}, {})
    assert (widget.chat_bot_feedback_panel_tags, widget.extra_options) == ([], {})


def test_the_missing_link_is_named():
    with pytest.raises(ValidationError) as caught:
        unsaved(footer_expression_text="{{a}} {{b}}").full_clean()

    assert caught.value.message_dict == {
        "footer_expression_text": ["There is no link named “a”, “b”."]
    }


TEXT_FIELDS = [
    field.name
    for field in Widget._meta.get_fields()
    if isinstance(field, (models.CharField, models.JSONField))
    and not isinstance(field, models.SlugField)
    and not field.choices
]


@pytest.mark.parametrize("name", TEXT_FIELDS)
def test_no_text_field_takes_a_credential(name):
    field = Widget._meta.get_field(name)
    value = {"a": PAT} if isinstance(field, models.JSONField) else PAT

    assert (name, "credential") in problems_of(unsaved(**{name: value}))


def test_no_migration_is_missing():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
