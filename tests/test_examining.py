"""“Examine” in the admin, as the server answers. The script: tests/browser/test_doctor.py."""

from __future__ import annotations

import json
import logging
import re

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.contrib.auth.models import Permission, User
from django.contrib.sites.models import Site
from django.core.asgi import get_asgi_application
from django.test import Client
from django.test.html import parse_html
from django.urls import resolve, reverse

from coze_widget.admin.examining import ExaminationForm
from coze_widget.admin.own_pages import is_own_page
from coze_widget.doctor.examination import STEPS, Examination
from coze_widget.sandbox.catalogue import BOT_ID
from tests.loop_client import LoopClient
from tests.narrow_admins import address_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("coze")]

NDJSON = {"Accept": "application/x-ndjson"}
HOME = "http://testserver/"
CSRF_TOKEN = "c" * 32
NOT_OURS = "This is not known to be a page of this site."


@pytest.fixture(autouse=True)
def _named(settings):
    settings.ALLOWED_HOSTS = ["testserver", ".shop.example", "*"]


@pytest.fixture
def editor(client):
    client.force_login(User.objects.create_superuser("editor"))
    return client


@pytest.fixture
def viewer(client):
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_widget"))
    client.force_login(user)
    return client


def url(widget):
    return reverse("admin:coze_widget_widget_doctor", args=[widget.pk])


def html_of(response):
    assert response.status_code == 200
    html = response.content.decode()
    parse_html(html)
    return html


def examine(client, widget, **data):
    return client.post(url(widget), data, headers=NDJSON)


def lines_of(response):
    return [json.loads(line) for line in response.getvalue().splitlines()]


def asked(coze):
    return [f"{one['method']} {one['path']}" for one in coze.requests]


# The page


def test_it_says_what_is_examined_and_what_that_spends(editor, widget, coze):
    html = html_of(editor.get(url(widget)))

    for step in STEPS:
        assert html.count(f'class="coze-waits" data-step="{step.key}"') == 2
    assert "two tokens, each for nobody" in html
    assert "one dialogue of the account at Coze" in html
    assert f'value="{HOME}"' in html
    assert coze.requests == []


def test_the_form_leads_there(editor, widget):
    form = reverse("admin:coze_widget_widget_change", args=[widget.pk])

    assert f'<a href="{url(widget)}">Examine</a>' in html_of(editor.get(form))


def test_a_widget_of_one_site_is_looked_for_there(editor, make_widget):
    site = Site.objects.create(domain="tea.example:8443", name="Tea")

    html = html_of(editor.get(url(make_widget(site=site))))

    assert 'value="http://tea.example:8443/"' in html


def test_a_host_that_nothing_vouches_for_is_not_named(editor, widget, settings):
    settings.ALLOWED_HOSTS = ["*"]

    html = html_of(editor.get(url(widget), headers={"Host": "inside.example"}))

    assert "inside.example" not in html


# Line by line


def test_each_step_is_a_line_and_the_last_one_judges(editor, widget):
    *findings, verdict = lines_of(examine(editor, widget))

    assert {one["step"] for one in findings} == {step.key for step in STEPS}
    [bot] = [one for one in findings if one["step"] == "bot"]
    assert bot == {
        "step": "bot",
        "outcome": "pass",
        "title": "The bot or the app",
        "label": "Fine",
        "seen": "Coze knows it as “Sandbox Bot”.",
        "advice": "",
        "who": "",
        "facts": "",
        "took": "",
    }
    assert verdict == {
        "outcome": "warn",
        "verdict": "Nothing is broken. Look at what is marked.",
    }


def test_the_headers_let_nobody_keep_or_hold_it(editor, widget, settings):
    settings.MIDDLEWARE = ["django.middleware.gzip.GZipMiddleware"] + (
        settings.MIDDLEWARE
    )

    response = editor.post(
        url(widget), headers={**NDJSON, "Accept-Encoding": "gzip, deflate"}
    )

    assert response.headers["Content-Type"] == "application/x-ndjson"
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["X-Accel-Buffering"] == "no"
    assert len(lines_of(response)) > len(STEPS)


def test_a_line_comes_as_soon_as_its_step_is_done(editor, widget, coze):
    stream = examine(editor, widget).streaming_content

    first = json.loads(next(stream))

    assert first["step"] == STEPS[0].key
    assert coze.requests == []


def test_a_step_that_took_its_time_says_so(editor, widget, coze):
    coze.add_fault(f"/v1/bots/{BOT_ID}", latency_ms=200)

    took = {
        one.get("step"): one.get("took") for one in lines_of(examine(editor, widget))
    }

    assert re.fullmatch(r"0\.[2-9] s", took["bot"])
    assert took["key"] == ""


def test_what_is_broken_is_told_with_what_cozes_support_asks_for(editor, widget, coze):
    coze.add_fault(f"/v1/bots/{BOT_ID}", code=4015)

    *findings, verdict = lines_of(examine(editor, widget))

    [bot] = [one for one in findings if one["step"] == "bot"]
    assert (bot["outcome"], bot["label"]) == ("fail", "Broken")
    assert bot["facts"].startswith("For Coze's support: HTTP 200, code 4015, logid")
    assert verdict["outcome"] == "fail"
    assert verdict["verdict"].startswith("Something is broken")


def test_a_message_is_sent_only_where_that_is_ticked(editor, widget):
    outcomes = [
        line["outcome"]
        for data in ({}, {"may_chat": "on"})
        for line in lines_of(examine(editor, widget, **data))
        if line.get("step") == "chat"
    ]

    assert outcomes == ["skip", "pass"]


def test_who_leaves_ends_it_and_nothing_is_left_behind(editor, widget, coze):
    response = examine(editor, widget, may_chat="on")
    stream = response.streaming_content
    while json.loads(next(stream))["step"] != "chat":
        pass
    assert not asked(coze)[-1].startswith("DELETE")

    response.close()

    assert asked(coze)[-1].startswith("DELETE /v1/conversations/")
    assert list(stream) == []


def test_an_error_of_ours_ends_it_with_a_sentence(editor, widget, monkeypatch, caplog):
    def fail(self, step, missing):
        raise RuntimeError("what nobody is to read")

    monkeypatch.setattr(Examination, "_take", fail)

    text = examine(editor, widget).getvalue().decode()

    assert json.loads(text)["outcome"] == "fail"
    assert "broke off" in text
    assert "what nobody is to read" not in text
    [record] = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert record.getMessage() == "The examination of “support” broke off."
    assert record.exc_info[1].args == ("what nobody is to read",)


def test_no_connection_to_the_database_waits_for_coze(editor, widget, monkeypatch):
    """Within a transaction, as here, it cannot be closed; that it would be is seen."""
    released = []
    monkeypatch.setattr(
        "coze_widget.admin.examining.release_connections", lambda: released.append(1)
    )

    lines = lines_of(examine(editor, widget))

    assert len(released) == len(lines)
    assert resolve(url(widget)).func._non_atomic_requests == {"default"}


def test_names_are_text_without_tricks(editor, widget, coze):
    name = "<img src=x onerror=alert(1)>\\u202e\\u0007"
    coze.add_fault(
        f"/v1/bots/{BOT_ID}", status=200, body=f'{{"data": {{"name": "{name}"}}}}'
    )

    html = html_of(editor.post(url(widget)))

    assert "<img src=x" not in html
    assert "&lt;img src=x" in html
    assert "\u202e" not in html
    assert "\u0007" not in html


# Without JavaScript


def test_without_the_script_the_whole_page_comes_at_the_end(editor, widget):
    html = html_of(editor.post(url(widget), {"page_url": ""}))

    assert "Nothing is broken. Look at what is marked." in html
    assert "Coze knows it as “Sandbox Bot”." in html
    for step in STEPS:
        assert f'<li data-step="{step.key}" data-outcome=' in html


# Under ASGI


def test_under_asgi_the_lines_come_without_a_warning(widget, coze, settings):
    coze.add_fault(f"/v1/bots/{BOT_ID}", code=4015)
    settings.MIDDLEWARE = [
        "django.middleware.locale.LocaleMiddleware",
        *settings.MIDDLEWARE,
    ]
    client = LoopClient()
    client.force_login(User.objects.create_superuser("editor"))

    response = client.post(
        url(widget), headers={**NDJSON, "Accept-Language": "zh-Hans"}
    )

    async def read():
        return [json.loads(line) async for line in response]

    *findings, verdict = async_to_sync(read)()
    assert {one["step"] for one in findings} == {step.key for step in STEPS}
    assert verdict["outcome"] == "fail"
    [facts] = [one["facts"] for one in findings if one["facts"]]
    assert facts.startswith("供扣子技术支持查询：")


@pytest.mark.django_db(transaction=True)
def test_under_asgi_who_leaves_ends_it_as_well(widget, coze):
    client = Client()
    client.force_login(User.objects.create_superuser("editor"))
    client.cookies["csrftoken"] = CSRF_TOKEN
    body = f"may_chat=on&csrfmiddlewaretoken={CSRF_TOKEN}".encode()
    scope = {
        "type": "http",
        "method": "POST",
        "path": url(widget),
        "query_string": b"",
        "server": ("testserver", 80),
        "headers": [
            (b"host", b"testserver"),
            (b"accept", NDJSON["Accept"].encode()),
            (b"content-type", b"application/x-www-form-urlencoded"),
            (b"content-length", str(len(body)).encode()),
            (b"cookie", client.cookies.output([], "", ";").encode()),
        ],
    }

    async def leave():
        site = ApplicationCommunicator(get_asgi_application(), scope)
        await site.send_input({"type": "http.request", "body": body})
        start = await site.receive_output(10)
        first = await site.receive_output(10)
        await site.send_input({"type": "http.disconnect"})
        await site.wait(10)
        return start, json.loads(first["body"])

    start, first = async_to_sync(leave)()

    assert start["status"] == 200
    assert first["step"] == STEPS[0].key
    assert "POST /v3/chat" not in asked(coze)


# Whose page, and whose widget


@pytest.mark.parametrize(
    "page",
    [
        "",
        "http://testserver",
        "https://testserver/shop/?q=1#tea",
        "https://TESTSERVER:443/",
        "https://a.b.shop.example/",
        "http://tea.example:8443/",
    ],
)
def test_pages_of_the_site_are_looked_at(editor, widget, page):
    Site.objects.create(domain="tea.example:8443", name="Tea")
    rules = {"request": editor.get(url(widget)).wsgi_request, "widget": widget}

    assert not page or is_own_page(page, **rules)
    assert ExaminationForm(
        {"page_url": page}, is_own_page=lambda url: is_own_page(url, **rules)
    ).is_valid()


@pytest.mark.parametrize(
    "page",
    [
        "testserver",
        "ftp://testserver/",
        "file:///etc/passwd",
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost/",
        "http://testserver:6379/",
        "http://testserver:abc/",
        "http://testserver@inside.example/",
        "http://testserver\\@inside.example/",
        "http://inside.example\\.shop.example/",
        "http://testserver.inside.example/",
        "http://tea.example/",
        "http://[::1/",
        "//testserver/",
    ],
)
def test_nothing_else_is_fetched(editor, widget, coze, page):
    Site.objects.create(domain="tea.example:8443", name="Tea")

    for headers in ({}, NDJSON):
        response = editor.post(url(widget), {"page_url": page}, headers=headers)
        assert NOT_OURS in html_of(response)
    assert coze.requests == []


def test_whoever_asks_cannot_name_the_host(editor, widget, coze):
    """ALLOWED_HOSTS holds a star here: any Host header is answered."""
    inside = {"Host": "inside.example:6379"}
    page = {"page_url": "http://inside.example:6379/"}

    response = editor.post(url(widget), page, headers=inside)

    assert NOT_OURS in html_of(response)
    assert coze.requests == []


def test_the_page_of_a_widget_of_one_site_is_not_another_sites(editor, make_widget):
    own, other = (
        Site.objects.create(domain=domain, name=domain)
        for domain in ("a.example", "b.example")
    )
    widget = make_widget(site=own)
    request = editor.get(url(widget)).wsgi_request

    assert is_own_page(f"https://{own}/", request, widget)
    assert not is_own_page(f"https://{other}/", request, widget)


def test_a_developers_own_machine_counts_while_debug_is_on(editor, widget, settings):
    settings.ALLOWED_HOSTS, settings.DEBUG = [], True

    html = html_of(editor.get(url(widget), SERVER_PORT="8000", HTTP_HOST="[::1]:8000"))

    assert 'value="http://[::1]:8000/"' in html


def test_a_page_is_fetched_and_judged(editor, widget, coze, settings):
    """The sandbox is a server like any other; this page is not there."""
    host, _, port = coze.url.partition("://")[2].partition(":")
    settings.ALLOWED_HOSTS += [host]
    page = f"{coze.url}/nothing/"

    response = editor.post(
        url(widget), {"page_url": page}, headers=NDJSON, SERVER_PORT=port
    )

    [seen] = [one["seen"] for one in lines_of(response) if one.get("step") == "page"]
    assert seen.startswith(f"{page} answers with HTTP 404")


def test_who_may_only_look_sees_the_page_without_the_button(viewer, widget, coze):
    html = html_of(viewer.get(url(widget)))

    assert "What is examined" in html
    assert 'id="coze-examine"' not in html
    assert viewer.post(url(widget)).status_code == 403
    assert examine(viewer, widget).status_code == 403
    assert coze.requests == []


def test_who_may_see_nothing_sees_nothing(client, widget, coze):
    client.force_login(User.objects.create_user("staff", is_staff=True))

    assert client.get(url(widget)).status_code == 403
    assert client.post(url(widget)).status_code == 403
    assert coze.requests == []


def test_strangers_are_sent_to_the_login(client, widget):
    assert "/login/" in client.post(url(widget)).url


def test_an_examination_needs_its_own_page(widget, coze):
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("editor"))

    assert client.post(url(widget), headers=NDJSON).status_code == 403
    assert coze.requests == []


def test_a_widget_that_is_gone(editor, widget):
    gone = url(widget)
    widget.delete()

    assert editor.get(gone).status_code == 404
    assert editor.post(gone).status_code == 404


def test_a_modeladmin_of_the_projects_own_decides(editor, make_widget, settings, coze):
    settings.ROOT_URLCONF = "tests.narrow_admins"
    other = make_widget(site=Site.objects.create(domain="b.example", name="B"))

    own_rows = address_in("OwnRows", other.pk, "doctor")
    assert 'id="coze-examine"' not in html_of(editor.get(own_rows))
    assert editor.post(own_rows).status_code == 403
    assert editor.get(address_in("OneSite", other.pk, "doctor")).status_code == 404
    assert editor.post(address_in("OneSite", other.pk, "doctor")).status_code == 404
    assert coze.requests == []


def test_nothing_is_told_of_widgets_that_are_not_theirs(
    editor, make_widget, settings, coze
):
    settings.ROOT_URLCONF = "tests.narrow_admins"
    site, other = (
        Site.objects.create(domain=domain, name=domain)
        for domain in ("a.example", "b.example")
    )
    make_widget(slug="hush", name="Hush", site=other)
    mine = make_widget(slug="mine", site=site, staff_only=True)
    shared = "The widget “mine” turns people away whom {} let in"

    all_of_them = html_of(editor.post(url(mine)))
    theirs = html_of(editor.post(address_in("OneSite", mine.pk, "doctor")))

    assert shared.format("“hush”") in all_of_them
    assert shared.format("“…”") in theirs
    assert "hush" not in theirs.lower()
