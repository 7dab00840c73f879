"""Times and days as sources write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from connectors.contract import Window
from connectors.reading.times import (
    DayOrder,
    aware,
    day_as,
    day_before,
    days_of,
    iso_day,
    local,
    ordered_day,
    ordered_time,
    orders_of,
    outermost,
    wall_clock,
)
from engine.records.unread import Unread, unread


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-10-25T01:30:00", datetime(2026, 10, 24, 23, 30, tzinfo=UTC)),
        ("2026-10-25T02:30:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # twice; the first
        ("2026-10-25T03:30:00", datetime(2026, 10, 25, 2, 30, tzinfo=UTC)),
        ("2027-03-28T01:30:00", datetime(2027, 3, 28, 0, 30, tzinfo=UTC)),
        ("2027-03-28T02:30:00", datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),  # never; 03:30
        ("2027-03-28T03:30:00", datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
        ("2026-11-24T09:00:00+05:00", datetime(2026, 11, 24, 4, tzinfo=UTC)),
        ("2026-11-24T09:00:00Z", datetime(2026, 11, 24, 9, tzinfo=UTC)),
        ("2026-11-24 09:00", datetime(2026, 11, 24, 8, tzinfo=UTC)),
    ],
)
def test_wall_clock_time_is_of_the_zone_on_that_day(text: str, utc: datetime) -> None:
    assert local(text, "Europe/Paris") == utc


def test_a_session_across_a_clock_change_has_its_real_length() -> None:
    starts = wall_clock(date(2026, 10, 24), time(22), "Europe/Paris")
    ends = wall_clock(date(2026, 10, 25), time(4), "Europe/Paris")
    assert (ends - starts).total_seconds() == 7 * 3600


def test_a_window_is_asked_for_by_its_local_days() -> None:
    window = Window(datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 26, 23, tzinfo=UTC))
    assert days_of(window, "Europe/Paris") == (date(2026, 10, 25), date(2026, 10, 26))


def test_a_day_has_one_format_and_is_never_guessed() -> None:
    assert ordered_day("2/11/2012", "MM/DD/YYYY") == date(2012, 2, 11)
    assert ordered_day("02-11-2012", "DD/MM/YYYY") == date(2012, 11, 2)
    assert ordered_day("9/1/2026 00:00:00", "MM/DD/YYYY") == date(2026, 9, 1)
    assert iso_day("2026-09-01T00:00:00Z") == date(2026, 9, 1)
    assert iso_day("") == ""


def test_an_excluded_end_is_the_day_before() -> None:
    assert day_before(date(2027, 3, 1)) == date(2027, 2, 28)
    assert day_before("soon") == "soon"


def test_what_is_no_day_is_handed_on() -> None:
    assert outermost([date(2026, 1, 2), date(2026, 1, 1), ""], min) == date(2026, 1, 1)
    assert outermost([date(2026, 1, 2), "soon"], max) == "soon"
    assert outermost([], min) == ""
    assert local("soon", "Europe/Paris") == "soon"


@pytest.mark.parametrize("text", ["0001-01-01T00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_outside_the_calendar_is_handed_on(text: str) -> None:
    assert local(text, "Europe/Paris") == text
    with pytest.raises(ValueError, match="outside the calendar"):
        aware(datetime.fromisoformat(text), "UTC")


def test_a_wall_clock_before_the_calendar_is_handed_on() -> None:
    assert local("9999-12-31T23:30:00", "America/New_York") == "9999-12-31T23:30:00"


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("DD/MM/YYYY", date(2026, 2, 1)),
        ("MM/DD/YYYY", date(2026, 1, 2)),
        ("YYYY-MM-DD", unread("not_written_so", value="01/02/2026", order="YYYY-MM-DD")),
        ("YYYY-DD-MM", unread("not_written_so", value="01/02/2026", order="YYYY-DD-MM")),
    ],
)
def test_a_day_is_read_in_the_order_that_is_configured_and_in_no_other(order: DayOrder, found: date | Unread) -> None:
    assert ordered_day("01/02/2026", order) == found


@pytest.mark.parametrize("order", ["YYYY-MM-DD", "DD/MM/YYYY", "MM/DD/YYYY", "YYYY-DD-MM"])
def test_a_day_is_asked_for_as_it_is_read(order: DayOrder) -> None:
    assert ordered_day(day_as(date(2026, 11, 24), order), order) == date(2026, 11, 24)


def test_a_day_out_of_its_order_is_not_handed_on_as_another_day() -> None:
    said = {"order": "DD/MM/YYYY", "written": "YYYY-MM-DD", "better": "24/11/2026"}
    assert ordered_day("2026-11-24", "DD/MM/YYYY") == unread("written_otherwise", value="2026-11-24", **said)
    assert ordered_day("2026-11-24", "DD/MM/YYYY", "days") == unread(
        "written_otherwise_option", value="2026-11-24", option="days", **said
    )
    assert ordered_day("24/11/26", "DD/MM/YYYY") == unread("not_written_so", value="24/11/26", order="DD/MM/YYYY")
    assert ordered_day(" ", "DD/MM/YYYY") == ""


@pytest.mark.parametrize(
    "text", ["24/11/2026 09:00", "24-11-2026T09:00:00.000", "24.11.2026 9h00", "24/11/2026 9h", "24/11/2026 08:00Z"]
)
def test_a_time_of_day_is_read_as_systems_write_it(text: str) -> None:
    assert ordered_time(text, "DD/MM/YYYY", "Europe/Paris") == datetime(2026, 11, 24, 8, tzinfo=UTC)


@pytest.mark.parametrize("text", ["24/11/2026", "09:00", "24/11/2026 25:00", "32/11/2026 09:00", "tomorrow"])
def test_a_time_that_is_not_whole_is_told(text: str) -> None:
    found = ordered_time(text, "DD/MM/YYYY", "Europe/Paris")
    assert isinstance(found, Unread)
    assert found.values["value"] == text


def test_every_order_that_fits_is_known() -> None:
    assert orders_of("01/02/2026") == {"DD/MM/YYYY": date(2026, 2, 1), "MM/DD/YYYY": date(2026, 1, 2)}
    assert orders_of("31/01/2026").keys() == {"DD/MM/YYYY"}
    assert orders_of("2026-01-02").keys() == {"YYYY-MM-DD"}
    assert orders_of("2026-31-01").keys() == {"YYYY-DD-MM"}
    assert orders_of("soon") == {}
