"""Who, where and when in a widget's form."""

from __future__ import annotations

import zoneinfo

import pytest
from django.contrib.auth.models import Group
from django.http import QueryDict
from django.test.html import parse_html
from django.utils.translation import override

from coze_widget.forms import WidgetForm
from tests.widget_data import TOKENS, hours_rows, widget_data

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("oauth_app")]
OFFICE = {"days": [1, 2, 3, 4, 5], "from": "09:00", "to": "18:00"}


def bind(instance=None, **changes):
    return WidgetForm(widget_data(**changes), instance=instance)


def as_posted(**changes):
    """As Django's request has it: each name with a list."""
    data = QueryDict(mutable=True)
    for name, value in widget_data(**changes).items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data


def save(**changes):
    form = WidgetForm(as_posted(**changes))
    assert form.is_valid(), form.errors
    return form.save()


def errors(form):
    return {
        name: [(error["code"], error["message"]) for error in found]
        for name, found in form.errors.get_json_data().items()
    }


def inputs(form, name):
    """Return the field's inputs as a browser sees them: their attributes."""
    found = []

    def walk(element):
        if hasattr(element, "name"):
            if element.name in ("input", "option"):
                label = "".join(map(str, element.children)).strip()
                found.append({**dict(element.attributes), "label": label})
            for child in element.children:
                walk(child)

    walk(parse_html(str(form[name])))
    return found


# Groups


@pytest.fixture
def groups():
    for name in ("Tea", "Coffee"):
        Group.objects.create(name=name)


@pytest.mark.parametrize("chosen", [[], ["Tea"], ["Coffee", "Tea"]])
def test_groups_are_chosen_from_those_that_exist(groups, chosen):
    widget = save(groups=chosen)

    widget.refresh_from_db()
    assert widget.groups == chosen


def test_stored_groups_are_ticked(groups, make_widget):
    form = WidgetForm(instance=make_widget(groups=["Tea"]))

    html = str(form["groups"])

    assert html.count("checked") == 1
    assert html.index("Coffee") < html.index('value="Tea"')
    assert not form["groups"].field.has_changed(["Tea"], ["Tea"])


def test_a_group_that_has_gone_stays_visible_and_is_marked(groups, make_widget):
    widget = make_widget(groups=["Cocoa", "Tea"])

    html = str(WidgetForm(instance=widget)["groups"])
    form = WidgetForm(as_posted(groups=["Cocoa", "Tea"]), instance=widget)

    assert "Cocoa (no such group)" in html
    assert html.count("checked") == 2
    assert form.is_valid(), form.errors
    assert form.save().groups == ["Cocoa", "Tea"]


def test_a_group_that_was_never_there_is_no_choice(groups):
    form = bind(groups=["<b>Cocoa"])

    assert errors(form) == {
        "groups": [("invalid_choice", "Choose from the groups that exist.")]
    }
    assert "Cocoa" not in str(form)


@pytest.mark.parametrize("stored", ["Tea", {"Tea": 1}, [["Tea"]], [7]])
def test_groups_of_a_fixture_can_be_mended(groups, make_widget, stored):
    widget = make_widget(groups=stored)
    form = WidgetForm(as_posted(groups=["Tea"]), instance=widget)

    assert "checked" not in str(WidgetForm(instance=widget)["groups"])
    assert form.is_valid(), form.errors
    assert form.save().groups == ["Tea"]


def test_without_groups_the_form_says_so():
    assert WidgetForm()["groups"].help_text == "There are no groups yet."


def test_without_accounts_there_are_no_groups(settings, monkeypatch):
    monkeypatch.setattr(
        "coze_widget.audience_fields.apps.is_installed", lambda name: False
    )
    Group.objects.create(name="Tea")

    assert WidgetForm()["groups"].help_text == "There are no groups yet."


def test_values_that_are_loaded_into_the_form_bring_their_names_along(groups):
    form = WidgetForm(initial={"groups": ["Cocoa"], "audience": "customers"})

    assert "Cocoa (no such group)" in str(form["groups"])
    assert "customers (not in COZE_AUDIENCES)" in str(form["audience"])


# Guests and accounts


@pytest.mark.parametrize(
    "narrow",
    [{"staff_only": "on"}, {"groups": ["Tea"]}, {"permission": "auth.view_user"}],
    ids=lambda fields: next(iter(fields)),
)
def test_guests_do_not_go_with_what_only_accounts_have(groups, narrow):
    form = WidgetForm(as_posted(guests="isolated", **narrow))

    assert errors(form) == {
        "guests": [
            (
                "guests_without_account",
                "Guests are in no group, are no staff and have no permission: let people "
                "log in, or drop what only accounts can have.",
            )
        ]
    }


def test_both_mistakes_are_told_at_once():
    form = bind(
        guests="isolated", staff_only="on", footer_expression_text="See {{privacy}}."
    )

    assert list(errors(form)) == ["guests", "footer_expression_text"]


@pytest.mark.parametrize("permission", ["view_user", "a.b.c", "a b.c", "."])
def test_a_permission_is_written_as_in_django(permission):
    assert errors(bind(permission=permission)) == {
        "permission": [("not_a_permission", "Enter it like this: shop.view_order.")]
    }


def test_staff_and_a_permission_are_saved():
    widget = save(staff_only="on", permission="auth.view_user", hide_from_others="on")

    assert widget.staff_only
    assert widget.permission == "auth.view_user"
    assert widget.hide_from_others


# Rules of the project


@pytest.fixture
def rules(settings):
    settings.COZE_AUDIENCES = {"customers": "x.y", "b2b": "x.z"}


def test_a_rule_is_chosen_by_its_name(rules):
    assert save(audience="b2b").audience == "b2b"
    assert [option["value"] for option in inputs(bind(), "audience")] == [
        "",
        "b2b",
        "customers",
    ]


def test_no_rule_is_a_choice(rules):
    assert save(audience="").audience == ""


def test_a_rule_that_nobody_wrote_is_no_choice(rules):
    assert errors(bind(audience="<i>vip")) == {
        "audience": [("invalid_choice", "Choose one of the rules in COZE_AUDIENCES.")]
    }


@pytest.mark.parametrize("setting", [{}, None, ["x"]])
def test_a_rule_that_has_gone_stays_visible_and_is_marked(
    settings, make_widget, setting
):
    settings.COZE_AUDIENCES = setting
    widget = make_widget(audience="vip")
    form = WidgetForm(as_posted(audience="vip"), instance=widget)

    assert "vip (not in COZE_AUDIENCES)" in str(WidgetForm(instance=widget)["audience"])
    assert form.is_valid(), form.errors


# Hours


def test_hours_come_from_rows():
    widget = save(
        **hours_rows(([1, 2, 3, 4, 5], "09:00", "18:00"), ([6], "22:00", "02:00"))
    )

    assert widget.weekly_hours == [
        OFFICE,
        {"days": [6], "from": "22:00", "to": "02:00"},
    ]


def test_no_hours_are_an_empty_list():
    assert save().weekly_hours == []


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("9:00", "09:00"),
        (" 09:00 ", "09:00"),
        ("09:00:00", "09:00"),
        ("9：30", "09:30"),
    ],
)
def test_a_time_as_people_type_it_where_the_browser_has_no_input_for_it(typed, stored):
    widget = save(**hours_rows(([1], typed, "18:00")))

    assert widget.weekly_hours[0]["from"] == stored


def test_stored_hours_are_rows_with_empty_ones_below(make_widget):
    form = WidgetForm(instance=make_widget(weekly_hours=[OFFICE]))

    found = inputs(form, "weekly_hours")

    rows = [found[at : at + 9] for at in range(0, len(found), 9)]
    assert [entry["name"] for entry in rows[0]] == [
        f"weekly_hours-0-{part}" for part in [1, 2, 3, 4, 5, 6, 7, "from", "to"]
    ]
    assert ["checked" in entry for entry in rows[0][:7]] == [True] * 5 + [False] * 2
    assert [entry["value"] for entry in rows[0][7:]] == ["09:00", "18:00"]
    assert len(rows) == 3
    assert not any("checked" in entry for entry in rows[1])


def test_days_have_their_names_in_the_editors_language():
    with override("zh-hans"):
        html = str(WidgetForm()["weekly_hours"])

    assert 'title="星期一"' in html


@pytest.mark.parametrize(
    "row",
    [
        ([], "09:00", "18:00"),
        ([1], "", "18:00"),
        ([1], "09:00", ""),
        ([1], "9 o'clock", "18:00"),
        ([1], "25:00", "18:00"),
    ],
)
def test_half_of_the_hours_is_refused_and_kept(row):
    form = bind(**hours_rows(([1], "09:00", "18:00"), row))

    assert errors(form) == {
        "weekly_hours": [
            (
                "bad_hours",
                "Hours 2 need a day, and two times like 09:00 and 18:00.",
            )
        ]
    }
    kept = inputs(form, "weekly_hours")[9:18]
    assert [entry["value"] for entry in kept[7:]] == [
        row[1],
        row[2],
    ]
    assert ("checked" in kept[0]) == bool(row[0])


def test_a_day_without_times_is_refused():
    form = bind(**hours_rows(([3], "", "")))

    assert list(errors(form)) == ["weekly_hours"]


def test_hours_without_end():
    rows = [([1], f"{hour:02}:00", f"{hour:02}:30") for hour in range(15)]

    assert errors(bind(**hours_rows(*rows))) == {
        "weekly_hours": [("not_a_list", "Enter a list of at most 14 rows.")]
    }


@pytest.mark.parametrize(
    "stored", ["x", {"days": [1]}, [7], [{"days": 1}], [{"days": ["1"], "from": None}]]
)
def test_hours_of_a_fixture_can_be_mended(make_widget, stored):
    widget = make_widget(weekly_hours=stored)
    form = bind(instance=widget, **hours_rows(([1], "09:00", "18:00")))

    assert "checked" not in str(WidgetForm(instance=widget)["weekly_hours"])
    assert form.is_valid(), form.errors
    assert form.save().weekly_hours == [{"days": [1], "from": "09:00", "to": "18:00"}]


def test_hours_that_were_not_posted_stay(make_widget):
    data = widget_data()
    for name in hours_rows():
        del data[name]

    form = WidgetForm(data, instance=make_widget(weekly_hours=[OFFICE]))

    assert form.is_valid(), form.errors
    assert form.save().weekly_hours == [OFFICE]


def test_nothing_changed(make_widget, groups, rules):
    fields = {
        "groups": ["Tea"],
        "audience": "b2b",
        "weekly_hours": [OFFICE],
        "time_zone": "Asia/Shanghai",
    }
    widget = make_widget(**fields)
    posted = {**fields, **hours_rows(([1, 2, 3, 4, 5], "09:00", "18:00"))}

    form = WidgetForm(as_posted(**posted), instance=widget)

    assert not set(form.changed_data) & set(fields)


# The zone, the moments, the paths


def test_zones_are_offered():
    html = str(WidgetForm()["time_zone"])

    assert 'list="id_time_zone_known"' in html
    assert '<datalist id="id_time_zone_known">' in html
    assert '<option value="Asia/Shanghai">' in html
    assert '<option value="UTC">' in html


def test_a_zone_is_saved():
    assert save(time_zone="Europe/Berlin").time_zone == "Europe/Berlin"


@pytest.mark.parametrize("zone", ["Beijing", "../../etc/passwd", "Asia/"])
def test_a_zone_that_is_none(zone):
    assert errors(bind(time_zone=zone)) == {
        "time_zone": [("no_time_zone", "Enter a time zone like Asia/Shanghai.")]
    }


def test_every_zone_that_is_offered_is_one():
    offered = {
        option["value"]
        for option in inputs(WidgetForm(), "time_zone")
        if "value" in option
    }

    assert offered - {""} <= zoneinfo.available_timezones()
    assert len(offered) > 300


def test_the_end_comes_after_the_beginning():
    form = bind(shown_from="2026-11-16 09:00", shown_until="2026-11-16 09:00")

    assert errors(form) == {
        "shown_until": [("until_before_from", "The end must be after the beginning.")]
    }


def test_paths_are_lines():
    widget = save(include_paths="/shop/*\r\n/tea/", exclude_paths="*/print")

    assert widget.include_paths.split() == ["/shop/*", "/tea/"]
    assert widget.exclude_paths == "*/print"


@pytest.mark.parametrize("name", ["include_paths", "exclude_paths"])
@pytest.mark.parametrize("path", ["https://shop.example/", "shop/", "/a\x7f"])
def test_a_path_that_is_none(name, path):
    form = bind(**{name: f"/tea/\n{path}"})

    assert errors(form) == {
        name: [
            (
                "not_a_path",
                f"“{path}” is no path: start it with /, without the host.",
            )
        ]
    }


# Credentials


@pytest.mark.parametrize(
    "changes",
    [
        {"groups": ["Tea", TOKENS[0], "Coffee"]},
        {"audience": TOKENS[0]},
        {"permission": f"a.{TOKENS[0]}"},
        {"time_zone": TOKENS[0]},
        {"include_paths": f"/{TOKENS[0]}"},
        {"weekly_hours-0-from": TOKENS[0]},
    ],
    ids=lambda changes: next(iter(changes)),
)
@pytest.mark.parametrize("post", [as_posted, widget_data], ids=["posted", "dict"])
def test_a_credential_is_refused_and_not_repeated(groups, changes, post):
    form = WidgetForm(post(**changes))
    [name] = {key.partition("-")[0] for key in changes}

    assert [code for code, _said in errors(form)[name]] == ["credential"]
    assert TOKENS[0] not in str(form)


def test_what_was_ticked_stays_ticked_beside_a_credential(groups):
    form = WidgetForm(as_posted(name=TOKENS[0], groups=["Tea", "Coffee"]))

    assert list(errors(form)) == ["name"]
    assert str(form["groups"]).count("checked") == 2
