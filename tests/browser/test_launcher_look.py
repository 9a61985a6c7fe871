"""The launcher as a row wants it: corner, size, colours, label, and what the visitor's
system asks for."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.islands import change_page

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.site")]

WIDTH, HEIGHT = 1000, 700
SCREEN = {"viewport": {"width": WIDTH, "height": HEIGHT}}
SDK_SCRIPT = "**/index.js"
CORNERS = ["bottom-right", "bottom-left", "top-right", "top-left"]
PIXEL = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!"
    b"\xf9\x04\x00\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)


@pytest.fixture
def visitor(new_visitor):
    return new_visitor(**SCREEN)


@pytest.fixture
def guests(make_widget):
    return make_widget(guests="isolated")


def show(visitor, *, html=(), panel=None, **launcher):
    change_page(visitor, island={"launcher": launcher, "panel": panel or {}}, html=html)
    visitor.visit()
    expect(visitor.launcher).to_be_visible()


def distances(locator, width=WIDTH, height=HEIGHT):
    """How far it is from the edges, in CSS pixels."""
    box = locator.bounding_box()
    return {
        "left": box["x"],
        "top": box["y"],
        "right": width - box["x"] - box["width"],
        "bottom": height - box["y"] - box["height"],
    }


def style(locator, name):
    return locator.evaluate(f"(node) => getComputedStyle(node).{name}")


@pytest.mark.parametrize("corner", CORNERS)
def test_it_stands_in_the_corner_that_it_was_given(visitor, guests, corner):
    show(visitor, corner=corner, x=10, y=90)

    vertical, horizontal = corner.split("-")
    found = distances(visitor.launcher)
    assert (found[vertical], found[horizontal]) == (90, 10)


def test_by_default_it_stands_at_the_bottom_on_the_right(visitor, guests):
    visitor.visit()

    found = distances(visitor.launcher)
    assert (found["bottom"], found["right"]) == (24, 24)


@pytest.mark.parametrize("corner", CORNERS)
def test_the_panel_opens_on_its_side(visitor, guests, corner):
    visitor.hold_first(SDK_SCRIPT)
    show(visitor, corner=corner)

    visitor.launcher.click()

    expect(visitor.cover).to_be_visible()
    expect(visitor.shell).to_have_css("transform", "none")
    vertical, horizontal = corner.split("-")
    found = distances(visitor.shell)
    assert (found[vertical], found[horizontal]) == (20, 20)


@pytest.mark.parametrize("corner", CORNERS)
def test_a_launcher_that_stays_is_not_covered(visitor, make_widget, corner):
    make_widget(guests="isolated", header_is_show=False)
    show(visitor, corner=corner, y=40, size=80, label="Chat with us")

    visitor.open_chat()

    vertical, horizontal = corner.split("-")
    expect(visitor.launcher).to_have_attribute("aria-label", "Close chat")
    expect(visitor.shell).to_have_css("transform", "none")
    box = visitor.launcher.bounding_box()
    assert (box["width"], box["height"]) == (80, 80)
    assert distances(visitor.shell)[vertical] == 40 + 80 + 16
    assert distances(visitor.shell)[horizontal] == 20


def test_the_safe_area_of_a_screen_is_left_free(visitor, guests):
    show(visitor)
    session = visitor.context.new_cdp_session(visitor.page)
    insets = {"top": 50, "left": 30, "bottom": 34, "right": 40}
    session.send("Emulation.setSafeAreaInsetsOverride", {"insets": insets})

    for corner in CORNERS:
        names = " ".join(corner.split("-"))
        visitor.page.locator(".shell").evaluate(
            "(node, names) => { node.className = `shell frame ${names}`; }", names
        )
        vertical, horizontal = corner.split("-")
        found = distances(visitor.launcher)
        assert found[vertical] == 24 + insets[vertical]
        assert found[horizontal] == 24 + insets[horizontal]


@pytest.mark.parametrize(("size", "drawn"), [(72, 72), (120, 120), (20, 44)])
def test_it_has_its_size_and_can_always_be_hit(visitor, guests, size, drawn):
    show(visitor, size=size)

    box = visitor.launcher.bounding_box()
    assert (box["width"], box["height"]) == (drawn, drawn)


def test_it_has_its_colours(visitor, guests):
    show(visitor, color="#ffd400", ink="#1f2329")

    expect(visitor.launcher).to_have_css("background-color", "rgb(255, 212, 0)")
    expect(visitor.launcher).to_have_css("color", "rgb(31, 35, 41)")


def test_text_that_is_no_colour_asks_nobody_for_anything(visitor, guests):
    evil = "url(http://localhost:9/spy) red; position: static"
    show(visitor, color=evil, ink=evil, x=evil, y=evil, size=evil)

    expect(visitor.launcher).to_have_css("position", "fixed")
    assert visitor.asked(of="http://localhost:9") == []


def test_a_label_stands_beside_the_icon_and_is_its_name(visitor, guests):
    show(visitor, label="Chat <b>with</b> us")
    button = visitor.page.get_by_role("button", name="Chat <b>with</b> us", exact=True)

    expect(button).to_have_text("Chat <b>with</b> us")
    expect(button.locator("svg")).to_be_visible()
    assert button.bounding_box()["width"] > 150
    button.click()

    expect(visitor.launcher).to_have_attribute("aria-label", "Close chat")
    expect(visitor.input).to_be_visible()
    visitor.close_chat()
    expect(button).to_have_text("Chat <b>with</b> us")


def test_a_label_that_is_too_long_stays_on_the_screen(new_visitor, guests):
    phone = new_visitor(viewport={"width": 390, "height": 700})
    show(phone, label="Do you have a question about tea? " * 3)

    found = distances(phone.launcher, width=390)
    assert (found["left"], found["right"]) == (24, 24)


def test_a_picture_fills_the_button(visitor, guests):
    image = {"body": PIXEL, "content_type": "image/gif"}
    visitor.context.route("**/face.gif", lambda route: route.fulfill(**image))
    show(visitor, icon="/static/face.gif", size=80, label="Ask Alice")

    box = visitor.launcher.locator("img").bounding_box()
    assert (box["width"], box["height"]) == (78, 78)
    assert box["x"] == visitor.launcher.bounding_box()["x"] + 1


def test_dark_is_dark_for_everybody(visitor, guests):
    visitor.hold_first(SDK_SCRIPT)
    show(visitor, scheme="dark")
    visitor.launcher.click()

    expect(visitor.cover).to_have_css("background-color", "rgb(29, 31, 35)")
    expect(visitor.page.locator(".bar")).to_have_css("color", "rgb(232, 234, 237)")


def test_light_stays_light_where_the_system_is_dark(new_visitor, guests):
    visitor = new_visitor(**SCREEN, color_scheme="dark")
    visitor.hold_first(SDK_SCRIPT)
    show(visitor)
    visitor.launcher.click()

    expect(visitor.cover).to_have_css("background-color", "rgb(247, 248, 250)")


def test_auto_goes_with_the_visitors_system(visitor, guests):
    visitor.hold_first(SDK_SCRIPT)
    visitor.page.emulate_media(color_scheme="dark")
    show(visitor, scheme="auto")
    ring = style(visitor.launcher, "boxShadow")
    visitor.launcher.click()
    expect(visitor.cover).to_have_css("background-color", "rgb(29, 31, 35)")

    visitor.page.emulate_media(color_scheme="light")

    expect(visitor.cover).to_have_css("background-color", "rgb(247, 248, 250)")
    visitor.page.keyboard.press("Escape")
    visitor.page.get_by_role("button", name="Basket").focus()
    assert style(visitor.launcher, "boxShadow") != ring


def test_who_wants_no_motion_gets_none(visitor, guests):
    visitor.hold_first(SDK_SCRIPT)
    visitor.page.emulate_media(reduced_motion="reduce")
    show(visitor)
    visitor.launcher.click()

    expect(visitor.shell).to_have_css("animation-name", "none")
    bar = "(node) => getComputedStyle(node, '::before').animationName"
    assert visitor.page.locator(".progress").evaluate(bar) == "none"


def test_with_forced_colours_the_button_has_a_border_and_a_ring(visitor, guests):
    visitor.page.emulate_media(forced_colors="active")
    show(visitor, color="#ffffff", ink="#ffffff")

    # What is transparent is drawn in the system's colours then, shadows are not drawn.
    assert style(visitor.launcher, "borderTopStyle") == "solid"
    assert style(visitor.launcher, "borderTopWidth") == "1px"
    visitor.page.get_by_role("button", name="Basket").focus()
    visitor.page.keyboard.press("Tab")
    assert style(visitor.launcher, "outlineStyle") == "solid"
    assert style(visitor.launcher, "outlineWidth") == "3px"


def test_a_page_from_right_to_left_moves_no_corner(visitor, guests):
    html = [('<html lang="en">', '<html lang="ar" dir="rtl">')]
    show(visitor, html=html, corner="bottom-left", label="Chat with us")

    assert distances(visitor.launcher)["left"] == 24
    icon = visitor.launcher.locator("svg").bounding_box()
    text = visitor.launcher.locator("span").bounding_box()
    assert icon["x"] == text["x"] + text["width"] + 10


def test_who_comes_by_keyboard_sees_where_he_is(visitor, guests):
    show(visitor, color="#ffffff", ink="#1f2329")
    before = style(visitor.launcher, "boxShadow")
    visitor.page.get_by_role("button", name="Basket").focus()

    visitor.page.keyboard.press("Tab")

    expect(visitor.launcher).to_be_focused()
    ring = style(visitor.launcher, "boxShadow")
    assert ring != before
    # Seen on a light page and on a dark one.
    assert "rgb(255, 255, 255) 0px 0px 0px 2px, rgb(31, 35, 41) 0px 0px 0px 5px" in ring
