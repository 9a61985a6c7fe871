"""The preview beside a widget's form, as its views see it. In a browser:
tests/browser/test_preview.py."""

from __future__ import annotations

import logging
import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from coze_widget.catalogue import catalogue
from coze_widget.models import Widget
from coze_widget.visitors import user_visitor
from tests.caches import entries
from tests.pages import island, islands
from tests.widget_data import CREDENTIALS, widget_data

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("coze")]

ADD = reverse("admin:coze_widget_widget_preview_add")
PNG = b"\x89PNG\r\n\x1a\n" + b"a picture"
JSON = "application/json"


@pytest.fixture(autouse=True)
def _files_of_tests(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def log_in(user, **options):
    client = Client(**options)
    client.force_login(user)
    return client


@pytest.fixture
def ada(django_user_model):
    return django_user_model.objects.create_superuser("ada", first_name="Ada")


@pytest.fixture
def bea(django_user_model):
    return django_user_model.objects.create_superuser("bea")


@pytest.fixture
def editor(ada):
    return log_in(ada)


def staff(django_user_model, *codenames):
    user = django_user_model.objects.create_user("sam", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return log_in(user)


def change_url(widget):
    return reverse("admin:coze_widget_widget_preview_change", args=[widget.pk])


def post(client, url=ADD, **changes):
    response = client.post(url, widget_data(**changes))
    assert response.status_code == 200
    return response.json()


def preview(client, url=ADD, **changes):
    """Return the address of the preview's page."""
    return post(client, url, **changes)["url"]


def ask_for_token(client, url, body="{}", **extra):
    return client.post(f"{url}session/", body, content_type=JSON, **extra)


def page_island(client, url, slug="support"):
    response = client.get(url)
    assert response.status_code == 200
    return island(response.content.decode(), slug)


# --- what is shown


def test_a_widget_that_was_never_saved_has_a_page(editor):
    answer = post(editor, slug="new", name="Tea adviser", launcher_color="#00aa00")

    shown = page_island(editor, answer["url"], slug="new")

    assert shown["panel"]["title"] == "Tea adviser"
    assert shown["launcher"]["color"] == "#00aa00"
    assert answer["slug"] == "new"


def test_a_saved_widget_is_shown_as_its_form_would_make_it(editor, widget):
    url = preview(editor, change_url(widget), chat_bot_title="Not yet")

    assert page_island(editor, url)["panel"]["title"] == "Not yet"


def test_chat_and_token_come_from_the_previews_own_addresses(editor):
    url = preview(editor, slug="new")

    document = editor.get(f"{url}frame/").content.decode()

    chat = islands(document)["coze-chat"]
    assert page_island(editor, url, "new")["frame_url"] == f"{url}frame/"
    assert chat["session_url"] == f"{url}session/"
    assert chat["forget_url"] == f"{url}forget/"
    assert editor.get("/chat/new/frame/").status_code == 404


def test_a_widget_in_the_page_itself_has_its_chat_there(editor):
    url = preview(editor, place="inline", load="eager")

    html = editor.get(url).content.decode()

    assert islands(html)["coze-chat-support"]["session_url"] == f"{url}session/"
    assert island(html)["frame_url"] is None


def test_nothing_of_cozes_comes_with_an_eager_preview(editor):
    url = preview(editor, place="inline", load="eager", launcher="sdk")

    html = editor.get(url).content.decode()

    assert list(islands(html)) == ["coze-widget-support", "coze-chat-support"]
    assert islands(html)["coze-chat-support"]["load"] == "click"
    assert not re.search(r'<script[^>]+src="[^"]*chat-app-sdk', html)


def test_rules_about_who_where_and_when_do_not_count(editor):
    url = preview(
        editor,
        enabled="",
        staff_only="on",
        include_paths="/elsewhere/",
        shown_until_0="2020-01-01",
        shown_until_1="00:00",
    )

    assert "clock" not in page_island(editor, url)
    assert ask_for_token(editor, url).status_code == 200


@pytest.mark.parametrize(
    ("query", "lang", "text"),
    [
        ("", "en", "Open chat"),
        ("?lang=en", "en", "Open chat"),
        ("?lang=zh-CN", "zh-CN", "打开聊天"),
        ("?lang=<script>", "en", "Open chat"),
    ],
)
def test_the_page_is_in_the_language_that_is_asked_for(editor, query, lang, text):
    shown = page_island(editor, preview(editor) + query)

    assert shown["lang"] == lang
    assert shown["texts"]["open"] == text


@pytest.mark.parametrize(("pinned", "follows"), [("", True), ("zh-CN", False)])
def test_the_form_learns_whether_the_language_is_the_pages(editor, pinned, follows):
    assert post(editor, base_lang=pinned)["follows_page"] is follows


def test_the_same_form_keeps_its_key(editor):
    first = post(editor, name="One")

    second = post(editor, name="Two", preview_key=first["key"])

    assert second["url"] == first["url"]
    assert page_island(editor, first["url"])["panel"]["title"] == "Two"
    assert len([key for key in entries() if "held" in key]) == 1


@pytest.mark.parametrize("asked", ["of-my-own-making", "x" * 500])
def test_nobody_chooses_a_key(editor, asked):
    assert post(editor, preview_key=asked)["key"] != asked


# --- pictures


@pytest.mark.parametrize(
    ("name", "kind"), [("tea.png", "png"), ("TEA.JPG", "jpeg"), ("tea.jpeg", "jpeg")]
)
def test_an_upload_is_shown_and_not_stored(editor, tmp_path, name, kind):
    content = PNG if kind == "png" else b"\xff\xd8\xff and so on"

    url = preview(editor, launcher_icon=SimpleUploadedFile(name, content))

    icon = page_island(editor, url)["launcher"]["icon"]
    assert icon.startswith(f"data:image/{kind};base64,")
    assert list(tmp_path.iterdir()) == []


def test_a_stored_picture_stays(editor, make_widget):
    widget = make_widget(launcher_icon=ContentFile(PNG, name="tea.png"))

    url = preview(editor, change_url(widget))

    icon = page_island(editor, url)["launcher"]["icon"]
    assert icon == widget.launcher_icon.url


def test_a_picture_that_is_too_large_is_refused(editor):
    large = SimpleUploadedFile("tea.png", PNG + b"x" * 200_000)

    answer = post(editor, launcher_icon=large)

    [error] = answer["errors"]
    assert "at most 200 kB" in error["messages"][0]
    assert not entries()


# --- what a save would refuse


def test_errors_come_in_words_with_the_names_of_their_fields(editor):
    answer = post(editor, bot_id="no digits", launcher_size="7")

    assert [error["label"] for error in answer["errors"]] == ["Bot id", "Size (px)"]
    assert answer["errors"][0]["messages"][0].startswith("Enter the digits only")
    assert answer["missing"] == []
    assert "url" not in answer


def test_what_is_missing_is_no_mistake_yet(editor):
    answer = post(editor, name="", slug="", bot_id="")

    assert answer == {"missing": ["Name", "Slug", "Bot id"], "errors": []}


def test_an_error_of_the_whole_form_has_no_name(editor, monkeypatch):
    from coze_widget.forms import WidgetForm

    def clean(form):
        form.add_error(None, "Not today.")

    monkeypatch.setattr(WidgetForm, "clean", clean)

    assert post(editor)["errors"] == [{"label": "", "messages": ["Not today."]}]


@pytest.mark.parametrize("credential", CREDENTIALS)
@pytest.mark.parametrize("field", ["name", "parameters", "launcher_label"])
def test_a_credential_is_neither_held_nor_logged(editor, caplog, field, credential):
    caplog.set_level(logging.DEBUG)

    response = editor.post(ADD, widget_data(**{field: credential}))

    assert len(response.json()["errors"]) == 1
    assert credential not in response.content.decode()
    assert credential not in caplog.text
    assert not entries()


def test_a_crash_reports_nothing_of_the_form(ada, monkeypatch, rf):
    from django.views.debug import SafeExceptionReporterFilter

    from coze_widget.admin import previewing

    seen = []

    def crash(widget, request):
        seen.append(SafeExceptionReporterFilter().get_post_parameters(request))
        return "crashed"

    monkeypatch.setattr(previewing, "find_obstacle", crash)

    post(log_in(ada), name="Secret plan")

    assert "Secret plan" not in str(seen)


# --- why there is no chat


def test_the_form_learns_why_there_is_nothing_to_show(editor, settings):
    settings.COZE_WIDGETS_ENABLED = False

    assert post(editor) == {
        "obstacle": "Switched off by the setting COZE_WIDGETS_ENABLED."
    }


def test_missing_credentials_are_named(editor, settings):
    settings.COZE_OAUTH_APPS = {}

    assert post(editor)["obstacle"] == "The setting COZE_OAUTH_APPS is empty."


def test_a_trial_on_somebody_elses_machine_is_no_chat(editor, settings):
    settings.COZE_OAUTH_APPS = {}
    settings.COZE_PERSONAL_ACCESS_TOKEN = "pat_" + "a" * 40
    settings.DEBUG = True

    answer = editor.post(ADD, widget_data(), headers={"x-forwarded-for": "1.2.3.4"})

    assert "COZE_OAUTH_APPS" in answer.json()["obstacle"]


@pytest.mark.parametrize("part", ["", "frame/"])
def test_credentials_that_went_are_missed_in_words(editor, settings, part):
    url = preview(editor)
    settings.COZE_OAUTH_APPS = {}

    response = editor.get(url + part)

    assert response.status_code == 404
    assert "COZE_OAUTH_APPS" in response.content.decode()


# --- nothing is published


def test_nothing_is_saved(editor, widget, tmp_path):
    before = list(Widget.objects.values())

    url = preview(
        editor,
        change_url(widget),
        name="Changed",
        launcher_icon=SimpleUploadedFile("tea.png", PNG),
    )
    editor.get(url)
    ask_for_token(editor, url)

    assert list(Widget.objects.values()) == before
    assert Widget.history.count() == 1
    assert not LogEntry.objects.exists()
    assert default_storage.listdir("") == ([], [])


def test_a_new_widget_is_on_no_page(editor):
    preview(editor, slug="new")

    assert not Widget.objects.exists()
    assert not catalogue.all(None)


# --- who may


def test_another_editor_sees_nothing_of_it(editor, bea):
    url = preview(editor)
    other = log_in(bea)

    assert other.get(url).status_code == 404
    assert other.get(f"{url}frame/").status_code == 404
    assert ask_for_token(other, url).status_code == 404


def test_another_editor_does_not_write_into_it(editor, bea):
    first = post(editor, name="Mine")

    second = post(log_in(bea), name="Theirs", preview_key=first["key"])

    assert second["key"] != first["key"]
    assert page_island(editor, first["url"])["panel"]["title"] == "Mine"


@pytest.mark.parametrize("part", ["", "frame/"])
def test_who_is_logged_out_is_asked_to_log_in(editor, client, part):
    url = preview(editor)

    response = client.get(url + part)

    assert response.status_code == 302
    assert response.url.startswith("/admin/login/")


def test_who_is_logged_out_gets_no_token(editor, client):
    url = preview(editor)

    assert ask_for_token(client, url).status_code == 302
    assert client.post(ADD, widget_data()).status_code == 302


def test_who_may_only_look_has_no_preview(editor, widget, django_user_model):
    viewer = staff(django_user_model, "view_widget")
    form_url = reverse("admin:coze_widget_widget_change", args=[widget.pk])
    url = preview(editor, slug="new")

    assert 'id="coze-preview"' not in viewer.get(form_url).content.decode()
    assert viewer.post(ADD, widget_data()).status_code == 403
    assert viewer.post(change_url(widget), widget_data()).status_code == 403
    assert viewer.get(url).status_code == 403
    assert ask_for_token(viewer, url).status_code == 403


def test_who_may_only_add_previews_what_is_new(widget, django_user_model):
    author = staff(django_user_model, "add_widget")

    assert author.get(preview(author, slug="new")).status_code == 200
    assert author.post(change_url(widget), widget_data()).status_code == 403


def test_who_may_only_change_previews_what_is_there(widget, django_user_model):
    editor = staff(django_user_model, "change_widget", "view_widget")

    assert editor.get(preview(editor, change_url(widget))).status_code == 200
    assert editor.post(ADD, widget_data()).status_code == 403


@pytest.mark.parametrize("pk", ["404", "no number"])
def test_a_row_that_is_not_there_has_no_preview(editor, pk):
    url = reverse("admin:coze_widget_widget_preview_change", args=[pk])

    assert editor.post(url, widget_data()).status_code == 404


def test_the_form_is_posted_from_its_own_page(ada):
    assert log_in(ada, enforce_csrf_checks=True).post(ADD).status_code == 403


def test_the_form_is_posted(editor):
    assert editor.get(ADD).status_code == 405


@pytest.mark.parametrize("part", ["", "frame/"])
def test_a_preview_that_is_over_says_so(editor, part):
    response = editor.get(f"{ADD}unknown/{part}")

    assert response.status_code == 404
    assert "This preview is over." in response.content.decode()
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in response.headers["Content-Security-Policy"]


# --- tokens


def test_the_editor_chats_as_on_the_site(ada, editor, coze, make_widget):
    url = preview(editor, slug="new")

    answer = ask_for_token(editor, url)

    visitor = user_visitor(ada, make_widget(), site_id=catalogue.site_id(None))
    assert answer.status_code == 200
    assert answer.json()["user"]["id"] == visitor.session_name
    assert answer.json()["user"]["nickname"] == "Ada"
    assert answer.json()["notice"] is None


def test_two_editors_are_two_people(editor, bea):
    other = log_in(bea)

    one = ask_for_token(editor, preview(editor)).json()
    two = ask_for_token(other, preview(other)).json()

    assert one["user"]["id"] != two["user"]["id"]
    assert one["token"] != two["token"]


def test_another_sites_page_gets_no_token(editor):
    url = preview(editor)

    response = ask_for_token(editor, url, headers={"sec-fetch-site": "cross-site"})

    assert (response.status_code, response.json()["code"]) == (403, "bad_origin")


def test_a_token_is_asked_for_without_the_csrf_cookie(ada, editor):
    url = preview(editor)

    response = ask_for_token(log_in(ada, enforce_csrf_checks=True), url)

    assert response.status_code == 200


def test_a_token_of_a_preview_that_is_over_is_refused_in_words(editor):
    response = ask_for_token(editor, f"{ADD}unknown/")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_the_switch_ends_a_preview_that_is_open(editor, settings):
    url = preview(editor)
    settings.COZE_WIDGETS_ENABLED = False

    page = editor.get(url)

    assert page.status_code == 404
    assert "COZE_WIDGETS_ENABLED" in page.content.decode()
    assert ask_for_token(editor, url).status_code == 404


def test_a_missing_identity_key_is_no_crash(editor, settings):
    url = preview(editor)
    settings.COZE_IDENTITY_KEY = ""

    response = ask_for_token(editor, url)

    assert (response.status_code, response.json()["code"]) == (503, "unavailable")


def test_a_token_that_coze_refused_is_not_served_again(editor):
    url = preview(editor)
    first = ask_for_token(editor, url).json()

    again = ask_for_token(editor, url, f'{{"refused": "{first["token_id"]}"}}').json()

    assert again["token"] != first["token"]


def test_nobody_is_forgotten(editor):
    url = preview(editor)

    response = editor.post(f"{url}forget/", "{}", content_type=JSON)

    assert response.status_code == 204
    assert not response.cookies


# --- headers


@pytest.mark.parametrize("part", ["", "frame/"])
def test_a_preview_is_for_this_sites_admin_and_for_no_cache(editor, part):
    response = editor.get(preview(editor) + part)

    policy = response.headers["Content-Security-Policy"]
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert "frame-ancestors 'self'" in policy
    assert "default-src 'none'" in policy
    assert response._csp_exempt_ro is True


def test_the_page_lets_the_chats_frame_in(editor):
    policy = editor.get(preview(editor)).headers["Content-Security-Policy"]

    assert "frame-src 'self'" in policy


def test_the_page_loads_the_sdk_from_where_the_row_says(editor, coze):
    url = preview(editor, place="inline")

    policy = editor.get(url).headers["Content-Security-Policy"]

    assert f"script-src 'self' {coze.url}" in policy


def test_a_token_is_kept_by_nobody(editor):
    response = ask_for_token(editor, preview(editor))

    assert "no-store" in response.headers["Cache-Control"]


# --- the form


def test_the_forms_have_a_pane(editor, widget):
    add = editor.get(reverse("admin:coze_widget_widget_add")).content.decode()
    url = reverse("admin:coze_widget_widget_change", args=[widget.pk])
    change = editor.get(url).content.decode()

    assert f'data-url="{ADD}"' in add
    assert f'data-url="{change_url(widget)}"' in change
    assert "coze_widget/admin/preview.js" in add


def test_a_popup_has_no_room_for_a_pane(editor):
    url = reverse("admin:coze_widget_widget_add")

    assert 'id="coze-preview"' not in editor.get(f"{url}?_popup=1").content.decode()


def test_hostile_text_stays_text(editor):
    hostile = '</script><script>alert("x")</script>'

    html = editor.get(preview(editor, chat_bot_title=hostile)).content.decode()

    assert "<script>alert" not in html
    assert island(html)["panel"]["title"] == hostile
