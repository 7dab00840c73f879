from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.execution.schedules import counts_from, next_run


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("after", "start"),
    [
        ("2026-11-23T09:00+01:00", "2026-11-23T12:00+01:00"),
        ("2026-11-23T11:59:59+01:00", "2026-11-23T12:00+01:00"),
        ("2026-11-23T12:00+01:00", "2026-11-23T22:00+01:00"),
        ("2026-11-23T22:30+01:00", "2026-11-24T12:00+01:00"),
        ("2026-03-28T23:00+01:00", "2026-03-29T12:00+02:00"),
        ("2026-10-24T23:00+02:00", "2026-10-25T12:00+01:00"),
        ("2026-12-31T23:00+01:00", "2027-01-01T12:00+01:00"),
    ],
)
def test_the_next_run_is_the_first_start_of_the_customers_clock(after: str, start: str) -> None:
    assert next_run(["22:00", "12:00"], "Europe/Paris", utc(after)) == utc(start)


def test_a_time_that_spring_leaves_out_starts_when_the_clock_has_jumped() -> None:
    assert next_run(["02:30"], "Europe/Paris", utc("2026-03-29T00:00+01:00")) == utc("2026-03-29T03:30+02:00")


def test_a_time_that_autumn_has_twice_starts_once() -> None:
    first = next_run(["02:30"], "Europe/Paris", utc("2026-10-25T00:00+02:00"))
    assert first == utc("2026-10-25T02:30+02:00")
    assert next_run(["02:30"], "Europe/Paris", first) == utc("2026-10-26T02:30+01:00")


@pytest.mark.parametrize(
    ("times", "start", "since"),
    [
        (["22:00"], "2026-11-23T22:00:03+01:00", "2026-11-23T22:00+01:00"),
        (["21:30"], "2026-11-23T22:29:59+01:00", "2026-11-23T21:30+01:00"),
        (["12:00", "22:00"], "2026-11-23T15:20+01:00", "2026-11-23T15:00+01:00"),
        (["22:00"], "2026-11-23T21:59:59+01:00", "2026-11-23T21:00+01:00"),
        ([], "2026-11-23T22:00:03+01:00", "2026-11-23T22:00+01:00"),
    ],
)
def test_what_a_run_sees_first_counts_from_its_planned_start(times: list[str], start: str, since: str) -> None:
    assert counts_from(times, "Europe/Paris", utc(start)) == utc(since)


def test_without_times_no_run_is_planned() -> None:
    assert next_run([], "Europe/Paris", utc("2026-11-23T09:00+01:00")) is None


@given(
    st.lists(st.times().map(lambda at: f"{at:%H:%M}"), min_size=1, max_size=3),
    st.integers(min_value=1_577_836_800, max_value=2_051_222_400).map(lambda at: datetime.fromtimestamp(at, UTC)),
    st.sampled_from(["Europe/Paris", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia"]),
)
def test_there_is_a_run_within_two_days_and_it_is_to_come(times: list[str], after: datetime, zone: str) -> None:
    start = next_run(times, zone, after)
    assert start is not None
    assert after < start
    assert (start - after).total_seconds() <= 49 * 3600
