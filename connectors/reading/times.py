"""Times and days as sources write them. What cannot be read is handed on as text, so that the door tells it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal

from connectors.contract import Window
from engine.model.moments import zone
from engine.records.unread import Unread, shown, unread

DayOrder = Literal["YYYY-MM-DD", "DD/MM/YYYY", "MM/DD/YYYY", "YYYY-DD-MM"]
"""The orders in which systems write year, month and day. Which one it is, is configured or shown by all of a file
(``connectors.reading.days``), never guessed of one day."""

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


Day = date | str | Unread
"""A day, nothing, or what is to be told of it."""


def local(text: str, zone_name: str) -> datetime | str:
    """An ISO time; one that names no offset is wall-clock time in that zone.

    In the hour that a clock change repeats, the first is taken; in the hour it leaves out, the clock is taken to
    stand an hour on.
    """
    try:
        return aware(datetime.fromisoformat(text.strip()), zone_name)
    except ValueError:
        return text


def aware(found: datetime, zone_name: str) -> datetime:
    """The time in UTC; one without an offset is wall-clock time in that zone.

    ValueError at either end of the calendar, where it would be before year 1 or after 9999 in UTC.
    """
    try:
        return (found if found.tzinfo else found.replace(tzinfo=zone(zone_name))).astimezone(UTC)
    except OverflowError:
        raise ValueError("outside the calendar") from None


def wall_clock(day: date, clock: time, zone_name: str) -> datetime:
    """A day and a time of day in that zone, in UTC."""
    return aware(datetime.combine(day, clock), zone_name)


def days_of(window: Window, zone_name: str) -> tuple[date, date]:
    """First and last local day of a window, both included, for systems that are asked by days."""
    where = zone(zone_name)
    last = window.ends.astimezone(where) - timedelta(microseconds=1)
    return window.starts.astimezone(where).date(), last.date()


@lru_cache(4096)
def iso_day(text: str) -> date | str:
    """A day as ISO writes it, also out of a time."""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return text


def day_before(found: Day) -> Day:
    """The last day included, of an end that is excluded."""
    return found - timedelta(days=1) if isinstance(found, date) and found > date.min else found


def outermost(days: list[Day], which: Callable[[list[date]], date]) -> Day:
    """The first or last of these days; what is no day comes before all, so that it is told."""
    unread = [day for day in days if not isinstance(day, date) and day]
    read = [day for day in days if isinstance(day, date)]
    return unread[0] if unread else which(read) if read else ""


def day_as(found: date, order: DayOrder) -> str:
    """A day as a system that wants this order is asked for it."""
    return found.strftime(_ORDERS[order][1])


@lru_cache(4096)
def orders_of(text: str) -> dict[DayOrder, date]:
    """Every order in which a day can be read, with the day; year, day, month only where nothing else fits."""
    parts = _DAY_AND_REST.fullmatch(text.strip())
    found = {order: day for order in _ORDERS if parts and (day := _day_of(parts, order)) is not None}
    if len(found) > 1:
        found.pop("YYYY-DD-MM", None)
    return found


@lru_cache(4096)
def ordered_day(text: str, order: DayOrder, option: str = "") -> date | str | Unread:
    """A day with its year in four digits, separated by `-`, `/` or `.`; a time of day after it is left out.

    What is not written in the order is told with what to write. `option` is where the order is set, if anywhere.
    """
    parts = _DAY_AND_REST.fullmatch(text.strip())
    found = _day_of(parts, order) if parts else None
    return found if found is not None else _otherwise(text, order, option) if text.strip() else ""


@lru_cache(4096)
def ordered_time(text: str, order: DayOrder, zone_name: str, option: str = "") -> datetime | str | Unread:
    """A day and a time of day (`08:30`, `8h30`, `08:30:00.000`); one without an offset is of that zone."""
    if not text.strip():
        return ""
    parts = _DAY_AND_REST.fullmatch(text.strip())
    found = _day_of(parts, order) if parts else None
    if parts is None or found is None:
        return _otherwise(text, order, option)
    clock = _CLOCK.fullmatch(parts[4].strip()) if parts[4] else None
    if clock is None:
        return Unread("not_a_time", values=shown(text))
    hour, minute, second, offset = clock[1].zfill(2), clock[2] or "00", clock[3] or "00", clock[4] or ""
    try:
        return aware(datetime.fromisoformat(f"{found.isoformat()}T{hour}:{minute}:{second}{offset.upper()}"), zone_name)
    except ValueError:
        return Unread("not_a_time", values=shown(text))


def _otherwise(text: str, order: DayOrder, option: str) -> Unread:
    """What is wrong with a day that is not written in its order, and how it is to be written where that can be told."""
    fits = orders_of(text)
    if len(fits) != 1:
        return unread("not_written_so", **shown(text), order=order)
    ((written, day),) = fits.items()
    kept = shown(text) | {"better": day_as(day, order)}
    if option:
        return unread("written_otherwise_option", **kept, order=order, written=written, option=option)
    return unread("written_otherwise", **kept, order=order, written=written)


def _day_of(parts: re.Match[str], order: DayOrder) -> date | None:
    named = dict(zip(_ORDERS[order][0], parts.groups(), strict=False))
    if len(named["y"]) != 4:
        return None
    try:
        return date(int(named["y"]), int(named["m"]), int(named["d"]))
    except ValueError:
        return None
