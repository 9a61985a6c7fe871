"""Hours and dates are judged in the visitor's browser: the page may come out of a cache."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from playwright.sync_api import expect

from tests.browser.islands import add_widget, change_page

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.site")]

# Monday to Friday, nine to six.
OFFICE = [[day * 1440 + 540, day * 1440 + 1080] for day in range(5)]
MINUTE_MS = 60_000
# Remembers for how long timers were set, in the page but not in its frames.
WATCH_TIMERS = """
    if (window === top) {
        window.waits = [];
        const set = window.setTimeout;
        window.setTimeout = (run, wait) => { waits.push(wait); return set(run, wait); };
    }
"""


@pytest.fixture
def guests(make_widget):
    return make_widget(guests="isolated")


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


def visit_at(visitor, utc, *, clock, **changes):
    visitor.page.clock.install(time=moment(utc))
    change_page(visitor, island={"clock": clock}, **changes)
    visitor.visit()
    expect(visitor.page.locator("div[data-coze-widget]").first).to_be_attached()


def launcher_of(visitor, slug):
    return visitor.page.locator(f"div[data-coze-widget={slug}] .launcher")


@pytest.mark.parametrize(
    ("zone", "utc", "is_open"),
    [
        ("Asia/Shanghai", "2026-09-21T00:59", False),  # Monday 08:59
        ("Asia/Shanghai", "2026-09-21T01:00", True),
        ("Asia/Shanghai", "2026-09-21T09:59", True),
        ("Asia/Shanghai", "2026-09-21T10:00", False),  # 18:00
        ("Asia/Shanghai", "2026-09-19T04:00", False),  # a Saturday
        ("Europe/Berlin", "2026-07-21T07:30", True),  # 09:30 in summer
        ("Europe/Berlin", "2026-12-21T07:30", False),  # 08:30 in winter
        ("America/New_York", "2026-09-26T02:00", False),  # Friday 22:00
        ("Pacific/Kiritimati", "2026-09-20T20:00", True),  # Monday 10:00
    ],
)
@pytest.mark.parametrize("own_zone", ["UTC", "Asia/Tokyo"])
def test_the_hours_are_those_of_the_rows_zone(
    new_visitor, guests, zone, utc, is_open, own_zone
):
    visitor = new_visitor(timezone_id=own_zone)

    visit_at(visitor, utc, clock={"zone": zone, "hours": OFFICE})

    expect(visitor.launcher).to_be_visible(visible=is_open)


@pytest.mark.parametrize(
    ("utc", "hours", "is_open"),
    [
        ("2026-09-21T00:00", [[0, 1]], True),
        ("2026-09-21T00:01", [[0, 1]], False),
        ("2026-09-20T23:59", [[10079, 10080]], True),
        ("2026-09-20T23:58", [[10079, 10080]], False),
        ("2026-09-21T00:00", [], False),
    ],
)
def test_a_week_is_taken_to_the_minute(visitor, guests, utc, hours, is_open):
    visit_at(visitor, utc, clock={"zone": "UTC", "hours": hours})

    expect(visitor.launcher).to_be_visible(visible=is_open)


def test_it_comes_and_goes_by_itself(visitor, guests):
    clock = {"zone": "UTC", "hours": OFFICE}
    visit_at(visitor, "2026-09-21T08:59:30", clock=clock)
    expect(visitor.launcher).not_to_be_visible()

    visitor.page.clock.run_for(MINUTE_MS / 2)
    expect(visitor.launcher).to_be_visible()
    visitor.page.clock.fast_forward(9 * 60 * MINUTE_MS)

    expect(visitor.launcher).not_to_be_visible()


def test_an_open_chat_is_not_taken_away(visitor, guests):
    clock = {"zone": "UTC", "hours": OFFICE}
    visit_at(visitor, "2026-09-21T17:59", clock=clock)
    visitor.open_chat()
    visitor.input.fill("half a sent")

    visitor.page.clock.run_for(2 * MINUTE_MS)

    expect(visitor.input).to_have_value("half a sent")
    visitor.close_chat()
    expect(visitor.launcher).not_to_be_visible()


def test_a_launcher_that_closes_the_chat_stays_with_it(visitor, make_widget):
    make_widget(guests="isolated", header_is_show=False)
    clock = {"zone": "UTC", "hours": OFFICE}
    visit_at(visitor, "2026-09-21T17:59", clock=clock)
    visitor.open_chat()
    visitor.page.clock.run_for(2 * MINUTE_MS)

    visitor.page.get_by_role("button", name="Close chat").last.click()

    expect(visitor.input).not_to_be_visible()
    expect(visitor.launcher).not_to_be_visible()


@pytest.mark.parametrize(
    ("utc", "is_open"),
    [
        ("2026-09-20T23:59", False),
        ("2026-09-21T00:00", True),
        ("2026-09-21T23:59", True),
        ("2026-09-22T00:00", False),
    ],
)
def test_a_from_and_an_until_are_moments(visitor, guests, utc, is_open):
    clock = {
        "from": moment("2026-09-21T00:00").timestamp(),
        "until": moment("2026-09-22T00:00").timestamp(),
    }

    visit_at(visitor, utc, clock=clock)

    expect(visitor.launcher).to_be_visible(visible=is_open)


def test_where_a_browser_does_not_know_the_zone_the_widget_shows(visitor, guests):
    clock = {"zone": "Mars/Olympus_Mons", "hours": [[0, 1]]}

    visit_at(visitor, "2026-09-21T12:00", clock=clock)

    expect(visitor.launcher).to_be_visible()


def test_the_page_may_open_it_at_any_time(visitor, guests):
    """Then the chat says when it opens again."""
    clock = {"zone": "UTC", "hours": [[0, 1]]}
    visit_at(visitor, "2026-09-21T12:00", clock=clock)

    visitor.page.evaluate("CozeWidget.open('support')")

    expect(visitor.shell).to_be_visible()


def test_one_takes_the_place_of_another_that_has_closed(visitor, guests):
    sales = add_widget("sales", clock={"zone": "UTC", "hours": OFFICE})
    change_page(visitor, island={"after": ["sales", "gone"]}, html=[sales])
    visitor.page.clock.install(time=moment("2026-09-21T17:59"))
    visitor.visit()
    first, second = (launcher_of(visitor, slug) for slug in ("sales", "support"))
    expect(first).to_be_visible()
    expect(second).not_to_be_visible()

    visitor.page.clock.run_for(MINUTE_MS)

    expect(first).not_to_be_visible()
    expect(second).to_be_visible()


def test_and_of_another_that_the_page_has_removed(visitor, guests):
    change_page(visitor, island={"after": ["sales"]}, html=[add_widget("sales")])
    visitor.visit()
    launcher = launcher_of(visitor, "support")
    expect(launcher).not_to_be_visible()

    visitor.page.evaluate("CozeWidget.destroy('sales')")

    expect(launcher).to_be_visible()


def test_a_page_without_hours_sets_no_timer(visitor, guests):
    visitor.page.add_init_script(WATCH_TIMERS)
    visitor.visit()
    expect(visitor.launcher).to_be_visible()

    assert visitor.page.evaluate("waits") == []


def test_one_timer_serves_all_and_ends_with_the_last(visitor, guests):
    clock = {"zone": "UTC", "hours": [[0, 10080]]}
    change_page(
        visitor, island={"clock": clock}, html=[add_widget("sales", clock=clock)]
    )
    visitor.page.clock.install(time=moment("2026-09-21T12:00"))
    visitor.page.add_init_script(WATCH_TIMERS)
    visitor.visit()
    expect(visitor.launcher).to_have_count(2)
    visitor.page.evaluate("waits.length = 0")

    visitor.page.clock.run_for(3 * MINUTE_MS)
    assert visitor.page.evaluate("waits") == [MINUTE_MS] * 3
    visitor.page.evaluate("['sales', 'support'].forEach(CozeWidget.destroy)")
    visitor.page.evaluate("waits.length = 0")
    visitor.page.clock.run_for(3 * MINUTE_MS)

    assert visitor.page.evaluate("waits") == []
