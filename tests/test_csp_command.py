from __future__ import annotations

import json
from io import StringIO

import pytest
from django.contrib.sites.models import Site
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils.translation import override

from coze_widget.checks.policies import DJANGO

pytestmark = pytest.mark.usefixtures("oauth_app")


def ask(*arguments):
    out = StringIO()
    call_command("coze_csp", *arguments, stdout=out, no_color=True)
    return out.getvalue()


def ask_json(*arguments):
    return json.loads(ask(*arguments, "--json"))["widgets"]


def test_it_prints_each_way_of_standing_in_a_page_once(widget):
    text = ask()

    assert "support\n  http://localhost:9, SDK 1.2.0-beta.20" in text
    assert "\nframe, panel (as the widget is set)\n" in text
    assert "\ninline\n" in text
    assert "embedded" not in text
    assert "Content-Security-Policy: script-src 'self'; frame-src 'self'\n" in text
    assert '"frame-src": [CSP.SELF],' in text
    assert '"frame-src": [SELF],' in text
    assert "style-src 'self'  (the launcher's look) [old_browsers]" in text
    assert "Not with require-trusted-types-for." in text
    assert "This is not a whole policy." in text


def test_it_names_the_way_that_the_row_says(make_widget):
    make_widget(place="inline", chat_bot_is_need_audio=True)

    text = ask("support")

    assert "\nframe, panel\n" in text
    assert "\ninline (as the widget is set)\n" in text
    assert "Permissions-Policy: microphone=(self)" in text


def test_a_widget_that_no_other_site_may_hold_says_so(widget):
    text = ask("--mode", "embedded")

    assert (
        "No page of another origin may hold it: its allowed origins are empty." in text
    )


def test_programs_read_the_same(widget):
    [told] = ask_json("support", "--mode", "frame")

    assert told == {
        "slug": "support",
        "site": None,
        "place": "frame",
        "base_url": "http://localhost:9",
        "sdk_version": "1.2.0-beta.20",
        "note": "",
        "pages": [
            {
                "modes": ["frame"],
                "directives": {"script-src": ["'self'"], "frame-src": ["'self'"]},
                "expected": {},
                "old_browsers": {"style-src": ["'self'"]},
                "microphone": "",
                "without": [],
                "header": "script-src 'self'; frame-src 'self'",
            }
        ],
    }


def header_of_embedded(*arguments):
    [told] = ask_json("--mode", "embedded", *arguments)
    [page] = told["pages"]
    return page["header"]


def told_of(origin):
    return f"script-src {origin}; frame-src {origin}; connect-src {origin}"


def test_pages_of_other_origins_are_told_the_sites_address(make_widget, settings):
    settings.SITE_ID = None
    row = make_widget(allowed_origins="https://blog.example")

    assert header_of_embedded() == told_of("https://YOUR-SITE")
    settings.SITE_ID = 1
    assert header_of_embedded() == told_of("https://example.com")

    site = Site.objects.create(domain="tea.example", name="Tea")
    type(row).objects.update(site=site)
    assert header_of_embedded() == told_of("https://tea.example")
    assert header_of_embedded("--origin", "https://Shop.example/") == (
        told_of("https://shop.example")
    )
    assert ask_json()[0]["site"] == "tea.example"


def test_pages_of_other_origins_say_nothing_of_our_settings(make_widget, settings):
    settings.MIDDLEWARE = [DJANGO, *settings.MIDDLEWARE]
    settings.SECURE_CSP = {"default-src": ["'none'"]}
    make_widget(allowed_origins="https://blog.example")

    assert "SECURE_CSP lacks" not in ask("--mode", "embedded")


@pytest.mark.parametrize("origin", ["shop.example", "https://*.shop.example", "x;y"])
def test_an_address_that_is_none(widget, origin):
    with pytest.raises(CommandError, match="--origin takes a scheme and a host"):
        ask("--origin", origin)


def test_it_compares_with_the_policy_of_the_settings(widget, settings):
    settings.ALLOWED_HOSTS = ["shop.example"]
    settings.MIDDLEWARE = [DJANGO, *settings.MIDDLEWARE]
    settings.SECURE_CSP = {"script-src": ["'self'"], "frame-src": ["'none'"]}
    assert "SECURE_CSP lacks: frame-src 'self'." in ask("--mode", "frame")

    settings.SECURE_CSP = {"script-src": ["'self'"], "frame-src": ["'self'"]}
    assert "SECURE_CSP lets all of it in." in ask("--mode", "frame")


def test_an_app_that_is_not_set_up_is_no_reason_to_say_nothing(make_widget):
    make_widget(oauth_app="later")

    text = ask()

    assert "has no usable “later”: taken for one of https://api.coze.cn." in text
    assert "connect-src https://api.coze.cn  (Coze's API)" in text


def test_without_a_widget_there_is_nothing_to_say(make_widget):
    with pytest.raises(CommandError, match="No widget is enabled"):
        ask()
    with pytest.raises(CommandError, match="There is no widget: support"):
        ask("support")

    make_widget(enabled=False)
    assert ask_json("support")
    with pytest.raises(CommandError, match="No widget is enabled"):
        ask()


def test_an_address_cannot_command_the_terminal(make_widget):
    make_widget(sdk_version="1\x1b[2J")

    assert "\x1b" not in ask()
    assert "\\u001b" in ask("--json")


def test_a_console_without_chinese_shows_escapes(widget, capsys):
    with override("zh-hans"):
        call_command("coze_csp", no_color=True)

    assert "frame-src 'self'" in capsys.readouterr().out
