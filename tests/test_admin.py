from __future__ import annotations

import re
from datetime import datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.auth.models import Permission, User
from django.contrib.sites.models import Site
from django.db import connection
from django.test.html import parse_html
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from coze_widget.admin import WidgetAdmin
from coze_widget.models import Widget
from coze_widget.records import record_fields
from tests.widget_data import CREDENTIALS, TOKENS, link_rows, tag_rows, widget_data

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("oauth_app")]

LIST = reverse("admin:coze_widget_widget_changelist")
ADD = reverse("admin:coze_widget_widget_add")


@pytest.fixture
def editor(client):
    user = User.objects.create_superuser("editor", password="for tests")
    client.force_login(user)
    return client


def change_url(widget):
    return reverse("admin:coze_widget_widget_change", args=[widget.pk])


def page(client, url, **extra):
    response = client.get(url, **extra)
    assert response.status_code == 200
    parse_html(response.content.decode())
    return response.content.decode()


def post(client, url, **changes):
    """Return the messages and the page that follow."""
    response = client.post(url, widget_data(_continue="1", **changes), follow=True)
    assert response.status_code == 200
    texts = [str(message) for message in response.context["messages"]]
    return texts, response.content.decode()


def test_every_field_of_the_row_has_its_place():
    columns = {field.name for field in record_fields()}

    fields = flatten_fieldsets(WidgetAdmin.fieldsets)

    assert sorted(fields) == sorted(columns | {"status", "tag"})


def test_groups_bear_the_names_of_the_sdk():
    names = " ".join(str(name) for name, _options in WidgetAdmin.fieldsets)

    assert re.findall(r"(?:config|ui\.[\w.]+|userInfo)", names) == [
        "config",
        "ui.base",
        "ui.asstBtn",
        "ui.header",
        "ui.footer",
        "ui.conversations",
        "ui.chatBot",
        "ui.chatBot.feedback",
        "userInfo",
    ]


# --- list


def test_the_list_says_where_and_whether(editor, make_widget):
    make_widget(slug="one", name="First")
    make_widget(slug="two", name="Second", site=Site.objects.get(), oauth_app="gone")

    html = page(editor, LIST)

    assert "All sites" in html
    assert "example.com" in html
    rows = re.findall(r'<td class="field-works">(.*?)</td>', html)
    assert ["True" in row for row in rows] == [True, False]


def test_the_list_says_first_whether_a_widget_works(editor, make_widget):
    make_widget()

    html = page(editor, LIST)

    columns = re.findall(r'<th class="field-name"|<td class="field-(\w+)', html)
    assert columns == [
        *("", "works", "test", "bot_name", "enabled", "shown_on", "slug"),
        "order",
    ]


def test_the_filter_names_the_widgets_for_all_sites(editor, make_widget):
    make_widget(slug="one", name="First")
    make_widget(slug="two", name="Second", site=Site.objects.get())

    html = page(editor, LIST)
    found = re.search(r'<a href="\?(site__isnull=True)">\s*All sites\s*</a>', html)

    only_for_all = page(editor, f"{LIST}?{found[1]}")
    assert "First" in only_for_all
    assert "Second" not in only_for_all


def test_the_list_costs_the_same_for_many(editor, make_widget):
    site = Site.objects.get()
    costs = []

    for number in range(9):
        make_widget(slug=f"w{number}", site=site)
        with CaptureQueriesContext(connection) as queries:
            page(editor, LIST)
        costs.append(len(queries))

    assert costs[-1] == costs[1]


@pytest.mark.parametrize(
    "query", ["?q=7400000000000000001", "?q=supp", "?enabled__exact=1&mode__exact=bot"]
)
def test_the_list_is_searched_and_filtered(editor, widget, query):
    assert "1 widget" in page(editor, LIST + query)


# --- form


def test_a_new_widget(editor):
    html = page(editor, ADD)

    assert "coze-status" not in html
    assert "coze-tag" not in html

    texts, html = post(editor, ADD)

    assert texts[0].startswith("The widget “<a href=")
    assert texts[1:] == ["In Coze, the agent must be published to API and to Chat SDK."]
    assert Widget.objects.get().slug == "support"


def test_the_form_tells_status_and_tag(editor, widget):
    html = page(editor, change_url(widget))

    assert (
        '<div class="coze-status" data-works="True">'
        "<strong>Shown on pages that have its tag.</strong> The key of"
    ) in html
    assert "{% load coze_widget %}{% coze_widget &quot;support&quot; %}</code>" in html


def test_a_widget_without_a_working_credential_says_why(editor, make_widget):
    widget = make_widget(oauth_app="gone")

    html = page(editor, change_url(widget))

    assert 'data-works="False"' in html
    assert (
        "<strong>Visitors see nothing.</strong> COZE_OAUTH_APPS has no OAuth app "
        "“gone”; it has: “default”."
    ) in html


def test_a_widget_that_is_off_says_so(editor, make_widget):
    html = page(editor, change_url(make_widget(enabled=False)))

    assert 'data-works="off"' in html
    assert "Switched off: visitors see nothing." in html


def test_advice_follows_a_save(editor, widget, settings):
    settings.COZE_OAUTH_APPS = {}

    texts, _html = post(editor, change_url(widget), chat_bot_is_need_audio="on")

    assert texts[0].startswith("The widget “")
    assert texts[1:] == [
        "Visitors see nothing. The setting COZE_OAUTH_APPS is empty.",
        "Voice input works on pages with HTTPS only; elsewhere the SDK is told that it is "
        "off.",
    ]


def test_the_form_gives_its_advice_quietly(editor, make_widget):
    old = make_widget(sdk_version="1.2.0-beta.16", conversations_is_need=True)
    html = page(editor, change_url(old))

    lines = html.partition('<ul class="coze-advice">')[2].partition("</ul>")[0]
    assert "<li>SDK 1.2.0-beta.16 is too old for: list of conversations (" in lines
    assert lines.count("<li>") == 2
    assert "messagelist" not in html


def test_without_advice_there_is_no_list(editor, widget):
    assert "coze-advice" not in page(editor, change_url(widget))


def test_the_form_of_a_row_that_no_form_made_opens(editor, make_widget):
    widget = make_widget(sdk_version="latest", launcher_color="red", parameters=[1])

    assert "coze-advice" in page(editor, change_url(widget))


@pytest.mark.parametrize(
    ("silenced", "fields", "is_told"),
    [
        ([], {}, True),
        (["coze_widget.W032"], {}, False),
        ([], {"guests": "isolated"}, False),
        ([], {"enabled": ""}, False),
    ],
)
def test_a_missing_login_page_is_told_after_a_save(
    editor, settings, silenced, fields, is_told
):
    """The first click in a new project would end in a 404."""
    settings.LOGIN_URL = "/accounts/login/"
    settings.SILENCED_SYSTEM_CHECKS = silenced

    texts, _html = post(editor, ADD, **fields)

    sentence = (
        "LOGIN_URL is “/accounts/login/”, and this project has no such page. People who "
        "open the chat are asked to log in. Set LOGIN_URL to the path or the name of "
        "your login page, or open the widgets to guests."
    )
    assert (sentence in texts) is is_told
    assert any("LOGIN_URL" in text for text in texts) is is_told


def test_a_token_on_trial_is_named_after_a_save(editor, widget, settings):
    settings.COZE_OAUTH_APPS = {}
    settings.COZE_PERSONAL_ACCESS_TOKEN = TOKENS[0]
    settings.DEBUG = True

    texts, html = post(editor, change_url(widget))

    assert texts[1].startswith("Shown to you alone. On trial with the personal")
    assert TOKENS[0] not in html


def test_constraints_are_sentences_at_their_fields(editor):
    texts, html = post(editor, ADD, bot_id="", load="eager", launcher="sdk")

    assert texts == []
    for name, sentence in {
        "bot_id": "An agent needs its bot id.",
        "load": "Only a widget in the page itself can load with the page.",
        "launcher": "The SDK&#x27;s button needs a widget in the page itself",
    }.items():
        row = html.partition(f"field-{name}")[2].partition("form-row")[0]
        assert sentence in row
    assert 'class="errorlist nonfield' not in html


def test_a_closed_group_opens_for_its_error(editor):
    assert html_of_group(page(editor, ADD), "ui.footer").startswith("<details>")

    _texts, html = post(editor, ADD, **link_rows(("privacy", "", "")))

    assert "<details>" not in html_of_group(html, "ui.footer")
    assert "fill in name, text and link" in html


def html_of_group(html, name):
    [group] = [
        part for part in html.split('<fieldset class="module')[1:] if name in part
    ]
    return group.partition(">")[2].strip()


def test_links_are_saved_from_their_rows(editor):
    post(editor, ADD, **link_rows(("privacy", "Privacy", "https://example.com")))

    assert Widget.objects.get().footer_linkvars == {
        "privacy": {"text": "Privacy", "link": "https://example.com"}
    }


def test_feedback_and_further_options_are_saved(editor):
    post(
        editor,
        ADD,
        chat_bot_feedback_is_need="on",
        **tag_rows(("Wrong", False), ("Other", True)),
        extra_options='{"ui": {"rail": {"side": "left"}}}',
    )

    widget = Widget.objects.get()
    assert widget.chat_bot_feedback_is_need is True
    assert widget.chat_bot_feedback_panel_tags == [
        {"label": "Wrong", "isNeedDetail": False},
        {"label": "Other", "isNeedDetail": True},
    ]
    assert widget.extra_options == {"ui": {"rail": {"side": "left"}}}


def test_a_refused_option_opens_its_group_and_is_named_there(editor):
    _texts, html = post(editor, ADD, extra_options='{"ui": {"chatBot": {"el": 1}}}')

    assert "<details>" not in html_of_group(html, "field-extra_options")
    row = html.partition("field-extra_options")[2]
    assert "“ui.chatBot.el” is not for here" in row


def test_known_versions_are_offered(editor):
    html = page(editor, ADD)

    assert 'list="id_sdk_version_known"' in html
    assert '<datalist id="id_sdk_version_known">' in html
    assert '<option value="1.2.0-beta.20" label="coze.cn"></option>' in html
    assert '<option value="1.2.0-beta.6" label="coze.cn, coze.com"></option>' in html


@pytest.mark.parametrize("secret", CREDENTIALS, ids=["pat", "cztei", "czs", "pem"])
@pytest.mark.parametrize("name", ["name", "slug", "parameters", "user_nickname"])
def test_a_credential_goes_nowhere(editor, widget, caplog, name, secret):
    texts, html = post(editor, change_url(widget), **{name: secret})

    assert "This looks like a Coze token or a private key." in html
    assert secret[:16] not in html
    assert secret[:16] not in caplog.text
    assert texts == []
    assert not LogEntry.objects.exists()


def test_history_names_fields_and_no_values(editor, widget):
    post(editor, change_url(widget), chat_bot_title="Ask us")

    [entry] = LogEntry.objects.all()

    assert "title" in entry.change_message
    assert "Ask us" not in entry.change_message


def test_hostile_text_stays_text(editor, make_widget):
    text = '</script><img src=x onerror="alert(1)">\u2028'
    widget = make_widget(
        name=text,
        chat_bot_title=text,
        footer_linkvars={"a": {"text": text, "link": "https://example.com"}},
    )

    html = page(editor, LIST) + page(editor, change_url(widget))

    assert "<img src=x" not in html


def test_the_form_has_no_inline_script(editor, widget):
    html = page(editor, change_url(widget))

    assert not re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", html)
    assert not re.findall(r'<[a-z][^>]*\s(?:on\w+|style)="', html)


def test_who_may_only_look_sees_all_and_changes_nothing(client, widget):
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_widget"))
    client.force_login(viewer)

    html = page(client, change_url(widget))

    assert "7400000000000000001" in html
    assert 'name="bot_id"' not in html
    assert client.post(change_url(widget), widget_data()).status_code == 403


@pytest.mark.parametrize("name", ["shown_from_0", "shown_from_1", "shown_until_1"])
def test_a_credential_in_a_moment_is_not_sent_back(admin_client, oauth_app, name):
    url = reverse("admin:coze_widget_widget_add")

    response = admin_client.post(url, widget_data(**{name: TOKENS[0]}))

    assert response.status_code == 200
    assert TOKENS[0] not in response.content.decode()


@pytest.mark.parametrize(
    ("fields", "headline"),
    [
        ({"shown_until": "2020-01-01T00:00Z"}, "Closed: visitors see nothing."),
        (
            {"shown_from": "2090-01-01T00:00Z"},
            "Closed now: visitors see nothing until Dec. 31, 2089",
        ),
        ({}, "Shown on pages that have its tag."),
    ],
)
def test_the_status_knows_the_clock(admin_client, make_widget, fields, headline):
    moments = {
        name: datetime.fromisoformat(text[:10] + "T00:00+00:00")
        for name, text in fields.items()
    }
    widget = make_widget(**moments)
    url = reverse("admin:coze_widget_widget_change", args=[widget.pk])

    assert headline in admin_client.get(url).content.decode()


def test_a_save_says_that_the_clock_is_over(admin_client, widget):
    url = reverse("admin:coze_widget_widget_change", args=[widget.pk])
    data = widget_data(shown_until_0="2020-01-01", shown_until_1="00:00:00")

    response = admin_client.post(url, data, follow=True)

    texts = [str(message) for message in response.context["messages"]]
    assert "Closed: visitors see nothing." in texts


def test_a_save_says_two_things_and_where_the_rest_is(admin_client, widget):
    url = reverse("admin:coze_widget_widget_change", args=[widget.pk])
    data = widget_data(
        sdk_version="1.0.0",
        chat_bot_is_need_audio="on",
        guest_days="3",
        user_nickname="Guest",
        chat_bot_feedback_is_need="on",
    )

    response = admin_client.post(url, data, follow=True)

    texts = [str(message) for message in response.context["messages"]]
    assert sum(text.startswith("More about this widget (") for text in texts) == 1
    assert len(texts) < 6
