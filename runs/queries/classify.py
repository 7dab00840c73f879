"""Classifying: a batch decided and answered in words, beside what is known of the customer. Nothing is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session

from engine.language.unread import unread_text
from engine.matching.classifier import Decided
from engine.matching.never_received import NEVER_RECEIVED, Unsent, never_received, not_in_sight, tell
from engine.model.rulebook import Rulebook
from engine.records.needs import remarks
from runs.execution.classifiers import Classifiers, dated, moment_of, undated
from runs.model.answers import Classification
from runs.model.findings import Items
from runs.queries.health import stalled_ways
from runs.queries.reader_messages import ReaderMessages
from runs.records.archiving import recall, remembered
from runs.records.effects import effects_in
from store.lookup import fingerprints
from store.lookup.known import StoredRecords
from store.queries import questions as queries
from store.writing import writes


def classified(
    session: Session,
    classifiers: Classifiers,
    wording: ReaderMessages,
    rulebook: Rulebook,
    items: Items,
    as_of: datetime | None,
    now: datetime,
) -> Classification:
    """The decision on each item, in order. Relations see the batch first, then the last known records."""
    customer = rulebook.customer.id
    as_of = as_of or now
    last = queries.last_sync(session, customer)
    stalled = stalled_ways(session, rulebook, now)
    sync = None if last is None else last[1]
    moment = moment_of(rulebook, as_of, sync, stalled="downward" in stalled)
    upward = moment_of(rulebook, as_of, sync, "upward", stalled="upward" in stalled)
    if last is not None and (without := undated(items)):
        prints = fingerprints.of_batch(items)
        before = writes.known_records(session, customer, [*map(fingerprints.identity, without)])
        items = dated(items, without, prints, before, as_of)
    classifier = classifiers.of(rulebook, seen_before=last is not None)
    items = classifier.seen(items)
    items, _ = remembered(items, recall(session, customer, items), as_of)
    held: Collection[str] = ()
    if last is not None or queries.has_run(session, customer):
        known = StoredRecords(session, customer)
        held = known.kinds
        decided = classifier.decide(items, moment, known)
        effects = effects_in(decided, known.kinds, known.verdicts)
    else:
        decided = classifier.decide(items, moment)
        effects = effects_in(decided, (), {})
    unsent = _never_received(session, customer, decided, held)
    tell(decided, unsent.ids)
    answers = [
        wording.answer(decided, position, effects.get(position), upward=upward)
        for position in range(len(decided.items))
    ]
    answers, absent = answers[: len(items)], answers[len(items) :]
    told = [*unsent.remarks, *remarks(items, classifier.needs, classifier.asked)]
    counts = Counter(answers[position].verdict for position in decided.once() if position < len(items))
    return Classification(
        decisions=answers,
        as_of=as_of,
        last_sync=moment.last_sync,
        next_run=moment.next_run,
        run_id=None if last is None else last[0],
        rulebook_version=rulebook.version,
        language=wording.language,
        counts={verdict: counts[verdict] for verdict in ("sync", "skip", "flag")},
        notes=[unread_text(remark, wording.language) for remark in told],
        remarks=[*told],
        never_received=absent,
    )


def _never_received(session: Session, customer: str, decided: Decided, held: Collection[str]) -> Unsent:
    """What is named and never came, with this batch or before; of kinds that it holds or that are ``held``, for a batch
    may be one part of what there is."""
    missing = not_in_sight(decided)
    if not missing:
        return Unsent((), ())
    known = writes.known_records(session, customer, missing)
    once = {identity for identity, one in known.items() if one.rule != NEVER_RECEIVED}
    batch = {kind for kind, records in decided.situation.batch.items() if records}
    return never_received(decided, once, {*batch, *held})
