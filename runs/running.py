"""Running: from the moment a run has its place to the moment it is written or given up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec import Struct
from sqlmodel import Session

from connectors.contract import ConnectorError
from engine.rulebook import Rulebook
from runs import locking
from runs.archiving import observed
from runs.deciding import Classifiers, Items, dated, moment_of, sync_of, undated
from runs.errors import FetchFailed, Overtaken
from runs.fetching import DECIDED, OnPage, Received, start_of_day
from runs.findings import Findings, Identity
from runs.remembering import remember
from store import fingerprints, queries, writes
from store.archives import write_archives
from store.database import Database
from store.known import StoredRecords
from store.tables import Direction, RunRow
from store.writes import Known


class Order(Struct, frozen=True):
    """What is to be run."""

    rulebook: Rulebook
    direction: Direction
    as_of: datetime
    complete: bool
    """Whether it was asked for as everything that there is."""
    receive: Callable[[], Received]
    """Called once, when the run has its place."""
    on_page: OnPage | None = None


class _Basis(Struct):
    """What a run was decided on."""

    prints: dict[Identity, bytes]
    known: dict[Identity, Known]
    last_finished: int
    """Which runs of the customer were finished by then, as one number."""


def carry_out(database: Database, classifiers: Classifiers, order: Order, clock: Callable[[], datetime]) -> RunRow:
    """Run, and give its row as stored. Nothing is written before the end but that the run is at work.

    Raises Busy, Overtaken, and FetchFailed, after which the run is stored as failed.
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
    )
    number = locking.claim(database, row, clock)
    try:
        with locking.beating(database, number, name, clock):
            received = order.receive()
            basis, findings = _decide(database, classifiers, order, number, received)
        _tell(order, "writing", len(received.items))
        return _write(database, received, basis, findings, name, clock)
    except ConnectorError as error:
        _fail(database, number, name, clock(), str(error), error.recovery)
        raise FetchFailed(str(error), error.recovery, number) from None
    except Overtaken:
        raise
    except BaseException as error:
        # Only what kind of error: its text may hold names.
        _fail(database, number, name, clock(), f"The run ended by {type(error).__name__}.", None)
        raise


def _tell(order: Order, doing: str, number: int) -> None:
    if order.on_page is not None:
        order.on_page(doing, number)


def _decide(
    database: Database, classifiers: Classifiers, order: Order, number: int, received: Received
) -> tuple[_Basis, Findings]:
    rulebook = order.rulebook
    customer = rulebook.customer.id
    prints = fingerprints.of_batch(received.items)
    with database.reading() as session:
        basis = _Basis(prints, *_known(session, customer, prints, received))
        earlier = queries.last_run(session, customer, order.direction)
        items: Items = received.items
        if earlier is not None:
            items = dated(items, undated(rulebook, items), prints, basis.known, order.as_of)
        items, archived = observed(session, customer, items, order.as_of)
        # A downward run is itself the last one: nothing is held back by it until a later one.
        downward = order.direction == "downward"
        last_sync = order.as_of if downward else sync_of(queries.last_run(session, customer, "downward"))
        moment = moment_of(rulebook, order.as_of, last_sync)
        classifier = classifiers.of(rulebook, seen_before=earlier is not None)
        kinds = frozenset(DECIDED[order.direction])
        _tell(order, "deciding", len(items))
        decided = classifier.decide(items, moment, StoredRecords(session, customer, without=received.complete), kinds)
    return basis, Findings(
        customer=customer,
        run_id=number,
        as_of=order.as_of,
        since=received.since or start_of_day(rulebook, order.as_of),
        items=received.items,
        prints=prints,
        decided=decided,
        classifier=classifier,
        kinds=kinds,
        complete=received.complete,
        archives=archived,
    )


def _known(
    session: Session, customer: str, prints: Mapping[Identity, bytes], received: Received
) -> tuple[dict[Identity, Known], int]:
    return (
        writes.known_records(session, customer, prints.keys(), received.asked),
        writes.finished_runs(session, customer),
    )


def _write(
    database: Database,
    received: Received,
    basis: _Basis,
    findings: Findings,
    name: str,
    clock: Callable[[], datetime],
) -> RunRow:
    with database.writing() as session:
        locking.keep(session, findings.run_id, name, clock())
        if writes.finished_runs(session, findings.customer) != basis.last_finished:
            # A run in the other direction wrote meanwhile: compare with what is known now.
            basis.known, _ = _known(session, findings.customer, basis.prints, received)
        row = session.get_one(RunRow, findings.run_id)
        remember(session, findings, basis.known, row)
        write_archives(session, findings.customer, findings.archives)
        flagged = any(of_kind["flag"] for of_kind in row.counts.values())
        row.status = "partial" if received.partial else "completed_with_issues" if flagged else "completed"
        row.requests = received.requests
        row.freshness = {hop: at.isoformat() for hop, at in received.freshness.items()}
        if received.partial:
            row.error = " ".join(str(error) for error in received.partial)
            row.recovery = received.partial[0].recovery
        row.finished_at = clock()
        session.add(row)
    return row


def _fail(database: Database, number: int, name: str, now: datetime, error: str, recovery: str | None) -> None:
    with database.writing() as session:
        row = session.get(RunRow, number)
        if row is None or row.owner != name or row.status != "running":
            return
        row.status = "failed"
        row.finished_at = now
        row.error = error
        row.recovery = recovery
        session.add(row)
