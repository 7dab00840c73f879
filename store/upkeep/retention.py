"""Retention: taking away what is older than it need be kept. Deletes in parts, so that others write in between."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, exists, func, or_, select
from sqlmodel import Session

from store.base.enums import FINISHED
from store.base.run_tables import ArchiveRow, HeldEntryRow, HeldRow, OutcomeRow, RulebookRow, RunRow, UploadRow
from store.base.tables import ChangeRow, IssueRow, RecordRow
from store.lookup import fingerprints
from store.lookup.join_keys import delete_keys_of_none
from store.lookup.known import chunks

PART = 20_000
"""Changes deleted in one transaction."""


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table


RUN, RECORD, ISSUE, CHANGE, ARCHIVE, UPLOAD, HELD, ENTRY, RULEBOOK, OUTCOME = map(
    _table,
    (RunRow, RecordRow, IssueRow, ChangeRow, ArchiveRow, UploadRow, HeldRow, HeldEntryRow, RulebookRow, OutcomeRow),
)


def customers(session: Session) -> list[str]:
    """Every customer of whom anything is stored, those included that have no file any more."""
    return list(session.execute(select(RUN.c.customer).distinct().order_by(RUN.c.customer)).scalars())


def purge_changes(session: Session, customer: str, before: datetime) -> int:
    """Delete up to ``PART`` changes of runs before that moment; how many there were."""
    old = select(RUN.c.id).where(RUN.c.customer == customer, RUN.c.as_of < before)
    some = select(CHANGE.c.id).where(CHANGE.c.run_id.in_(old)).limit(PART)
    return session.connection().execute(delete(CHANGE).where(CHANGE.c.id.in_(some))).rowcount


def purge(session: Session, customer: str, before: datetime) -> Counter[str]:
    """Delete a customer's resolved issues, records, sheets and runs from before that moment, changes aside.

    A record is from before when it left then, or is a session or sheet of then that nothing decides any more; marks go
    with their sheet. The last run of each direction stays, and every run that something left refers to. No run may be
    at work.
    """
    found: Counter[str] = Counter()

    def count(what: str, table: Table, *terms: ColumnElement[bool]) -> None:
        found[what] += session.connection().execute(delete(table).where(*terms)).rowcount

    count("issues", ISSUE, ISSUE.c.customer == customer, ISSUE.c.state == "resolved", ISSUE.c.closed_at < before)
    over = and_(RECORD.c.verdict.is_(None), RECORD.c.starts_at < before)
    count("records", RECORD, RECORD.c.customer == customer, or_(RECORD.c.left_at < before, over))
    found["records"] += _purge_marks(session, customer, before)
    if found["records"]:
        delete_keys_of_none(session)
    for what, table in (("archives", ARCHIVE), ("uploads", UPLOAD)):
        gone = ~exists().where(
            RECORD.c.customer == customer, RECORD.c.kind == "sheet", RECORD.c.source_id == table.c.sheet_id
        )
        age = ARCHIVE.c.archived_at if table is ARCHIVE else UPLOAD.c.offered_at
        # What was archived before anybody looked has no time, and no use once its sheet is gone.
        count(what, table, table.c.customer == customer, gone, or_(age.is_(None), age < before))
    known = exists().where(
        RECORD.c.customer == customer, RECORD.c.kind == OUTCOME.c.kind, RECORD.c.source_id == OUTCOME.c.source_id
    )
    count("outcomes", OUTCOME, OUTCOME.c.customer == customer, ~known)
    old = select(RUN.c.id).where(RUN.c.customer == customer, RUN.c.as_of < before)
    count("held", HELD, HELD.c.run_id.in_(old))
    count("held", ENTRY, ENTRY.c.run_id.in_(old))
    runs = set(session.execute(old.where(RUN.c.status != "running")).scalars()) - _needed(session, customer)
    for chunk in chunks(sorted(runs)):
        count("runs", RUN, RUN.c.id.in_(chunk))
    used = exists().where(RUN.c.customer == RULEBOOK.c.customer, RUN.c.rulebook_version == RULEBOOK.c.version)
    # The last good one stays in force while its files are broken, whether or not a run has used it.
    count("rulebooks", RULEBOOK, RULEBOOK.c.customer == customer, ~used, RULEBOOK.c.in_force_at.is_(None))
    return found


def _purge_marks(session: Session, customer: str, before: datetime) -> int:
    """Delete marks from before whose sheet is there no more: they have no day of their own, and do not leave."""
    sheets = select(RECORD.c.source_id).where(RECORD.c.customer == customer, RECORD.c.kind == "sheet")
    there = set(session.execute(sheets).scalars())
    marks = (
        select(RECORD.c.id, RECORD.c.data)
        .join(RUN, RUN.c.id == RECORD.c.changed_run_id)
        .where(RECORD.c.customer == customer, RECORD.c.kind == "mark", RUN.c.as_of < before)
    )
    gone = []
    for number, data in session.execute(marks.execution_options(yield_per=PART)):
        mark = None if data is None else fingerprints.read(data)
        if getattr(mark, "sheet_id", None) not in there:
            gone.append(number)
    for chunk in chunks(gone):
        session.execute(delete(RECORD).where(RECORD.c.id.in_(chunk)))
    return len(gone)


def _needed(session: Session, customer: str) -> set[int]:
    """Runs that something refers to, and the last of each direction that brought the other side up to date."""
    found: set[int] = set()
    for table, names in (
        (RECORD, ("first_run_id", "changed_run_id")),
        (ISSUE, ("opened_run_id", "closed_run_id")),
        (CHANGE, ("run_id",)),
        (UPLOAD, ("run_id",)),
    ):
        for name in names:
            wanted = select(table.c[name]).where(table.c.customer == customer, table.c[name].is_not(None)).distinct()
            found.update(session.execute(wanted).scalars())
    for complete in (RUN.c.complete.is_(True), RUN.c.complete.is_not(None)):
        last = (
            select(func.max(RUN.c.id))
            .where(RUN.c.customer == customer, RUN.c.status.in_(FINISHED), complete)
            .group_by(RUN.c.direction)
        )
        found.update(session.execute(last).scalars())
    return found
