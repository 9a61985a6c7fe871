"""`data-coze-avoid`: launcher and panel stay clear of the page's bars and banners."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.islands import change_page

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.site")]

WIDTH, HEIGHT = 1000, 700
GAP = 16
BAR = (
    '<div id="bar" {} style="position: fixed; z-index: 5000; left: 0; right: 0; '
    '{}: 0; height: {}px; background: #ccc">Cookies</div>'
)


@pytest.fixture
def visitor(new_visitor):
    return new_visitor(viewport={"width": WIDTH, "height": HEIGHT})


@pytest.fixture
def guests(make_widget):
    return make_widget(guests="isolated")


def bar(*, height=100, edge="bottom", attribute="data-coze-avoid"):
    return BAR.format(attribute, edge, height)


def show(visitor, *, html="", island=None, root=""):
    """`root` is what stands at the page's own element."""
    pairs = [("</body>", html + "</body>")]
    if root:
        pairs.append(('<html lang="en">', f'<html lang="en" {root}>'))
    change_page(visitor, island=island, html=pairs)
    visitor.visit()
    expect(visitor.launcher).to_be_visible()


def wait_for_panel(visitor):
    """What moves the launcher comes when the browser is idle."""
    visitor.page.wait_for_function("Boolean(CozeWidget.Panel)")


def come_to_rest(visitor):
    """Until nothing of ours moves any more, and what was asked for has been looked at."""
    visitor.page.wait_for_function("""async () => {
        const frames = (n) => new Promise((resolve) => {
            const step = () => (n-- ? requestAnimationFrame(step) : resolve());
            step();
        });
        await frames(4);
        return !document.querySelector("div[data-coze-widget]").shadowRoot
            .getAnimations().length;
    }""")


def from_edge(visitor, locator, edge="bottom"):
    """Waits for it to stand still; CSS pixels from the window's edge."""
    come_to_rest(visitor)
    box = locator.bounding_box()
    if edge == "top":
        return round(box["y"])
    height = visitor.page.viewport_size["height"]
    return round(height - box["y"] - box["height"])


def expect_launcher_at(visitor, distance, edge="bottom"):
    visitor.page.wait_for_function(
        """([distance, edge]) => {
            const { shadowRoot } = document.querySelector("div[data-coze-widget]");
            const box = shadowRoot.querySelector(".launcher").getBoundingClientRect();
            const found = edge === "top" ? box.top : innerHeight - box.bottom;
            return Math.abs(found - distance) < 1;
        }""",
        arg=[distance, edge],
    )


def change(visitor, script):
    visitor.page.evaluate(
        f"(() => {{ const bar = document.getElementById('bar'); {script} }})()"
    )


def test_a_page_without_such_an_element_pays_nothing(visitor, guests):
    visitor.visit()
    expect(visitor.launcher).to_be_visible()
    visitor.page.wait_for_load_state("networkidle")

    assert visitor.asked(of=visitor.site_url) == ["/", "/static/coze_widget/loader.js"]


@pytest.mark.parametrize(
    ("corner", "edge"), [("bottom-right", "bottom"), ("top-left", "top")]
)
def test_the_launcher_leaves_a_bar_at_its_edge_free(visitor, guests, corner, edge):
    show(visitor, html=bar(edge=edge), island={"launcher": {"corner": corner}})

    expect_launcher_at(visitor, 100 + GAP, edge)
    assert visitor.asked(of=visitor.coze_url) == []


def test_what_stands_elsewhere_moves_nothing(visitor, guests):
    aside = (
        '<div data-coze-avoid style="position: fixed; left: 0; bottom: 0; '
        'width: 300px; height: 200px">Chat of another kind</div>'
    )
    above = bar(edge="top")
    inside = '<p data-coze-avoid style="width: 50px">A part of the text</p>'
    show(visitor, html=aside + above + inside)
    wait_for_panel(visitor)

    assert from_edge(visitor, visitor.launcher) == 24


def test_it_clears_one_behind_the_other(visitor, guests):
    second = bar().replace("bottom: 0", "bottom: 110px").replace('id="bar"', "")
    show(visitor, html=bar() + second)

    expect_launcher_at(visitor, 210 + GAP)


def test_it_follows_what_changes_its_size_hides_and_comes_back(visitor, guests):
    show(visitor, html=bar())
    expect_launcher_at(visitor, 100 + GAP)

    change(visitor, "bar.style.height = '60px'")
    expect_launcher_at(visitor, 60 + GAP)
    change(visitor, "bar.style.visibility = 'hidden'")
    expect_launcher_at(visitor, 24)
    change(visitor, "bar.style.visibility = ''")
    expect_launcher_at(visitor, 60 + GAP)
    change(visitor, "bar.hidden = true; bar.style.opacity = 0")
    expect_launcher_at(visitor, 24)
    change(visitor, "bar.style.opacity = ''; bar.hidden = false")
    expect_launcher_at(visitor, 60 + GAP)
    change(visitor, "bar.style.display = 'none'")
    expect_launcher_at(visitor, 24)
    change(
        visitor,
        "bar.style.display = ''; bar.textContent = ''; bar.style.height = 'auto';"
        "const line = document.createElement('p'); line.style.height = '150px';"
        "line.style.margin = 0; bar.append(line)",
    )
    expect_launcher_at(visitor, 150 + GAP)
    change(visitor, "bar.remove()")
    expect_launcher_at(visitor, 24)


def test_it_follows_what_slides_in(visitor, guests):
    sliding = bar().replace("background", "transform: translateY(100%); background")
    show(visitor, html=sliding)
    wait_for_panel(visitor)
    assert from_edge(visitor, visitor.launcher) == 24

    # By the browser's own animation, of which a page is told nothing.
    change(
        visitor,
        "bar.animate({ transform: 'none' }, { duration: 200, fill: 'forwards' })",
    )

    expect_launcher_at(visitor, 100 + GAP)


def test_it_follows_the_page_as_it_is_scrolled(visitor, guests):
    footer = '<footer data-coze-avoid style="height: 200px">Imprint</footer>'
    show(visitor, html=footer)
    expect_launcher_at(visitor, 24)

    visitor.page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    visitor.page.wait_for_function("""() => {
        const { shadowRoot } = document.querySelector("div[data-coze-widget]");
        const box = shadowRoot.querySelector(".launcher").getBoundingClientRect();
        const footer = document.querySelector("footer").getBoundingClientRect();
        return Math.abs(footer.top - box.bottom - 16) < 1;
    }""")
    visitor.page.evaluate("scrollTo(0, 0)")

    expect_launcher_at(visitor, 24)


def test_a_selector_stands_for_what_comes_later(visitor, guests):
    show(visitor, root='data-coze-avoid=".banner, #bar"')
    expect_launcher_at(visitor, 24)

    visitor.page.evaluate(
        "(html) => document.body.insertAdjacentHTML('beforeend', html)",
        bar(attribute='class="banner"'),
    )

    expect_launcher_at(visitor, 100 + GAP)
    # The page's own element itself, with the attribute, is nothing to avoid.
    change(visitor, "bar.remove()")
    expect_launcher_at(visitor, 24)


def test_a_selector_that_is_none_does_no_harm(visitor, guests):
    told = []
    visitor.page.on("console", lambda message: told.append(message.text))
    show(visitor, root='data-coze-avoid="<bar"', html=bar())

    expect_launcher_at(visitor, 100 + GAP)
    change(visitor, "bar.style.height = '60px'")

    expect_launcher_at(visitor, 60 + GAP)
    assert len([text for text in told if "<bar" in text]) == 1


def test_where_there_is_no_room_it_stays(visitor, guests):
    show(visitor, html=bar(height=660))
    wait_for_panel(visitor)

    assert from_edge(visitor, visitor.launcher) == 24


def test_the_page_does_not_shift(visitor, guests):
    show(visitor, html=bar())
    visitor.page.evaluate("""() => {
        window.shifts = [];
        new PerformanceObserver((list) => shifts.push(...list.getEntries()))
            .observe({ type: "layout-shift", buffered: true });
    }""")

    expect_launcher_at(visitor, 100 + GAP)
    visitor.page.evaluate("bar.remove()")
    expect_launcher_at(visitor, 24)

    assert visitor.page.evaluate("shifts.map(({ value }) => value)") == []


def test_the_panel_leaves_the_bars_free_and_takes_the_room_back(visitor, guests):
    top = bar(edge="top", height=50).replace('id="bar"', 'id="head"')
    show(visitor, html=bar() + top)
    visitor.open_chat()

    assert from_edge(visitor, visitor.shell) == 100 + GAP
    assert from_edge(visitor, visitor.shell, "top") == 50 + GAP
    visitor.page.evaluate("bar.remove(); head.remove()")
    visitor.page.wait_for_function("""() => {
        const { shadowRoot } = document.querySelector("div[data-coze-widget]");
        return shadowRoot.querySelector(".panel").offsetHeight === innerHeight - 40;
    }""")
    assert from_edge(visitor, visitor.shell) == 20
    visitor.close_chat()
    assert from_edge(visitor, visitor.launcher) == 24


def test_a_panel_without_room_does_not_become_a_slit(visitor, guests):
    html = bar(height=340) + bar(edge="top", height=330)
    show(visitor, html=html.replace("z-index: 5000; left: 0", "left: 600px"))
    visitor.open_chat()

    assert from_edge(visitor, visitor.shell) == 20


@pytest.mark.parametrize(
    ("corner", "edge"), [("bottom-right", "bottom"), ("top-right", "top")]
)
def test_a_launcher_that_stays_takes_the_panel_along(
    visitor, make_widget, corner, edge
):
    make_widget(guests="isolated", header_is_show=False, launcher_corner=corner)
    show(visitor, html=bar(edge=edge))
    visitor.open_chat()

    assert from_edge(visitor, visitor.launcher, edge) == 100 + GAP
    assert from_edge(visitor, visitor.shell, edge) == 100 + GAP + 56 + 16


def test_on_a_phone_a_bar_stays_in_reach_and_the_chat_stands_above_it(
    new_visitor, guests
):
    phone = new_visitor(viewport={"width": 375, "height": 667})
    show(phone, html=bar(height=56))
    phone.open_chat()

    assert from_edge(phone, phone.shell) == 56
    assert from_edge(phone, phone.shell, "top") == 0
    # The page is in use then.
    expect(phone.shell).to_have_attribute("aria-modal", "false")
    phone.page.evaluate("bar.remove()")

    expect(phone.shell).to_have_attribute("aria-modal", "true")
    assert from_edge(phone, phone.shell) == 0


def test_a_launcher_that_became_the_close_button_leaves_a_bar_free(
    new_visitor, make_widget
):
    make_widget(guests="isolated", header_is_show=False)
    phone = new_visitor(viewport={"width": 375, "height": 667})
    show(phone, html=bar(edge="top", height=60))
    phone.open_chat()

    assert from_edge(phone, phone.launcher, "top") == 66
    phone.page.get_by_role("button", name="Close chat").click()
    expect(phone.input).not_to_be_visible()


def test_over_the_keyboard_a_bar_takes_no_room(new_visitor, guests):
    phone = new_visitor(viewport={"width": 375, "height": 667})
    show(phone, html=bar(height=56))
    phone.open_chat()

    phone.page.evaluate("""() => {
        Object.defineProperties(visualViewport, {
            height: { value: 300 }, offsetTop: { value: 20 },
        });
        visualViewport.dispatchEvent(new Event("resize"));
    }""")

    box = phone.page.locator(".panel").bounding_box()
    assert (box["y"], box["height"]) == (20, 300)


def test_a_chat_at_its_place_stays_there(visitor, guests):
    island = {"panel": {"at": "coze-panel-support"}}
    place = '<div id="coze-panel-support"></div>'
    show(visitor, html=place + bar(), island=island)
    before = visitor.page.locator(".card").bounding_box()
    wait_for_panel(visitor)
    come_to_rest(visitor)

    assert visitor.page.locator(".card").bounding_box() == before


def test_destroyed_it_watches_nothing(visitor, guests):
    show(visitor, html=bar())
    expect_launcher_at(visitor, 100 + GAP)
    visitor.page.evaluate("""() => {
        window.looked = 0;
        const { querySelectorAll } = Document.prototype;
        document.querySelectorAll = (selector) => {
            looked += selector === "[data-coze-avoid]";
            return querySelectorAll.call(document, selector);
        };
        CozeWidget.destroy("support");
    }""")

    change(
        visitor, "bar.style.height = '60px'; window.dispatchEvent(new Event('resize'))"
    )
    visitor.page.evaluate(
        "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )

    assert visitor.page.evaluate("looked") == 0
    visitor.page.evaluate("CozeWidget.mount()")
    expect_launcher_at(visitor, 60 + GAP)


def test_who_wants_no_motion_sees_it_there_at_once(visitor, guests):
    visitor.page.emulate_media(reduced_motion="reduce")
    show(visitor, html=bar())
    expect_launcher_at(visitor, 100 + GAP)

    duration = visitor.launcher.evaluate(
        "(node) => getComputedStyle(node).transitionProperty"
    )

    assert duration == "none"
