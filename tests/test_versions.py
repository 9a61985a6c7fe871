from __future__ import annotations

from datetime import datetime, timezone

import pytest
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError

from coze_widget.models import Widget
from coze_widget.records import to_record
from coze_widget.versions import (
    MAX_SHOWN,
    compare,
    describe_errors,
    find_errors,
    list_changes,
    name_editor,
    newest_version,
    publish,
    put_in_words,
    record_of,
)

pytestmark = pytest.mark.django_db


def changes_of(widget, **fields):
    """Return what is different once these fields are, as name → (old, new)."""
    before = to_record(widget)
    for name, value in fields.items():
        setattr(widget, name, value)
    found = compare(before, to_record(widget))
    return {change.name: (change.old, change.new) for change in found}


# what is different


def test_what_is_different_is_told_in_words(widget, settings):
    settings.TIME_ZONE = "Asia/Shanghai"

    assert changes_of(
        widget,
        enabled=False,
        mode="app",
        launcher_label="Ask us",
        parameters={"城市": "深圳"},
        site=Site.objects.get(),
        shown_from=datetime(2026, 1, 2, 3, 4, tzinfo=timezone.utc),
        base_layout="pc",
        launcher_icon="coze_widget/icon.png",
        guest_days=7,
    ) == {
        "site": ("All sites", "example.com"),
        "enabled": ("yes", "no"),
        "mode": ("Agent (bot)", "App with a chatflow"),
        "parameters": ("empty", '{"城市": "深圳"}'),
        "guest_days": ("0", "7"),
        "shown_from": ("empty", "Jan. 2, 2026, 11:04 a.m."),
        "base_layout": ("By device", "Panel (pc)"),
        "launcher_icon": ("empty", "coze_widget/icon.png"),
        "launcher_label": ("empty", "Ask us"),
    }


def test_a_project_without_time_zones_has_its_moments_told_as_they_are(
    make_widget, settings
):
    settings.USE_TZ = False
    widget = make_widget()

    found = changes_of(widget, shown_from=datetime(2026, 1, 2, 3, 4))

    assert found == {"shown_from": ("empty", "Jan. 2, 2026, 3:04 a.m.")}


def test_a_moment_is_the_same_in_each_zone(widget):
    before = to_record(widget) | {"shown_from": "2026-01-02T03:04:00+00:00"}
    widget.shown_from = datetime.fromisoformat("2026-01-02T11:04:00+08:00")

    assert compare(before, to_record(widget)) == []


def test_json_tells_true_from_one_and_order_says_nothing(widget):
    widget.parameters = {"a": 1, "b": 2}

    assert changes_of(widget, parameters={"b": 2, "a": 1}) == {}
    assert changes_of(widget, parameters={"b": 2, "a": True}) == {
        "parameters": ('{"b": 2, "a": 1}', '{"b": 2, "a": true}')
    }


def test_a_site_that_is_gone_and_a_choice_that_is_none_are_told(widget):
    before = to_record(widget)
    after = before | {"site": 99, "mode": "odd"}

    assert [change.new for change in compare(before, after)] == [
        "a site that is gone",
        "odd",
    ]


def test_long_texts_are_cut_around_the_difference(widget):
    widget.include_paths = "/a\n" * 100 + "/old" + "\n/z" * 100

    found = changes_of(
        widget, include_paths=widget.include_paths.replace("/old", "/new")
    )

    old, new = found["include_paths"]
    assert ("/old" in old, "/new" in new) == (True, True)
    assert len(old) == len(new) == MAX_SHOWN + 2
    assert old[0] == old[-1] == "…"


def test_what_a_record_lacks_is_not_compared(widget):
    record = to_record(widget)

    assert compare(record, {"name": "Other"})[0].new == "Other"
    assert compare({}, record) == []


# what was published


def test_each_change_is_a_version_with_its_editor(widget, admin_user):
    widget.name = "Second"
    assert publish(widget, by=admin_user)
    widget.enabled = False
    assert publish(widget, by=None)

    newest, middle, oldest = list_changes(list(widget.history.all()))

    assert (newest.by, middle.by, oldest.by) == (
        "somebody unknown",
        "admin",
        "somebody unknown",
    )
    assert [(one.label, one.new) for one in newest.changes] == [("enabled", "no")]
    assert [(one.old, one.new) for one in middle.changes] == [("Support", "Second")]
    assert (oldest.kind, oldest.changes) == ("+", [])
    assert newest.id == newest_version(widget).history_id
    assert record_of(newest_version(widget)) == to_record(widget)


def test_saving_without_a_change_leaves_no_version(widget, admin_user):
    assert not publish(widget, by=admin_user)
    widget.refresh_from_db()
    assert not publish(widget, by=admin_user)

    assert widget.history.count() == 1
    widget.name = "Other"
    widget.save()
    assert widget.history.count() == 2


def test_a_new_row_has_its_first_version(admin_user):
    widget = Widget(slug="new", name="New", bot_id="7400000000000000001")

    assert publish(widget, by=admin_user)

    [version] = widget.history.all()
    assert (version.history_type, version.history_user) == ("+", admin_user)


def test_what_was_published_before_the_history_is_its_first_version(db, admin_user):
    [widget] = Widget.objects.bulk_create(
        [Widget(slug="old", name="Old", bot_id="7400000000000000001")]
    )
    widget.name = "New"

    publish(widget, by=admin_user)

    newest, oldest = widget.history.all()
    assert (newest.name, newest.history_user) == ("New", admin_user)
    assert (oldest.name, oldest.history_user) == ("Old", None)


def test_a_failed_save_leaves_the_row_as_it_was_to_the_history(widget):
    widget.bot_id = ""
    with pytest.raises(Exception, match="coze_widget_mode_has_its_ids"):
        publish(widget, by=None)

    assert "skip_history_when_saving" not in vars(widget)


def test_editors_are_named_for_other_editors(admin_user):
    assert name_editor(str(admin_user.pk)) == "admin"
    assert name_editor("999") == "somebody who is gone"
    assert name_editor("") == "somebody unknown"


# what does not fit


def test_errors_are_told_with_their_field(widget):
    widget.launcher_color = "red"
    widget.launcher_icon = "coze_widget/gone.png"
    widget.mode = "app"

    assert find_errors(widget) == [
        "colour: Enter a colour like #2f54eb.",
        "picture: The file of the picture is gone: choose it again, or clear it.",
        "An agent needs its bot id; an app needs its app id and workflow id.",
    ]


def test_what_fits_has_no_errors(widget):
    assert find_errors(widget) == []


def test_errors_of_the_whole_row_stand_alone():
    error = ValidationError({"__all__": ["Wrong."], "name": ["Too long."]})

    assert list(describe_errors(error)) == ["Wrong.", "name: Too long."]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        (
            "weekly_hours",
            [{"days": [1, 7], "from": "09:00", "to": "18:00"}],
            "Mon, Sun 09:00–18:00",
        ),
        (
            "chat_bot_feedback_panel_tags",
            [
                {"label": "Wrong", "isNeedDetail": False},
                {"label": "Other", "isNeedDetail": True},
            ],
            "Wrong; Other (needs a comment)",
        ),
        (
            "footer_linkvars",
            {"terms": {"text": "Terms", "link": "/terms/"}},
            "terms: Terms → /terms/",
        ),
        ("groups", ["Sales", "Support"], "Sales, Support"),
        ("groups", [1], "[1]"),
        ("weekly_hours", [{"days": [1]}], '[{"days": [1]}]'),
        ("parameters", {"city": "Ulm"}, '{"city": "Ulm"}'),
    ],
)
def test_rows_are_put_in_words(name, value, words):
    assert put_in_words(Widget._meta.get_field(name), value) == words
