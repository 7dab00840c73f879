"""Explaining: where one record is and why, decided now; and when it will be in, if nothing changes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct
from sqlmodel import Session

from engine.explaining.explainer import explain
from engine.language.unread import unread_text
from engine.matching.classifier import Classifier, Decided
from engine.model.decisions import Facts
from engine.model.moments import Moment
from engine.records.kinds import Record
from engine.records.unread import Unread
from engine.relations.neighbourhood import KnownRecords
from runs.execution.classifiers import moment_of, sync_of
from runs.model.answers import Answer, Explained, Happening, Where
from runs.queries.cached_lookup import Seen
from runs.queries.history import happenings, received
from runs.queries.reader_messages import ReaderMessages, at_moment
from runs.records.effects import effects_in
from store import queries
from store.enums import OPEN
from store.known import StoredRecords, record_of
from store.tables import RecordRow

_facts = msgspec.json.Decoder(Facts)
_DAYS_AHEAD = 31
"""How far ahead it is tried whether a record left out now will be in."""


def explained(
    session: Session, classifier: Classifier, wording: ReaderMessages, kind: str, source_id: str, now: datetime
) -> Explained:
    """Where the record of that kind and id is and why."""
    rulebook = classifier.rulebook
    customer = rulebook.customer.id
    moment = moment_of(rulebook, now, sync_of(queries.last_run(session, customer, "downward")))
    row = queries.record(session, customer, kind, source_id)
    if row is None:
        return _answered(kind, source_id, None, "never_received", moment)
    history = [*_history(session, row)]
    if row.not_received_since is not None:
        # What would be decided of it no longer matters: its source does not give it.
        return _answered(kind, source_id, row, "not_received", moment, history)
    record = record_of(row)
    if record is None:
        # Never readable, so that there is nothing to decide: its issue says what is wrong with it.
        found = _answered(kind, source_id, row, "out", moment, history)
        return msgspec.structs.replace(found, answer=_unreadable(session, wording, row, moment))
    stored = StoredRecords(session, customer)
    known = Seen(stored)
    decided = classifier.decide([record], moment, known)
    decision = decided.decisions[0]
    where: Where = "out"
    expected_on = None
    if decision is None:
        where = "related"
    elif decision.verdict == "sync":
        where = "in"
    elif decision.verdict == "skip":
        expected_on = _expected(classifier, record, moment, known)
        where = "out" if expected_on is None else "later"
    found = _answered(kind, source_id, row, where, moment, history)
    effect = effects_in(decided, stored.kinds, stored.verdicts).get(0) if where == "in" else None
    return msgspec.structs.replace(
        found,
        expected_on=expected_on,
        answer=wording.answer(decided, 0, effect),
        explanation=explain(classifier, decided, 0, wording.language),
    )


class Kept(Struct, frozen=True):
    """A record as it is stored."""

    data: bytes | None
    """As last received, as JSON; None for what never came in a form that can be read."""
    issues: dict[str, tuple[str, datetime]]
    """Of its open issues: rule to id, and when it was found."""


def kept(session: Session, customer: str, kind: str, source_id: str) -> Kept:
    """The record of that kind and id, as it is stored."""
    row = queries.record(session, customer, kind, source_id)
    if row is None or row.id is None:
        return Kept(None, {})
    issues = [issue for issue in queries.issues_of(session, row.id) if issue.state in OPEN]
    return Kept(row.data, {issue.rule: (issue.id, issue.back_at or issue.opened_at) for issue in issues})


def _unreadable(session: Session, wording: ReaderMessages, row: RecordRow, moment: Moment) -> Answer | None:
    """What its issue says, from the facts that were kept."""
    assert row.id is not None
    for issue in queries.issues_of(session, row.id):
        if issue.state != "resolved":
            facts = at_moment(_facts.decode(issue.facts), moment)
            said = wording.render(issue.rule, facts)
            return Answer(
                kind=row.kind,
                source_id=row.source_id,
                verdict="flag",
                rule=issue.rule,
                problem=said.problem,
                fix=said.fix,
                fix_in=issue.fix_in,
                invalid=True,
                errors=[unread_text(one, wording.language) for one in facts.errors],
                unread=[one for one in facts.errors if isinstance(one, Unread)],
            )
    return None


def _expected(classifier: Classifier, record: Record, moment: Moment, known: KnownRecords) -> datetime | None:
    """The first of the coming moments at which the record would be in: the next run, then day by day."""
    coming = [moment.as_of + timedelta(days=day) for day in range(1, _DAYS_AHEAD + 1)]
    if moment.next_run is not None:
        coming.insert(0, moment.next_run)
    for as_of in sorted(coming):
        # That run will be the last one then, so that nothing is held back by it.
        then = msgspec.structs.replace(moment, as_of=as_of, last_sync=as_of)
        decided: Decided = classifier.decide([record], then, known)
        decision = decided.decisions[0]
        if decision is not None and decision.verdict == "sync":
            return as_of
    return None


def _history(session: Session, row: RecordRow) -> Iterable[Happening]:
    assert row.id is not None
    yield from happenings(queries.history(session, row.customer, row.id))
    first = queries.run(session, row.customer, row.first_run_id)
    if first is not None:
        yield received(first)


def _answered(
    kind: str,
    source_id: str,
    row: RecordRow | None,
    where: Where,
    moment: Moment,
    history: list[Happening] | None = None,
) -> Explained:
    return Explained(
        kind=kind,
        source_id=source_id,
        name=None if row is None else row.name,
        where=where,
        expected_on=None,
        answer=None,
        explanation=None,
        first_seen=history[-1].at if history else None,
        not_received_since=None if row is None else row.not_received_since,
        as_of=moment.as_of,
        last_sync=moment.last_sync,
        next_run=moment.next_run,
        history=history or [],
    )
