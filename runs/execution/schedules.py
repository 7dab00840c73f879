"""Schedules: when the next run starts, in the customer's own time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from engine.model.moments import zone

_DAYS = 3
"""Today, tomorrow, and the day after for a time that tomorrow's clock change leaves out."""

_BELATED = timedelta(hours=1)
"""How long after its planned start a run may begin and is still that one."""


def next_run(times: Sequence[str], zone_name: str, after: datetime) -> datetime | None:
    """The first start after a moment, in UTC; None when no run is planned.

    ``times`` are local wall-clock times `HH:MM`. A time that the spring change leaves out starts when the clock has
    jumped; one that autumn has twice starts the first time only.
    """
    today = after.astimezone(zone(zone_name)).date()
    starts = (_start(today + timedelta(days=day), written, zone_name) for day in range(_DAYS) for written in times)
    return min((start for start in starts if start > after), default=None)


def missed(times: Sequence[str], zone_name: str, after: datetime, until: datetime) -> tuple[datetime | None, int]:
    """The first start after a moment and not after another, and how many there are of them."""
    first, last = (moment.astimezone(zone(zone_name)).date() for moment in (after, until))
    if not times or after >= until:
        return None, 0
    # Of the days between, every start is one: whoever waits for years is not counted day by day.
    edges = {day for day in (first, last) if first <= day <= last}
    between = max((last - first).days - 1, 0) * len(set(times))
    found = [
        start for day in edges for written in set(times) if after < (start := _start(day, written, zone_name)) <= until
    ]
    number = len(found) + between
    return (next_run(times, zone_name, after), number) if number else (None, 0)


def counts_from(times: Sequence[str], zone_name: str, start: datetime) -> datetime:
    """From when on what a run saw first is counted: from its planned start, else from the full hour.

    Runs do not begin to the second. Counted so, what must be there for a day is so at the run of the next day.
    """
    before = start - _BELATED
    planned = next_run(times, zone_name, before)
    if planned is not None and planned <= start:
        return planned
    return start.replace(minute=0, second=0, microsecond=0)


def _start(day: date, written: str, zone_name: str) -> datetime:
    hour, minute = written.split(":")
    # fold=0: the first of two; before a gap the old offset holds, so that 02:30 left out becomes 03:30.
    return datetime.combine(day, time(int(hour), int(minute)), zone(zone_name)).astimezone(UTC)
