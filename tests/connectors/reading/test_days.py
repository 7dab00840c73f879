"""The days of one file."""

from __future__ import annotations

from datetime import date

import pytest

from connectors.contract import Fetch
from connectors.reading.days import Days
from connectors.reading.times import DayOrder
from engine.records.unread import Unread


def days(expected: DayOrder, *written: str, said: bool = False) -> tuple[list[object], list[str]]:
    """How each day of a file is read, and what is noted."""
    fetch = Fetch()
    read = Days(expected, "terms.csv", lambda: [("starts", text) for text in written], fetch, option="days", said=said)
    found = [read.day(text) for text in written]
    return [one.code if isinstance(one, Unread) else one for one in found], [note.code for note in fetch.notes]


def test_a_file_that_is_written_as_expected_is_read_and_not_looked_at_again() -> None:
    def again() -> list[tuple[str, str]]:
        raise AssertionError

    read = Days("YYYY-MM-DD", "terms.csv", again, Fetch())
    assert read.day("2026-09-01") == date(2026, 9, 1)
    assert read.day("") == ""


def test_a_day_whose_order_cannot_be_told_is_read_as_the_others_show_and_that_is_told_once() -> None:
    first, last = date(2026, 9, 1), date(2027, 1, 31)
    assert days("YYYY-MM-DD", "9/1/2026", "1/31/2027") == ([first, last], ["written_in_another_order_option"])
    assert days("DD/MM/YYYY", "9/1/2026", "1/31/2027") == ([first, last], ["written_in_another_order_option"])
    assert days("DD/MM/YYYY", "2026-09-01", "2027-01-31") == ([first, last], ["written_in_another_order_option"])


def test_where_every_day_may_be_as_expected_it_is() -> None:
    assert days("DD/MM/YYYY", "9/1/2026", "3/2/2027") == ([date(2026, 1, 9), date(2027, 2, 3)], [])


@pytest.mark.parametrize(
    ("expected", "written", "found"),
    [
        ("YYYY-MM-DD", ["9/1/2026", "3/2/2027"], ["not_written_so", "not_written_so"]),
        ("YYYY-MM-DD", ["2026-09-01", "31/1/2027"], [date(2026, 9, 1), "written_otherwise_option"]),
        ("DD/MM/YYYY", ["31/1/2027", "1/31/2027"], [date(2027, 1, 31), "written_otherwise_option"]),
    ],
)
def test_where_a_file_does_not_agree_with_itself_nothing_is_guessed(
    expected: DayOrder, written: list[str], found: list[object]
) -> None:
    assert days(expected, *written) == (found, [])


def test_what_the_customer_says_stands_and_what_contradicts_it_is_told_once_more_for_the_file() -> None:
    assert days("DD/MM/YYYY", "2026-09-01", said=True) == (
        ["written_otherwise_option"],
        ["written_in_another_order_than_said"],
    )


def test_what_is_no_day_at_all_says_nothing_of_the_others() -> None:
    assert days("YYYY-MM-DD", "soon", "1/31/2027") == (
        ["not_written_so", date(2027, 1, 31)],
        ["written_in_another_order_option"],
    )
