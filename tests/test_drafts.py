from __future__ import annotations

import pytest
from django.core.files.base import ContentFile

from coze_widget.drafts import discard_draft, find_draft, keep_draft, read_draft
from coze_widget.models import Draft, Widget
from coze_widget.records import to_record
from tests.test_records import PNG

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def upload(widget):
    """Return the values of a form with a new picture; the row stays as it is."""
    edited = Widget.objects.get(pk=widget.pk)
    edited.launcher_icon = ContentFile(PNG, "icon.png")
    return to_record(edited)


def files(media):
    return sorted(path.name for path in media.rglob("*.png"))


def test_a_draft_leaves_the_row_as_it_is(widget, admin_user):
    draft = keep_draft(widget, to_record(widget) | {"name": "Later"}, by=admin_user)

    assert read_draft(draft)["name"] == "Later"
    assert find_draft(widget).saved_by == str(admin_user.pk)
    assert Widget.objects.get().name == "Support"
    assert widget.history.count() == 1


def test_there_is_one_draft_of_a_widget(widget, admin_user):
    keep_draft(widget, {"name": "One"}, by=admin_user)
    keep_draft(widget, {"name": "Two"}, by=None)

    assert Draft.objects.get().values == {"name": "Two"}
    assert Draft.objects.get().saved_by == ""


def test_a_draft_that_is_older_than_a_column_has_its_default(widget):
    draft = keep_draft(widget, {"name": "Old", "gone": 1}, by=None)

    assert read_draft(draft) == to_record(Widget(name="Old"))


def test_a_new_widget_has_none():
    assert find_draft(None) is None
    assert not discard_draft(Widget(pk=7))


def test_the_picture_goes_with_the_draft(widget, committed, media):
    keep_draft(widget, upload(widget), by=None)
    assert files(media) == ["icon.png"]

    with committed():
        assert discard_draft(widget)

    assert files(media) == []
    assert find_draft(widget) is None


def test_the_picture_of_a_replaced_draft_goes(widget, committed, media):
    keep_draft(widget, upload(widget), by=None)
    first = files(media)

    with committed():
        keep_draft(widget, upload(widget), by=None)

    assert len(files(media)) == 1
    assert files(media) != first


def test_a_picture_stays_that_is_still_needed(widget, committed, media):
    record = upload(widget)
    keep_draft(widget, record, by=None)
    with committed():
        keep_draft(widget, record, by=None)
    widget.launcher_icon = record["launcher_icon"]
    widget.save()
    widget.launcher_icon = ""
    widget.save()

    with committed():
        discard_draft(widget)

    assert files(media) == ["icon.png"]


def test_nothing_else_of_the_project_is_deleted(widget, committed, media):
    other = media / "invoice.png"
    other.write_bytes(PNG)
    for name in ("invoice.png", "coze_widget/../invoice.png", ["invoice.png"]):
        keep_draft(widget, {"launcher_icon": name}, by=None)

        with committed():
            discard_draft(widget)

    assert files(media) == ["invoice.png"]
