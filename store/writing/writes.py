"""What a run reads and writes: whole lists by Core statements, in the caller's transaction, never record by record."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Table, bindparam, case, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from engine.model.decisions import Verdict
from store.base.enums import IssueState
from store.base.run_tables import RunRow
from store.base.tables import ChangeRow, IssueRow, RecordRow
from store.lookup import fingerprints
from store.lookup.known import CHUNK, chunks

Row = dict[str, Any]

_SCAN = 4 * CHUNK
"""Above so many records, reading all of a customer's is cheaper than asking for each by its id."""


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table


RUN, RECORD, ISSUE, CHANGE = map(_table, (RunRow, RecordRow, IssueRow, ChangeRow))


class KnownRecord(Struct, frozen=True):
    """What a run compares a record with."""

    id: int
    fingerprint: bytes
    decided: bytes
    verdict: Verdict | None
    rule: str | None
    verdict_at: datetime | None
    modified_at: datetime | None
    starts_at: datetime | None
    not_received_since: datetime | None
    not_received_runs: int
    left_at: datetime | None


class OpenIssue(Struct, frozen=True):
    """What a run compares an issue with."""

    id: str
    record_id: int
    rule: str
    state: IssueState
    position: int
    fix_in: str | None
    facts_fingerprint: bytes
    rulebook_version: str
    until: datetime | None
    snoozed_size: int | None
    reason: str | None
    settled_by: str | None


_KNOWN = [RECORD.c.kind, RECORD.c.source_id, *(RECORD.c[name] for name in KnownRecord.__struct_fields__)]
_ISSUE = [ISSUE.c[name] for name in OpenIssue.__struct_fields__]


def known_records(
    session: Session, customer: str, identities: Collection[tuple[str, str]], whole: Collection[str] = ()
) -> dict[tuple[str, str], KnownRecord]:
    """What is known of those kinds and ids, and of every record of the kinds in ``whole``."""
    base = select(*_KNOWN).where(RECORD.c.customer == customer)
    found: dict[tuple[str, str], KnownRecord] = {}
    ids: dict[str, list[str]] = {kind: [] for kind in whole}
    for kind, source_id in identities:
        ids.setdefault(kind, []).append(source_id)
    for kind, of_kind in ids.items():
        statement = base.where(RECORD.c.kind == kind)
        if kind in whole or len(of_kind) > _SCAN:
            statements = [statement]
        else:
            statements = [statement.where(RECORD.c.source_id.in_(chunk)) for chunk in chunks(of_kind)]
        for one in statements:
            for of, source_id, *rest in session.execute(one):
                found[of, source_id] = KnownRecord(*rest)
    return found


def unreadable(session: Session, customer: str, kind: str) -> dict[tuple[str, str], KnownRecord]:
    """What is known of the records of a kind that never could be read and whose issue stands."""
    wanted = select(*_KNOWN).where(
        RECORD.c.customer == customer, RECORD.c.verdict == "flag", RECORD.c.kind == kind, RECORD.c.data.is_(None)
    )
    return {(of, source_id): KnownRecord(*rest) for of, source_id, *rest in session.execute(wanted)}


def written_data(session: Session, ids: Iterable[int]) -> dict[int, bytes | None]:
    """The records as JSON, by number."""
    found: dict[int, bytes | None] = {}
    for chunk in chunks(ids):
        rows = session.execute(select(RECORD.c.id, RECORD.c.data).where(RECORD.c.id.in_(chunk)))
        found.update((number, data) for number, data in rows)
    return found


def names(session: Session, ids: Collection[int]) -> dict[int, str]:
    """What people call the records, by number."""
    return {
        number: name
        for chunk in chunks(ids)
        for number, name in session.execute(select(RECORD.c.id, RECORD.c.name).where(RECORD.c.id.in_(chunk)))
    }


def changed_since(session: Session, customer: str, run_id: int) -> dict[tuple[str, str], bytes | None]:
    """Kind and id of what a later run than this one has written and is still received, to it as JSON."""
    rows = session.execute(
        select(RECORD.c.kind, RECORD.c.source_id, RECORD.c.data).where(
            RECORD.c.customer == customer, RECORD.c.changed_run_id > run_id, RECORD.c.not_received_since.is_(None)
        )
    )
    return {(kind, source_id): data for kind, source_id, data in rows}


def never_readable(session: Session, ids: Collection[int]) -> set[int]:
    """Those of the records that never came in a form that could be read, so that they have no name."""
    return {
        number
        for chunk in chunks(ids)
        for (number,) in session.execute(
            select(RECORD.c.id).where(
                RECORD.c.id.in_(chunk), RECORD.c.data.is_(None), RECORD.c.name == RECORD.c.source_id
            )
        )
    }


UNDECIDED: Row = {
    "decided": bytes(fingerprints.SIZE),
    "verdict": None,
    "rule": None,
    "matches": b"[]",
    "verdict_at": None,
    "later": False,
}
"""Of a record that nothing decides, or nothing any more."""
_VERDICT = tuple(UNDECIDED)
_NEED = ("waiting", "folded", "matters_at", "unfollowed")
"""Of a record, written when its issues were followed."""


def write_records(session: Session, rows: Sequence[Row], *, related_only: bool = False) -> None:
    """Insert or replace records by customer, kind and source id; of related ones the verdict is not touched."""
    if not rows:
        return
    identity = ("customer", "kind", "source_id")
    kept = ("first_run_id", *_NEED, *_VERDICT) if related_only else ("first_run_id", *_NEED)
    if related_only:
        rows = [row | UNDECIDED for row in rows]
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    statement: Any = (sqlite.insert if on_sqlite else postgresql.insert)(RECORD)
    changed: Row = {name: statement.excluded[name] for name in rows[0] if name not in identity + kept}
    for name in ("name", "search", "starts_at", "created_by"):
        # What arrives unreadable keeps the name by which people know it.
        changed[name] = case((statement.excluded.data.is_(None), RECORD.c[name]), else_=statement.excluded[name])
    statement = statement.on_conflict_do_update(index_elements=list(identity), set_=changed)
    for chunk in chunks(rows):
        session.execute(statement, chunk)


def settle_records(session: Session, rows: Sequence[Row]) -> None:
    """Change some columns of records by number; every row has the same columns, `id` among them."""
    _update(session, RECORD, rows)


def issues_of_records(session: Session, customer: str, records: Collection[int], *, resolved: bool) -> list[OpenIssue]:
    """The issues of those records that wait or sleep, or those that were resolved."""
    state = ISSUE.c.state == "resolved" if resolved else ISSUE.c.state != "resolved"
    statement = select(*_ISSUE).where(ISSUE.c.customer == customer, state)
    if len(records) > _SCAN:
        wanted = set(records)
        return [issue for row in session.execute(statement) if (issue := OpenIssue(*row)).record_id in wanted]
    return [
        OpenIssue(*row)
        for chunk in chunks(sorted(records))
        for row in session.execute(statement.where(ISSUE.c.record_id.in_(chunk)))
    ]


def facts_of_issues(session: Session, issues: Iterable[str]) -> dict[str, bytes]:
    """Issue to what its rule read, as JSON."""
    return {
        issue: facts
        for chunk in chunks(issues)
        for issue, facts in session.execute(select(ISSUE.c.id, ISSUE.c.facts).where(ISSUE.c.id.in_(chunk)))
    }


def write_issues(session: Session, rows: Sequence[Row]) -> None:
    """Insert issues."""
    _insert(session, ISSUE, rows)


def settle_issues(session: Session, rows: Sequence[Row]) -> None:
    """Change some columns of issues by id; every row has the same columns, `id` among them."""
    _update(session, ISSUE, rows)


def finished_runs(session: Session, customer: str) -> int:
    """How many runs of the customer have ended; another number says that one ended meanwhile."""
    number = session.execute(
        select(func.count()).select_from(RUN).where(RUN.c.customer == customer, RUN.c.status != "running")
    ).scalar_one()
    return int(number)


def write_changes(session: Session, rows: Sequence[Row]) -> None:
    """Insert differences between two runs."""
    _insert(session, CHANGE, rows)


def _insert(session: Session, table: Table, rows: Sequence[Row]) -> None:
    for chunk in chunks(rows):
        session.execute(insert(table), chunk)


def _update(session: Session, table: Table, rows: Sequence[Row]) -> None:
    if not rows:
        return
    changed: Row = {name: bindparam(f"new_{name}") for name in rows[0] if name != "id"}
    statement = update(table).where(table.c.id == bindparam("old_id")).values(changed)
    connection = session.connection()
    for chunk in chunks(rows):
        connection.execute(
            statement,
            [{"old_id" if name == "id" else f"new_{name}": value for name, value in row.items()} for row in chunk],
        )
