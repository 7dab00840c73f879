"""Classifying: a batch decided and answered in words, beside what is known of the customer. Nothing is stored."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlmodel import Session

from engine.model.rulebook import Rulebook
from runs.execution.classifiers import Classifiers, dated, moment_of, undated
from runs.model.answers import Classification
from runs.model.findings import Items
from runs.queries.reader_messages import ReaderMessages
from runs.records.archiving import recall, remembered
from runs.records.effects import effects_in
from store import fingerprints, queries, writes
from store.known import StoredRecords


def classified(
    session: Session,
    classifiers: Classifiers,
    wording: ReaderMessages,
    rulebook: Rulebook,
    items: Items,
    as_of: datetime,
) -> Classification:
    """The decision on each item, in order. Relations see the batch first, then the last known records."""
    customer = rulebook.customer.id
    last = queries.last_sync(session, customer)
    moment = moment_of(rulebook, as_of, None if last is None else last[1])
    if last is not None and (without := undated(rulebook, items)):
        prints = fingerprints.of_batch(items)
        before = writes.known_records(session, customer, [*map(fingerprints.identity, without)])
        items = dated(items, without, prints, before, as_of)
    items, _ = remembered(items, recall(session, customer, items), as_of)
    classifier = classifiers.of(rulebook, seen_before=last is not None)
    if last is not None or queries.has_run(session, customer):
        known = StoredRecords(session, customer)
        decided = classifier.decide(items, moment, known)
        effects = effects_in(decided, known.kinds, known.verdicts)
    else:
        decided = classifier.decide(items, moment)
        effects = effects_in(decided, (), {})
    answers = [wording.answer(decided, position, effects.get(position)) for position in range(len(items))]
    counts = Counter(answer.verdict for answer in answers if answer.verdict is not None)
    return Classification(
        decisions=answers,
        as_of=as_of,
        last_sync=moment.last_sync,
        next_run=moment.next_run,
        run_id=None if last is None else last[0],
        rulebook_version=rulebook.version,
        language=wording.language,
        counts={verdict: counts[verdict] for verdict in ("sync", "skip", "flag")},
    )
