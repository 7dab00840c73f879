"""Times and days as sources write them. What cannot be read is handed on as text, so that the door tells it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal

from connectors.contract import Window
from engine.model.moments import zone

DayOrder = Literal["YYYY-MM-DD", "DD/MM/YYYY", "MM/DD/YYYY", "YYYY-DD-MM"]
"""The orders in which systems write year, month and day. Which one it is, is configured, never guessed."""

UNREAD = "unread"
"""What is handed on for a time or day that is not written in its order: `2026-11-24` where days stand before months
must not be read as something else by the door."""

_ORDERS: dict[DayOrder, tuple[str, str]] = {
    "YYYY-MM-DD": ("ymd", "%Y-%m-%d"),
    "DD/MM/YYYY": ("dmy", "%d/%m/%Y"),
    "MM/DD/YYYY": ("mdy", "%m/%d/%Y"),
    "YYYY-DD-MM": ("ydm", "%Y-%d-%m"),
}
_DAY_AND_REST = re.compile(r"(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})(?:[T\s]+(.*))?", re.ASCII)
_CLOCK = re.compile(
    r"(\d{1,2})(?:[:hH](\d{2})?)(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|z|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)


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


def day_as(found: date, order: DayOrder) -> str:
    """A day as a system that wants this order is asked for it."""
    return found.strftime(_ORDERS[order][1])


@lru_cache(4096)
def ordered_day(text: str, order: DayOrder) -> date | str:
    """A day with its year in four digits, separated by `-`, `/` or `.`; a time of day after it is left out."""
    parts = _DAY_AND_REST.fullmatch(text.strip())
    return _day_of(parts, order) if parts else UNREAD if text.strip() else ""


@lru_cache(4096)
def ordered_time(text: str, order: DayOrder, zone_name: str) -> datetime | str:
    """A day and a time of day (`08:30`, `8h30`, `08:30:00.000`); one without an offset is of that zone."""
    if not text.strip():
        return ""
    parts = _DAY_AND_REST.fullmatch(text.strip())
    clock = _CLOCK.fullmatch(parts[4].strip()) if parts and parts[4] else None
    found = _day_of(parts, order) if parts and clock else UNREAD
    if clock is None or isinstance(found, str):
        return UNREAD
    hour, minute, second, offset = clock[1].zfill(2), clock[2] or "00", clock[3] or "00", clock[4] or ""
    try:
        return aware(datetime.fromisoformat(f"{found.isoformat()}T{hour}:{minute}:{second}{offset.upper()}"), zone_name)
    except (ValueError, OverflowError):
        return UNREAD


def _day_of(parts: re.Match[str], order: DayOrder) -> date | str:
    named = dict(zip(_ORDERS[order][0], parts.groups(), strict=False))
    if len(named["y"]) != 4:
        return UNREAD
    try:
        return date(int(named["y"]), int(named["m"]), int(named["d"]))
    except ValueError:
        return UNREAD
