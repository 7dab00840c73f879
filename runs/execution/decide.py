"""Judging: from what a run received to what it would write. Decided, compared, looked at by the guards; not written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlmodel import Session

from engine.matching.classifier import Classifier
from engine.model.moments import Moment
from engine.model.rulebook import Rulebook
from runs.execution.classifiers import Classifiers, dated, moment_of, sync_of, undated
from runs.execution.fetch import DECIDED, start_of_day
from runs.guards.checks import Look, filled, look
from runs.guards.held import would_do
from runs.guards.rule_edits import Edits
from runs.model.findings import Findings, Identity, Items, decisions_of
from runs.model.guard_findings import Trip
from runs.model.received import OnPage, Received
from runs.model.waivers import waivers_of
from runs.records.absence import accepted, leaves_after
from runs.records.archiving import observed
from runs.records.effects import effects_of
from runs.records.upward import Offers, offers_of, with_uploads
from store import fingerprints, holds, queries, writes
from store.archives import Archive
from store.enums import Direction
from store.holds import WouldDo
from store.known import StoredRecords
from store.run_tables import RunRow
from store.writes import KnownRecord


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


class Basis(Struct):
    """What a run was decided on."""

    prints: dict[Identity, bytes]
    known: dict[Identity, KnownRecord]
    last_finished: int
    """Which runs of the customer were finished by then, as one number."""
    earlier: RunRow | None = None
    """The last run in the same direction."""
    trips: Sequence[Trip] = ()
    would: Sequence[WouldDo] | None = None
    """What it would do, by name, where it is held."""
    filled: Mapping[str, Mapping[str, int]] = {}
    offers: Offers | None = None


def tell(order: Order, doing: str, number: int) -> None:
    """Say what a run is doing."""
    if order.on_page is not None:
        order.on_page(doing, number)


def decide(
    session: Session, classifiers: Classifiers, order: Order, number: int, received: Received
) -> tuple[Basis, Findings]:
    """Decide what was received, and look at it as the guards do. Nothing is written.

    What is decided looks records up for as long as it is used: the session stays open until then.
    """
    rulebook = order.rulebook
    customer = rulebook.customer.id
    prints = fingerprints.of_batch(received.items)
    basis = Basis(prints, *known_of(session, customer, prints, received))
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
    tell(order, "deciding", len(items))
    around = _Around(session, order, number, received, items, archived, moment, classifier, prints)
    findings = _found(around, basis, _whole(order, received, basis.known, prints))
    if order.direction == "upward":
        basis.offers = offers_of(findings)
    _guard(session, order, received, basis, findings)
    if any(trip.then == "hold" for trip in basis.trips):
        # What approving it would do: somebody then says that what did not come is gone.
        approved = findings if findings.whole == received.asked else _found(around, basis, received.asked)
        basis.would = would_do(session, approved, basis.known)
    return basis, findings


class _Around(Struct, frozen=True):
    """What a run decides on, whatever is taken for complete."""

    session: Session
    order: Order
    number: int
    received: Received
    items: Items
    archived: list[Archive]
    moment: Moment
    classifier: Classifier
    prints: Mapping[Identity, bytes]


def _found(around: _Around, basis: Basis, whole: frozenset[str]) -> Findings:
    """What is found where all that there is of these kinds was received."""
    session, order, received = around.session, around.order, around.received
    rulebook, moment = order.rulebook, around.moment
    customer = rulebook.customer.id
    kinds = frozenset(DECIDED[order.direction])
    hidden = _hidden(whole, around.prints)
    decided = around.classifier.decide(around.items, moment, StoredRecords(session, customer, without=hidden), kinds)
    findings = Findings(
        customer=customer,
        run_id=around.number,
        as_of=order.as_of,
        today=start_of_day(rulebook, order.as_of),
        items=received.items,
        prints=around.prints,
        decided=decided,
        classifier=around.classifier,
        kinds=kinds,
        whole=whole,
        # Of a fetch that failed in part nobody can tell what is missing.
        complete=frozenset() if received.is_partial else whole,
        leaves_after=leaves_after(rulebook),
        archives=around.archived,
        before=None if basis.earlier is None else _moment_before(moment, basis.earlier),
        waivers=waivers_of(rulebook.customer, order.as_of),
    )
    findings.found = decisions_of(findings)
    findings.effects = effects_of(session, findings, queries.kinds_told(session, customer))
    return findings


def _moment_before(moment: Moment, earlier: RunRow) -> Moment:
    """The moment of an earlier run in the same direction."""
    own = moment.last_sync == moment.as_of
    return msgspec.structs.replace(
        moment, as_of=earlier.as_of, last_sync=earlier.as_of if own else moment.last_sync, next_run=None
    )


def _whole(
    order: Order, received: Received, known: Mapping[Identity, KnownRecord], prints: Mapping[Identity, bytes]
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


def _guard(session: Session, order: Order, received: Received, basis: Basis, findings: Findings) -> None:
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


def known_of(
    session: Session, customer: str, prints: Mapping[Identity, bytes], received: Received
) -> tuple[dict[Identity, KnownRecord], int]:
    """What is known of what was received and of what is missing, and how many runs were finished by then."""
    return (
        writes.known_records(session, customer, prints.keys(), received.asked),
        writes.finished_runs(session, customer),
    )
