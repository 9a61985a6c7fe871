from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from coze_widget.hours import clock_of, has_clock, is_open, opens_at
from coze_widget.models import Widget

UTC = timezone.utc
MINUTE = timedelta(minutes=1)
DAY = 24 * 60
WEEK = 7 * DAY


def hours(*days, start="09:00", end="18:00"):
    return {"days": list(days), "from": start, "to": end}


def widget(*rows, zone="Asia/Shanghai", **fields):
    return Widget(weekly_hours=list(rows), time_zone=zone, **fields)


def at(text, zone="Asia/Shanghai"):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


# What the page's island holds


def test_without_hours_and_moments_there_is_no_clock():
    assert clock_of(Widget()) == {}
    assert not has_clock(Widget())


@pytest.mark.parametrize(
    ("rows", "minutes"),
    [
        ([hours(1)], [[540, 1080]]),
        ([hours(2, 1)], [[540, 1080], [DAY + 540, DAY + 1080]]),
        ([hours(1, end="00:00")], [[540, DAY]]),
        ([hours(1, start="00:00", end="00:00")], [[0, DAY]]),
        ([hours(1, start="22:00", end="02:00")], [[1320, DAY + 120]]),
        ([hours(7, start="22:00", end="02:00")], [[0, 120], [WEEK - 120, WEEK]]),
        ([hours(1), hours(1, start="12:00", end="20:00")], [[540, 1200]]),
        ([hours(1), hours(1, start="18:00", end="20:00")], [[540, 1200]]),
        ([hours(1), hours(1, start="10:00", end="11:00")], [[540, 1080]]),
        ([hours(1), hours(1, start="19:00", end="20:00")], [[540, 1080], [1140, 1200]]),
        ([hours(*range(1, 8), start="00:00", end="00:00")], [[0, WEEK]]),
        ([hours(1), hours(1)], [[540, 1080]]),
    ],
)
def test_rows_become_minutes_of_the_week(rows, minutes):
    assert clock_of(widget(*rows)) == {"zone": "Asia/Shanghai", "hours": minutes}


def test_the_sites_zone_is_that_of_a_widget_without_one(settings):
    settings.TIME_ZONE = "Europe/Berlin"

    assert clock_of(widget(hours(1), zone=""))["zone"] == "Europe/Berlin"


def test_moments_are_unix_seconds():
    clock = clock_of(
        Widget(
            shown_from=datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC),
            shown_until=at("2026-01-02T08:00"),
        )
    )

    assert clock == {"from": 1767225601, "until": 1767312000}


def test_without_time_zones_in_the_project_a_moment_is_one_of_its_own(settings):
    settings.USE_TZ = False
    settings.TIME_ZONE = "Asia/Shanghai"

    clock = clock_of(Widget(shown_from=datetime(2026, 1, 1, 8)))

    assert clock == {"from": 1767225600}


@pytest.mark.parametrize(
    "stored", ["x", {"days": [1]}, [7], [hours()], [hours(8)], [hours(1, end="25:00")]]
)
def test_hours_that_are_none_are_never(stored):
    """No form lets them in; a fixture can."""
    broken = Widget(weekly_hours=stored, time_zone="UTC")

    assert clock_of(broken)["hours"] == []
    assert not is_open(broken, datetime(2026, 1, 1, tzinfo=UTC))
    assert opens_at(broken, datetime(2026, 1, 1, tzinfo=UTC)) is None


# Open or not


@pytest.mark.parametrize(
    ("moment", "is_it"),
    [
        ("2026-11-16T08:59:59", False),
        ("2026-11-16T09:00:00", True),
        ("2026-11-16T17:59:59", True),
        ("2026-11-16T18:00:00", False),
        ("2026-11-15T12:00:00", False),
    ],
)
def test_open_on_mondays_in_shanghai(moment, is_it):
    assert is_open(widget(hours(1)), at(moment).astimezone(UTC)) is is_it


def test_moments_are_half_open():
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    shown = Widget(shown_from=moment, shown_until=moment + timedelta(seconds=2))

    seconds = [-1, 0, 1, 2]

    assert [is_open(shown, moment + timedelta(seconds=s)) for s in seconds] == [
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("zone", ["Nowhere/At all", "../../etc/passwd", "\x00"])
def test_a_zone_that_is_none_is_always_open_as_in_a_browser(zone):
    assert is_open(widget(hours(1), zone=zone), datetime(2026, 1, 1, tzinfo=UTC))


# When it opens


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-16T08:00:30", "2026-11-16T09:00"),
        ("2026-11-16T12:00:30", "2026-11-16T12:00:30"),
        ("2026-11-16T18:00:00", "2026-11-23T09:00"),
        ("2026-11-15T23:59:59", "2026-11-16T09:00"),
    ],
)
def test_it_opens_at_the_next_of_its_hours(now, expected):
    assert opens_at(widget(hours(1)), at(now)) == at(expected)


def test_where_the_hours_would_come_after_the_end_it_never_opens():
    shown = widget(hours(1), shown_until=at("2026-11-16T09:00"))

    assert opens_at(shown, at("2026-11-15T12:00")) is None


def test_hours_count_from_the_moment_it_is_shown_from():
    shown = widget(hours(1), shown_from=at("2030-01-01T00:00"))

    assert opens_at(shown, at("2026-11-16T10:00")) == at("2030-01-07T09:00")


def test_it_may_open_at_the_very_moment_from_which_it_is_shown():
    moment = datetime(2030, 1, 1, 0, 0, 7, tzinfo=UTC)

    assert opens_at(Widget(shown_from=moment), datetime(2026, 1, 1, tzinfo=UTC)) == (
        moment
    )


BERLIN = "Europe/Berlin"


def test_an_hour_that_spring_leaves_out_opens_at_its_end():
    """29 March 2026: 02:00 is followed by 03:00."""
    shown = widget(hours(7, start="02:30", end="04:00"), zone=BERLIN)

    found = opens_at(shown, at("2026-03-29T00:00", BERLIN))

    assert found == at("2026-03-29T03:00", BERLIN)
    assert is_open(shown, found)
    assert not is_open(shown, found - MINUTE)


def test_hours_within_what_spring_leaves_out_come_next_week():
    """Eight days are searched, for a week without them is longer than seven."""
    shown = widget(hours(7, start="02:10", end="02:50"), zone=BERLIN)

    assert opens_at(shown, at("2026-03-29T01:00", BERLIN)) == at(
        "2026-04-05T02:10", BERLIN
    )


def test_an_hour_that_autumn_has_twice_opens_twice():
    """25 October 2026: 03:00 is followed by 02:00."""
    shown = widget(hours(7, start="02:00", end="02:30"), zone=BERLIN)
    first = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)

    assert opens_at(shown, first - 10 * MINUTE) == first
    assert opens_at(shown, first + 30 * MINUTE) == first + 60 * MINUTE


TIMES = st.tuples(st.integers(0, 23), st.integers(0, 59)).map(
    lambda parts: "{:02}:{:02}".format(*parts)
)
ROWS = st.lists(
    st.builds(
        lambda days, start, end: hours(*days, start=start, end=end),
        st.lists(st.integers(1, 7), min_size=1, max_size=7, unique=True),
        TIMES,
        TIMES,
    ),
    min_size=1,
    max_size=4,
)
ZONES = st.sampled_from(sorted(available_timezones()))
# Where clocks change: an hour, half an hour, at midnight, a day left out.
CHANGING = st.sampled_from(
    [
        (BERLIN, datetime(2026, 3, 29, 1)),
        (BERLIN, datetime(2026, 10, 25, 1)),
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 15)),
        ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30)),
        ("America/Santiago", datetime(2026, 9, 6, 4)),
        ("Africa/Cairo", datetime(2026, 4, 23, 22)),
        ("Pacific/Apia", datetime(2011, 12, 30, 10)),
    ]
)
MOMENTS = st.one_of(
    st.tuples(ZONES, st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1))),
    st.tuples(CHANGING, st.integers(-2 * DAY, 2 * DAY)).map(
        lambda drawn: (drawn[0][0], drawn[0][1] + drawn[1] * MINUTE)
    ),
).map(lambda drawn: (drawn[0], drawn[1].replace(tzinfo=UTC)))


def stands_in_a_row(rows, local):
    """The rows read as an editor reads them: today's, and last night's."""
    now = local.strftime("%H:%M")
    today, yesterday = local.isoweekday(), (local.isoweekday() - 2) % 7 + 1
    for row in rows:
        start, end = row["from"], row["to"]
        if start < end:
            if today in row["days"] and start <= now < end:
                return True
        elif (today in row["days"] and now >= start) or (
            yesterday in row["days"] and now < end
        ):
            return True
    return False


@given(ROWS, MOMENTS)
def test_island_and_server_agree_with_the_rows(rows, moment):
    zone, now = moment
    shown = widget(*rows, zone=zone)
    local = now.astimezone(ZoneInfo(zone))
    minute = local.weekday() * DAY + local.hour * 60 + local.minute
    expected = stands_in_a_row(rows, local)

    spans = clock_of(shown)["hours"]

    assert any(start <= minute < end for start, end in spans) is expected
    assert is_open(shown, now) is expected
    assert spans == sorted(spans)
    assert all(0 <= start < end <= WEEK for start, end in spans)
    assert all(one[1] < other[0] for one, other in zip(spans, spans[1:], strict=False))


@given(ROWS, MOMENTS)
def test_it_opens_at_the_first_open_minute(rows, moment):
    zone, now = moment
    shown = widget(*rows, zone=zone)
    assume(not is_open(shown, now))

    found = opens_at(shown, now)

    # At most a week has to pass, and a day where the clocks left it out.
    assert found is not None
    assert is_open(shown, found)
    assert not is_open(shown, found - timedelta(microseconds=1))
    # Not each minute, for the sake of time.
    between = range(1, int((found - now) / MINUTE), 29)
    assert not any(is_open(shown, now + minutes * MINUTE) for minutes in between)


def test_the_longest_search_is_short():
    """A stranger can ask for it as often as they like."""
    shown = widget(hours(1), shown_until=at("2000-01-01T00:00"))
    started = time.process_time()

    assert opens_at(shown, at("2026-11-16T18:00")) is None

    # About a millisecond of work; minute by minute it took a hundred.
    assert time.process_time() - started < 0.05


def test_a_beginning_at_the_end_of_the_calendar():
    far = datetime.max.replace(tzinfo=UTC) - timedelta(hours=1)

    assert opens_at(widget(shown_from=far), datetime(2026, 1, 1, tzinfo=UTC)) is None
