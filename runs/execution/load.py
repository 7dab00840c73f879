"""Loading: everything known that a run's decisions rest on, read in one step and at one moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from sqlmodel import Session

from engine.analysis.reads import fields_read
from engine.matching.classifier import Classifier
from engine.records.decode import Invalid
from engine.records.kinds import PEOPLE, Record, kind_of
from engine.relations.readers import readers
from runs.execution.classifiers import Classifiers
from runs.execution.fetch import DECIDED, window
from runs.model.findings import Findings, Found, Identity, Items
from runs.model.loaded import Loaded, Verdicts, hidden
from runs.model.order import Order
from runs.model.received import Received
from runs.records.absence import MARK, accepted
from runs.records.archiving import recall
from runs.records.arrival import looked_for
from runs.records.effects import followed
from runs.records.outcomes import recall_outcomes
from store.base.database import Database
from store.base.run_tables import RunRow
from store.lookup import fingerprints
from store.lookup.known import StoredRecords
from store.queries import holds
from store.queries import questions as queries
from store.writing import writes
from store.writing.writes import KnownRecord


def load(
    database: Database,
    classifiers: Classifiers,
    order: Order,
    received: Received,
    number: int,
    again: Sequence[Record] = (),
) -> Loaded:
    """What is known of what was received and around it, for the run of that number; ``again`` is decided with it."""
    customer = order.rulebook.customer.id
    prints = fingerprints.of_batch(received.items)
    names = [fingerprints.identity(record) for record in again]
    with database.reading() as session:
        known, finished = known_of(session, customer, [*prints, *names], received)
        # What a run in the other direction took away meanwhile is not decided again.
        again = [record for record, name in zip(again, names, strict=True) if name in known]
        earlier = queries.last_run(session, customer, order.direction)
        down = earlier if order.direction == "downward" else queries.last_run(session, customer, "downward")
        classifier = classifiers.of(order.rulebook, seen_before=earlier is not None)
        whole = _whole(order, received, known, prints)
        stored = StoredRecords(session, customer)
        kinds = stored.kinds
        every = prints | {name: known[name].fingerprint for name in names if name in known}
        said = recall_outcomes(session, customer, every)
        days = window(order.rulebook, order.direction, order.as_of)
        items = (*received.items, *again)
        beside, verdicts = _beside(stored, classifier, order, items, hidden(whole, prints))
        return Loaded(
            run_id=number,
            classifier=classifier,
            received=received,
            prints=every,
            whole=whole,
            known=known,
            finished=finished,
            earlier=earlier,
            last_downward=None if down is None else down.as_of,
            parts=_parts(session, order, earlier),
            kinds=kinds,
            beside=beside,
            again=again,
            verdicts=verdicts,
            totals=_totals(session, order, received, known, prints),
            sheets=recall(session, customer, received.items),
            outcomes=said,
            arrivals=looked_for(session, order, days, classifier, received, stored, said),
        )


def known_of(
    session: Session, customer: str, names: Collection[Identity], received: Received
) -> tuple[dict[Identity, KnownRecord], int]:
    """What is known of what was received and of what is missing, and how many runs were finished by then."""
    known = writes.known_records(session, customer, names, received.asked)
    if "sheet" in received.asked:
        known = writes.unreadable(session, customer, MARK) | known
    return known, writes.finished_runs(session, customer)


def _whole(
    order: Order, received: Received, known: Mapping[Identity, KnownRecord], prints: Mapping[Identity, bytes]
) -> frozenset[str]:
    """Kinds of which everything was received, so that what is missing is no longer there."""
    if order.approves is not None:
        return received.asked
    came = {kind for kind, _ in prints}
    return received.complete | accepted(received.asked, known, came)


def _beside(
    stored: StoredRecords, classifier: Classifier, order: Order, items: Items, out_of_sight: Collection[str]
) -> tuple[Collection[Record], Verdicts]:
    """The known records that relations lead to from what was received, and the verdicts of the people among them."""
    known = stored.without(out_of_sight)
    if not known.kinds:
        return (), {}
    told = {*stored.kinds, *(kind_of(item) for item in items if not isinstance(item, Invalid))}
    around = classifier.situation(items, known, relations=set(_relations(classifier, order, told)))
    customer = order.rulebook.customer
    rules = [rule for rule in order.rulebook.rules if rule.then != "off"]
    asks = bool(customer.segments) and any(field == "segments" for rule in rules for _, field in fields_read(rule))
    return around.found(segments=asks), known.verdicts


def asking(database: Database, loaded: Loaded, findings: Findings) -> list[Record]:
    """The known records, not decided yet, that ask what is decided of one of which the run decides otherwise."""
    every = findings.found | findings.again
    with database.reading() as session:
        stored = StoredRecords(session, findings.customer).without(hidden(loaded.whole, loaded.prints))
        relations = [(kind, name) for kind, name in loaded.classifier.asking if kind in stored.kinds]
        if not relations:
            return []
        found = readers(relations, _otherwise(loaded, findings, every), stored)
        return [record for record in found if fingerprints.identity(record) not in every]


def _otherwise(loaded: Loaded, findings: Findings, every: Mapping[Identity, Found]) -> Iterator[Record]:
    """What is decided otherwise than is known, or was not there."""
    for identity, one in every.items():
        record = findings.decided.record(one.position)
        then = loaded.known.get(identity)
        if isinstance(record, Invalid) or one.decision is None:
            continue
        if then is None or then.not_received_since or then.decided != one.print:
            yield record


def _relations(classifier: Classifier, order: Order, told: Collection[str]) -> Iterator[tuple[str, str]]:
    """The relations that a run follows beside its rules: for effects, what goes up, when an issue matters, and whether
    one who is enrolled in another role ever came."""
    kinds = DECIDED[order.direction]
    if "enrolment" in kinds:
        yield "enrolment", "other_people"
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
