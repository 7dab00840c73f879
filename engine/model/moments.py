"""Moments: the instant a classification speaks for, and the local days around it. Nothing here reads the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct


class Moment(Struct, frozen=True):
    """When a classification speaks for, and the runs around it. All aware."""

    as_of: datetime
    zone: str
    """IANA name of the customer's zone."""
    last_sync: datetime | None = None
    """Start of the last downward run; None before the first."""
    next_run: datetime | None = None
    """Start of the next run; None when none is planned, or none can be promised."""
    stalled: bool = False
    """Whether exchanges fail or are not begun, so that none can be promised. Messages read it, and no rule."""

    @property
    def today(self) -> date:
        """The customer's local day at `as_of`."""
        return self.as_of.astimezone(zone(self.zone)).date()


@cache
def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name; ZoneInfoNotFoundError when there is none, whatever is written for it."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError):  # it is looked up as a path: one that leads out, is a folder, or is too long
        raise ZoneInfoNotFoundError from None


def day_bounds(day: date, zone_name: str) -> tuple[datetime, datetime]:
    """First instant of a local day and of the day after, in UTC: 23, 24 or 25 hours apart.

    The calendar's first and last day end where it ends, so that any day written anywhere has its bounds.
    """
    where = zone(zone_name)
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    start = first if day == date.min else datetime.combine(day, time(), where).astimezone(UTC)
    if day == date.max:
        return start, start + min(timedelta(days=1), last - start)
    return start, datetime.combine(day + timedelta(days=1), time(), where).astimezone(UTC)
