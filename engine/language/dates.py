"""Dates: days and moments as a language writes them, the first of a month in its own way where it has one."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache

from babel.dates import format_date, format_datetime
from msgspec import Struct


class Dates(Struct, frozen=True):
    """The patterns of one language. They are CLDR's."""

    locale: str
    day: str
    first_day: str
    """The day pattern for the first of a month."""
    when: str
    first_when: str

    def said_day(self, day: date) -> str:
        """A day."""
        return _dated(day, self.first_day if day.day == 1 else self.day, self.locale)

    def said_when(self, local: datetime) -> str:
        """A moment, given as the local time it is to be said in."""
        return timed(local, self.first_when if local.day == 1 else self.when, self.locale)


@lru_cache(maxsize=4096)
def _dated(day: date, pattern: str, locale: str) -> str:
    return format_date(day, pattern, locale=locale)


def timed(local: datetime, pattern: str, locale: str) -> str:
    """A local time by a pattern."""
    return _timed(local.replace(tzinfo=None), pattern, locale)


@lru_cache(maxsize=4096)
def _timed(moment: datetime, pattern: str, locale: str) -> str:
    return format_datetime(moment, pattern, locale=locale)
