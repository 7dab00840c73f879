"""Moments: whose day it is, and how long that day lasts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfoNotFoundError

import pytest

from engine.model.moments import Moment, day_bounds
from engine.model.moments import zone as zone_of


@pytest.mark.parametrize(
    ("zone", "today"),
    [("Pacific/Auckland", 22), ("Europe/Paris", 22), ("UTC", 21), ("America/Montreal", 21)],
)
def test_today_is_the_day_where_the_customer_is(zone: str, today: int) -> None:
    assert Moment(as_of=datetime(2026, 11, 21, 23, tzinfo=UTC), zone=zone).today == date(2026, 11, today)


@pytest.mark.parametrize(
    ("zone", "day", "starts", "hours"),
    [
        ("Europe/Paris", date(2026, 11, 21), datetime(2026, 11, 20, 23, tzinfo=UTC), 24),
        ("Europe/Paris", date(2026, 3, 29), datetime(2026, 3, 28, 23, tzinfo=UTC), 23),
        ("Europe/Paris", date(2026, 10, 25), datetime(2026, 10, 24, 22, tzinfo=UTC), 25),
        ("Pacific/Auckland", date(2026, 11, 21), datetime(2026, 11, 20, 11, tzinfo=UTC), 24),
        ("UTC", date(2026, 11, 21), datetime(2026, 11, 21, tzinfo=UTC), 24),
    ],
)
def test_a_day_begins_at_its_own_midnight_and_lasts_until_the_next(
    zone: str, day: date, starts: datetime, hours: int
) -> None:
    first, end = day_bounds(day, zone)
    assert (first, (end - first).total_seconds() / 3600) == (starts, hours)


def test_the_last_day_of_the_calendar_has_an_end() -> None:
    assert day_bounds(date.max, "UTC")[1] == datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "name", ["Europe/Nowhere", "", "Europe", "../../etc", "/etc/passwd", "a" * 100_000, "\0", "\ud800"]
)
def test_whatever_is_written_for_a_zone_there_is_one_or_there_is_none(name: str) -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        zone_of(name)
