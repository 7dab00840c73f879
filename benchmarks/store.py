"""The store: what a run costs beside its classification, and the feed's first page when much is stored."""

from __future__ import annotations

import gc
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import event, text

from benchmarks.people import AS_OF, learners, timetable
from benchmarks.table import Row
from connectors.registry import catalogue
from engine.classify import Classifier
from engine.loading import Library
from engine.messages import Messages
from engine.provided import REMEMBERED, provided_by
from engine.records import DOWNWARD, Instructor, Learner, Record, Session
from runs.deciding import moment_of
from runs.service import Service
from store.database import Database
from tests.store.databases import postgresql_databases, sqlite_databases

HERE = Path(__file__).resolve().parent
SYSTEMS = ("sqlite", "postgresql")
CUSTOMER = "school"
_ROUNDS = 3
_READS = 30
_CHANGES_EACH = 30


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
    with _service(system) as (service, _):
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


def feed(many: int = 100_000, few: int = 1_000) -> list[Row]:
    """The feed's first page with many open issues and thirty times as many changes, against few of each."""
    rows = []
    for system in SYSTEMS:
        with _service(system) as (small, _), _service(system) as (large, _):
            _fill(small, few, few)
            _fill(large, many, many * _CHANGES_EACH)
            pairs = [(_page(small), _page(large)) for _ in range(_READS)]
        median = statistics.median(large for _, large in pairs)
        rows.append(
            Row(
                f"{system}: the feed's first page, {many:,} issues and {many * _CHANGES_EACH:,} changes",
                f"{median * 1000:.1f} ms",
                statistics.median(large / small for small, large in pairs[2:]),
                f"that of {few:,} of each",
            )
        )
    return rows


def _page(service: Service) -> float:
    start = time.perf_counter()
    page = service.issues(CUSTOMER)
    assert len(page.items) == 50
    return time.perf_counter() - start


def _fill(service: Service, issues: int, changes: int) -> None:
    """So many learners without email in a session of tomorrow, and changes of them."""
    tomorrow = AS_OF + timedelta(days=1)
    session_of_all = Session(
        source_id="S-1",
        name="Algebra",
        starts_at=tomorrow,
        ends_at=tomorrow + timedelta(hours=2),
        instructor_ids=("I-1",),
        group_ids=("G-1",),
    )
    ada = Instructor(source_id="I-1", first_name="Ada", last_name="Lund", email="ada@example.org")
    people = [
        Learner(source_id=f"L-{number}", first_name="Lou", last_name=f"Nr {number}", groups=("G-1",))
        for number in range(issues)
    ]
    service.push(CUSTOMER, [ada, session_of_all, *people], True, as_of=AS_OF)
    with service.database.writing() as session:
        session.connection().execute(
            text(
                "INSERT INTO change (customer, run_id, record_id, what, subject, before, after) "
                "WITH RECURSIVE turn(number) AS "
                "(SELECT 1 UNION ALL SELECT number + 1 FROM turn WHERE number < :each) "
                "SELECT record.customer, record.first_run_id, record.id, 'field', 'phone', :value, :value "
                "FROM record, turn WHERE record.verdict = 'flag'"
            ),
            {"each": changes // issues, "value": b'"+33199000012"'},
        )
    with service.database.writing() as session:
        # What either system's own upkeep does sooner or later.
        session.connection().execute(text("ANALYZE"))


@contextmanager
def _service(system: str) -> Iterator[tuple[Service, Database]]:
    """A service on a fresh database of a system."""
    with tempfile.TemporaryDirectory() as folder:
        databases = sqlite_databases(Path(folder)) if system == "sqlite" else postgresql_databases()
        with databases as make:
            database = Database.open(make())
            systems = catalogue()
            yield Service(database, Library(HERE / "service", systems), systems, Messages()), database
            database.close()
