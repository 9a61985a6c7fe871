"""Widgets as a file, and back."""

from __future__ import annotations

import base64
import json
import shutil
import time
from datetime import datetime, timedelta, timezone

import pytest
from django.contrib.auth.models import Group
from django.contrib.sites.models import Site
from django.core.files.base import ContentFile
from hypothesis import Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from coze_widget.drafts import keep_draft
from coze_widget.models import Widget
from coze_widget.records import record_fields, to_record
from coze_widget.transfer.files import (
    MAX_BYTES,
    MAX_WIDGETS,
    TransferError,
    read_file,
    write_file,
)
from coze_widget.transfer.plans import (
    ALL_SITES,
    SKIP,
    Outcome,
    carry_out,
    export,
    plan,
)
from coze_widget.validators import holds_credential
from tests.documents import DOCS, blocks_of
from tests.test_records import PNG
from tests.widget_data import CREDENTIALS

pytestmark = pytest.mark.django_db
TOKEN = CREDENTIALS[0]


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def text_of(*widgets):
    text, lost = export(widgets)
    assert lost == []
    return text


def plan_text(text, **options):
    return plan(read_file(text), **options)


def plan_of(*entries, **options):
    return plan_text(write_file(entries), **options)


def entry(**values):
    return {
        "slug": "support",
        "name": "Support",
        "bot_id": "7400000000000000001",
        **values,
    }


def only(found):
    [item] = found.items
    return item


def wrong(**values):
    """Return the sentences on one entry that cannot be imported."""
    item = only(plan_of(entry(**values)))
    assert item.outcome is Outcome.WRONG
    return item.errors


def forget_all(media):
    """As in another environment."""
    Widget.objects.all().delete()
    shutil.rmtree(media / "coze_widget", ignore_errors=True)


# there and back, whatever is in the row

letters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
printable = st.characters(categories=["L", "N", "P", "S"])


def texts(size, *, min_size=0, alphabet=letters):
    texts = st.text(alphabet, min_size=min_size, max_size=size)
    return texts.filter(lambda text: not holds_credential(text))


def addresses():
    return texts(30, alphabet=printable).map(lambda text: f"https://example.com/{text}")


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts(10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(texts(10), inner, max_size=3)
    ),
    max_leaves=5,
)
moments = st.datetimes(
    datetime(1000, 1, 1), datetime(9000, 1, 1), timezones=st.timezones()
)
pictures = st.none() | st.binary(max_size=30).map(lambda rest: PNG + rest)
digits = st.text("0123456789", min_size=1, max_size=32)
links = st.fixed_dictionaries(
    {
        "text": texts(10, min_size=1).filter(str.strip),
        "link": st.just("tel:+49"),
    }
)
tags = st.fixed_dictionaries(
    {
        "label": texts(30, min_size=1, alphabet=printable),
        "isNeedDetail": st.booleans(),
    }
)
hours = st.fixed_dictionaries(
    {
        "days": st.lists(st.integers(1, 7), min_size=1, max_size=3, unique=True),
        "from": st.just("09:00"),
        "to": st.sampled_from(["18:00", "09:00", "02:30"]),
    }
)
# Columns whose values hang together, or that need more than their kind says.
COLUMNS = {
    "site": st.booleans(),
    "slug": st.from_regex(r"\A[A-Za-z0-9_-]{1,50}\Z").filter(
        lambda slug: not holds_credential(slug)
    ),
    "mode": st.sampled_from(["bot", "app"]),
    "bot_id": digits,
    "app_id": digits,
    "workflow_id": digits,
    "app_version": texts(20, alphabet=printable),
    "parameters": st.dictionaries(texts(10), json_values, max_size=3),
    "sdk_version": st.sampled_from(["1.2.0-beta.20", "0.1.0"]),
    "sdk_url": st.sampled_from(["", "/static/sdk.js"]),
    "sdk_integrity": st.sampled_from(["", "sha384-" + "a" * 64]),
    "place": st.just("inline"),
    "guests": st.just("login"),
    "guest_days": st.integers(0, 365),
    "groups": st.lists(texts(10, min_size=1, alphabet=printable), max_size=2),
    "permission": st.sampled_from(["", "shop.view_order", "商店.看"]),
    "include_paths": st.sampled_from(["", "/shop/*\n*/茶/"]),
    "exclude_paths": st.sampled_from(["", "*"]),
    "allowed_origins": st.sampled_from(
        ["", "https://a.example\nhttps://*.b.example:8"]
    ),
    "consent_text": texts(40, alphabet=printable),
    "consent_link_url": st.sampled_from(["", "/privacy/", "https://a.example/"]),
    "weekly_hours": st.lists(hours, max_size=2),
    "time_zone": st.sampled_from(["", "Asia/Shanghai"]),
    "shown_from": st.none() | moments,
    "shown_until": st.none(),
    "base_icon": addresses(),
    "base_z_index": st.integers(1, 2_147_483_645),
    "launcher_offset_x": st.integers(0, 500),
    "launcher_offset_y": st.integers(0, 500),
    "launcher_size": st.integers(44, 120),
    "launcher_color": st.from_regex(r"\A#[0-9a-fA-F]{6}\Z"),
    "launcher_icon": pictures,
    "launcher_icon_url": addresses(),
    "launcher": st.sampled_from(["own", "none"]),
    "footer_expression_text": texts(40, alphabet=st.characters(categories=["L", "Z"])),
    "footer_linkvars": st.dictionaries(
        st.from_regex(r"\A\w{1,20}\Z"), links, max_size=2
    ).filter(lambda value: not holds_credential(value)),
    "chat_bot_width": st.integers(300, 2000),
    "chat_bot_feedback_panel_tags": st.lists(
        tags, max_size=2, unique_by=lambda tag: tag["label"]
    ),
    "user_url": addresses(),
    "extra_options": st.sampled_from([{}, {"ui": {"chatBot": {"name": "茶"}}}]),
    "name": texts(100, min_size=1),
    "order": st.integers(0, 32767),
}


def any_value(field):
    if field.name in COLUMNS:
        return COLUMNS[field.name]
    if field.choices:
        return st.sampled_from([value for value, _label in field.choices])
    if field.get_internal_type() == "BooleanField":
        return st.booleans()
    assert field.get_internal_type() == "CharField", field.name
    return texts(field.max_length, min_size=0 if field.blank else 1)


any_widget = st.fixed_dictionaries(
    {field.name: any_value(field) for field in record_fields()}
)


@given(values=any_widget)
# Shrinking sixty columns takes minutes; the failing one names itself.
@hypothesis_settings(max_examples=15, phases=[Phase.generate])
def test_a_widget_comes_out_of_its_file_as_it_went_in(values, media):
    forget_all(media)
    values["site"] = Site.objects.get() if values["site"] else None
    picture = values.pop("launcher_icon")
    widget = Widget(**values)
    if picture:
        widget.launcher_icon = ContentFile(picture, "icon.png")
    widget.full_clean()
    widget.save()
    text = text_of(Widget.objects.get())
    before = to_record(Widget.objects.get())
    forget_all(media)

    first = plan_text(text)
    assert only(first).outcome is Outcome.NEW
    carry_out(first, by=None)

    after = Widget.objects.get()
    assert {**to_record(after), "launcher_icon": ""} == {**before, "launcher_icon": ""}
    assert text_of(after) == text
    second = plan_text(text)
    assert only(second).outcome is Outcome.SAME
    carry_out(second, by=None)
    assert after.history.count() == 1


# the file


def test_a_file_is_the_same_for_the_same_widgets(make_widget):
    site = Site.objects.get()
    own, one, two = (
        make_widget(slug="a", site=site),
        make_widget(slug="a"),
        make_widget(slug="b", name="茶"),
    )

    text = text_of(two, own, one)

    assert text == text_of(one, two, own)
    whole = json.loads(text)
    assert (whole["format"], whole["version"]) == ("coze-widgets", 1)
    assert [(one["site"], one["slug"]) for one in whole["widgets"]] == [
        (None, "a"),
        (None, "b"),
        ("example.com", "a"),
    ]
    assert "茶" in text
    assert set(whole["widgets"][0]) == {field.name for field in record_fields()}


def test_moments_bear_their_zone_and_ids_are_texts(make_widget):
    moment = datetime(2026, 5, 1, 9, tzinfo=timezone(timedelta(hours=8)))

    [values] = json.loads(text_of(make_widget(shown_from=moment)))["widgets"]

    assert values["shown_from"] == "2026-05-01T01:00:00+00:00"
    assert values["bot_id"] == "7400000000000000001"


def test_a_project_without_time_zones_moves_moments_too(make_widget, settings):
    settings.USE_TZ, settings.TIME_ZONE = False, "Asia/Shanghai"
    widget = make_widget(shown_from=datetime(2026, 5, 1, 9))

    text = text_of(widget)

    assert "2026-05-01T01:00:00+00:00" in text
    assert only(plan_text(text)).outcome is Outcome.SAME


def test_the_picture_is_in_the_file(make_widget, media):
    widget = make_widget(launcher_icon=ContentFile(PNG, "icon.png"))
    text = text_of(widget)
    [values] = json.loads(text)["widgets"]
    assert values["launcher_icon"] == {
        "name": "icon.png",
        "data": base64.b64encode(PNG).decode(),
    }

    (media / widget.launcher_icon.name).write_bytes(PNG + b"other")
    item = only(found := plan_text(text))

    assert [(one.name, one.old, one.new) for one in item.changes] == [
        ("launcher_icon", "coze_widget/icon.png", "icon.png")
    ]
    assert len(list(media.rglob("*.png"))) == 1
    carry_out(found, by=None)
    widget.refresh_from_db()
    assert widget.launcher_icon.name != "coze_widget/icon.png"
    assert (media / widget.launcher_icon.name).read_bytes() == PNG


def test_a_picture_that_is_gone_is_named(make_widget):
    text, lost = export([make_widget(launcher_icon="coze_widget/gone.png")])

    assert json.loads(text)["widgets"][0]["launcher_icon"] is None
    assert lost == ["The picture of “support” is gone, and not in the file."]


def test_no_credential_leaves_in_a_file(make_widget):
    make_widget(chat_bot_title=TOKEN)

    with pytest.raises(TransferError, match="“support” holds something") as refused:
        export(Widget.objects.all())

    assert TOKEN not in str(refused.value)


BROKEN = {
    "": "nothing to read",
    "{": "line 1, column 2",
    "[1": "line 1, column 3",
    "{}": "no export of widgets",
    "[]": "no export of widgets",
    '{"format": "other"}': "no export of widgets",
    '{"format": "coze-widgets", "widgets": []}': "no number from 1 on",
    '{"format": "coze-widgets", "version": true, "widgets": []}': "no number from 1",
    '{"format": "coze-widgets", "version": 0, "widgets": []}': "no number from 1 on",
    '{"format": "coze-widgets", "version": 2, "widgets": []}': "has version 2",
    '{"format": "coze-widgets", "version": 1}': "“widgets” is missing",
    '{"format": "coze-widgets", "version": 1, "widgets": {}}': "is no list",
    '{"format": "a", "format": "coze-widgets"}': "stands twice",
    '{"a": NaN}': "NaN, Infinity",
    '{"a": -Infinity}': "NaN, Infinity",
    '{"a": 1e999}': "too long",
    '{"a": ' + "9" * 31 + "}": "too long",
    '{"a": ' + "9" * 1_000_000 + "}": "too long",
    '{"a": "\\ud800"}': "halves of characters",
    '{"\\ud800": 1}': "halves of characters",
    '{"a": ["\\u0000"]}': "null characters",
    "[" * 30 + "]" * 30: "too deeply",
    "[" * 4_000_000: "too deeply",
    '{"a":' * 500_000: "too deeply",
    " " * (MAX_BYTES + 1): "larger than 5 MB",
    b" " * (MAX_BYTES + 1): "larger than 5 MB",
    b"\xff\x00": "no text in UTF-8",
    b"\x89PNG\r\n\x1a\n": "no text in UTF-8",
    write_file([{}] * (MAX_WIDGETS + 1)): f"more than {MAX_WIDGETS}",
    write_file([[]] * 1_000_000)[:MAX_BYTES]: "not JSON",
}


@pytest.mark.parametrize(
    ("text", "sentence"), BROKEN.items(), ids=map(str, range(len(BROKEN)))
)
def test_a_broken_or_hostile_file_is_answered_in_words(text, sentence):
    began = time.process_time()

    with pytest.raises(TransferError, match=sentence):
        read_file(text)

    # Whatever grows faster than the file does would take minutes.
    assert time.process_time() - began < 10


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_that_windows_wrote_is_read(encoding):
    [values] = read_file(write_file([entry(name="茶")]).encode(encoding))

    assert values["name"] == "茶"


# what would be done


def test_a_short_entry_has_the_defaults(db):
    found = plan_of(entry())

    assert (only(found).outcome, only(found).name) == (
        Outcome.NEW,
        "support · All sites",
    )
    assert found.is_needed
    assert not Widget.objects.exists()
    [widget] = carry_out(found, by=None)
    assert Widget.objects.get() == widget
    assert widget.base_z_index == 1000
    assert widget.enabled


def test_what_an_entry_does_not_say_stays(make_widget):
    widget = make_widget(launcher_label="Hi", bot_name="Eve", guest_days=3)

    found = plan_of({"slug": "support", "guest_days": 7})

    assert [(one.name, one.old, one.new) for one in only(found).changes] == [
        ("guest_days", "3", "7")
    ]
    carry_out(found, by=None)
    widget.refresh_from_db()
    assert (widget.launcher_label, widget.bot_name, widget.guest_days) == (
        "Hi",
        "Eve",
        7,
    )


def test_the_same_changes_nothing(widget, admin_user):
    found = plan_text(text_of(widget))

    assert only(found).outcome is Outcome.SAME
    assert not found.is_needed
    assert carry_out(found, by=admin_user) == []
    assert widget.history.count() == 1


def test_the_history_says_who_imported(widget, admin_user):
    carry_out(plan_of(entry(name="New")), by=admin_user)

    assert widget.history.first().history_user == admin_user


def test_site_and_slug_say_which_widget_is_meant(make_widget):
    site = Site.objects.get()
    make_widget()
    make_widget(site=site)

    found = plan_of(entry(site="EXAMPLE.com", name="Own"), entry(name="All"))

    assert [item.name for item in found.items] == [
        "support · example.com",
        "support · All sites",
    ]
    carry_out(found, by=None)
    assert Widget.objects.get(site=site).name == "Own"
    assert Widget.objects.get(site=None).name == "All"


def test_new_widgets_can_be_switched_off_at_first(make_widget):
    make_widget(slug="old")

    carry_out(
        plan_of(entry(), entry(slug="old", guest_days=1), switches_off=True), by=None
    )

    assert not Widget.objects.get(slug="support").enabled
    assert Widget.objects.get(slug="old").enabled


def test_a_site_that_is_not_here_has_to_be_decided_on(db):
    Site.objects.create(domain="new.example", name="New")
    entries = [entry(site="old.example"), entry(site="old.example", slug="two")]

    found = plan_of(*entries)
    assert found.missing_sites == ["old.example"]
    assert only(plan_of(entries[0])).errors == ["There is no site “old.example” here."]
    with pytest.raises(TransferError, match="Nothing was imported"):
        carry_out(found, by=None)

    for choice, name in [
        ("new.example", "support · new.example"),
        (ALL_SITES, "support · All sites"),
    ]:
        found = plan_of(*entries, sites={"OLD.example": choice})
        assert found.items[0].name == name
        assert found.is_possible
        assert found.missing_sites == ["old.example"]

    skipped = plan_of(*entries, sites={"old.example": SKIP})
    assert {item.outcome for item in skipped.items} == {Outcome.SKIPPED}
    assert carry_out(skipped, by=None) == []

    gone = plan_of(entries[0], sites={"old.example": "gone.example"})
    assert only(gone).errors == ["There is no site “gone.example” here."]


def test_two_entries_are_not_one_widget(db):
    found = plan_of(entry(), entry(site="x.example"), sites={"x.example": ALL_SITES})

    assert [item.outcome for item in found.items] == [Outcome.NEW, Outcome.WRONG]
    assert found.items[1].errors == ["It stands twice in the file."]


def test_what_is_not_yours_stays(widget):
    found = plan_of(entry(name="Mine"), rows=Widget.objects.none())

    assert only(found).errors == ["It is there already, and not yours to change."]


def test_all_or_nothing(db):
    found = plan_of(entry(slug="one"), entry(slug="two", bot_id=""))

    assert [item.outcome for item in found.items] == [Outcome.NEW, Outcome.WRONG]
    with pytest.raises(TransferError):
        carry_out(found, by=None)
    assert not Widget.objects.exists()


def test_who_comes_second_is_told(db):
    found, again = plan_of(entry(slug="a"), entry()), plan_of(entry())
    carry_out(again, by=None)

    with pytest.raises(TransferError, match="somebody changed these widgets"):
        carry_out(found, by=None)

    assert Widget.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"slug": None}, "It has no “slug”"),
        ({"slug": ""}, "slug: This field cannot be blank."),
        ({"slug": "zwei Worte"}, "slug: Enter a valid “slug”"),
        ({"site": 1}, "“site” is a domain in quotes"),
        ({"site": "x" * 101}, "too long for a domain"),
        ({"bot_id": 7400}, "bot id: Enter a text in quotes, ids too."),
        ({"bot_id": ""}, "An agent needs its bot id"),
        ({"enabled": 1}, "enabled: Enter true or false."),
        ({"guest_days": True}, "remember them for (days): Enter a whole number."),
        ({"guest_days": 1.0}, "Enter a whole number."),
        ({"guest_days": 10**29}, "Ensure this value is less than or equal to 365"),
        ({"guest_days": -1}, "greater than or equal to 0"),
        ({"mode": "odd"}, "mode: Value 'odd' is not a valid choice."),
        ({"name": "x" * 101}, "name: At most 100 characters."),
        ({"include_paths": "/x" * 2000}, "At most 2000 characters."),
        ({"shown_from": "2026-05-01T09:00:00"}, "shown from: Enter a moment with"),
        ({"shown_from": "0001-01-01T00:00:00+14:00"}, "Enter a moment with its zone"),
        ({"shown_from": 7}, "Enter a moment with its zone"),
        ({"weekly_hours": {"a": 1}}, "weekly hours: Enter a list"),
        ({"launcher_icon": "icon.png"}, 'picture: Enter null, or {"name"'),
        ({"launcher_icon": {"name": 1, "data": ""}}, "Enter null, or"),
        ({"launcher_icon": {"name": "a.png", "data": "?"}}, "Base64 of this file is"),
        ({"launcher_icon": {"name": "..", "data": ""}}, "Base64 of this file is wrong"),
        ({"launcher_icon": {"name": "a.svg", "data": ""}}, "File extension “svg”"),
        ({"launcher_icon": {"name": "a.png", "data": "A" * 500_000}}, "too large"),
        (
            {"launcher_icon": {"name": "a.png", "data": "AAAA"}},
            "not what its name says",
        ),
    ],
)
def test_what_does_not_fit_is_told_with_its_field(values, sentence):
    [error, *_more] = wrong(**values)

    assert sentence in error


def test_all_errors_of_kind_are_told_at_once(db):
    assert len(wrong(bot_id=7, enabled="yes", guest_days="7")) == 3


def test_an_entry_that_is_no_object_is_named_by_its_number(db):
    item = only(plan_of("support"))

    assert (item.name, item.errors) == ("#1", ["This is no object, {…}."])


@pytest.mark.parametrize(
    "name",
    [
        "name",
        "slug",
        "mode",
        "site",
        "parameters",
        "launcher_icon",
        "unknown",
        "enabled",
    ],
)
@pytest.mark.parametrize("secret", CREDENTIALS[::3])
def test_a_credential_is_refused_and_never_repeated(name, secret):
    value = {"a": [secret]} if name in ("parameters", "launcher_icon") else secret

    found = plan_of(entry(**{name: value}))

    assert "looks like a Coze token or a private key" in only(found).errors[0]
    assert secret[10:] not in repr(found)


def test_a_credential_as_a_name_is_not_repeated_either():
    found = plan_of(entry(**{TOKEN: 1}))

    assert only(found).errors[0].startswith("An unknown field: this looks like")
    assert TOKEN[10:] not in repr(found)


def test_what_json_escapes_hides_no_credential(make_widget):
    found = plan_of(entry(parameters={"a": f"\n{TOKEN}"}))
    assert "looks like a Coze token" in only(found).errors[0]

    make_widget(parameters={"a": f"\n{TOKEN}"})
    with pytest.raises(TransferError, match="holds something"):
        export(Widget.objects.all())


def test_a_picture_never_leaves_its_folder(db):
    data = base64.b64encode(PNG).decode()
    for name in ("../../etc/cron.png", "C:\\x\\cron.png", "/cron.png"):
        found = plan_of(entry(launcher_icon={"name": name, "data": data}))

        [widget] = carry_out(found, by=None)

        assert widget.launcher_icon.name.startswith("coze_widget/cron")
        widget.delete()


def test_what_is_unknown_is_named_and_left_out(db):
    item = only(plan_of(entry(color="red", **{"\x1b[31m" + "x" * 99: 1})))

    assert item.outcome is Outcome.NEW
    [warning] = item.warnings
    assert warning == f"Not known here and left out: color,  [31m{'x' * 55}."


def test_names_that_mean_nothing_here_are_warned_of(make_widget, oauth_app, admin_user):
    Group.objects.create(name="Sales")
    keep_draft(make_widget(), {}, by=admin_user)

    item = only(
        plan_of(
            entry(oauth_app="other", audience="customers", groups=["Sales", "Support"])
        )
    )

    assert item.outcome is Outcome.CHANGED
    assert item.warnings == [
        "COZE_OAUTH_APPS has no “other” here.",
        "COZE_AUDIENCES has no “customers” here.",
        "There is no group “Support” here.",
        "It has a draft here, which stays as it is.",
    ]


def test_a_project_without_groups_has_none(settings):
    settings.INSTALLED_APPS = ["django.contrib.sites", "coze_widget"]

    assert only(plan_of(entry(groups=["Sales"]))).warnings == [
        "There is no group “Sales” here."
    ]


def test_what_was_shown_has_a_fingerprint(widget):
    one = plan_of(entry(name="One")).fingerprint

    assert plan_of(entry(name="One")).fingerprint == one
    assert plan_of(entry(name="Two")).fingerprint != one
    assert plan_of(entry(name="One"), entry(slug="b")).fingerprint != one


def test_the_file_in_the_documentation_is_read(db):
    [block] = [block for block in blocks_of(DOCS / "moving.md") if "{" in block.text]
    text = block.text.replace("iVBORw0KGgo…", base64.b64encode(PNG).decode())
    Site.objects.create(domain="shop.example.com")

    found = plan_text(text)

    assert (only(found).outcome, only(found).errors) == (Outcome.NEW, [])
    assert only(found).warnings == ["There is no group “Sales” here."]
