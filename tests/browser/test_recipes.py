"""The recipes of the documentation in a real browser, with their own code."""

from __future__ import annotations

from pathlib import Path

import django
import django_htmx
import pytest
from playwright.sync_api import expect

from coze_widget.models import Widget
from tests.browser.test_pages import VIOLATIONS
from tests.browser.visitor import SDK
from tests.recipes import read_block, run_block, set_all

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.recipe_pages")]
SCRIPTS = Path(django_htmx.__file__).parent / "static" / "django_htmx"
needs_djangos_policy = pytest.mark.skipif(
    django.VERSION < (6, 0), reason="Django has a policy of its own since 6.0"
)


@pytest.fixture
def guests(make_widget):
    return make_widget(guests="isolated")


@pytest.fixture(params=["2", "4"])
def htmx(request, visitor, guests):
    """Opens a page of the boosted site, with this version of htmx."""
    source = (SCRIPTS / f"htmx-{request.param}.min.js").read_bytes()
    cookie = {"name": "htmx", "value": request.param, "url": visitor.site_url}
    visitor.context.add_cookies([cookie])
    visitor.context.route(
        "**/static/htmx.min.js",
        lambda route: route.fulfill(body=source, content_type="text/javascript"),
    )

    def visit(path="/"):
        visitor.visit(path)
        visitor.page.evaluate("window.isSamePage = true")
        return visitor

    yield visit
    assert visitor.page.evaluate("window.isSamePage"), "the page was loaded anew"


def go(visitor, name, path):
    visitor.page.get_by_role("link", name=name).click()
    visitor.page.wait_for_url("**" + path)


# htmx.md


def test_a_boosted_link_leaves_the_chat_as_it_is(htmx):
    visitor = htmx()
    visitor.open_chat()
    visitor.say("hello")
    visitor.input.fill("half a sentence")

    go(visitor, "About", "/about/")

    expect(visitor.page.get_by_role("heading")).to_have_text("/about/")
    expect(visitor.input).to_have_value("half a sentence")
    expect(visitor.transcript).to_contain_text("hello")


def test_many_boosted_links_make_one_launcher(htmx):
    visitor = htmx()
    for name, path in [("About", "/about/"), ("Goods", "/"), ("About", "/about/")]:
        go(visitor, name, path)
        expect(visitor.page.get_by_role("heading")).to_have_text(path)

    expect(visitor.launcher).to_have_count(1)
    visitor.open_chat()
    expect(visitor.page.locator("iframe")).to_have_count(1)


def test_a_partial_brings_the_launcher(htmx):
    visitor = htmx("/orders/")
    expect(visitor.launcher).to_have_count(0)

    visitor.page.get_by_role("button", name="Show").click()

    expect(visitor.launcher).to_have_count(1)
    visitor.open_chat()
    visitor.say("Where is it?")


def test_a_page_without_the_tag_sends_the_chat_away_and_the_next_brings_it_back(htmx):
    visitor = htmx()

    go(visitor, "Plain", "/plain/")
    expect(visitor.launcher).to_have_count(0)
    go(visitor, "Goods", "/")

    expect(visitor.launcher).to_have_count(1)
    visitor.open_chat()


@pytest.mark.parametrize("is_open", [True, False])
def test_a_login_without_a_new_page_makes_the_chat_the_persons_own(
    visitor, guests, alice, is_open
):
    visitor.visit()
    visitor.open_chat()
    visitor.say("a guest's secret")
    if not is_open:
        visitor.close_chat()
    visitor.log_in(alice)

    if is_open:
        visitor.page.evaluate(read_block("recipes/htmx.md", "js"))
    visitor.open_chat()

    expect(visitor.strip).to_have_count(0)
    expect(visitor.transcript).not_to_contain_text("a guest's secret")


# strict-csp.md


def violations_of(visitor, path):
    """Return what the console would complain about, in the page and in the frame."""
    visitor.page.add_init_script(VIOLATIONS)
    visitor.visit(path)
    visitor.open_chat()
    visitor.say("hello")
    return [frame.evaluate("violations") for frame in visitor.page.frames]


@needs_djangos_policy
def test_djangos_policy_is_not_violated(visitor, guests, settings):
    set_all(settings, run_block("recipes/strict-csp.md", 0))

    assert violations_of(visitor, "/csp/") == [[], []]


@needs_djangos_policy
def test_djangos_policy_may_use_nonces(visitor, guests, settings):
    from django.utils.csp import CSP

    set_all(settings, run_block("recipes/strict-csp.md", 0))
    settings.SECURE_CSP = {**settings.SECURE_CSP, "script-src": [CSP.NONCE]}

    assert violations_of(visitor, "/csp/") == [[], []]


def test_django_csps_policy_is_not_violated(visitor, guests, settings):
    set_all(settings, run_block("recipes/strict-csp.md", 1))

    assert violations_of(visitor, "/django-csp/") == [[], []]


@needs_djangos_policy
def test_the_policy_for_the_page_itself_is_enough(visitor, guests, settings, coze):
    hosts = ["https://lf-cdn.coze.cn", "https://api.coze.cn"]
    policy = run_block("recipes/strict-csp.md", 2, **dict.fromkeys(hosts, coze.url))
    set_all(settings, policy)

    assert violations_of(visitor, "/csp/inline/") == [[]]


# caching.md


@needs_djangos_policy
def test_a_cached_page_works_twice_where_the_policy_says_self(
    visitor, guests, settings
):
    set_all(settings, run_block("recipes/strict-csp.md", 0))
    visitor.visit("/csp/kept/")
    expect(visitor.launcher).to_be_visible()

    assert violations_of(visitor, "/csp/kept/") == [[], []]


@needs_djangos_policy
def test_a_cached_page_has_no_launcher_the_second_time_where_only_nonces_count(
    visitor, guests, settings
):
    from django.utils.csp import CSP

    set_all(settings, run_block("recipes/strict-csp.md", 0))
    settings.SECURE_CSP = {**settings.SECURE_CSP, "script-src": [CSP.NONCE]}
    visitor.visit("/csp/kept/")
    expect(visitor.launcher).to_be_visible()

    visitor.visit("/csp/kept/")

    expect(visitor.page.get_by_role("heading")).to_be_visible()
    expect(visitor.launcher).to_have_count(0)


def test_a_cached_page_says_so_when_its_widget_is_gone(visitor, guests):
    visitor.visit("/kept/")
    Widget.objects.get().delete()
    visitor.visit("/kept/")

    visitor.launcher.click()

    expect(visitor.cover).to_contain_text("The chat could not be loaded.")


# faq.md


def test_two_widgets_of_one_bot_share_a_page(visitor, guests, make_widget):
    make_widget(slug="sales", guests="isolated", launcher="none")
    visitor.visit("/two/")
    expect(visitor.launcher.locator("visible=true")).to_have_count(1)
    visitor.page.evaluate(
        read_block("faq.md", "js")
        .replace('"support"', '"sales"')
        .replace("Ask us", "Buy")
    )

    visitor.page.get_by_role("button", name="Buy").click()
    expect(visitor.input).to_be_visible()
    visitor.say("hello sales")
    visitor.close_chat()
    visitor.page.locator(".launcher:visible").click()

    support = visitor.page.frame_locator('iframe[src$="/support/frame/"]')
    expect(support.locator(f"textarea{SDK}textarea")).to_be_visible()
    expect(visitor.page.locator("iframe")).to_have_count(2)


def test_a_refused_origin_reads_as_the_page_says(visitor, guests):
    def ask_from_elsewhere(route):
        headers = {**route.request.headers, "sec-fetch-site": "cross-site"}
        route.fulfill(response=route.fetch(headers=headers))

    visitor.context.route("**/session/", ask_from_elsewhere)
    visitor.visit("/kept/")
    visitor.launcher.click()

    expect(visitor.sign).to_contain_text("The chat could not be started.")
