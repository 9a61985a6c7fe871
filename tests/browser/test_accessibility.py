"""axe-core finds nothing on what we draw: launcher, sentences, and the admin's pages."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.islands import change_page

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.site")]


SIGN = [["[data-coze-chat]"]]
SHELL = [["div[data-coze-widget]"]]


def violations(document, context=None):
    """Return what axe finds in a page or in a frame, as short texts."""
    found = Axe().run(document, context=context).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found
        for node in one["nodes"]
    ]


def chat_frame(visitor):
    return visitor.page.frames[-1]


@pytest.fixture(params=["light", "dark"])
def scheme(request):
    return request.param


def test_the_launcher(visitor, make_widget, oauth_app, scheme):
    make_widget(color_scheme=scheme, launcher_label="Ask us")
    visitor.visit()
    expect(visitor.launcher).to_be_visible()

    assert violations(visitor.page) == []


def test_the_cover_while_the_chat_is_loading(visitor, make_widget, oauth_app, scheme):
    make_widget(color_scheme=scheme)
    visitor.visit()
    visitor.hold_first("**/frame/")

    visitor.launcher.click()

    expect(visitor.cover).to_be_visible()
    assert violations(visitor.page, SHELL) == []


def test_the_login_prompt(visitor, widget, coze):
    visitor.visit()

    visitor.launcher.click()
    expect(visitor.page.locator("iframe")).to_be_attached()

    expect(visitor.sign).to_be_visible()
    assert violations(chat_frame(visitor), SIGN) == []
    assert violations(visitor.page) == []


def test_the_error_panel(visitor, make_widget, coze):
    make_widget(guests="isolated")
    visitor.context.route("**/session/", lambda route: route.fulfill(status=503))
    visitor.visit()

    visitor.launcher.click()
    expect(visitor.page.locator("iframe")).to_be_attached()

    expect(visitor.sign).to_be_visible()
    assert violations(chat_frame(visitor), SIGN) == []


@pytest.mark.parametrize("color", ["#ffd400", "#0b7a4b", "#8c8c8c", "#ffffff"])
def test_texts_on_a_rows_own_colour(visitor, make_widget, oauth_app, scheme, color):
    make_widget(color_scheme=scheme, launcher_color=color, launcher_label="Ask us")
    visitor.page.clock.install()
    visitor.visit()
    visitor.hold_first("**/frame/")
    assert violations(visitor.page) == []

    visitor.launcher.click()
    expect(visitor.cover).to_be_visible()
    visitor.page.clock.fast_forward(9000)

    retry = visitor.page.get_by_role("button", name="Try again")
    expect(retry).to_be_visible()
    assert violations(visitor.page, SHELL) == []
    # What is written is told, too.
    expect(visitor.page.get_by_role("status")).to_have_text("The connection is slow.")


def test_a_launcher_that_failed(visitor, make_widget, oauth_app, scheme):
    make_widget(color_scheme=scheme)
    visitor.context.route("**/panel.js*", lambda route: route.abort())
    visitor.visit()

    visitor.launcher.click()

    expect(visitor.launcher).to_have_text("The chat could not be loaded.")
    assert violations(visitor.page) == []


def test_a_panel_at_its_place(visitor, make_widget, coze, scheme):
    make_widget(color_scheme=scheme, guests="isolated")
    visitor.visit("/placed/")
    expect(visitor.launcher).to_be_visible()
    assert violations(visitor.page) == []

    visitor.hold_first("**/frame/")
    visitor.launcher.click()

    expect(visitor.cover).to_be_visible()
    assert violations(visitor.page, SHELL) == []


@pytest.mark.parametrize("width", [1000, 375])
def test_the_open_chat(new_visitor, make_widget, coze, width):
    make_widget(guests="isolated")
    visitor = new_visitor(viewport={"width": width, "height": 700})
    visitor.visit()

    visitor.open_chat()

    assert violations(visitor.page, SHELL) == []
    assert violations(chat_frame(visitor), SIGN) == []  # the guests' strip


def test_a_question_for_consent(visitor, make_widget, coze):
    make_widget(
        guests="isolated",
        consent_text="What you write goes to Coze, who answers it.",
        consent_link_text="How we treat your data",
        consent_link_url="https://shop.example/privacy/",
    )
    visitor.visit()

    visitor.launcher.click()

    expect(visitor.sign).to_contain_text("What you write goes to Coze")
    assert violations(chat_frame(visitor), SIGN) == []
    agree = visitor.sign.get_by_role("button", name="Agree and chat")
    more = visitor.sign.get_by_role("link", name="How we treat your data")
    assert min(agree.bounding_box()["height"], more.bounding_box()["height"]) >= 44
    expect(agree).to_be_focused()
    visitor.page.keyboard.press("Shift+Tab")
    expect(more).to_be_focused()
    visitor.page.keyboard.press("Shift+Tab")
    expect(visitor.sign.get_by_role("button", name="Close chat")).to_be_focused()


def test_a_sentence_in_the_page_itself(visitor, make_widget, coze):
    make_widget(place="inline")
    visitor.visit()

    visitor.launcher.click()

    expect(visitor.sign).to_be_visible()
    assert violations(visitor.page) == []


# 400 %: what is left of 1280 by 1024

ZOOMED = {"viewport": {"width": 320, "height": 256}}
IN_SIGHT = """(node) => {
    const { left, top, right, bottom } = node.getBoundingClientRect();
    const isInside = left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
    const found = node.getRootNode().elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return isInside && (found === node || node.contains(found));
}"""
WIDER = "document.documentElement.scrollWidth > innerWidth"


def test_zoomed_in_everything_of_the_cover_is_in_reach(new_visitor, make_widget, coze):
    make_widget(guests="isolated", chat_bot_title="Questions about orders and parcels")
    visitor = new_visitor(**ZOOMED)
    visitor.page.clock.install()
    visitor.visit()
    assert visitor.launcher.evaluate(IN_SIGHT)
    visitor.hold_first("**/frame/")
    visitor.launcher.click()
    visitor.page.clock.fast_forward(9000)

    retry = visitor.page.get_by_role("button", name="Try again")
    expect(retry).to_be_visible()
    expect(visitor.shell).to_have_css("transform", "none")
    assert retry.evaluate(IN_SIGHT)
    assert visitor.page.locator(".close").evaluate(IN_SIGHT)
    assert not visitor.page.evaluate(WIDER)


def test_zoomed_in_a_long_question_is_scrolled_in_one_direction(
    new_visitor, make_widget, coze
):
    make_widget(
        guests="isolated",
        consent_text="What you write goes to Coze, who answers it. " * 20,
        consent_link_text="How we treat your data",
        consent_link_url="https://shop.example/privacy/",
    )
    visitor = new_visitor(**ZOOMED)
    visitor.visit()
    visitor.launcher.click()
    agree = visitor.sign.get_by_role("button", name="Agree and chat")
    expect(agree).to_be_focused()

    # Its beginning and its end.
    body = visitor.sign.locator(".body")
    assert body.evaluate("(node) => node.scrollWidth === node.clientWidth")
    body.evaluate("(node) => node.scrollTo(0, 0)")
    first = body.locator("p")
    top = body.bounding_box()["y"]
    assert first.bounding_box()["y"] >= top
    agree.scroll_into_view_if_needed()
    assert agree.evaluate(IN_SIGHT)
    assert not chat_frame(visitor).evaluate(WIDER)


def test_zoomed_in_the_chat_itself_is_in_reach(new_visitor, make_widget, coze):
    make_widget(guests="isolated")
    visitor = new_visitor(**ZOOMED)
    visitor.visit()

    visitor.open_chat()
    visitor.say("hello")

    assert visitor.input.evaluate(IN_SIGHT)
    assert not visitor.page.evaluate(WIDER)


def test_in_print_there_is_no_widget(visitor, make_widget, oauth_app):
    make_widget()
    visitor.visit()
    expect(visitor.launcher).to_be_visible()

    visitor.page.emulate_media(media="print")

    expect(visitor.launcher).not_to_be_visible()


def test_from_right_to_left_the_panel_stays_at_its_side(
    visitor, make_widget, oauth_app
):
    make_widget(launcher_corner="bottom-left")
    change_page(visitor, html=[('<html lang="en">', '<html lang="ar" dir="rtl">')])
    visitor.visit()
    visitor.hold_first("**/frame/")
    visitor.launcher.click()
    expect(visitor.cover).to_be_visible()

    assert visitor.shell.bounding_box()["x"] == 20
    # Our own texts are English or Chinese.
    expect(visitor.shell).to_have_css("direction", "ltr")
    assert violations(visitor.page, SHELL) == []


def test_with_forced_colours_what_moves_is_seen(visitor, make_widget, oauth_app):
    make_widget()
    visitor.page.emulate_media(forced_colors="active")
    visitor.visit()
    visitor.hold_first("**/frame/")
    visitor.launcher.click()
    expect(visitor.cover).to_be_visible()

    color = "(node) => getComputedStyle(node{}).backgroundColor"
    progress = visitor.page.locator(".progress")
    before = progress.evaluate(color.format(", '::before'"))
    assert before != progress.evaluate(color.format(""))
    assert violations(visitor.page, SHELL) == []


@pytest.fixture
def editor(visitor, django_user_model):
    visitor.log_in(django_user_model.objects.create_superuser("editor"))
    return visitor


@pytest.fixture
def of_django(editor):
    """What axe finds on pages of Django's own is not ours to mend."""
    ids = set()
    for name in ("auth_group_changelist", "auth_group_add"):
        editor.visit(reverse(f"admin:{name}"))
        ids |= {text.partition(":")[0] for text in violations(editor.page)}
    return ids


def ours(editor, of_django):
    return [
        text
        for text in violations(editor.page)
        if text.partition(":")[0] not in of_django
    ]


def test_the_pages_of_the_admin(editor, of_django, widget, coze):
    names = ["changelist", "add", "setup", "paste", "load"]
    of_one = ["history", "code", "paste_into"]
    addresses = [reverse(f"admin:coze_widget_widget_{name}") for name in names]
    addresses += [
        reverse(f"admin:coze_widget_widget_{name}", args=[widget.pk]) for name in of_one
    ]

    found = {}
    for address in addresses:
        editor.visit(address)
        found[address] = ours(editor, of_django)

    assert found == dict.fromkeys(addresses, [])


def test_the_form_with_all_its_groups_open(editor, of_django, widget, coze):
    editor.visit(reverse("admin:coze_widget_widget_change", args=[widget.pk]))
    editor.page.locator("details").evaluate_all(
        "(all) => all.forEach((one) => { one.open = true; })"
    )

    assert ours(editor, of_django) == []
