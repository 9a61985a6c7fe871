from __future__ import annotations

import json
import logging
import re
import sys

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.core.signals import got_request_exception
from django.test.html import parse_html
from django.urls import include, path, reverse
from django.utils.translation import override
from django.views.debug import ExceptionReporter

from coze_widget.admin import WidgetAdmin, pasted
from coze_widget.models import Widget
from coze_widget.redaction import holds_credential
from tests.caches import entries
from tests.keypairs import private_pem
from tests.test_snippets import COSTLY, FOLDER, LETTERS, SNIPPETS, text_of
from tests.widget_data import widget_data

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("oauth_app")]

LIST = reverse("admin:coze_widget_widget_changelist")
ADD = reverse("admin:coze_widget_widget_add")
PASTE = reverse("admin:coze_widget_widget_paste")
CALL = "new CozeWebSDK.WebChatClient({config: {bot_id: '7400000000000000009'}"
PRIVATE = f"pat_{LETTERS} what nobody may read"
CN = "https://lf-cdn.coze.cn/obj/unpkg/flow-platform/chat-app-sdk/{}/libs/cn/index.js"


@pytest.fixture
def editor(client):
    client.force_login(User.objects.create_superuser("editor", password="for tests"))
    return client


@pytest.fixture
def into(widget):
    """The page that pastes into this widget."""
    return reverse("admin:coze_widget_widget_paste_into", args=[widget.pk])


def change_url(widget):
    return reverse("admin:coze_widget_widget_change", args=[widget.pk])


def page(response):
    assert response.status_code == 200
    html = response.content.decode()
    parse_html(html)
    return html


def text(html):
    """Return the page's words without its marks, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def paste(client, snippet, url=PASTE):
    return page(client.post(url, {"snippet": snippet}))


def held_of(html):
    return re.search(r'name="held" value="([\w-]+)"', html)[1]


def go_on(client, html, url=PASTE, **chosen):
    """Return the form that follows, with its initial values."""
    response = client.post(url, {"held": held_of(html), **chosen}, follow=True)
    page(response)
    return response


def initial(response):
    form = response.context["adminform"].form
    return {name: form[name].value() for name in form.fields}


def told(response):
    return [str(message) for message in response.context["messages"]]


def rows_of(html):
    """Return each row of the tables as its cells' words."""
    rows = re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)
    return [
        [text(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)]
        for row in rows
    ]


# --- the page


def test_the_page_has_one_large_field(editor):
    html = page(editor.get(PASTE))

    assert html.count("<textarea") == 1
    assert 'spellcheck="false"' in html
    assert 'autocomplete="off"' in html
    assert '<label for="id_snippet">' in html
    assert 'aria-describedby="coze-takes"' in html
    assert "https://docs.coze.cn/" in html


def test_list_form_and_widget_lead_to_it(editor, widget, into):
    assert f'href="{PASTE}"' in page(editor.get(LIST))
    assert f'href="{PASTE}"' in page(editor.get(ADD))
    html = page(editor.get(change_url(widget)))
    assert f'href="{into}"' in html
    assert f'href="{PASTE}"' not in html


# --- a new widget


def test_what_was_read_stands_beside_the_defaults(editor):
    html = paste(editor, text_of(FOLDER / "plain-call.js"))
    rows = rows_of(html)

    assert ["Option", "Default", "In the snippet"] in rows
    assert ["Bot id config.bot_id", "empty", "7400000000000000001"] in rows
    assert 'type="checkbox"' not in html


def test_booleans_and_choices_are_said_in_words(editor):
    snippet = (
        f"{CALL}, ui: {{asstBtn: {{isNeed: false}}, base: {{lang: 'zh-CN'}}, "
        "conversations: {isNeed: true}}})"
    )

    rows = rows_of(paste(editor, snippet))

    assert ["List of conversations ui.conversations.isNeed", "no", "yes"] in rows
    assert ["Language ui.base.lang", "That of the page", "简体中文"] in rows
    [launcher] = [row for row in rows if "ui.asstBtn.isNeed" in row[0]]
    assert launcher[2] == "None: the page opens the chat itself"


def test_what_is_the_default_anyhow_is_collapsed(editor):
    html = paste(editor, f"{CALL}, ui: {{header: {{isShow: true}}}}}})")

    before, after = html.split("<details>")
    assert "ui.header.isShow" not in before
    assert "ui.header.isShow" in after
    assert "The same already: 2" in text(after)


def test_the_form_is_filled_in_and_nothing_is_saved(editor):
    snippet = text_of(FOLDER / "feedback.js")
    html = paste(editor, snippet)

    response = go_on(editor, html)

    assert response.redirect_chain[0][0].startswith(f"{ADD}?pasted=")
    assert told(response) == ["Filled in from the snippet. Nothing is saved yet."]
    assert "You have the snippet" not in response.content.decode()
    values = initial(response)
    expected = json.loads((FOLDER / "feedback.js.expected.json").read_text())
    assert {name: values[name] for name in expected["fields"]} == expected["fields"]
    assert not Widget.objects.exists()


def test_groups_with_something_of_the_snippet_are_open(editor):
    html = paste(editor, text_of(FOLDER / "feedback.js"))

    response = go_on(editor, html)

    closed = {
        fields[0]
        for _title, options in response.context["adminform"].fieldsets
        if "collapse" in options.get("classes", ())
        for fields in [options["fields"]]
    }
    assert "chat_bot_feedback_is_need" not in closed
    assert "user_nickname" in closed


def test_the_form_can_be_loaded_again(editor):
    first = go_on(editor, paste(editor, CALL + "})"))

    again = editor.get(first.request["PATH_INFO"] + "?" + first.request["QUERY_STRING"])

    assert initial(again)["bot_id"] == "7400000000000000009"


def test_the_filled_in_form_is_saved_as_any_other(editor):
    response = go_on(editor, paste(editor, CALL + "})"))
    url = f"{ADD}?{response.request['QUERY_STRING']}"

    saved = editor.post(url, widget_data(bot_id="7400000000000000009"), follow=True)

    assert saved.status_code == 200
    assert Widget.objects.get().bot_id == "7400000000000000009"


def test_a_slug_that_is_taken_gets_a_number(editor, make_widget):
    make_widget(slug="coze")
    make_widget(slug="coze-2")

    response = go_on(editor, paste(editor, CALL + "})"))

    assert initial(response)["slug"] == "coze-3"


# --- an existing widget


def test_only_changes_stand_beside_what_is_now(editor, widget, into):
    html = paste(editor, f"{CALL}, ui: {{chatBot: {{title: 'Tea'}}}}}})", into)
    rows = rows_of(html)

    assert ["Option", "Now", "In the snippet"] in rows
    assert [
        "Bot id config.bot_id",
        "7400000000000000001",
        "7400000000000000009",
    ] in rows
    assert html.count("checked") == 2
    # Name and slug were made up from the title.
    assert not [row for row in rows if row[0] in ("Name", "Slug")]


def test_a_change_can_be_left_out(editor, widget, into):
    html = paste(editor, f"{CALL}, ui: {{chatBot: {{title: 'Tea'}}}}}})", into)

    response = go_on(editor, html, into, take=["chat_bot_title"])

    values = initial(response)
    assert response.redirect_chain[0][0].startswith(f"{change_url(widget)}?pasted=")
    assert told(response) == ["Filled in from the snippet. Nothing is saved yet."]
    assert values["chat_bot_title"] == "Tea"
    assert values["bot_id"] == "7400000000000000001"
    assert values["name"] == "Support"
    widget.refresh_from_db()
    assert widget.chat_bot_title == ""


def test_what_else_the_page_says_is_still_of_the_row(editor, widget, into):
    html = paste(editor, f"{CALL}, ui: {{chatBot: {{title: 'Tea'}}}}}})", into)

    response = go_on(editor, html, into, take=["chat_bot_title", "bot_id"])

    assert response.context["original"].bot_id == "7400000000000000001"


def test_with_every_change_left_out_the_form_is_the_rows(editor, widget, into):
    html = paste(editor, CALL + "})", into)

    response = go_on(editor, html, into)

    assert [url for url, _status in response.redirect_chain] == [change_url(widget)]
    assert told(response) == []


def test_a_snippet_that_says_nothing_new_says_so(editor, widget, into):
    html = paste(editor, text_of(FOLDER / "private-key.js"), into)

    assert "This widget has all that the snippet says." in html
    assert "Go on in the form" not in html


def test_no_name_of_a_field_gets_in_that_was_not_read(editor, widget, into):
    html = paste(editor, CALL + "})", into)

    response = go_on(editor, html, into, take=["enabled", "bot_id", "__class__"])

    assert initial(response)["enabled"] is True
    assert initial(response)["bot_id"] == "7400000000000000009"


# --- what is in no field


def test_what_was_left_out_is_named_with_its_reason(editor):
    html = text(paste(editor, text_of(FOLDER / "functions.js")))

    assert "Left out" in html
    assert "is a function; here, values only" in html


def test_what_is_not_needed_is_collapsed(editor):
    html = paste(editor, text_of(FOLDER / "two-scripts.html"))

    [details] = [part for part in html.split("<details>") if "onRefreshToken" in part]
    assert "Not needed here: 5" in text(details)
    assert "Left out" not in html


def test_notes_are_told(editor):
    html = paste(editor, text_of(FOLDER / "misplaced-groups.js"))

    assert "“footer” is read as “ui.footer”" in html


def test_options_of_a_newer_sdk_are_offered_unticked(editor):
    snippet = f"{CALL}, ui: {{theme: {{dark: true}}, chatBot: {{fast: true}}}}}})"
    html = paste(editor, snippet)

    assert html.count('name="offer"') == 2
    assert "checked" not in html
    assert ["ui.chatBot.fast", "yes"] in rows_of(html)
    assert ["ui.theme", "{&quot;dark&quot;: true}"] in rows_of(html)
    assert "Left out" not in html

    without = go_on(editor, html)
    with_one = go_on(editor, html, offer=["1"])

    assert not initial(without)["extra_options"]
    assert json.loads(initial(with_one)["extra_options"]) == {
        "ui": {"chatBot": {"fast": True}}
    }


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (
            {"ui": {"chatBot": {"slow": 1}, "theme": 2}},
            {"ui": {"chatBot": {"slow": 1, "fast": "yes"}, "theme": 2}},
        ),
        ([], {"ui": {"chatBot": {"fast": "yes"}}}),
    ],
)
def test_an_offer_joins_the_further_options_of_the_widget(
    editor, widget, into, stored, expected
):
    Widget.objects.update(extra_options=stored)
    html = paste(editor, f"{CALL}, ui: {{chatBot: {{fast: 'yes'}}}}}})", into)

    response = go_on(editor, html, into, offer=["0", "7", "x"])

    assert json.loads(initial(response)["extra_options"]) == expected


# --- what is no snippet


def test_a_problem_is_told_and_the_text_stays(editor):
    html = paste(editor, "<b>chat</b>")

    assert "There is no new CozeWebSDK.WebChatClient(…) in the text." in html
    assert 'role="alert"' in html
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="coze-problem coze-takes"' in html
    assert "&lt;b&gt;chat&lt;/b&gt;</textarea>" in html


def test_what_was_read_of_half_a_snippet_is_told_too(editor):
    html = paste(editor, text_of(FOLDER / "no-bot-id.js"))

    assert "There is no bot id in the snippet" in html
    assert "<textarea" in html
    assert 'name="held"' not in html


@pytest.mark.parametrize(
    "snippet",
    [
        "token: 'abcdefghijklmnop0123456789'",
        "eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
        "Authorization: Bearer abc",
        '{"client_id": "1", "private_key": "MIIEvgIBADANBg"}',
        "x" * 1_000_001,
    ],
)
def test_what_may_hold_a_secret_is_not_sent_back(editor, snippet):
    html = paste(editor, snippet)

    assert 'class="errornote"' in html
    assert snippet[:40] not in html
    assert "MIIEvg" not in html


def test_the_file_of_an_oauth_app_becomes_the_line_for_settings(editor):
    pem = private_pem()
    config = {
        "client_type": "jwt",
        "client_id": "1180000000001",
        "coze_www_base": "https://www.coze.cn",
        "coze_api_base": "https://api.coze.cn",
        "private_key": pem,
        "public_key_id": "fingerprint",
    }

    html = paste(editor, json.dumps(config))

    assert '<code class="coze-tag" data-copy="Copy"' in html
    assert "COZE_OAUTH_APPS = {&quot;default&quot;:" in html
    assert "They were forgotten." in html
    assert "errornote" not in html
    assert pem[100:140] not in html
    assert not holds_credential(html)
    assert "fingerprint" not in html


def test_without_the_extra_it_says_what_to_install(editor, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tree_sitter", None)

    html = paste(editor, CALL + "})")

    assert "pip install &quot;django-coze-widget[import]&quot;" in html
    assert "400000000000000009" in html


def test_a_megabyte_of_brackets_is_answered_in_words(editor):
    """Sent as a browser sends it: not as a URL, where it would be three."""
    html = paste(editor, COSTLY["brackets"])

    assert 'class="errornote"' in html


# --- credentials


class Listener(logging.Handler):
    def __init__(self):
        super().__init__(level=0)
        self.lines = []

    def emit(self, record):
        self.lines.append(self.format(record))


@pytest.fixture
def everything_logged():
    """All that any logger says, at any level."""
    listener = Listener()
    root = logging.getLogger()
    level = root.level
    root.addHandler(listener)
    root.setLevel(0)
    yield listener.lines
    root.removeHandler(listener)
    root.setLevel(level)


def stored():
    """All that the process keeps: cache, sessions, the admin's log, the rows."""
    parts = [repr(pickled) for pickled in entries().values()]
    parts += [str(session.get_decoded()) for session in Session.objects.all()]
    parts += [entry.change_message for entry in LogEntry.objects.all()]
    return " ".join(parts) + str(list(Widget.objects.values()))


WITH_CREDENTIAL = [
    path
    for path in SNIPPETS
    if '"credentials": []' not in (FOLDER / f"{path.name}.expected.json").read_text()
]


@pytest.mark.parametrize("path", WITH_CREDENTIAL, ids=lambda path: path.name)
@pytest.mark.parametrize("target", ["new", "existing"])
def test_no_pasted_credential_is_anywhere(
    editor, make_widget, path, target, everything_logged
):
    url = PASTE
    if target == "existing":
        kept = make_widget(bot_id="1")
        url = reverse("admin:coze_widget_widget_paste_into", args=[kept.pk])

    html = paste(editor, text_of(path), url)
    said = [html]
    for _form in re.findall(r'name="held"', html)[:1]:
        names = re.findall(r'name="take" value="(\w+)"', html)
        response = go_on(editor, html, url, take=names, offer=["0"])
        said += [response.content.decode(), str(response.redirect_chain)]
    said += [stored(), *everything_logged]

    assert "revoke" in html.lower() or "it ends within a day" in html
    for one in said:
        assert not holds_credential(one)
        assert LETTERS not in one
        assert "abcdefghijklmnop0123456789" not in one


def test_kind_place_and_page_of_a_credential_are_told(editor):
    html = paste(editor, text_of(FOLDER / "two-scripts.html"))

    assert "There is a personal access token (auth.token, line 5)." in text(html)
    assert "it is public" in html
    assert '<a href="https://www.coze.cn/open/oauth/pats" target="_blank"' in html


def test_both_regions_are_named_where_none_is_known(editor):
    html = paste(editor, text_of(FOLDER / "private-key.js"))

    assert "https://www.coze.cn/open/oauth/apps / https://www.coze.com" in text(html)


def test_a_text_with_a_credential_does_not_stay(editor):
    html = paste(editor, f"pat_{LETTERS} // what is this?")

    assert "what is this?" not in html
    assert "<textarea" in html


def test_a_defect_of_the_reader_tells_nothing_of_the_text(
    editor, monkeypatch, everything_logged
):
    def fail(text):
        raise ValueError(text)

    monkeypatch.setattr(pasted, "read_snippet", fail)

    html = paste(editor, PRIVATE)

    assert "Reading this failed" in html
    assert "A pasted snippet could not be read: ValueError in read_quietly:" in "".join(
        everything_logged
    )
    assert not [
        line for line in [*everything_logged, stored()] if PRIVATE[-20:] in line
    ]


def test_no_error_report_holds_what_was_pasted(editor, monkeypatch):
    reports = []

    def report(request, **kwargs):
        reporter = ExceptionReporter(request, *sys.exc_info())
        reports.append(reporter.get_traceback_html() + reporter.get_traceback_text())

    got_request_exception.connect(report)
    monkeypatch.setattr(WidgetAdmin, "_show", lambda *args, **kwargs: 1 / 0)
    editor.raise_request_exception = False

    editor.post(PASTE, {"snippet": PRIVATE})

    got_request_exception.disconnect(report)
    [html] = reports
    assert "_show_reading" in html
    assert LETTERS not in html
    assert PRIVATE[-20:] not in html


# --- keys


@pytest.mark.parametrize("key", ["", "unknown", "x" * 500])
def test_a_key_that_is_over_leads_back(editor, key):
    response = editor.post(PASTE, {"held": key}, follow=True)

    assert response.redirect_chain == [(PASTE, 302)]
    assert "kept for 15 minutes" in told(response)[0]


def test_what_was_read_for_one_widget_fills_in_no_other(editor, make_widget, into):
    other = make_widget(slug="other")
    html = paste(editor, CALL + "})", into)

    at_paste = editor.post(
        reverse("admin:coze_widget_widget_paste_into", args=[other.pk]),
        {"held": held_of(html), "take": "bot_id"},
        follow=True,
    )
    filled = go_on(editor, html, into, take=["bot_id"])
    elsewhere = editor.get(f"{change_url(other)}?{filled.request['QUERY_STRING']}")

    assert "kept for 15 minutes" in told(at_paste)[0]
    assert "kept for 15 minutes" in told(elsewhere)[0]
    assert initial(elsewhere)["bot_id"] == "7400000000000000001"


def test_what_one_editor_read_is_not_for_another(editor, client):
    html = paste(editor, CALL + "})")
    filled = go_on(editor, html)
    client.force_login(User.objects.create_superuser("other", password="for tests"))

    at_paste = client.post(PASTE, {"held": held_of(html)}, follow=True)
    at_form = client.get(f"{ADD}?{filled.request['QUERY_STRING']}")

    assert "kept for 15 minutes" in told(at_paste)[0]
    assert not initial(at_form)["bot_id"]


# --- who may


def with_permissions(client, *names):
    user = User.objects.create_user("clerk", password="for tests", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    ("permission", "new", "existing"),
    [
        ("add_widget", 200, 403),
        ("change_widget", 403, 200),
        ("view_widget", 403, 403),
    ],
)
def test_it_takes_the_permission_of_the_form(client, into, permission, new, existing):
    with_permissions(client, permission, "view_widget")

    assert client.get(PASTE).status_code == new
    assert client.post(PASTE, {"snippet": CALL}).status_code == new
    assert client.get(into).status_code == existing
    assert client.post(into, {"held": "x"}, follow=True).status_code == existing
    assert (f'href="{PASTE}"' in page(client.get(LIST))) is (new == 200)


def test_whoever_may_only_look_at_a_widget_is_offered_nothing(client, widget, into):
    with_permissions(client, "view_widget")

    assert into not in page(client.get(change_url(widget)))


def test_nobody_gets_in_without_login(client, into):
    for url in (PASTE, into):
        assert client.get(url).headers["Location"].startswith("/admin/login/")


def test_a_widget_that_is_gone_is_named(editor, widget, into):
    widget.delete()

    response = editor.get(into, follow=True)

    assert "exist. Perhaps it was deleted?" in told(response)[0]


def test_it_takes_the_token_of_the_form(client):
    client = type(client)(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("editor", password="for tests"))

    assert client.post(PASTE, {"snippet": CALL}).status_code == 403


# --- a ModelAdmin of the project's own


class OwnAdmin(WidgetAdmin):
    readonly_fields = (*WidgetAdmin.readonly_fields, "mode", "extra_options")

    def get_queryset(self, request):
        return super().get_queryset(request).exclude(slug="hidden")


own_site = admin.AdminSite(name="own")
own_site.register(Widget, OwnAdmin)
urlpatterns = [
    path("own/", own_site.urls),
    path("admin/", admin.site.urls),
    path("chat/", include("coze_widget.urls")),
]


@pytest.fixture
def own(editor, settings):
    settings.ROOT_URLCONF = __name__
    return editor


def test_another_admin_site_has_it_at_its_own_address(own, widget):
    url = f"/own/coze_widget/widget/{widget.pk}/paste/"
    html = paste(own, CALL + "})", url)

    assert "/admin/coze_widget" not in html
    response = go_on(own, html, url, take=["bot_id"])
    assert response.redirect_chain[0][0].startswith(
        f"/own/coze_widget/widget/{widget.pk}/change/?pasted="
    )
    assert url in response.content.decode()
    assert initial(response)["bot_id"] == "7400000000000000009"

    html = paste(own, CALL + "})", "/own/coze_widget/widget/paste/")
    response = go_on(own, html, "/own/coze_widget/widget/paste/")
    assert response.redirect_chain[0][0].startswith("/own/coze_widget/widget/add/?")


def test_what_is_not_in_its_form_is_left_out(own, widget):
    snippet = "new WebChatClient({config: {type: 'app', appInfo: {appId: '1', workflowId: '2'}}, ui: {fast: 1}})"
    url = f"/own/coze_widget/widget/{widget.pk}/paste/"

    html = paste(own, snippet, url)

    assert "Mode: cannot be changed in your form" in text(html)
    assert "ui.fast is not an option of Coze" in text(html)
    assert "App with a chatflow" not in html
    response = go_on(own, html, url, take=["mode", "app_id"], offer=["0"])
    assert initial(response)["app_id"] == "1"


def test_a_row_that_it_hides_is_not_there(own, make_widget):
    hidden = make_widget(slug="hidden")

    response = own.get(f"/own/coze_widget/widget/{hidden.pk}/paste/", follow=True)

    assert "exist. Perhaps it was deleted?" in told(response)[0]


# --- the region


def pasted_from_cn(client, url=PASTE):
    return paste(client, f'"{CN.format("1.2.0-beta.20")}"; {CALL}}})', url)


def app_at(oauth_app, region):
    return {**oauth_app, "base_url": f"https://api.{region}"}


def test_the_oauth_app_of_the_region_is_chosen(editor, oauth_app, settings):
    settings.COZE_OAUTH_APPS = {
        "world": app_at(oauth_app, "coze.com"),
        "china": app_at(oauth_app, "coze.cn"),
    }

    html = pasted_from_cn(editor)

    assert ["OAuth app script src", "default", "china"] in rows_of(html)
    assert initial(go_on(editor, html))["oauth_app"] == "china"


def test_an_oauth_app_of_another_region_is_told(editor, oauth_app, settings):
    settings.COZE_OAUTH_APPS = {"default": app_at(oauth_app, "coze.com")}

    html = pasted_from_cn(editor)

    assert "The snippet is for coze.cn, and the OAuth app “default” is of" in html
    assert "OAuth app script src" not in text(html)


@pytest.mark.parametrize("region", ["coze.cn", "proxy.shop.example"])
def test_an_oauth_app_that_fits_stays(editor, oauth_app, settings, region):
    settings.COZE_OAUTH_APPS = {
        "another": app_at(oauth_app, "coze.cn"),
        "default": app_at(oauth_app, region),
    }

    html = pasted_from_cn(editor)

    assert "OAuth app" not in text(html)


def test_an_oauth_app_that_cannot_be_read_is_no_reason_to_stop(editor, settings):
    settings.COZE_OAUTH_APPS = {"default": {}}

    html = pasted_from_cn(editor)

    assert 'name="held"' in html
    assert "OAuth app" not in text(html)


# --- Chinese


def test_the_admins_language_is_spoken(editor):
    with override("zh-hans"):
        html = page(
            editor.post(
                PASTE,
                {"snippet": f"{CALL}, ui: {{conversations: {{isNeed: true}}}}}})"},
                headers={"Accept-Language": "zh-hans"},
            )
        )

    assert "会话列表" in html
