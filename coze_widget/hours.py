"""The clock of a widget: its weekly hours, and from when until when it is shown.

The browser judges by the minutes in the page's island, so that a page from a cache is
right at any moment; the session view judges again, by the same minutes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.timezone import is_naive, make_aware

from coze_widget.models import Widget
from coze_widget.validators import MAX_HOURS, are_hours

DAY = 24 * 60
WEEK = 7 * DAY
MINUTE = timedelta(minutes=1)
# A week, and one day for a clock that is put forward.
SEARCHED = timedelta(days=8)
# Beyond it Python's calendar ends within the search.
LAST = datetime.max.replace(tzinfo=timezone.utc) - 2 * SEARCHED

Clock = TypedDict(
    "Clock",
    {
        "zone": str,
        "hours": list[list[int]],
        "from": int,
        "until": int,
    },
    total=False,
)


def clock_of(widget: Widget) -> Clock:
    """Return what the island says of it; empty where the widget is shown at any time.

    `hours` are minutes since Monday 00:00 in the zone, half-open, sorted, within the
    week; `from` and `until` are Unix seconds.
    """
    clock: Clock = {}
    if widget.weekly_hours:
        clock["zone"] = widget.time_zone or settings.TIME_ZONE
        clock["hours"] = _merge(_spans(widget.weekly_hours))
    if widget.shown_from:
        clock["from"] = _seconds(widget.shown_from)
    if widget.shown_until:
        clock["until"] = _seconds(widget.shown_until)
    return clock


def has_clock(widget: Widget) -> bool:
    return bool(widget.weekly_hours or widget.shown_from or widget.shown_until)


def is_open(widget: Widget, now: datetime) -> bool:
    return _is_open(clock_of(widget), now)


def opens_at(widget: Widget, now: datetime) -> datetime | None:
    """Return the first open minute from now on, if it comes within eight days.

    Where the widget is shown only from a later moment on, they are counted from there.
    """
    clock = clock_of(widget)
    start = datetime.fromtimestamp(clock.get("from", 0), timezone.utc)
    # Adding minutes to a moment of another zone moves its hands, not the time.
    start = max(start, now.astimezone(timezone.utc))
    if start > LAST:
        return None
    if _is_open(clock, start):
        return start
    moment = start.replace(second=0, microsecond=0)
    zone = _find_zone(clock.get("zone", ""))
    while zone and moment < start + SEARCHED:
        moment = _next_moment(moment.astimezone(zone), clock["hours"])
        if _is_open(clock, moment):
            return moment
    return None


def _next_moment(local: datetime, hours: list[list[int]]) -> datetime:
    """Return a moment before which it does not open: an hour on at most.

    Minute by minute where the clocks change.
    """
    minute = _minute_of_week(local)
    steps = min([60, *((begin - minute - 1) % WEEK + 1 for begin, _end in hours)])
    now = local.astimezone(timezone.utc)
    later = now + steps * MINUTE
    if later.astimezone(local.tzinfo).utcoffset() == local.utcoffset():
        return later
    return now + MINUTE


def _minute_of_week(local: datetime) -> int:
    return local.weekday() * DAY + local.hour * 60 + local.minute


def _is_open(clock: Clock, now: datetime) -> bool:
    seconds = now.timestamp()
    if seconds < clock.get("from", seconds) or seconds >= clock.get(
        "until", seconds + 1
    ):
        return False
    zone = _find_zone(clock.get("zone", ""))
    if zone is None:
        return True
    minute = _minute_of_week(now.astimezone(timezone.utc).astimezone(zone))
    return any(start <= minute < end for start, end in clock["hours"])


def _find_zone(name: str) -> ZoneInfo | None:
    """Return None for a zone that is none: like a browser, we then show the widget."""
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, KeyError):
        return None


def _seconds(moment: datetime) -> int:
    """Without USE_TZ a moment is one of TIME_ZONE."""
    return int((make_aware(moment) if is_naive(moment) else moment).timestamp())


def _spans(rows: Any) -> Iterator[list[int]]:
    """Leave out what is no row of hours: a fixture can hold anything."""
    for row in rows[:MAX_HOURS] if isinstance(rows, list) else ():
        if are_hours(row):
            yield from _spans_of(row)


def _spans_of(row: Mapping[str, Any]) -> Iterator[list[int]]:
    start, end = _minutes(row["from"]), _minutes(row["to"])
    length = end - start if end > start else end - start + DAY
    for day in row["days"]:
        begin = (day - 1) * DAY + start
        yield [begin, min(begin + length, WEEK)]
        if begin + length > WEEK:
            # Sunday's night goes on in the first hours of the week.
            yield [0, begin + length - WEEK]


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _merge(spans: Iterable[list[int]]) -> list[list[int]]:
    merged: list[list[int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return merged
