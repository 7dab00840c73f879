"""Loading: everything known that a run's decisions rest on, read in one step and at one moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from sqlmodel import Session

from engine.analysis.reads import fields_read
from engine.matching.classifier import Classifier
from engine.records.decode import Invalid
from engine.records.kinds import PEOPLE, Record, kind_of
from engine.relations.neighbourhood import Situation
from runs.execution.classifiers import Classifiers
from runs.execution.fetch import DECIDED
from runs.model.findings import Identity
from runs.model.loaded import Loaded, Verdicts, hidden
from runs.model.order import Order
from runs.model.received import Received
from runs.records.absence import accepted
from runs.records.archiving import recall
from runs.records.effects import followed
from store import fingerprints, holds, queries, writes
from store.database import Database
from store.known import StoredRecords
from store.run_tables import RunRow
from store.writes import KnownRecord


def load(database: Database, classifiers: Classifiers, order: Order, received: Received, number: int) -> Loaded:
    """What is known of what was received and around it, for the run of that number."""
    customer = order.rulebook.customer.id
    prints = fingerprints.of_batch(received.items)
    with database.reading() as session:
        known, finished = known_of(session, customer, prints, received)
        earlier = queries.last_run(session, customer, order.direction)
        down = earlier if order.direction == "downward" else queries.last_run(session, customer, "downward")
        classifier = classifiers.of(order.rulebook, seen_before=earlier is not None)
        whole = _whole(order, received, known, prints)
        stored = StoredRecords(session, customer)
        kinds = stored.kinds
        beside, verdicts = _beside(stored, classifier, order, received, hidden(whole, prints))
        return Loaded(
            run_id=number,
            classifier=classifier,
            received=received,
            prints=prints,
            whole=whole,
            known=known,
            finished=finished,
            earlier=earlier,
            last_downward=None if down is None else down.as_of,
            parts=_parts(session, order, earlier),
            kinds=kinds,
            beside=beside,
            verdicts=verdicts,
            totals=_totals(session, order, received, known, prints),
            sheets=recall(session, customer, received.items),
        )


def known_of(
    session: Session, customer: str, prints: Mapping[Identity, bytes], received: Received
) -> tuple[dict[Identity, KnownRecord], int]:
    """What is known of what was received and of what is missing, and how many runs were finished by then."""
    return (
        writes.known_records(session, customer, prints.keys(), received.asked),
        writes.finished_runs(session, customer),
    )


def _whole(
    order: Order, received: Received, known: Mapping[Identity, KnownRecord], prints: Mapping[Identity, bytes]
) -> frozenset[str]:
    """Kinds of which everything was received, so that what is missing is no longer there."""
    if order.approves is not None:
        return received.asked
    came = {kind for kind, _ in prints}
    return received.complete | accepted(received.asked, known, came)


def _beside(
    stored: StoredRecords, classifier: Classifier, order: Order, received: Received, out_of_sight: Collection[str]
) -> tuple[Collection[Record], Verdicts]:
    """The known records that relations lead to from what was received, and the verdicts of the people among them."""
    known = stored.without(out_of_sight)
    if not known.kinds:
        return (), {}
    told = {*stored.kinds, *(kind_of(item) for item in received.items if not isinstance(item, Invalid))}
    customer = order.rulebook.customer
    around = Situation(
        received.items,
        known,
        segments=customer.segments,
        relations=classifier.relations | set(_relations(classifier, order, told)),
    )
    rules = [rule for rule in order.rulebook.rules if rule.then != "off"]
    asks = bool(customer.segments) and any(field == "segments" for rule in rules for _, field in fields_read(rule))
    return around.found(segments=asks), known.verdicts


def _relations(classifier: Classifier, order: Order, told: Collection[str]) -> Iterator[tuple[str, str]]:
    """The relations that a run follows beside its rules: for effects, what goes up, and when an issue matters."""
    kinds = DECIDED[order.direction]
    yield from followed(classifier, told, kinds)
    if order.direction == "upward":
        yield "sheet", "marks"
    for kind in PEOPLE:
        if kind in kinds and classifier.provided.relation(kind, "sessions"):
            yield kind, "sessions"


def _parts(session: Session, order: Order, earlier: RunRow | None) -> Mapping[str, str] | None:
    if order.approves is not None or earlier is None or earlier.rulebook_version == order.rulebook.version:
        return None
    return holds.parts(session, order.rulebook.customer.id, earlier.rulebook_version)


def _totals(
    session: Session,
    order: Order,
    received: Received,
    known: Mapping[Identity, KnownRecord],
    prints: Mapping[Identity, bytes],
) -> Mapping[str, int]:
    """Of kinds of which only a part came; not counted where too few came that anything may jump."""
    guard = order.rulebook.guards.verdict_jump
    if guard.then == "off" or order.approves is not None:
        return {}
    came = Counter(
        identity[0]
        for identity in prints
        if identity[0] not in received.asked and identity in known and known[identity].verdict is not None
    )
    rest = [kind for kind, number in came.items() if number >= guard.at_least]
    return queries.decided_now(session, order.rulebook.customer.id, rest) if rest else {}
