"""Drafts and published versions in the admin."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.sites.models import Site
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.html import parse_html
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from coze_widget.admin.publishing import SEEN, VERSIONS_A_PAGE
from coze_widget.drafts import find_draft, keep_draft
from coze_widget.models import Draft, Widget
from coze_widget.records import to_record
from coze_widget.versions import publish
from tests.narrow_admins import address_in
from tests.test_records import PNG
from tests.widget_data import widget_data

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("oauth_app", "media")]

LIST = reverse("admin:coze_widget_widget_changelist")
ADD = reverse("admin:coze_widget_widget_add")


@pytest.fixture
def editor(client, nadia):
    client.force_login(nadia)
    return client


@pytest.fixture
def other(db):
    return User.objects.create_superuser("other", password="for tests")


@pytest.fixture
def viewer(client):
    user = User.objects.create_user("viewer", password="for tests", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_widget"))
    client.force_login(user)
    return client


def url(page, *arguments):
    return reverse(f"admin:coze_widget_widget_{page}", args=arguments)


def text_of(response):
    """Return what the page says, without marks, on one line."""
    assert response.status_code == 200
    parse_html(response.content.decode())
    content = response.content.decode().partition('id="content"')[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", content)).split())


def page(client, *where):
    return text_of(client.get(url(*where)))


def form_of(client, widget):
    """Return what a browser would post from the form as it stands."""
    html = client.get(url("change", widget.pk)).content.decode()
    seen = re.search(rf'name="{SEEN}" value="([^"]*)"', html)
    return widget_data(**{SEEN: seen[1]})


def post(client, address, data):
    response = client.post(address, data, follow=True)
    assert response.status_code == 200
    return [str(message) for message in response.context.get("messages", [])], response


def draft(widget, by=None, **values):
    return keep_draft(widget, to_record(widget) | values, by=by)


# drafts


def test_a_draft_is_kept_and_visitors_see_what_they_saw(editor, widget, nadia):
    data = form_of(editor, widget) | {"name": "Later", "_draft": "1"}

    texts, response = post(editor, url("change", widget.pk), data)

    assert texts == ["The draft was saved. Nothing has changed for visitors."]
    widget.refresh_from_db()
    assert (widget.name, widget.history.count()) == ("Support", 1)
    assert find_draft(widget).values["name"] == "Later"
    assert find_draft(widget).saved_by == str(nadia.pk)
    assert not LogEntry.objects.exists()
    assert response.redirect_chain == [(url("change", widget.pk), 302)]


def test_the_form_shows_the_draft_and_says_so(editor, widget, other):
    draft(widget, by=other, name="Later")

    response = editor.get(url("change", widget.pk))
    text = text_of(response)

    assert response.context["adminform"].form["name"].value() == "Later"
    assert ", other saved it." in text
    assert "Visitors see what was published on" in text
    assert "older" not in text
    assert "Discard the draft" in text


def test_a_form_without_a_draft_has_no_banner(editor, widget):
    html = editor.get(url("change", widget.pk)).content.decode()

    assert "coze-draft" not in html.replace("coze-save-draft", "")


def test_a_draft_has_to_be_valid(editor, widget):
    data = form_of(editor, widget) | {"bot_id": "", "_draft": "1"}

    _texts, response = post(editor, url("change", widget.pk), data)

    assert "An agent needs its bot id." in text_of(response)
    assert not Draft.objects.exists()


def test_publishing_puts_an_end_to_the_draft(editor, widget, nadia):
    draft(widget, name="Later")
    data = form_of(editor, widget) | {"name": "Later", "_continue": "1"}

    post(editor, url("change", widget.pk), data)

    widget.refresh_from_db()
    assert widget.name == "Later"
    assert not Draft.objects.exists()
    assert widget.history.first().history_user == nadia


def test_saving_without_a_change_publishes_nothing(editor, widget):
    for _time in range(2):
        texts, _response = post(
            editor, url("change", widget.pk), form_of(editor, widget)
        )
        assert "was changed successfully" in texts[0]

    assert widget.history.count() == 2


def test_a_new_widget_can_begin_as_a_draft(editor, nadia):
    texts, response = post(editor, ADD, widget_data(_draft="1"))

    widget = Widget.objects.get()
    assert texts[0] == (
        "“Support” was added and is switched off: visitors see nothing. What you "
        "entered is kept as its draft."
    )
    assert widget.enabled is False
    assert find_draft(widget).values["enabled"] is True
    assert widget.history.get().history_user == nadia
    assert response.redirect_chain == [(url("change", widget.pk), 302)]
    text = text_of(response)
    assert "The widget is switched off: visitors see nothing." in text
    assert response.context["adminform"].form["enabled"].value() is True


def test_the_buttons_say_what_they_do(editor, widget):
    change, add = page(editor, "change", widget.pk), text_of(editor.get(ADD))

    assert "“Save” publishes: visitors get it from now on. “Save as draft” keeps" in (
        change
    )
    assert "“Save as draft” adds the widget switched off." in add
    assert 'name="_draft"' in editor.get(ADD).content.decode()
    assert 'name="_draft"' not in editor.get(f"{ADD}?_popup=1").content.decode()


def test_a_popup_saves_at_once(editor):
    editor.post(ADD, widget_data(_popup="1", _draft="1"))

    assert Widget.objects.get().enabled
    assert not Draft.objects.exists()


def test_the_picture_of_a_draft_is_published_with_it(editor, widget, media):
    picture = SimpleUploadedFile("icon.png", PNG)
    data = form_of(editor, widget) | {"launcher_icon": picture, "_draft": "1"}
    post(editor, url("change", widget.pk), data)
    widget.refresh_from_db()
    assert not widget.launcher_icon

    html = editor.get(url("change", widget.pk)).content.decode()
    assert "coze_widget/icon.png" in html
    post(editor, url("change", widget.pk), form_of(editor, widget))

    widget.refresh_from_db()
    assert widget.launcher_icon.name == "coze_widget/icon.png"
    assert (media / widget.launcher_icon.name).read_bytes() == PNG


def test_a_draft_is_compared_and_thrown_away(editor, widget, other):
    draft(widget, by=other, name="Later", chat_bot_title="Ask", launcher_label="Hi")

    text = page(editor, "draft", widget.pk)

    assert ", other saved this draft." in text
    assert "Name Support Later" in text
    assert "Title Chat · ui.chatBot empty Ask" in text
    texts, response = post(editor, url("draft", widget.pk), {})
    assert texts == ["The draft was thrown away."]
    assert not Draft.objects.exists()
    assert response.redirect_chain == [(url("change", widget.pk), 302)]


def test_a_draft_without_a_difference_says_so(editor, widget):
    draft(widget)

    assert "the same as what is published" in page(editor, "draft", widget.pk)


def test_where_there_is_no_draft_one_is_led_to_the_form(editor, widget):
    assert editor.get(url("draft", widget.pk)).url == url("change", widget.pk)
    texts, _response = post(editor, url("draft", widget.pk), {})
    assert texts == []


def test_a_draft_that_is_older_than_the_row_is_named_so(editor, widget, other):
    draft(widget, name="Later")
    widget.launcher_label = "Hi"
    publish(widget, by=other)

    text = page(editor, "change", widget.pk)

    assert "The draft is older than that: other published since." in text


def test_a_row_without_a_version_can_have_a_draft(editor):
    [widget] = Widget.objects.bulk_create(
        [Widget(slug="support", name="Old", bot_id="7400000000000000001")]
    )
    draft(widget, name="Later")

    assert "Visitors see what was published before." in page(
        editor, "change", widget.pk
    )
    assert "Name Old Later" in page(editor, "draft", widget.pk)
    post(editor, url("change", widget.pk), form_of(editor, widget))
    assert [row.name for row in widget.history.all()] == ["Support", "Old"]


def test_the_list_marks_what_has_a_draft_at_no_price(editor, make_widget):
    for number in range(5):
        widget = make_widget(slug=f"w{number}", name=f"<b>{number}")
        with CaptureQueriesContext(connection) as queries:
            text = text_of(editor.get(LIST))
        assert text.count(" draft ") == number
        draft(widget)
        with CaptureQueriesContext(connection) as more:
            editor.get(LIST)
        assert len(more) == len(queries)


# two editors


def test_nobody_publishes_over_another_without_being_told(editor, widget, other):
    data = form_of(editor, widget) | {"name": "Mine", "_continue": "1"}
    widget.name = "Theirs"
    publish(widget, by=other)

    _texts, response = post(editor, url("change", widget.pk), data)

    text = text_of(response)
    assert "other published this widget after you opened this form." in text
    assert f'href="{url("history", widget.pk)}"' in response.content.decode()
    assert response.context["adminform"].form["name"].value() == "Mine"
    widget.refresh_from_db()
    assert widget.name == "Theirs"

    seen = re.search(rf'{SEEN}" value="([^"]*)"', response.content.decode())[1]
    post(editor, url("change", widget.pk), data | {SEEN: seen})

    widget.refresh_from_db()
    assert widget.name == "Mine"


def test_nobody_ends_a_draft_that_they_have_not_seen(editor, widget, other):
    data = form_of(editor, widget) | {"name": "Mine"}
    draft(widget, by=other, name="Theirs")

    for button in ("_draft", "_save"):
        _texts, response = post(editor, url("change", widget.pk), data | {button: "1"})
        assert "other saved a draft after you opened this form." in text_of(response)

    assert find_draft(widget).values["name"] == "Theirs"


def test_a_name_in_such_a_sentence_is_text(editor, widget):
    user = User.objects.create_superuser("<i>odd</i>", password="for tests")
    data = form_of(editor, widget)
    widget.name = "Theirs"
    publish(widget, by=user)

    _texts, response = post(editor, url("change", widget.pk), data)

    assert "<i>odd" not in response.content.decode()


# versions


def test_the_history_tells_who_changed_what(editor, widget, other):
    widget.chat_bot_title = "Ask"
    widget.enabled = False
    publish(widget, by=other)

    text = page(editor, "history", widget.pk)

    assert "Published by other" in text
    assert "Enabled Where yes no" in text
    assert "Title Chat · ui.chatBot empty Ask" in text
    assert "Added by somebody unknown" in text
    assert text.count("published now") == 1
    assert text.index("Published by other") < text.index("Added by")


def test_a_long_history_has_pages_that_know_what_came_before(editor, widget):
    for number in range(VERSIONS_A_PAGE + 1):
        widget.guest_days = number + 1
        widget.save()

    first = page(editor, "history", widget.pk)
    second = text_of(editor.get(url("history", widget.pk) + "?p=2"))

    assert "1 2" in first[-10:]
    assert "Remember them for (days) Who 1 2" in first
    assert "Remember them for (days) Who 0 1" in second
    assert "Added by" in second
    assert "Added by" not in first
    assert "published now" not in second


def test_a_long_history_costs_what_a_short_one_does(editor, widget, other):
    costs = []
    for number in range(3):
        widget.guest_days = number + 1
        publish(widget, by=other)
        with CaptureQueriesContext(connection) as queries:
            page(editor, "history", widget.pk)
        costs.append(len(queries))

    assert costs[0] == costs[2]


def test_a_very_long_history_leaves_pages_out(editor, widget):
    version = widget.history.get()
    Widget.history.bulk_create(
        [
            Widget.history.model(
                **{
                    field.attname: getattr(version, field.attname)
                    for field in version._meta.concrete_fields
                    if not field.primary_key
                }
            )
            for _number in range(15 * VERSIONS_A_PAGE)
        ]
    )

    text = page(editor, "history", widget.pk)

    assert "…" in text


def test_a_row_without_versions_says_so(editor):
    [widget] = Widget.objects.bulk_create(
        [Widget(slug="support", name="Old", bot_id="7400000000000000001")]
    )

    assert "No version was kept yet" in page(editor, "history", widget.pk)


def test_djangos_own_log_is_there(editor, widget):
    data = form_of(editor, widget) | {"name": "New"}
    post(editor, url("change", widget.pk), data)

    assert "Changed Name" in page(editor, "log", widget.pk)


def test_one_version_shows_all_its_values(editor, widget, media):
    picture = SimpleUploadedFile("icon.png", PNG)
    widget.launcher_icon = picture
    widget.launcher_color = "#123456"
    widget.save()
    version = widget.history.first()
    widget.launcher_icon = ""
    widget.save()

    response = editor.get(url("version", widget.pk, version.history_id))
    text = text_of(response)

    assert "Published by somebody unknown" in text
    assert "Bot id 7400000000000000001" in text
    assert "Picture Launcher · ui.asstBtn empty coze_widget/icon.png" in text
    assert f'<img src="{widget.history.all()[1].instance.launcher_icon.url}"' in (
        response.content.decode()
    )
    (media / version.launcher_icon).unlink()
    assert "<img" not in editor.get(response.request["PATH_INFO"]).content.decode()


def test_the_version_of_now_cannot_be_published_again(editor, widget):
    text = page(editor, "version", widget.pk, widget.history.get().history_id)

    assert "This is what is published now." in text
    assert "Publish this version again" not in text


def test_an_older_version_is_published_again(editor, widget, nadia):
    version = widget.history.get()
    Widget.objects.filter(pk=widget.pk).update(bot_name="Eve")
    widget.refresh_from_db()
    widget.name = "Worse"
    widget.save()
    draft(widget, name="Later")
    address = url("version", widget.pk, version.history_id)
    assert "Name Worse Support" in text_of(editor.get(address))

    texts, response = post(editor, address, {})

    assert texts == ["This version is published again: visitors get it from now on."]
    widget.refresh_from_db()
    assert (widget.name, widget.bot_name) == ("Support", "Eve")
    assert widget.history.count() == 3
    assert widget.history.first().history_user == nadia
    assert find_draft(widget).values["name"] == "Later"
    assert LogEntry.objects.get().get_change_message() == "Changed name."
    assert response.redirect_chain == [(url("history", widget.pk), 302)]

    post(editor, address, {})
    assert widget.history.count() == 3
    assert LogEntry.objects.count() == 1


def test_a_version_that_no_longer_fits_becomes_a_draft(editor, make_widget):
    widget = make_widget(launcher_icon="coze_widget/gone.png", name="Old")
    version = widget.history.get()
    widget.launcher_icon, widget.name = "", "New"
    widget.save()
    address = url("version", widget.pk, version.history_id)

    texts, response = post(editor, address, {})

    assert texts == [
        "This version does not fit any more: picture: The file of the picture is gone: "
        "choose it again, or clear it.",
        "It is kept as a draft: correct it in the form.",
    ]
    widget.refresh_from_db()
    assert widget.name == "New"
    assert response.context["adminform"].form["name"].value() == "Old"

    draft(widget, name="Mine")
    texts, _response = post(editor, address, {})
    assert texts[1] == "Nothing was changed, and the draft is as it was."
    assert find_draft(widget).values["name"] == "Mine"


@pytest.fixture
def sites(settings):
    settings.ROOT_URLCONF = "tests.narrow_admins"
    return [
        Site.objects.create(domain=domain, name=domain)
        for domain in ("a.example", "b.example")
    ]


def publish_as(widget, **values):
    for name, value in values.items():
        setattr(widget, name, value)
    publish(widget, by=None)
    return widget.history.first().history_id


LEFT = "Left as it is now, since you may not change it: staff only."


def test_fields_that_one_may_not_change_stay_in_an_old_version(
    editor, sites, make_widget
):
    widget = make_widget(site=sites[0], name="Old")
    old = widget.history.get().history_id
    publish_as(widget, name="New", staff_only=True)
    address = address_in("SomeFields", widget.pk, "history", old)
    text = text_of(editor.get(address))
    assert (
        "Would be left as it is now, since you may not change it: staff only." in text
    )
    assert "Name New Old" in text
    assert "Staff only yes no" not in text

    texts, _response = post(editor, address, {})

    again = "This version is published again: visitors get it from now on."
    assert texts == [again, LEFT]
    widget.refresh_from_db()
    assert (widget.name, widget.staff_only) == ("Old", True)
    assert LogEntry.objects.get().get_change_message() == "Changed name."


def test_a_version_of_which_nothing_may_be_taken_changes_nothing(
    editor, sites, make_widget
):
    widget = make_widget(site=sites[0])
    old = widget.history.get().history_id
    publish_as(widget, staff_only=True)
    address = address_in("SomeFields", widget.pk, "history", old)
    text = text_of(editor.get(address))
    assert "This is what is published now." not in text
    assert "Publish this version again" not in text

    texts, _response = post(editor, address, {})

    assert texts == [LEFT]
    assert widget.history.count() == 2


def test_no_version_takes_a_widget_to_a_site_that_the_form_does_not_offer(
    editor, sites, make_widget
):
    widget = make_widget(site=sites[1])
    old = widget.history.get().history_id
    publish_as(widget, site=sites[0])

    texts, _response = post(
        editor, address_in("OneSite", widget.pk, "history", old), {}
    )

    assert "site: “b.example” is not among your choices here." in texts[0]
    widget.refresh_from_db()
    assert widget.site == sites[0]


def test_no_version_makes_a_row_that_one_could_not_change(editor, sites, make_widget):
    widget = make_widget(site=sites[1])
    old = widget.history.get().history_id
    publish_as(widget, site=sites[0])

    texts, _response = post(
        editor, address_in("OwnRows", widget.pk, "history", old), {}
    )

    assert "You may not change a widget like this one here." in texts[0]
    widget.refresh_from_db()
    assert widget.site == sites[0]


def test_the_history_knows_who_deleted(editor, make_widget, nadia):
    one, two = make_widget(slug="one"), make_widget(slug="two")
    draft(one)

    editor.post(url("delete", one.pk), {"post": "yes"})
    editor.post(
        LIST,
        {"action": "delete_selected", "_selected_action": [two.pk], "post": "yes"},
    )

    assert not Widget.objects.exists()
    deleted = Widget.history.filter(history_type="-")
    assert [version.history_user for version in deleted] == [nadia, nadia]


# who may


def test_who_may_look_sees_the_row_and_changes_nothing(viewer, widget):
    version = widget.history.get()
    draft(widget, name="Later")

    text = page(viewer, "change", widget.pk)

    assert "saved a draft, which is not shown here." in text
    assert "Later" not in text
    assert "Save as draft" not in text
    assert "Discard" not in text
    assert "Later" in page(viewer, "draft", widget.pk)
    assert "Added by" in page(viewer, "history", widget.pk)
    widget.name = "New"
    widget.save()
    address = url("version", widget.pk, version.history_id)
    assert "Publish this version again" not in text_of(viewer.get(address))
    assert viewer.post(address).status_code == 403
    assert viewer.post(url("draft", widget.pk)).status_code == 403
    assert Draft.objects.exists()


def test_strangers_see_nothing(client, widget):
    user = User.objects.create_user("staff", password="for tests", is_staff=True)
    client.force_login(user)
    version = widget.history.get().history_id

    for where in [("draft",), ("history",), ("log",), ("version", version)]:
        name, *rest = where
        assert client.get(url(name, widget.pk, *rest)).status_code == 403


def test_what_is_not_there_is_not_found(editor, widget, make_widget):
    foreign = make_widget(slug="two").history.get().history_id

    assert editor.get(url("version", widget.pk, foreign)).status_code == 404
    assert editor.get(url("draft", 999)).status_code == 404
    assert editor.get(url("history", 999)).status_code == 404
