"""Running: from the moment a run has its place to the moment it is written, held or given up."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import msgspec
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from connectors.contract import ConnectorError
from engine.model.versions import parts_of
from runs.execution import locking
from runs.execution.classifiers import Classifiers
from runs.execution.decide import Basis, Order, decide, known_of, tell
from runs.execution.persist import count, remember
from runs.guards.held import packed
from runs.model.errors import AlreadySettled, FetchFailed, Overtaken
from runs.model.findings import Findings
from runs.model.received import Received
from runs.records.upward import write_offers
from store import holds, writes
from store.archives import write_archives
from store.database import Database
from store.run_tables import RunRow

_MANY = 5_000
"""Records that were new or differed, from which on a run is a large write."""


def carry_out(database: Database, classifiers: Classifiers, order: Order, clock: Callable[[], datetime]) -> RunRow:
    """Run, and give its row as stored. Nothing is written before the end but that the run is at work.

    Raises Busy, Overtaken, AlreadySettled, and FetchFailed, after which the run is stored as failed.
    """
    name = locking.owner()
    started = clock()
    row = RunRow(
        customer=order.rulebook.customer.id,
        direction=order.direction,
        status="running",
        complete=order.complete,
        as_of=order.as_of,
        started_at=started,
        heartbeat_at=started,
        owner=name,
        rulebook_version=order.rulebook.version,
        approves=order.approves,
    )
    number = locking.claim(database, row, clock)
    received = Received()
    try:
        with database.reading() as reading:
            with locking.beating(database, number, name, clock):
                order.receive(received)
                basis, findings = decide(reading, classifiers, order, number, received)
            # Following issues looks records up again; until then no state is held on to.
            reading.reset()
            tell(order, "writing", len(received.items))
            return _write(database, order, received, basis, findings, name, clock)
    except ConnectorError as error:
        _fail(database, number, name, clock(), str(error), error.recovery, received)
        raise FetchFailed(str(error), error.recovery, number) from None
    except Overtaken:
        raise
    except BaseException as error:
        # Only what kind of error: its text may hold names.
        _fail(database, number, name, clock(), f"The run ended by {type(error).__name__}.", None, received)
        raise


def _write(
    database: Database,
    order: Order,
    received: Received,
    basis: Basis,
    findings: Findings,
    name: str,
    clock: Callable[[], datetime],
) -> RunRow:
    with database.writing() as session:
        locking.turn(session, findings.customer)
        locking.keep(session, findings.run_id, name, clock())
        row = session.get_one(RunRow, findings.run_id)
        _tell_of(row, received)
        row.guards = [msgspec.to_builtins(trip) for trip in basis.trips]
        if basis.would is None:
            _remember(session, order, received, basis, findings, row, clock())
        else:
            count(findings.found, row)
            row.status = "held"
            holds.hold(session, findings.run_id, packed(received), basis.would)
        _supersede(session, row, clock())
        row.finished_at = clock()
        session.add(row)
    if row.changed >= _MANY:
        with suppress(SQLAlchemyError):
            # The run is written whatever becomes of this.
            database.count_rows()
    return row


def _remember(
    session: Session,
    order: Order,
    received: Received,
    basis: Basis,
    findings: Findings,
    row: RunRow,
    now: datetime,
) -> None:
    if order.approves is not None and not holds.settle(session, order.approves, "approved", now, order.by):
        raise AlreadySettled
    if writes.finished_runs(session, findings.customer) != basis.last_finished:
        # A run in the other direction wrote meanwhile: compare with what is known now.
        basis.known, _ = known_of(session, findings.customer, basis.prints, received)
    remember(session, findings, basis.known, row)
    write_archives(session, findings.customer, findings.archives)
    if basis.offers is not None:
        write_offers(session, findings, basis.offers)
    holds.remember_parts(session, findings.customer, order.rulebook.version, parts_of(order.rulebook))
    row.filled = {kind: dict(counts) for kind, counts in basis.filled.items()}
    flagged = any(of_kind["flag"] for of_kind in row.counts.values())
    row.status = "partial" if received.is_partial else "completed_with_issues" if flagged else "completed"


def _tell_of(row: RunRow, received: Received) -> None:
    """What was asked of the systems, and what failed of it."""
    row.requests = received.requests
    row.freshness = {hop: at.isoformat() for hop, at in received.freshness.items()}
    row.notes = received.notes
    row.error, row.recovery = received.told()


def _supersede(session: Session, row: RunRow, now: datetime) -> None:
    """A complete run takes the place of the held ones before it. Pieces do not: approved, those give way to them."""
    if not row.complete:
        return
    # What an approved run wrote is as old as the held one.
    age = row.approves or row.id or 0
    for older in holds.waiting(session, row.customer, row.direction):
        if older.id is not None and older.id < age:
            holds.settle(session, older.id, "superseded", now, str(row.id))


def _fail(
    database: Database,
    number: int,
    name: str,
    now: datetime,
    error: str,
    recovery: str | None,
    received: Received,
) -> None:
    with database.writing() as session:
        row = session.get(RunRow, number)
        if row is None or row.owner != name or row.status != "running":
            return
        _tell_of(row, received)
        row.status = "failed"
        row.finished_at = now
        row.error = error
        row.recovery = recovery
        session.add(row)
