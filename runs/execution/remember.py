"""Remembering: what a run found is compared with what was known, and what differs is written. One transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from sqlmodel import Session

from engine.matching.never_received import NEVER_RECEIVED
from engine.model.decisions import Decision
from engine.records.decode import Invalid
from engine.records.folding import fold_name
from engine.records.kinds import UNREAD, Record, name_of
from runs.issues.lifecycle import follow
from runs.model.findings import Findings, Found, Identity
from runs.records.absence import Missing, age, missing, newly
from runs.records.outcomes import with_outcome
from store.base.enums import COUNTED, last_run_of
from store.base.run_tables import RunRow
from store.base.tables import written_segments
from store.lookup import fingerprints
from store.lookup.join_keys import Keyed, write_keys
from store.writing import writes
from store.writing.causes import folded_records
from store.writing.standing import open_issues, stand
from store.writing.writes import UNDECIDED, KnownRecord, Row

INVALID = "record.invalid"


def remember(session: Session, run: Findings, known: Mapping[Identity, KnownRecord], row: RunRow) -> None:
    """Write what differs from what is known, follow the issues, and fill in the counts of the run's row."""
    found = run.found
    every = found | run.again | run.absent
    if run.absent:
        known = {**known, **writes.known_records(session, run.customer, run.absent)}
    row.again = dict(Counter(kind for kind, _ in run.again))
    row.effects = {kind: dict(numbers) for kind, numbers in run.effects.items()}
    changes = _Changes(run)
    _write_records(session, run, known, every, changes)
    absent = _not_received(session, run, known, found, changes)
    fewer = len(newly(absent.aging)) + len(absent.leaving)
    row.changed = sum(one.new or one.changed or one.returned for one in found.values()) + fewer
    # Whole in one go: a change inside a JSON column is not seen.
    gone, over = [*absent.leaving, *absent.unnamed], absent.over
    followed = follow(session, run, every, [one.id for one in gone], [one.id for one in over], changes.rows)
    count(found, row, folded_records(session, run.customer))
    stand(session, run.customer)
    row.issues = followed | {"open": open_issues(session, run.customer)}
    writes.write_changes(session, changes.rows)


def count(found: Mapping[Identity, Found], row: RunRow, folded: Collection[int] = ()) -> None:
    """Fill in how many of each kind and by each rule; ``folded`` are numbers of records that only wait for others."""
    counts: dict[str, Counter[str]] = {}
    rules: Counter[str] = Counter()
    for (kind, _), one in found.items():
        of_kind = counts.setdefault(kind, Counter(dict.fromkeys(COUNTED, 0)))
        of_kind["received"] += 1
        verdict = None if one.decision is None else one.decision.verdict
        of_kind[last_run_of(verdict, later=one.later, folded=one.id in folded)] += 1
        if one.decision is not None and one.decision.rule is not None:
            rules[one.decision.rule] += 1
    row.received = len(found)
    row.counts = {kind: dict(of_kind) for kind, of_kind in counts.items()}
    row.by_rule = dict(rules.most_common())


class _Changes:
    """The differences of a run, as rows."""

    def __init__(self, run: Findings) -> None:
        self._run = run
        self.rows: list[Row] = []

    def add(self, record_id: int, what: str, subject: str, before: Any, after: Any) -> None:
        self.rows.append(
            {
                "customer": self._run.customer,
                "run_id": self._run.run_id,
                "record_id": record_id,
                "what": what,
                "subject": subject,
                "before": None if before is None else msgspec.json.encode(before),
                "after": None if after is None else msgspec.json.encode(after),
            }
        )

    def fields(self, then: KnownRecord, before: bytes | None, after: bytes | None) -> None:
        """Field by field, as JSON values; a record that cannot be read, or that only others had named, has none."""
        old = msgspec.json.decode(before, type=dict[str, Any]) if before else {}
        new = msgspec.json.decode(after, type=dict[str, Any]) if after else {}
        record_id = then.id
        if not old or not new:
            had = "not_received" if then.rule == NEVER_RECEIVED else _presence(before)
            self.add(record_id, "presence", "", had, _presence(after))
            return
        for name in sorted(old.keys() | new.keys()):
            if name != UNREAD and old.get(name) != new.get(name):
                self.add(record_id, "field", name, old.get(name), new.get(name))

    def verdict(self, known: KnownRecord, decision: Decision | None) -> None:
        after = None if decision is None else {"verdict": decision.verdict, "rule": decision.rule}
        before = None if known.verdict is None else {"verdict": known.verdict, "rule": known.rule}
        if before != after:
            self.add(known.id, "verdict", "", before, after)


def _presence(data: bytes | None) -> str:
    return "received" if data else "unreadable"


def _write_records(
    session: Session,
    run: Findings,
    known: Mapping[Identity, KnownRecord],
    found: dict[Identity, Found],
    changes: _Changes,
) -> None:
    decided_rows: list[Row] = []
    related_rows: list[Row] = []
    keyed: dict[Identity, Record | None] = {}
    after: dict[int, bytes | None] = {}
    changed: dict[int, KnownRecord] = {}
    for identity, one in found.items():
        then = known.get(identity)
        # Unreadable until now, and nobody else would close its issue: this run does not decide what is well again.
        one.own = own = one.own or (then is not None and then.rule == INVALID)
        decision_print = one.print
        one.new = then is None
        one.changed = then is not None and then.fingerprint != run.prints[identity]
        if then is not None:
            one.id = then.id
            if not (one.changed or then.not_received_since or (own and then.decided != decision_print)):
                continue
        record = _readable(run, one)
        if record is not None and (told := run.meanwhile.get(identity)) is not None:
            record = with_outcome(record, told)
        data = None if record is None else fingerprints.written(record)
        row = _row(run, identity, one, then, record, data)
        if own:
            row |= _verdict_of(run, one, decision_print, then)
            decided_rows.append(row)
        else:
            related_rows.append(row)
        if one.new or one.changed:
            keyed[identity] = record
        if then is not None:
            if one.changed:
                changed[then.id], after[then.id] = then, data
            if then.not_received_since and identity not in run.absent:
                one.returned = True
                changes.add(then.id, "presence", "", "not_received", "received")
            if own:
                changes.verdict(then, one.decision)
    before = writes.written_data(session, after)
    for record_id, data in after.items():
        changes.fields(changed[record_id], before[record_id], data)
    writes.write_records(session, decided_rows)
    writes.write_records(session, related_rows, related_only=True)
    new = [identity for identity, one in found.items() if one.new]
    for identity, written in writes.known_records(session, run.customer, new).items():
        if identity in found:
            found[identity].id = written.id
    write_keys(
        session,
        run.customer,
        (
            Keyed(
                id=found[identity].id,
                before=_read(before.get(found[identity].id)),
                after=record,
                new=found[identity].new,
            )
            for identity, record in keyed.items()
        ),
    )


def _read(data: bytes | None) -> Record | None:
    return None if data is None else fingerprints.read(data)


def _readable(run: Findings, one: Found) -> Record | None:
    """The record to store, its parts united: none where it cannot be read or contradicts itself."""
    item = run.items[one.position]
    if isinstance(item, Invalid) or fingerprints.identity(item) in run.decided.situation.conflicts:
        return None
    united = run.decided.record(one.position)
    if isinstance(united, Invalid):
        # Kept with what could not be read: other rules may do without it.
        return item
    # As received: the time of change that runs add has a column of its own.
    given = getattr(item, "modified_at", None)
    if getattr(united, "modified_at", None) != given:
        return msgspec.structs.replace(united, modified_at=given)
    return united


def _row(
    run: Findings, identity: Identity, one: Found, then: KnownRecord | None, record: Record | None, data: bytes | None
) -> Row:
    item = run.items[one.position]
    name = item.source_id if isinstance(item, Invalid) else name_of(record or item)
    mis_id = getattr(record, "mis_id", None)
    modified_at = None if then is None else (run.as_of if one.changed else then.modified_at)
    return {
        "customer": run.customer,
        "kind": identity[0],
        "source_id": identity[1],
        "name": name,
        "search": fold_name(" ".join(part for part in (name, identity[1], mis_id) if part)),
        "data": data,
        "fingerprint": run.prints[identity],
        "segments": written_segments(one.segments),
        "starts_at": getattr(record, "starts_at", None),
        "created_by": getattr(record, "created_by", None),
        "modified_at": modified_at,
        "waiting": 0,
        "folded": False,
        "unfollowed": False,
        "first_run_id": run.run_id,
        "changed_run_id": run.run_id,
        "not_received_since": None,
        "not_received_runs": 0,
        "left_at": None,
    }


def _verdict_of(run: Findings, one: Found, decision_print: bytes, then: KnownRecord | None) -> Row:
    decision = one.decision
    beside = {"decided": decision_print, "later": one.later}
    if decision is None:
        return UNDECIDED | beside
    same = then is not None and (then.verdict, then.rule) == (decision.verdict, decision.rule)
    return beside | {
        "verdict": decision.verdict,
        "rule": decision.rule,
        "matches": msgspec.json.encode(decision.matches),
        "verdict_at": then.verdict_at if same and then is not None else run.as_of,
    }


def _not_received(
    session: Session,
    run: Findings,
    known: Mapping[Identity, KnownRecord],
    found: Mapping[Identity, Found],
    changes: _Changes,
) -> Missing:
    """What is known and was not received, written."""
    absent = missing(run, known, found)
    age(session, run, absent)
    for then in newly([*absent.aging, *absent.leaving]):
        changes.add(then.id, "presence", "", "received", "not_received")
    for then in absent.leaving:
        changes.add(then.id, "presence", "", "not_received", "gone")
    for then in absent.over:
        changes.verdict(then, None)
    return absent
