"""A demo customer's world under construction: records dated around one moment, and how they stood on earlier days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any

from cli.demo.names import address, people
from engine.model.moments import zone

Raw = dict[str, Any]
"""A record as a source would send it: JSON values, and nothing promises that it is a valid one."""


class World:
    """Records in the order they are added. The same seed and moment give the same world."""

    def __init__(self, name: str, as_of: datetime, *, zone_name: str, language: str, domain: str, seed: int) -> None:
        self.rng = Random(f"{name} {seed}")  # noqa: S311 - invented people, not secrets
        self.as_of = as_of.replace(microsecond=0)
        self.domain = domain
        self._zone = zone(zone_name)
        self._today = as_of.astimezone(self._zone).date()
        self._names = people(language, self.rng)
        self._records: list[Raw] = []
        self._earlier: list[tuple[int, Raw, Mapping[str, Any] | None]] = []

    def day(self, days: int) -> str:
        """The local day so many days from today, as ISO 8601."""
        return (self._today + timedelta(days=days)).isoformat()

    def at(self, days: int, clock: str) -> str:
        """A local wall-clock time `HH:MM` so many days from today, with its offset."""
        moment = datetime.combine(self._today + timedelta(days=days), time.fromisoformat(clock), self._zone)
        return moment.isoformat()

    def around_now(self) -> tuple[str, str]:
        """Start and end of a meeting of today that is going on at this moment, whatever the hour."""
        local = self.as_of.astimezone(self._zone)
        midnight = datetime.combine(self._today, time(), self._zone)
        quarter = local.replace(minute=local.minute // 15 * 15, second=0)
        start = max(midnight, quarter - timedelta(minutes=45))
        end = (quarter.astimezone(UTC) + timedelta(hours=2)).astimezone(self._zone)
        return start.isoformat(), end.isoformat()

    def hours_ago(self, hours: float) -> str:
        """An instant before the moment the world is about, in UTC."""
        return (self.as_of.astimezone(UTC) - timedelta(hours=hours)).isoformat()

    def workdays(self, first: int, last: int) -> list[int]:
        """The days from today, both ends included, that are no Saturday or Sunday."""
        return [days for days in range(first, last + 1) if (self._today + timedelta(days=days)).weekday() < 5]

    def person(self, domain: str | None = None) -> dict[str, str]:
        """A new person's first name, last name and address."""
        first, last = next(self._names)
        return {"first_name": first, "last_name": last, "email": address(first, last, domain or self.domain)}

    def add(self, kind: str, source_id: str, **fields: Any) -> Raw:
        """Add a record; fields that are None are left out."""
        record = {"kind": kind, "source_id": source_id}
        record |= {name: value for name, value in fields.items() if value is not None}
        self._records.append(record)
        return record

    def add_raw(self, raw: Raw) -> None:
        """Add something that is no valid record."""
        self._records.append(raw)

    def earlier(self, record: Raw, *days: int, **fields: Any) -> None:
        """Say how a record stood so many days ago: these fields differed (None: were empty)."""
        self._earlier += [(day, record, fields) for day in days]

    def not_yet(self, record: Raw, *days: int) -> None:
        """Say that a record did not exist so many days ago."""
        self._earlier += [(day, record, None) for day in days]

    def gone(self, record: Raw) -> None:
        """Say that a record existed on earlier days and no longer does."""
        self._earlier.append((0, record, None))

    def records(self, days_ago: int = 0) -> list[Raw]:
        """Every record, as it stood that many days ago."""
        changed: dict[int, Mapping[str, Any] | None] = {
            id(record): fields for day, record, fields in self._earlier if day == days_ago
        }
        found = []
        for record in self._records:
            fields = changed.get(id(record), {})
            if fields is None:
                continue
            merged = {name: value for name, value in (record | dict(fields)).items() if value is not None}
            found.append(merged)
        return found
