"""Noting outcomes: what the platform did with what was synced, and the source with attendance, told item by item.

A refusal is an issue at once, and until something later is said or the record changes. Nothing is sent anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct
from sqlmodel import Session

from engine.matching.classifier import Classifier
from engine.model.moments import Moment
from engine.records.kinds import Record, Sheet
from runs.issues.lifecycle import follow
from runs.model.findings import Findings, Found, Identity
from runs.model.outcomes import Outcome, OutcomeNoted, OutcomesNoted, Said, Unreadable
from runs.model.waivers import waivers_of
from runs.records.outcomes import with_outcome
from store.lookup import fingerprints
from store.lookup.arrivals import with_issue
from store.lookup.known import StoredRecords, dated
from store.lookup.outcomes import KnownOutcome, ToldOf, outcomes, told_of, write_outcomes
from store.queries import questions as queries
from store.queries import uploads
from store.writing import writes
from store.writing.standing import stand

_ANOTHER_CLOCK = timedelta(hours=1)
"""So far apart may two clocks be before a refusal is taken for one of what a record was before it changed."""


class Deciding(Struct, frozen=True):
    """By what it is decided whether a refusal is an issue."""

    classifier: Classifier
    moment: Moment


def take_note(
    session: Session,
    customer: str,
    told: Sequence[Outcome | Unreadable],
    now: datetime,
    by: Deciding | None,
    told_by: str = "",
) -> OutcomesNoted:
    """Note what was said, and who says it, in the caller's transaction. Without rules that can be used, the next run
    follows it."""
    identities = {(one.kind, one.source_id) for one in told if isinstance(one, Outcome)}
    records = told_of(session, customer, identities)
    listed = uploads.listed(session, customer, [source_id for kind, source_id in identities if kind == "sheet"])
    known = outcomes(session, customer, identities)
    fresh: dict[Identity, KnownOutcome] = {}
    answers: list[OutcomeNoted] = []
    for one in told:
        if isinstance(one, Unreadable):
            answers.append(OutcomeNoted("invalid", error=one.error))
            continue
        identity = (one.kind, one.source_id)
        record = records.get(identity)
        sheet = listed.get(one.source_id) if one.kind == "sheet" else None
        said: Said = "unknown"
        if sheet is not None or (record is not None and one.kind != "sheet"):
            said = _said(one, record, fresh.get(identity) or known.get(identity), now)
            if sheet is not None and sheet.uploaded_at is not None and one.outcome != "refused":
                said = "already"  # of a sheet that was entered the first time stands
        if said == "noted":
            fresh[identity] = msgspec.structs.replace(_outcome(one, record, now), told_by=told_by)
        answers.append(OutcomeNoted(said, one.kind, one.source_id))
    write_outcomes(session, customer, fresh.items())
    uploads.confirm(
        session,
        customer,
        {source_id: _entered(one) for (kind, source_id), one in fresh.items() if kind == "sheet"},
    )
    told_now = _filled(session, records, fresh)
    if by is not None and told_now:
        _follow(session, customer, records, told_now, now, by)
    return OutcomesNoted.of(answers)


def _said(one: Outcome, record: ToldOf | None, then: KnownOutcome | None, now: datetime) -> Said:
    changed = None if record is None else record.modified_at
    if one.outcome == "refused" and one.at is not None and changed is not None and one.at < changed - _ANOTHER_CLOCK:
        return "older"  # it was refused as it was before it changed
    if then is None:
        return "noted"
    new = _outcome(one, record, now)
    # What was told of a time to come does not keep what is told now from counting.
    if new.at < min(then.at, now):
        return "older"
    # Whoever says the same again adds nothing.
    then = msgspec.structs.replace(then, told_by=new.told_by, at=then.at if one.at is not None else new.at)
    same = new == then
    return "already" if same else "noted"


def _outcome(one: Outcome, record: ToldOf | None, now: datetime) -> KnownOutcome:
    at = one.at or now
    return KnownOutcome(
        one.outcome, one.code or None, one.text or None, at, b"" if record is None else record.fingerprint
    )


def _entered(one: KnownOutcome) -> datetime | None:
    """When the attendance of a sheet was entered; what is refused later is to be entered again."""
    return None if one.outcome == "refused" else one.at


def _filled(
    session: Session, records: Mapping[Identity, ToldOf], fresh: Mapping[Identity, KnownOutcome]
) -> dict[Identity, Record]:
    """The records with what was said of them, written, so that who asks hears of it before the next run."""
    found: dict[Identity, Record] = {}
    rows: list[writes.Row] = []
    for identity, one in fresh.items():
        record = None if identity not in records else fingerprints.read(records[identity].data)
        if record is None:
            continue
        told = with_outcome(record, one)
        if isinstance(told, Sheet):
            told = msgspec.structs.replace(told, uploaded_at=_entered(one))
        rows.append({"id": records[identity].id, "data": fingerprints.written(told)})
        found[identity] = dated(told, records[identity].modified_at)
    writes.settle_records(session, rows)
    return found


def _follow(
    session: Session,
    customer: str,
    records: Mapping[Identity, ToldOf],
    told: Mapping[Identity, Record],
    now: datetime,
    by: Deciding,
) -> None:
    """Open and close the issues that tell of refusals, of what is synced."""
    apart = by.classifier.not_followed
    with_one = with_issue(session, {records[identity].id for identity in told}, apart)
    concerned = [
        (identity, record)
        for identity, record in told.items()
        if records[identity].verdict == "sync"
        and (getattr(record, "outcome", None) == "refused" or records[identity].id in with_one)
    ]
    if not concerned:
        return
    items = [record for _, record in concerned]
    decided = by.classifier.decide(items, by.moment, StoredRecords(session, customer))
    run = Findings(
        customer=customer,
        run_id=queries.newest_run(session, customer),
        as_of=now,
        today=now,
        items=items,
        prints={},
        decided=decided,
        classifier=by.classifier,
        kinds=frozenset(kind for (kind, _), _ in concerned),
        whole=frozenset(),
        complete=frozenset(),
        leaves_after=1,
        archives=[],
        waivers=waivers_of(by.classifier.rulebook.customer, now),
    )
    found = {
        identity: Found(position, decided.decisions[position], id=records[identity].id)
        for position, (identity, _) in enumerate(concerned)
    }
    changes: list[writes.Row] = []
    follow(session, run, found, [], [], changes, only=apart)
    writes.write_changes(session, [{**row, "at": now} for row in changes])
    stand(session, customer)
