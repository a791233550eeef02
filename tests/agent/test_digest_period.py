"""Days and weeks by the clock on the wall, over both changes of clocks."""

from __future__ import annotations

from datetime import UTC, datetime, time
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.digest.period import Due, Kind, before, days, finished, lasted, newest

BERLIN, NEW_YORK, BEIRUT = (ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Asia/Beirut"))
HOUR = 3_600.0


def at(moment: str) -> float:
    return datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("zone", "now", "due", "start", "hours"),
    [
        # Ordinary days, a minute before and at the moment they are due.
        (BERLIN, "2026-11-23T06:59", "2026-11-22T07:00", "2026-11-20T23:00", 24),
        (BERLIN, "2026-11-23T07:00", "2026-11-23T07:00", "2026-11-21T23:00", 24),
        # Clocks go forward on 29 March at 02:00: the day has 23 hours, and 08:00 is an hour earlier in UTC from then on.
        (BERLIN, "2026-03-29T06:00", "2026-03-29T06:00", "2026-03-27T23:00", 24),
        (BERLIN, "2026-03-30T06:00", "2026-03-30T06:00", "2026-03-28T23:00", 23),
        # Back on 25 October at 03:00: 25 hours.
        (BERLIN, "2026-10-26T06:59", "2026-10-25T07:00", "2026-10-23T22:00", 24),
        (BERLIN, "2026-10-26T07:00", "2026-10-26T07:00", "2026-10-24T22:00", 25),
        # 8 March and 1 November.
        (NEW_YORK, "2026-03-09T12:00", "2026-03-09T12:00", "2026-03-08T05:00", 23),
        (NEW_YORK, "2026-11-02T13:00", "2026-11-02T13:00", "2026-11-01T04:00", 25),
    ],
)
def test_a_day_is_as_long_as_it_is(zone: ZoneInfo, now: str, due: str, start: str, hours: int) -> None:
    found = newest("day", Due(time(8)), zone, at(now))
    assert (found.due, found.start) == (at(due), at(start))
    assert (found.end - found.start) / HOUR == hours


@pytest.mark.parametrize(
    ("zone", "now", "start", "hours"),
    [
        (BERLIN, "2026-03-30T06:00", "2026-03-22T23:00", 7 * 24 - 1),
        (BERLIN, "2026-10-26T07:00", "2026-10-18T22:00", 7 * 24 + 1),
        (NEW_YORK, "2026-03-09T12:00", "2026-03-02T05:00", 7 * 24 - 1),
        (NEW_YORK, "2026-11-02T13:00", "2026-10-26T04:00", 7 * 24 + 1),
    ],
)
def test_a_week_over_a_change_of_clocks(zone: ZoneInfo, now: str, start: str, hours: int) -> None:
    found = newest("week", Due(time(8), weekday=0), zone, at(now))
    assert found.start == at(start)
    assert (found.end - found.start) / HOUR == hours
    week_ago = before(found, zone)
    assert week_ago.end == found.start
    assert (week_ago.end - week_ago.start) / HOUR == 7 * 24


def test_a_time_that_the_change_leaves_out_or_brings_twice_is_due_once() -> None:
    # 02:30 does not exist on 29 March in Berlin: it is 03:30 of summer time. On 25 October it comes twice: the first counts.
    assert newest("day", Due(time(2, 30)), BERLIN, at("2026-03-29T12:00")).due == at("2026-03-29T01:30")
    assert newest("day", Due(time(2, 30)), BERLIN, at("2026-10-25T12:00")).due == at("2026-10-25T00:30")
    # In Beirut clocks go forward at midnight: the day begins at 01:00.
    day = finished("day", Due(time(8)), BEIRUT, at("2026-03-30T12:00"))
    assert (day.end - day.start) / HOUR == 23


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, BEIRUT, ZoneInfo("Asia/Kolkata"), ZoneInfo("UTC")])
@given(data=st.data())
def test_periods_follow_one_another_without_gap_or_overlap(zone: ZoneInfo, data: st.DataObject) -> None:
    now = data.draw(st.floats(at("2026-01-01T00:00"), at("2027-12-31T00:00")))
    due = Due(time(data.draw(st.integers(0, 23)), data.draw(st.integers(0, 59))), data.draw(st.integers(0, 6)))
    lengths: dict[Kind, int] = {"day": 1, "week": 7}
    for kind, length in lengths.items():
        found = newest(kind, due, zone, now)
        assert found.start < found.end <= found.due <= now
        earlier = newest(kind, due, zone, found.due - 1)
        assert earlier.end == found.start == before(found, zone).end
        assert earlier.start == before(found, zone).start
        shown = list(days(found, zone, length))
        assert shown[0].start == found.start
        assert shown[-1].end == found.end
        assert all(one.end == next_one.start for one, next_one in pairwise(shown))


def test_what_is_over_does_not_wait_until_it_is_due() -> None:
    found = finished("day", Due(time(8)), BERLIN, at("2026-11-23T00:30"))
    assert (found.start, found.end) == (at("2026-11-21T23:00"), at("2026-11-22T23:00"))
    assert found.due == at("2026-11-23T07:00")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-1, "0 s"),
        (40, "40 s"),
        (725, "12 min"),
        (3_599, "1 h"),
        (7_500, "2 h 5 min"),
        (86_400, "1 day"),
        (273_600, "3 days 4 h"),
    ],
)
def test_how_long_something_lasted_is_said_shortly(seconds: float, said: str) -> None:
    assert lasted(seconds) == said
