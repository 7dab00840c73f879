"""Schedules: when the next run starts, in the customer's own time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from engine.model.moments import zone

_DAYS = 3
"""Today, tomorrow, and the day after for a time that tomorrow's clock change leaves out."""


def next_run(times: Sequence[str], zone_name: str, after: datetime) -> datetime | None:
    """The first start after a moment, in UTC; None when no run is planned.

    ``times`` are local wall-clock times `HH:MM`. A time that the spring change leaves out starts when the clock has
    jumped; one that autumn has twice starts the first time only.
    """
    today = after.astimezone(zone(zone_name)).date()
    starts = (_start(today + timedelta(days=day), written, zone_name) for day in range(_DAYS) for written in times)
    return min((start for start in starts if start > after), default=None)


def _start(day: date, written: str, zone_name: str) -> datetime:
    hour, minute = written.split(":")
    # fold=0: the first of two; before a gap the old offset holds, so that 02:30 left out becomes 03:30.
    return datetime.combine(day, time(int(hour), int(minute)), zone(zone_name)).astimezone(UTC)
