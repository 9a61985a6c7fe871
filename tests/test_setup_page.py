"""The checklist in the admin, as the server writes it. Its script: tests/browser."""

from __future__ import annotations

import json
import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.contrib.sites.models import Site
from django.db import DatabaseError, connection
from django.test import Client
from django.test.html import parse_html
from django.urls import resolve, reverse

from coze_widget.admin import WidgetAdmin
from coze_widget.models import Widget
from coze_widget.sandbox.faults import Fault
from coze_widget.setup_page import MOST_FRAMES, build_context
from tests.widget_data import TOKENS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("coze")]

URL = "/admin/coze_widget/widget/setup/"
TOKEN_PATH = "/api/permission/oauth2/token"


@pytest.fixture
def editor(client):
    client.force_login(User.objects.create_superuser("editor"))
    return client


@pytest.fixture
def staff(client):
    """Logs in somebody of the staff with these permissions."""

    def log_in(*codenames):
        user = User.objects.create_user("staff", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client.force_login(user)
        return client

    return log_in


def page(client, url=URL, **extra):
    response = client.get(url, **extra)
    assert response.status_code == 200
    html = response.content.decode()
    parse_html(html)
    return html


def state_of(html, text):
    """The state of the one item whose text this is."""
    [item] = [one for one in html.split("<li data-state=")[1:] if text in one]
    return item.split('"')[1]


def probes_of(html):
    text = re.search(r'<script id="coze-probes"[^>]*>(.*?)</script>', html)[1]
    return json.loads(text)


# --- who may


def test_the_page_has_a_name():
    assert reverse("admin:coze_widget_widget_setup") == URL


def test_who_may_look_sees_and_does_not_ask(coze, staff):
    client = staff("view_widget")

    html = page(client)

    assert "Ask Coze whether it accepts the key." in html
    assert "coze-ask" not in html
    assert client.post(URL).status_code == 403
    assert not coze.state.recorder.entries


def test_who_may_change_may_ask(coze, staff):
    client = staff("change_widget")

    assert 'form="coze-ask"' in page(client)
    assert client.post(URL).status_code == 302
    assert len(coze.state.recorder.entries) == 1


def test_who_may_neither_sees_nothing(staff):
    client = staff("view_site")

    assert client.get(URL).status_code == 403
    assert client.post(URL).status_code == 403


def test_strangers_are_asked_to_log_in(client):
    response = client.get(URL)

    assert response.status_code == 302
    assert response.url.startswith("/admin/login/")


def test_no_transaction_waits_for_coze():
    assert resolve(URL).func._non_atomic_requests == {"default"}


def test_other_sites_cannot_make_somebody_ask(coze):
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("editor"))

    assert client.post(URL).status_code == 403
    assert not coze.state.recorder.entries


# --- asking


def test_the_answer_is_there_after_a_reload(editor):
    editor.post(URL)

    for _reload in range(2):
        html = page(editor)
        assert state_of(html, "Coze accepts the key.") == "done"
        assert state_of(html, "Create an OAuth app") == "done"
    assert "Ask again" in html


def test_each_configured_app_is_asked_once(coze, editor, settings):
    fields = settings.COZE_OAUTH_APPS["default"]
    settings.COZE_OAUTH_APPS = {
        "default": fields,
        "wrong": {**fields, "public_key_id": "another"},
        "broken": {},
    }

    editor.post(URL)

    html = page(editor)
    assert len(coze.state.recorder.entries) == 2
    assert state_of(html, "Coze accepts the key.") == "done"
    assert state_of(html, "Coze refused: the kid is not registered") == "failed"
    assert state_of(html, "OAuth app &quot;broken&quot;: ") == "failed"


def test_a_refusal_is_text_and_short(coze, editor):
    text = '<img src=x onerror="alert(1)"> ' + TOKENS[0] + " " + "word " * 900
    coze.state.faults.add(Fault(TOKEN_PATH, code="invalid_request", msg=text))

    editor.post(URL)

    html = page(editor)
    assert "<img src=x" not in html
    assert TOKENS[0] not in html
    assert "word " * 50 not in html


def test_a_refusal_is_read_in_ones_own_language(coze, editor, settings):
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.middleware.locale.LocaleMiddleware",
    ]
    coze.state.faults.add(Fault(TOKEN_PATH, code="access_deny", msg="no"))
    editor.post(URL)

    html = page(editor, headers={"Accept-Language": "zh-CN"})

    assert "被扣子拒绝：no" in html
    assert "接入清单" in html
    assert "此处无法查看" in html


# --- what stands there


def test_the_first_open_step_stands_out_once(editor, settings):
    fields = settings.COZE_OAUTH_APPS["default"]
    settings.COZE_OAUTH_APPS = {"default": fields, "other": fields}

    html = page(editor)

    assert html.count('class="coze-is-next"') == 1
    assert "Ask Coze whether" in html.partition('class="coze-is-next"')[2][:300]


def test_how_far_one_is(editor, widget, settings):
    settings.SILENCED_SYSTEM_CHECKS = ["coze_widget.W017", "coze_widget.W022"]
    before = page(editor)

    editor.post(URL)

    assert re.search(r"\d+ of \d+ done", before)
    assert "All that can be seen from here is done." in page(editor)


def test_links_to_the_console_open_beside(editor, settings):
    settings.COZE_OAUTH_APPS = {}

    html = page(editor)

    assert (
        '<a href="https://www.coze.cn/open/oauth/apps" target="_blank" '
        'rel="noopener noreferrer">Open www.coze.cn</a>'
    ) in html


def test_commands_within_sentences_are_code(editor, settings):
    settings.COZE_OAUTH_APPS = {}

    html = page(editor)

    assert "<code>python manage.py coze_setup coze_oauth_config.json</code>" in html


def test_hostile_names_stay_text(editor, make_widget):
    make_widget(name="</script><img src=x onerror=alert(1)>`<b>`")

    html = page(editor)

    assert "<img src=x" not in html
    assert "<b>" not in html


def test_the_page_has_no_inline_script_and_no_key(editor, widget, oauth_config):
    html = page(editor)

    own = html.partition('id="content-main"')[2]
    assert not re.findall(r"<script(?![^>]*(?:\bsrc=|application/json))[^>]*>", own)
    assert not re.findall(r'<[a-z][^>]*\s(?:on\w+|style)="', own)
    assert "PRIVATE KEY" not in html
    assert oauth_config["private_key"].splitlines()[1] not in html


def test_a_nonce_of_the_project_is_used(rf, editor, settings):
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "tests.test_setup_page.NonceMiddleware",
    ]

    html = page(editor)

    assert 'admin/setup.js" defer nonce="bm9uY2U="></script>' in html
    assert 'admin/setup.css" nonce="bm9uY2U=">' in html


class NonceMiddleware:
    """As django-csp and Django's own policy do."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.csp_nonce = "bm9uY2U="
        return self.get_response(request)


def test_files_that_were_never_collected_break_nothing(rf, widget, settings, tmp_path):
    """Then the admin has no files of its own either; with an older manifest it has."""
    storage = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": storage}}
    settings.STATIC_ROOT = str(tmp_path)

    context = build_context(rf.get(URL), Widget.objects.all(), current_app="admin")

    assert context["script_url"] == ""
    assert context["stylesheet_urls"] == []
    assert context["probes"]["scripts"] == context["probes"]["frames"] == []


def test_the_first_chat_ticks_itself_off(editor, widget):
    before = page(editor)

    editor.post("/chat/support/session/", "{}", content_type="application/json")

    assert state_of(before, "Open the chat on a page of yours") == "unseen"
    assert state_of(page(editor), "Somebody has opened the chat") == "done"


# --- what the browser is to look at


def test_the_browser_is_told_what_has_to_arrive(editor, widget):
    probes = probes_of(page(editor))

    [frame] = probes["frames"]
    response = editor.get(frame["url"])
    assert frame["slug"] == "support"
    assert response.headers["Content-Security-Policy"] == frame["policy"]
    files = [script["file"] for script in probes["scripts"]]
    assert files == ["loader.js", "panel.js", "chat.js"]
    assert all(len(script["digest"]) == 64 for script in probes["scripts"])


def test_only_frames_that_are_shown_at_this_address(editor, make_widget):
    other = Site.objects.create(domain="other.example", name="other")
    make_widget(slug="off", enabled=False)
    make_widget(slug="inline", place="inline")
    make_widget(slug="elsewhere", site=other)
    make_widget(slug="broken", oauth_app="gone")
    make_widget(slug="here")

    probes = probes_of(page(editor, headers={"Host": "example.com"}))

    assert [frame["slug"] for frame in probes["frames"]] == ["here"]


def test_widgets_that_are_switched_off_are_not_looked_at(editor, widget, settings):
    settings.COZE_WIDGETS_ENABLED = False

    assert probes_of(page(editor))["frames"] == []


def test_a_site_with_many_widgets_is_looked_at_in_part(editor, make_widget):
    for number in range(MOST_FRAMES + 2):
        make_widget(slug=f"w{number}")

    assert len(probes_of(page(editor))["frames"]) == MOST_FRAMES


# --- the ways there


def test_a_project_without_our_urls_is_told_so(editor, widget, settings):
    settings.ROOT_URLCONF = "tests.unmounted_urls"

    html = page(editor)

    assert "does not include coze_widget.urls" in html
    assert probes_of(html)["frames"] == []


def test_a_frame_that_cannot_be_rendered_stops_no_other(
    editor, make_widget, settings, caplog
):
    make_widget(slug="a b", order=1)
    make_widget(slug="support", order=2)

    frames = probes_of(page(editor))["frames"]

    assert [frame["slug"] for frame in frames] == ["support"]


def test_an_address_of_the_sdk_that_is_none_breaks_nothing(
    editor, widget, settings, caplog
):
    settings.COZE_SDK_URLS = None

    assert probes_of(page(editor))["frames"] == []
    assert "The frame of “support” cannot be rendered." in caplog.text


def test_names_that_are_no_text_are_no_apps(editor, oauth_config, settings):
    settings.COZE_OAUTH_APPS = {"default": oauth_config, 1: oauth_config}

    assert "OAuth app “default”" in page(editor)


class Filtered(WidgetAdmin):
    def get_queryset(self, request):
        return super().get_queryset(request).exclude(slug="secret")


def test_only_widgets_that_the_admin_shows_are_named(rf, make_widget):
    make_widget(slug="secret", name="Secret plan")
    make_widget(slug="support", name="Support")
    request = rf.get(URL)
    request.user = User.objects.create_superuser("editor")

    response = Filtered(Widget, admin.site).setup_view(request)

    html = response.render().content.decode()
    assert "Support" in html
    assert "Secret plan" not in html


def test_a_model_admin_of_the_projects_own_has_no_link_there(editor, widget, settings):
    settings.ROOT_URLCONF = "tests.unmounted_urls"

    assert "Setting up" not in page(editor, "/plain/coze_widget/widget/")
    widget.delete()
    assert "Nothing is here yet" not in page(editor, "/plain/coze_widget/widget/")


def test_the_list_leads_there(editor, widget):
    html = page(editor, "/admin/coze_widget/widget/")

    assert f'<a href="{URL}">Setting up</a>' in html
    assert "Nothing is here yet." not in html


def test_an_empty_list_leads_there(editor):
    html = page(editor, "/admin/coze_widget/widget/")

    assert "Nothing is here yet." in html
    assert html.count(f'href="{URL}"') == 2


@pytest.mark.parametrize(
    ("oauth_app", "text"), [("gone", "What to do"), ("default", "Ask Coze now")]
)
def test_the_status_of_a_widget_leads_there(editor, make_widget, oauth_app, text):
    widget = make_widget(oauth_app=oauth_app)

    html = page(editor, reverse("admin:coze_widget_widget_change", args=[widget.pk]))

    status = html.partition('class="coze-status"')[2].partition("</div>")[0]
    assert status.count("<a ") == 1
    assert f'<a href="{URL}">{text}</a>' in status


def test_each_state_is_heard_once(editor, settings):
    settings.COZE_OAUTH_APPS = {}

    items = page(editor).partition('id="coze-checklist"')[2].split("<li data-state=")

    unseen = [one for one in items if one.startswith('"unseen"')][:-1]
    assert unseen
    for item in unseen:
        assert item.count("Cannot be seen from here") == 1
        assert "aria-hidden" not in item
    opened = [one for one in items if one.startswith('"open"')]
    assert all('<span class="visually-hidden">To do:</span>' in one for one in opened)


def test_a_row_is_still_found_by_its_id(editor, widget):
    assert page(editor, f"/admin/coze_widget/widget/{widget.pk}/change/")


def test_a_list_without_a_table_leads_there(editor):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE coze_widget_widget RENAME TO not_migrated")

    response = editor.get("/admin/coze_widget/widget/", follow=True)

    assert response.redirect_chain == [(URL, 302)]
    assert "python manage.py migrate" in response.content.decode()


def test_a_failure_of_something_else_is_not_hidden(editor, widget, monkeypatch):
    def fail(*args, **kwargs):
        raise DatabaseError("disk full")

    monkeypatch.setattr(WidgetAdmin, "get_changelist_instance", fail)

    with pytest.raises(DatabaseError, match="disk full"):
        editor.get("/admin/coze_widget/widget/")
