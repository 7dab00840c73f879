"""Remembering: what a run found is compared with what was known, and what differs is written. One transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec
from sqlmodel import Session

from engine.model.decisions import Decision
from engine.records.decode import Invalid
from engine.records.folding import fold_name
from engine.records.kinds import Record, name_of
from runs.issues.lifecycle import follow
from runs.model.findings import Findings, Found, Identity, decides
from runs.records.absence import Missing, age, missing, newly
from store import fingerprints, writes
from store.join_keys import Keyed, write_keys
from store.run_tables import RunRow
from store.standing import open_issues, stand
from store.writes import KnownRecord, Row


def remember(session: Session, run: Findings, known: Mapping[Identity, KnownRecord], row: RunRow) -> None:
    """Write what differs from what is known, follow the issues, and fill in the counts of the run's row."""
    found = run.found
    count(found, row)
    row.effects = {kind: dict(numbers) for kind, numbers in run.effects.items()}
    changes = _Changes(run)
    _write_records(session, run, known, found, changes)
    absent = _not_received(session, run, known, found, changes)
    fewer = len(newly(absent.aging)) + len(absent.leaving)
    row.changed = sum(one.new or one.changed or one.returned for one in found.values()) + fewer
    # Whole in one go: a change inside a JSON column is not seen.
    followed = follow(
        session, run, found, [one.id for one in absent.leaving], [one.id for one in absent.over], changes.rows
    )
    stand(session, run.customer)
    row.issues = followed | {"open": open_issues(session, run.customer)}
    writes.write_changes(session, changes.rows)


def count(found: Mapping[Identity, Found], row: RunRow) -> None:
    """Fill in how many of each kind and by each rule."""
    counts: dict[str, Counter[str]] = {}
    rules: Counter[str] = Counter()
    for (kind, _), one in found.items():
        of_kind = counts.setdefault(kind, Counter(received=0, sync=0, skip=0, flag=0))
        of_kind["received"] += 1
        if one.decision is not None:
            of_kind[one.decision.verdict] += 1
            if one.decision.rule is not None:
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

    def fields(self, record_id: int, before: bytes | None, after: bytes | None) -> None:
        """Field by field, as JSON values; a record that cannot be read has none."""
        old = msgspec.json.decode(before, type=dict[str, Any]) if before else {}
        new = msgspec.json.decode(after, type=dict[str, Any]) if after else {}
        if not old or not new:
            self.add(record_id, "presence", "", _presence(before), _presence(after))
            return
        for name in sorted(old.keys() | new.keys()):
            if old.get(name) != new.get(name):
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
    for identity, one in found.items():
        then = known.get(identity)
        own = decides(run, identity[0])
        decision_print = fingerprints.of_decision(one.decision)
        one.new = then is None
        one.changed = then is not None and then.fingerprint != run.prints[identity]
        if then is not None:
            one.id = then.id
            if not (one.changed or then.not_received_since or (own and then.decided != decision_print)):
                continue
        record = _readable(run, one)
        data = None if record is None else fingerprints.written(record)
        row = _row(run, identity, one, then, record, data)
        if own:
            row |= _verdict_of(run, one.decision, decision_print, then)
            decided_rows.append(row)
        else:
            related_rows.append(row)
        if one.new or one.changed:
            keyed[identity] = record
        if then is not None:
            if one.changed:
                after[then.id] = data
            if then.not_received_since:
                one.returned = True
                changes.add(then.id, "presence", "", "not_received", "received")
            if own:
                changes.verdict(then, one.decision)
    before = writes.written_data(session, after)
    for record_id, data in after.items():
        changes.fields(record_id, before[record_id], data)
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
    assert not isinstance(united, Invalid)
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
        "starts_at": getattr(record, "starts_at", None),
        "modified_at": modified_at,
        "waiting": 0,
        "folded": False,
        "first_run_id": run.run_id,
        "changed_run_id": run.run_id,
        "not_received_since": None,
        "not_received_runs": 0,
        "left_at": None,
    }


def _verdict_of(run: Findings, decision: Decision | None, decision_print: bytes, then: KnownRecord | None) -> Row:
    if decision is None:
        return {"decided": decision_print, "verdict": None, "rule": None, "matches": b"[]", "verdict_at": None}
    same = then is not None and (then.verdict, then.rule) == (decision.verdict, decision.rule)
    return {
        "decided": decision_print,
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
