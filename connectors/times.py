"""Times and days as sources write them. What cannot be read is handed on as text, so that the door tells it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from connectors.contract import Window
from engine.moments import zone


def local(text: str, zone_name: str) -> datetime | str:
    """An ISO time; one that names no offset is wall-clock time in that zone.

    In the hour that a clock change repeats, the first is taken; in the hour it leaves out, the clock is taken to
    stand an hour on.
    """
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return text
    return aware(found, zone_name)


def aware(found: datetime, zone_name: str) -> datetime:
    """The time in UTC; one without an offset is wall-clock time in that zone."""
    return (found if found.tzinfo else found.replace(tzinfo=zone(zone_name))).astimezone(UTC)


def wall_clock(day: date, clock: time, zone_name: str) -> datetime:
    """A day and a time of day in that zone, in UTC."""
    return aware(datetime.combine(day, clock), zone_name)


def days_of(window: Window, zone_name: str) -> tuple[date, date]:
    """First and last local day of a window, both included, for systems that are asked by days."""
    where = zone(zone_name)
    last = window.ends.astimezone(where) - timedelta(microseconds=1)
    return window.starts.astimezone(where).date(), last.date()


@lru_cache(4096)
def day(text: str, pattern: str) -> date | str:
    """A day in the one format that the connector knows (`%m/%d/%Y`); a time of midnight after it is left out."""
    try:
        return datetime.strptime(text.strip().split(" ")[0], pattern).date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return text


@lru_cache(4096)
def iso_day(text: str) -> date | str:
    """A day as ISO writes it, also out of a time."""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return text


def day_before(found: date | str) -> date | str:
    """The last day included, of an end that is excluded."""
    return found - timedelta(days=1) if isinstance(found, date) and found > date.min else found


def outermost(days: list[date | str], which: Callable[[list[date]], date]) -> date | str:
    """The first or last of these days; text that is no day comes before all, so that it is told."""
    unread = [day for day in days if isinstance(day, str) and day]
    read = [day for day in days if isinstance(day, date)]
    return unread[0] if unread else which(read) if read else ""
