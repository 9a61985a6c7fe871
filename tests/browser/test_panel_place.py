"""A chat at a place of the page, not in a corner."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.islands import change_page

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.site")]

AT = {"panel": {"at": "coze-panel-support"}}
PLACE = '<div id="coze-panel-support" data-coze-panel{}></div>'


@pytest.fixture
def guests(make_widget):
    return make_widget(guests="isolated")


def visit(visitor, *, style="", island=None, path="/", html=()):
    place = PLACE.format(f' style="{style}"' if style else "")
    # At the end of the page, which is long.
    change_page(
        visitor,
        island={**(island or {}), **AT},
        html=[("</body>", place + "</body>"), *html],
        path=path,
    )
    visitor.visit(path)


def place_of(visitor):
    return visitor.page.locator("#coze-panel-support")


def open_chat(visitor):
    visitor.launcher.click()
    expect(visitor.page.locator("iframe")).to_be_visible()
    expect(visitor.input).to_be_visible()
    expect(visitor.cover).not_to_be_visible()


def panel_of(visitor):
    return visitor.page.get_by_role("region", name="Support")


def test_the_tag_brings_the_place_along(visitor, guests):
    visitor.visit("/placed/")
    expect(place_of(visitor).locator(".card")).to_be_visible()

    open_chat(visitor)

    visitor.say("hello")


def test_before_a_click_a_quiet_card_stands_there(visitor, guests):
    visit(visitor)

    expect(place_of(visitor).locator(".card")).to_contain_text("Support")
    expect(visitor.page.get_by_role("button", name="Open chat")).to_be_visible()
    expect(visitor.page.get_by_role("button", name="Open chat")).to_have_text(
        "Open chat"
    )
    assert visitor.asked(of=visitor.coze_url) == []
    assert visitor.asked(of=visitor.site_url) == ["/", "/static/coze_widget/loader.js"]
    box = place_of(visitor).bounding_box()
    assert box["height"] == 600


@pytest.mark.parametrize(
    ("style", "width", "height"),
    [
        ("", 1, 600),
        ("height: 320px; width: 50%", 0.5, 320),
        ("height: 900px", 1, 900),
        ("display: flex; height: 500px", 1, 500),
    ],
)
def test_card_and_chat_fill_the_place(visitor, guests, style, width, height):
    visit(visitor, style=style)
    whole = visitor.page.locator("main").bounding_box()["width"]

    for part in (".card", ".panel"):
        box = place_of(visitor).locator(part).bounding_box()
        assert (box["width"], box["height"]) == (whole * width, height)
        if part == ".card":
            open_chat(visitor)


def test_the_chat_opens_in_its_place_and_is_a_part_of_the_page(visitor, guests):
    visit(visitor)

    open_chat(visitor)

    expect(panel_of(visitor)).to_be_visible()
    expect(panel_of(visitor)).not_to_have_attribute("aria-modal", "true")
    expect(place_of(visitor).locator(".card")).not_to_be_visible()
    expect(visitor.launcher).not_to_be_visible()
    visitor.say("hello")


def test_closed_it_is_the_card_again_and_nothing_is_lost(visitor, guests):
    visit(visitor)
    open_chat(visitor)
    visitor.input.fill("half a sent")

    visitor.close_chat()
    expect(visitor.launcher).to_be_focused()
    assert place_of(visitor).bounding_box()["height"] == 600
    open_chat(visitor)

    expect(visitor.input).to_have_value("half a sent")


@pytest.mark.parametrize("is_open", [False, True])
def test_escape_does_not_close_it(visitor, guests, is_open):
    visit(visitor)
    if is_open:
        open_chat(visitor)
        visitor.input.press("Escape")
    else:
        visitor.hold_first("**/index.js")
        visitor.launcher.click()
        expect(visitor.cover).to_be_visible()
        visitor.page.keyboard.press("Escape")
    visitor.page.wait_for_timeout(100)

    expect(panel_of(visitor)).to_be_visible()


def test_while_it_is_on_its_way_its_bar_closes_it(visitor, guests):
    visitor.hold_first("**/index.js")
    visit(visitor)
    visitor.launcher.click()

    visitor.page.get_by_role("button", name="Close chat").click()

    expect(visitor.launcher).to_be_visible()
    expect(visitor.cover).not_to_be_visible()


def test_on_a_phone_the_page_stays_as_it_is(new_visitor, guests):
    phone = new_visitor(viewport={"width": 375, "height": 667}, has_touch=True)
    phone.visit("/?from")
    visit(phone)
    entries = phone.page.evaluate("history.length")

    open_chat(phone)

    assert place_of(phone).bounding_box()["width"] < 375
    assert phone.page.evaluate("history.length") == entries
    assert phone.page.evaluate("history.state") is None
    assert not phone.page.evaluate("document.documentElement.hasAttribute('style')")
    phone.page.evaluate("history.back()")
    expect(phone.page).to_have_url(f"{phone.site_url}/?from")


def test_an_element_of_the_page_opens_it_and_takes_one_there(visitor, guests):
    button = '<button data-coze-open="support">Ask us</button><h1>'
    visit(visitor, html=[("<h1>", button)])
    opener = visitor.page.get_by_role("button", name="Ask us")
    expect(opener).to_have_attribute("aria-expanded", "false")
    # It opens no dialog.
    expect(opener).not_to_have_attribute("aria-haspopup", "dialog")

    opener.click()

    expect(panel_of(visitor)).to_be_in_viewport()
    expect(opener).to_have_attribute("aria-expanded", "true")


def test_the_page_opens_and_closes_it(visitor, guests):
    visit(visitor)

    visitor.page.evaluate("CozeWidget.open('support')")
    expect(panel_of(visitor)).to_be_visible()
    visitor.page.evaluate("CozeWidget.get('support').hideChatBot()")

    expect(visitor.launcher).to_be_visible()


def test_a_launcher_of_another_chat_leaves_it_open(visitor, guests):
    visit(visitor)
    open_chat(visitor)
    visitor.page.evaluate("""() => {
        const island = document.querySelector("#coze-widget-support");
        const said = JSON.parse(island.textContent);
        delete said.panel.at;
        const other = island.cloneNode();
        other.id = "coze-widget-sales";
        other.textContent = JSON.stringify({ ...said, slug: "sales" });
        document.body.append(other);
        CozeWidget.mount();
        CozeWidget.open("sales");
    }""")

    visitor.page.wait_for_function("CozeWidget.get('sales').isOpen")

    assert visitor.page.evaluate("CozeWidget.get('support').isOpen") is True


def test_a_row_without_a_launcher_has_the_card_all_the_same(visitor, make_widget):
    make_widget(guests="isolated", launcher="none")

    visit(visitor)

    expect(visitor.launcher).to_be_visible()


def test_outside_its_hours_nothing_stands_there(visitor, guests):
    visit(visitor, island={"clock": {"zone": "UTC", "hours": []}})
    expect(visitor.page.locator("div[data-coze-widget]")).to_be_attached()

    expect(visitor.launcher).not_to_be_visible()
    assert place_of(visitor).bounding_box()["height"] == 0


def test_colours_and_label_are_the_rows(visitor, guests):
    look = {"color": "#0b7a4b", "ink": "#ffffff", "label": "Ask us", "scheme": "dark"}
    visit(visitor, island={"launcher": look})

    button = visitor.page.get_by_role("button", name="Ask us")
    expect(button).to_have_css("background-color", "rgb(11, 122, 75)")
    expect(visitor.page.locator(".card")).to_have_css(
        "background-color", "rgb(29, 31, 35)"
    )


def test_a_changed_title_stands_on_the_card(visitor, guests):
    visit(visitor)

    visitor.page.evaluate("CozeWidget.get('support').update({ title: 'Order <7>' })")

    expect(visitor.page.locator(".card p")).to_have_text("Order <7>")


# Pages that swap their body


def swap_body(visitor, html=""):
    visitor.page.evaluate(
        """(html) => {
            const island = document.querySelector("#coze-widget-support");
            const body = document.createElement("body");
            body.innerHTML = html;
            body.append(island);
            document.body = body;
        }""",
        html,
    )


def test_in_a_new_body_it_goes_to_the_new_place(visitor, guests):
    visit(visitor)
    expect(visitor.launcher).to_be_visible()

    swap_body(visitor, "<h2>Other</h2>" + PLACE.format(""))
    visitor.page.evaluate("CozeWidget.mount()")

    open_chat(visitor)
    visitor.say("hello")


def test_an_open_one_goes_along_open(visitor, guests):
    visit(visitor)
    open_chat(visitor)
    visitor.say("hello")

    swap_body(visitor, PLACE.format(""))
    visitor.page.evaluate("CozeWidget.mount()")

    expect(visitor.input).to_be_visible()
    expect(visitor.transcript).to_contain_text("hello")


def test_where_there_is_no_place_any_more_it_goes(visitor, guests):
    visit(visitor)
    open_chat(visitor)
    swap_body(visitor)

    visitor.page.evaluate("CozeWidget.mount()")
    expect(visitor.page.locator("div[data-coze-widget]")).to_have_count(0)
    assert visitor.page.evaluate("CozeWidget.get('support')") is None
    swap_body(visitor, PLACE.format(""))
    visitor.page.evaluate("CozeWidget.mount()")

    expect(visitor.launcher).to_be_visible()


def test_a_place_that_was_emptied_is_filled_again(visitor, guests):
    visit(visitor)
    place_of(visitor).evaluate("(place) => place.replaceChildren()")

    visitor.page.evaluate("CozeWidget.mount()")

    expect(visitor.launcher).to_be_visible()
