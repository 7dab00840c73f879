"""Explaining: the three answers on one record, and why: what the last run decided, by the rules now in force."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlmodel import Session

from engine.explaining.explainer import explain
from engine.language.unread import unread_text
from engine.matching.classifier import Classifier, Decided
from engine.model.decisions import Facts
from engine.model.moments import Moment
from engine.records.unread import Unread
from runs.model.answers import Answer, Explained, Happening, Outlook, Remark
from runs.queries.health import stalled_ways
from runs.queries.history import happenings, received
from runs.queries.outlook import Around, Outlooks
from runs.queries.reader_messages import INVALID, ReaderMessages, at_moment
from runs.records.effects import effects_in
from store.base.enums import OPEN
from store.base.tables import RecordRow
from store.lookup.arrivals import DID_NOT_ARRIVE
from store.lookup.known import record_of
from store.queries import questions as queries

_facts = msgspec.json.Decoder(Facts)


def explained(
    session: Session, classifier: Classifier, wording: ReaderMessages, kind: str, source_id: str, now: datetime
) -> Explained:
    """The three answers on the record of that kind and id, and why."""
    around = Around(session, classifier, now, stalled_ways(session, classifier.rulebook, now))
    outlooks = Outlooks(session, classifier, around)
    moment = around.last(kind)
    row = queries.record(session, classifier.rulebook.customer.id, kind, source_id)
    if row is None:
        return _answered(kind, source_id, None, outlooks.never_received(kind), moment)
    (outlook,) = outlooks.of([row])
    found = _answered(kind, source_id, row, outlook, moment, [*_history(session, row)])
    if outlook.last_run == "not_received":
        # What would be decided of it no longer matters: its source does not give it.
        return found
    record = record_of(row)
    if record is None or row.rule in INVALID:
        # As it came last it cannot be decided, whatever it was before: its issue says what is wrong with it.
        return msgspec.structs.replace(found, answer=_unreadable(session, wording, row, moment))
    decided = classifier.decide([record], moment, outlooks.known)
    answer = _said(outlooks, wording, decided, 0, outlook.expected_on)
    if answer.verdict == "sync":
        answer = msgspec.structs.replace(answer, also=[*_not_arrived(session, wording, row, moment), *answer.also])
    assert row.id is not None
    then = _said(outlooks, wording, *outlooks.next[row.id], outlook.expected_on) if row.id in outlooks.next else answer
    return msgspec.structs.replace(
        found,
        answer=answer,
        then=None if (then.verdict, then.rule) == (answer.verdict, answer.rule) else then,
        explanation=explain(classifier, decided, 0, wording.language),
    )


def _said(
    outlooks: Outlooks, wording: ReaderMessages, decided: Decided, position: int, expected_on: datetime | None = None
) -> Answer:
    effects = effects_in(decided, outlooks.stored.kinds, outlooks.stored.verdicts)
    return wording.answer(decided, position, effects.get(position), expected_on)


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
        if issue.state != "resolved" and (row.rule is None or issue.rule == row.rule):
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
                title=said.title,
                invalid=True,
                errors=[unread_text(one, wording.language) for one in facts.errors],
                unread=[one for one in facts.errors if isinstance(one, Unread)],
            )
    return None


def _not_arrived(session: Session, wording: ReaderMessages, row: RecordRow, moment: Moment) -> Iterable[Remark]:
    """That the platform does not show it, as the last run that looked has told."""
    assert row.id is not None
    for issue in queries.issues_of(session, row.id):
        if issue.rule == DID_NOT_ARRIVE and issue.state != "resolved":
            said = wording.render(issue.rule, at_moment(_facts.decode(issue.facts), moment))
            yield Remark(issue.rule, "flag", said.problem, said.fix, issue.fix_in)


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
    outlook: Outlook,
    moment: Moment,
    history: list[Happening] | None = None,
) -> Explained:
    return Explained(
        kind=kind,
        source_id=source_id,
        name=None if row is None else row.name,
        answer=None,
        explanation=None,
        first_seen=history[-1].at if history else None,
        not_received_since=None if row is None else row.not_received_since,
        as_of=moment.as_of,
        last_sync=moment.last_sync,
        history=history or [],
        **msgspec.structs.asdict(outlook),
    )
