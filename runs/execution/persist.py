"""Persisting: a run is written, held or given up, each in one transaction that first makes sure of its place.

What people or another run changed since it was loaded is read again here, under the customer's lock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

import msgspec
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from connectors.contract import ConnectorError
from engine.language.unread import failure_text
from engine.model.versions import parts_of
from engine.records.unread import Failure, plain_failure
from runs.execution.load import known_of
from runs.execution.locking import Clock, Place, keep, turn
from runs.execution.remember import count, remember
from runs.guards.held import packed, would_do
from runs.model.errors import AlreadySettled, FetchFailed, Overtaken, of_the_database
from runs.model.findings import Findings
from runs.model.loaded import Loaded
from runs.model.order import Order
from runs.model.received import Received
from runs.records.outcomes import told_since
from runs.records.upward import write_offers
from store.base.database import Database
from store.base.run_tables import RunRow
from store.lookup.archives import write_archives
from store.queries import holds
from store.writing import writes

_MANY = 5_000
"""Records that were new or differed, from which on a run is a large write."""


def persist(database: Database, order: Order, loaded: Loaded, findings: Findings, place: Place, clock: Clock) -> RunRow:
    """Write what a run found, or hold it, and give its row. Raises Overtaken, AlreadySettled."""
    order.tell("writing", len(loaded.received.items))
    with database.writing() as session:
        turn(session, findings.customer)
        keep(session, place, clock())
        row = session.get_one(RunRow, place.run_id)
        _tell_of(row, loaded.received)
        row.notes = [*row.notes, *msgspec.to_builtins(findings.remarks)]
        row.guards = [msgspec.to_builtins(trip) for trip in findings.trips]
        if findings.approved is None:
            _write(session, order, loaded, findings, row, clock())
        else:
            count(findings.found, row)
            row.status = "held"
            would = would_do(session, findings.approved, loaded.known)
            holds.hold(session, place.run_id, packed(loaded.received), would)
        _supersede(session, row, clock())
        row.finished_at = clock()
        session.add(row)
    if row.changed >= _MANY:
        with suppress(SQLAlchemyError):
            # The run is written whatever becomes of this.
            database.count_rows()
    return row


@contextmanager
def given_up_on_failure(database: Database, place: Place, received: Received, clock: Clock) -> Iterator[None]:
    """Store the run as failed when the block does not end well. Raises FetchFailed for what a system did."""

    def give_up(failure: Failure) -> None:
        with database.writing() as session:
            row = session.get(RunRow, place.run_id)
            if row is None or row.owner != place.owner or row.status != "running":
                return
            _tell_of(row, received)
            row.status = "failed"
            row.finished_at = clock()
            row.failures = [msgspec.to_builtins(failure)]
            session.add(row)

    try:
        yield
    except ConnectorError as error:
        give_up(error.failure)
        raise FetchFailed(error.failure, place.run_id) from None
    except Overtaken:
        raise
    except BaseException as error:
        if not isinstance(error, Exception):
            give_up(plain_failure("run_interrupted"))
        elif of_the_database(error) is None:
            # Only what kind of error: its text may hold names.
            failure = plain_failure("run_ended", error=type(error).__name__, run=place.run_id)
            give_up(failure)
            error.add_note(failure_text(failure, "en"))
        else:
            with suppress(SQLAlchemyError):
                # It may be there again. If not, the run is taken for cut off once it gives no sign of life.
                give_up(plain_failure("run_lost_its_database"))
        raise


def _write(session: Session, order: Order, loaded: Loaded, findings: Findings, row: RunRow, now: datetime) -> None:
    customer, received, known = findings.customer, loaded.received, loaded.known
    if order.approves is not None and not holds.settle(session, order.approves, "approved", now, order.by):
        raise AlreadySettled
    if writes.finished_runs(session, customer) != loaded.finished:
        # A run in the other direction wrote meanwhile: compare with what is known now.
        known, _ = known_of(session, customer, loaded.prints, received)
    findings.meanwhile = told_since(session, customer, loaded.prints, loaded.outcomes)
    remember(session, findings, known, row)
    write_archives(session, customer, findings.archives)
    if findings.offers is not None:
        write_offers(session, findings, findings.offers)
    holds.remember_parts(session, customer, order.rulebook.version, parts_of(order.rulebook))
    row.filled = {kind: dict(counts) for kind, counts in findings.filled.items()}
    flagged = any(of_kind["to_fix"] or of_kind["waiting"] for of_kind in row.counts.values())
    row.status = "partial" if received.is_partial else "completed_with_issues" if flagged else "completed"


def _tell_of(row: RunRow, received: Received) -> None:
    """What was asked of the systems, and what failed of it."""
    row.requests = received.requests
    row.freshness = {hop: at.isoformat() for hop, at in received.freshness.items()}
    row.notes = msgspec.to_builtins(received.notes)
    row.failures = msgspec.to_builtins(received.failures)


def _supersede(session: Session, row: RunRow, now: datetime) -> None:
    """A complete run takes the place of the held ones before it. Pieces do not: approved, those give way to them."""
    if not row.complete:
        return
    # What an approved run wrote is as old as the held one.
    age = row.approves or row.id or 0
    for older in holds.waiting(session, row.customer, row.direction):
        if older.id is not None and older.id < age:
            holds.settle(session, older.id, "superseded", now, str(row.id))
