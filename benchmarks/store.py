"""The store: what a run costs beside its classification."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import event

from benchmarks.people import AS_OF, learners, timetable
from benchmarks.stored import CUSTOMER, SYSTEMS, stored
from benchmarks.table import Row
from engine.analysis.availability import REMEMBERED, provided_by
from engine.matching.classifier import Classifier
from engine.records.kinds import DOWNWARD, Record
from runs.execution.classifiers import moment_of
from runs.service import Service
from store.base.database import Database

_ROUNDS = 3


def runs(size: int = 100_000) -> list[Row]:
    """A first run, and runs in which one record in a hundred changed: the store's share against classification."""
    mixed = timetable(size * 10 // 13, seed=1)
    return [
        row
        for system in SYSTEMS
        for what, records in (("people and sessions", mixed), ("learners", learners(size, seed=1)))
        for row in _runs(system, what, records)
    ]


def _runs(system: str, what: str, records: Sequence[Record]) -> list[Row]:
    title = f"{system}, {len(records):,} {what}"
    with stored(system) as service:
        first = _timed(service, records, 0)
        later = [_timed(service, _edited(records, number), number) for number in range(1, _ROUNDS + 1)]
    shares = [one.store / one.deciding for one in later]
    median = statistics.median(one.store for one in later)
    changed = later[-1].changed
    rows_each = later[-1].rows / changed
    return [
        Row(f"{title}: first run, the store", f"{first.store:.1f} s", first.store / first.deciding, _TO),
        Row(f"{title}: 1 % changed, the store", f"{median:.1f} s", statistics.median(shares), _TO),
        Row(f"{title}: 1 % changed, {changed:,} records", f"{rows_each:.1f} rows written for each", None),
    ]


_TO = "classification"


class _Run(Struct, frozen=True):
    """One run: seconds of classification alone and of all else, records that differed, rows written."""

    deciding: float
    store: float
    changed: int
    rows: int


def _timed(service: Service, records: Sequence[Record], number: int) -> _Run:
    as_of = AS_OF + timedelta(minutes=number)
    rulebook = service.rulebook(CUSTOMER)
    classifier = Classifier(rulebook, provided_by(rulebook, REMEMBERED if number else ()))
    gc.collect()
    start = time.perf_counter()
    classifier.decide(records, moment_of(rulebook, as_of, as_of), kinds=DOWNWARD)
    deciding = time.perf_counter() - start
    gc.collect()
    with _written(service.database) as rows:
        start = time.perf_counter()
        told = service.push(CUSTOMER, records, True, as_of=as_of)
        whole = time.perf_counter() - start
    assert told.status.startswith("completed"), told.status
    return _Run(deciding, whole - deciding, told.changed, sum(rows))


def _edited(records: Sequence[Any], number: int) -> list[Any]:
    """The records, of which each hundredth has another phone or room."""

    def edited(record: Any) -> Any:
        name = "room" if hasattr(record, "room") else "phone"
        return msgspec.structs.replace(record, **{name: f"+3319900{number:04}"})

    return [edited(record) if place % 100 == number else record for place, record in enumerate(records)]


@contextmanager
def _written(database: Database) -> Iterator[list[int]]:
    """How many rows each statement of the block inserts, updates or deletes."""
    rows: list[int] = []

    def count(_connection: Any, cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if statement.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE"):
            rows.append(len(parameters) if many else max(cursor.rowcount, 0))

    engine = database._engine  # noqa: SLF001 - the benchmark looks inside
    event.listen(engine, "after_cursor_execute", count)
    try:
        yield rows
    finally:
        event.remove(engine, "after_cursor_execute", count)
