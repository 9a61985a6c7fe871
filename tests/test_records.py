from __future__ import annotations

import json

import pytest
from django.contrib.sites.models import Site
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from coze_widget.models import SAID_BY_COZE, Widget
from coze_widget.records import record_fields, to_record, to_widget
from tests.test_options import VALUES

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


def test_a_record_is_json_and_makes_the_same_widget_again():
    widget = Widget(**VALUES, shown_from=timezone.now(), groups=["Sales"])

    record = json.loads(json.dumps(to_record(widget)))

    assert to_record(to_widget(record)) == record
    assert to_widget(record).shown_from == widget.shown_from


def test_what_is_not_in_a_record_has_its_default():
    widget = to_widget({"name": "Support", "nonsense": 1, "id": 7, "bot_name": "Eve"})

    assert (widget.pk, widget.bot_name, widget.base_z_index) == (None, "", 1000)
    assert widget._state.adding


def test_a_record_can_be_that_of_a_row():
    widget = to_widget({"slug": "support"}, pk=7)

    assert widget.pk == 7
    assert not widget._state.adding


@pytest.mark.django_db
def test_the_site_goes_by_its_id(make_widget):
    site = Site.objects.get()

    record = to_record(make_widget(site=site))

    assert to_widget(record).site == site


def test_an_upload_is_stored_when_its_name_is_kept(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    widget = Widget(launcher_icon=SimpleUploadedFile("icon.png", PNG))

    record = to_record(widget)

    assert (tmp_path / record["launcher_icon"]).read_bytes() == PNG
    with to_widget(record).launcher_icon.open() as icon:
        assert icon.read() == PNG


def test_all_that_an_editor_decides_on_is_in_it():
    assert {field.name for field in record_fields()} == {
        field.name for field in Widget._meta.fields
    } - {"id", *SAID_BY_COZE}
