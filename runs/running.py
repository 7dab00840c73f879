"""Running: from the moment a run has its place to the moment it is written, held or given up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlmodel import Session

from connectors.contract import ConnectorError
from engine.moments import Moment
from engine.rulebook import Rulebook
from engine.versions import parts_of
from runs import locking
from runs.aging import accepted, leaves_after
from runs.archiving import observed
from runs.deciding import Classifiers, Items, dated, moment_of, sync_of, undated
from runs.edits import Edits
from runs.effects import effects_of
from runs.errors import AlreadySettled, FetchFailed, Overtaken
from runs.fetching import DECIDED, OnPage, Received, start_of_day
from runs.findings import Findings, Identity, decisions_of
from runs.guards import Look, filled, look
from runs.holding import packed, would_do
from runs.remembering import count, remember
from runs.trips import Trip
from runs.upward import Offers, offers_of, with_uploads, write_offers
from runs.waiving import waivers_of
from store import fingerprints, holds, queries, writes
from store.archives import write_archives
from store.database import Database
from store.holds import Entry
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
    receive: Callable[[Received], object]
    """Called once, when the run has its place, with what is to be filled."""
    on_page: OnPage | None = None
    approves: int | None = None
    """The held run that somebody approved, so that no guard holds this one."""
    by: str = ""
    """Who approved it."""


class _Basis(Struct):
    """What a run was decided on."""

    prints: dict[Identity, bytes]
    known: dict[Identity, Known]
    last_finished: int
    """Which runs of the customer were finished by then, as one number."""
    earlier: RunRow | None = None
    """The last run in the same direction."""
    trips: Sequence[Trip] = ()
    would: Sequence[Entry] | None = None
    """What it would do, by name, where it is held."""
    filled: Mapping[str, Mapping[str, int]] = {}
    offers: Offers | None = None


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
        with locking.beating(database, number, name, clock):
            order.receive(received)
            basis, findings = _decide(database, classifiers, order, number, received)
        _tell(order, "writing", len(received.items))
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
        basis.earlier = queries.last_run(session, customer, order.direction)
        items: Items = received.items
        if basis.earlier is not None:
            items = dated(items, undated(rulebook, items), prints, basis.known, order.as_of)
        items, archived = observed(session, customer, items, order.as_of)
        items = with_uploads(session, customer, items)
        # A downward run is itself the last one: nothing is held back by it until a later one.
        downward = order.direction == "downward"
        last_sync = order.as_of if downward else sync_of(queries.last_run(session, customer, "downward"))
        moment = moment_of(rulebook, order.as_of, last_sync)
        classifier = classifiers.of(rulebook, seen_before=basis.earlier is not None)
        kinds = frozenset(DECIDED[order.direction])
        _tell(order, "deciding", len(items))
        whole = _whole(order, received, basis.known, prints)
        decided = classifier.decide(
            items, moment, StoredRecords(session, customer, without=_hidden(whole, prints)), kinds
        )
        findings = Findings(
            customer=customer,
            run_id=number,
            as_of=order.as_of,
            today=start_of_day(rulebook, order.as_of),
            items=received.items,
            prints=prints,
            decided=decided,
            classifier=classifier,
            kinds=kinds,
            # Of a fetch that failed in part nobody can tell what is missing.
            complete=frozenset() if received.is_partial else whole,
            leaves_after=leaves_after(rulebook),
            archives=archived,
            before=None if basis.earlier is None else _moment_before(moment, basis.earlier),
            waivers=waivers_of(rulebook.customer, order.as_of),
        )
        findings.found = decisions_of(findings)
        findings.effects = effects_of(findings, queries.kinds_told(session, customer) | {kind for kind, _ in prints})
        if order.direction == "upward":
            basis.offers = offers_of(findings)
        _guard(session, order, received, basis, findings)
    return basis, findings


def _moment_before(moment: Moment, earlier: RunRow) -> Moment:
    """The moment of an earlier run in the same direction."""
    own = moment.last_sync == moment.as_of
    return msgspec.structs.replace(
        moment, as_of=earlier.as_of, last_sync=earlier.as_of if own else moment.last_sync, next_run=None
    )


def _whole(
    order: Order, received: Received, known: Mapping[Identity, Known], prints: Mapping[Identity, bytes]
) -> frozenset[str]:
    """Kinds of which everything was received, so that what is missing is no longer there."""
    if order.approves is not None:
        return received.asked
    came = {kind for kind, _ in prints}
    return received.complete | accepted(received.asked, known, came)


def _hidden(whole: frozenset[str], prints: Mapping[Identity, bytes]) -> frozenset[str]:
    """Kinds of which nothing but what was received is looked at; a sheet comes with all of its marks."""
    marked = "sheet" in whole and any(kind == "mark" for kind, _ in prints)
    return whole | {"mark"} if marked else whole


def _guard(session: Session, order: Order, received: Received, basis: _Basis, findings: Findings) -> None:
    rulebook = order.rulebook
    before = basis.earlier
    seen: Mapping[str, Mapping[str, int]] = {} if before is None else before.filled
    if rulebook.guards.field_gone.then != "off":
        basis.filled = {**seen, **filled(received.items, findings.complete)}
    if order.approves is not None:
        return
    then = None
    if before is not None and before.rulebook_version != rulebook.version:
        then = holds.parts(session, findings.customer, before.rulebook_version)
    at = Look(
        run=findings,
        known=basis.known,
        received=received,
        edits=Edits(rulebook, then),
        before=seen,
        now=basis.filled,
        since_run=None if before is None else before.id,
    )
    basis.trips = look(session, at)
    if any(trip.then == "hold" for trip in basis.trips):
        basis.would = would_do(session, findings, basis.known)


def _known(
    session: Session, customer: str, prints: Mapping[Identity, bytes], received: Received
) -> tuple[dict[Identity, Known], int]:
    return (
        writes.known_records(session, customer, prints.keys(), received.asked),
        writes.finished_runs(session, customer),
    )


def _write(
    database: Database,
    order: Order,
    received: Received,
    basis: _Basis,
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
    return row


def _remember(
    session: Session,
    order: Order,
    received: Received,
    basis: _Basis,
    findings: Findings,
    row: RunRow,
    now: datetime,
) -> None:
    if order.approves is not None and not holds.settle(session, order.approves, "approved", now, order.by):
        raise AlreadySettled
    if writes.finished_runs(session, findings.customer) != basis.last_finished:
        # A run in the other direction wrote meanwhile: compare with what is known now.
        basis.known, _ = _known(session, findings.customer, basis.prints, received)
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
    """Settle the held runs whose records are older than what this run has seen.

    What was sent piece by piece waits on: no other piece has it. Only a complete run does.
    """
    # What an approved run wrote is as old as the held one.
    age = row.approves or row.id or 0
    for older in holds.waiting(session, row.customer, row.direction):
        newer = row.complete or (older.complete and row.status != "held")
        if older.id is not None and older.id < age and newer:
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
