"""The history of a customer: for each run the records that changed, page by page, and what changed about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, select

from store.cursors import cursor_of, opened
from store.queries import LARGEST_PAGE
from store.tables import FINISHED, ChangeRow, IssueRow, RecordRow, RunRow

_MOST_RUNS = 400
"""Runs looked at for one page: half a year in which nothing changed."""


class Entry(Struct, frozen=True):
    """One record to which something happened: in a run, or by hand after it."""

    run: RunRow
    record: RecordRow
    by_hand: bool


class Slice(Struct, frozen=True):
    """Some of a history, newest first."""

    items: list[Entry]
    next_cursor: str | None


def entries(
    session: Session,
    customer: str,
    cursor: str | None,
    limit: int,
    span: tuple[datetime, datetime] | None,
    kind: str | None,
) -> Slice:
    """A page of it; ``span`` takes runs from a moment to before another. Raises CursorError."""
    limit = max(1, min(limit, LARGEST_PAGE))
    last_run, by_hand, last_record = opened(cursor, 3) if cursor else (None, 0, 0)
    found: list[Entry] = []
    for run in _runs(session, customer, last_run, span):
        assert run.id is not None
        here = run.id == last_run
        # What people did after a run comes before it: it is later.
        for hand in (True, False):
            if here and hand and not by_hand:
                continue
            after = last_record if here and hand == bool(by_hand) else 0
            room = limit + 1 - len(found)
            found += [
                Entry(run, record, hand) for record in _records(session, customer, run.id, hand, after, kind, room)
            ]
            if len(found) > limit:
                ended = found[limit - 1]
                written = cursor_of(ended.run.id, int(ended.by_hand), ended.record.id)
                return Slice(found[:limit], written)
    return Slice(found, None)


def _runs(
    session: Session, customer: str, last: int | None, span: tuple[datetime, datetime] | None
) -> Sequence[RunRow]:
    wanted: list[ColumnElement[bool]] = [col(RunRow.customer) == customer, col(RunRow.status).in_(FINISHED)]
    if last is not None:
        wanted.append(col(RunRow.id) <= last)
    if span is not None:
        wanted += [col(RunRow.as_of) >= span[0], col(RunRow.as_of) < span[1]]
    return session.exec(select(RunRow).where(*wanted).order_by(col(RunRow.id).desc()).limit(_MOST_RUNS)).all()


def _records(
    session: Session, customer: str, run: int, by_hand: bool, after: int, kind: str | None, limit: int
) -> Sequence[RecordRow]:
    """The records of a run to which something happened, by their number."""
    hand = col(ChangeRow.at).is_not(None) if by_hand else col(ChangeRow.at).is_(None)
    touched: ColumnElement[bool] = col(RecordRow.id).in_(
        select(ChangeRow.record_id).where(col(ChangeRow.customer) == customer, col(ChangeRow.run_id) == run, hand)
    )
    if not by_hand:
        opened_now = select(IssueRow.record_id).where(col(IssueRow.opened_run_id) == run)
        touched = or_(touched, col(RecordRow.id).in_(opened_now), col(RecordRow.first_run_id) == run)
    wanted = [col(RecordRow.customer) == customer, col(RecordRow.id) > after, touched]
    if kind is not None:
        wanted.append(col(RecordRow.kind) == kind)
    return session.exec(select(RecordRow).where(*wanted).order_by(col(RecordRow.id)).limit(limit)).all()


def changes_of(session: Session, items: Iterable[Entry]) -> dict[tuple[int, int, bool], list[ChangeRow]]:
    """Run, record and whether by hand to the changes, in the order in which they were noted."""
    runs, records = _numbers(items)
    found: dict[tuple[int, int, bool], list[ChangeRow]] = {}
    for row in session.exec(
        select(ChangeRow)
        .where(col(ChangeRow.record_id).in_(records), col(ChangeRow.run_id).in_(runs))
        .order_by(col(ChangeRow.id))
    ):
        found.setdefault((row.run_id, row.record_id, row.at is not None), []).append(row)
    return found


def opened_in(session: Session, items: Iterable[Entry]) -> dict[tuple[int, int], list[IssueRow]]:
    """Run and record to the issues found then for the first time."""
    runs, records = _numbers(items)
    found: dict[tuple[int, int], list[IssueRow]] = {}
    for row in session.exec(
        select(IssueRow)
        .where(col(IssueRow.record_id).in_(records), col(IssueRow.opened_run_id).in_(runs))
        .order_by(col(IssueRow.position))
    ):
        found.setdefault((row.opened_run_id, row.record_id), []).append(row)
    return found


def _numbers(items: Iterable[Entry]) -> tuple[set[int], set[int]]:
    runs: set[int] = set()
    records: set[int] = set()
    for one in items:
        assert one.run.id is not None
        assert one.record.id is not None
        runs.add(one.run.id)
        records.add(one.record.id)
    return runs, records
