"""The history of a customer: for each run the records that changed, page by page, and what changed about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, select

from store.base.cursors import cursor_of, opened
from store.base.enums import FINISHED
from store.base.run_tables import RunRow
from store.base.tables import ChangeRow, IssueRow, RecordRow
from store.queries.questions import LARGEST_PAGE

Span = tuple[datetime, datetime]
"""From a moment to before another."""

_MOST_RUNS = 400
"""Runs looked at for one page: half a year in which nothing changed."""


class HistoryEntry(Struct, frozen=True):
    """One record to which something happened: in a run, or by hand after it."""

    run: RunRow
    record: RecordRow
    by_hand: bool


class Slice(Struct, frozen=True):
    """Some of a history, newest first."""

    items: list[HistoryEntry]
    next_cursor: str | None


def entries(
    session: Session, customer: str, cursor: str | None, limit: int, span: Span | None, kind: str | None
) -> Slice:
    """A page of it; ``span`` narrows it to what was found or done in it. Raises CursorError."""
    limit = max(1, min(limit, LARGEST_PAGE))
    last_run, by_hand, last_record = opened(cursor, 3) if cursor else (None, 0, 0)
    found: list[HistoryEntry] = []
    for run in _runs(session, customer, last_run, span):
        assert run.id is not None
        here = run.id == last_run
        # What people did after a run comes before it: it is later.
        for hand in (True, False):
            if here and hand and not by_hand:
                continue
            if not hand and span is not None and not span[0] <= run.as_of < span[1]:
                continue
            after = last_record if here and hand == bool(by_hand) else 0
            lists = _by_hand(run.id, span) if hand else _by_run(run.id)
            records = _first(session, lists, after, kind, limit + 1 - len(found))
            found += [HistoryEntry(run, record, hand) for record in records]
            if len(found) > limit:
                ended = found[limit - 1]
                return Slice(found[:limit], cursor_of(ended.run.id, int(ended.by_hand), ended.record.id))
    return Slice(found, None)


def _runs(session: Session, customer: str, last: int | None, span: Span | None) -> Sequence[RunRow]:
    wanted: list[ColumnElement[bool]] = [col(RunRow.customer) == customer, col(RunRow.status).in_(FINISHED)]
    if last is not None:
        wanted.append(col(RunRow.id) <= last)
    if span is not None:
        # What people did on a day stands under a run that may be of an earlier one.
        by_hand = select(ChangeRow.run_id).where(col(ChangeRow.customer) == customer, *_within(col(ChangeRow.at), span))
        wanted.append(or_(and_(*_within(col(RunRow.as_of), span)), col(RunRow.id).in_(by_hand)))
    return session.exec(select(RunRow).where(*wanted).order_by(col(RunRow.id).desc()).limit(_MOST_RUNS)).all()


def _within(moment: Any, span: Span) -> list[ColumnElement[bool]]:
    return [moment >= span[0], moment < span[1]]


_Of = tuple[Any, list[ColumnElement[bool]]]
"""A column that holds numbers of records, and what else its rows fulfil."""


def _by_hand(run: int, span: Span | None) -> list[_Of]:
    done = [col(ChangeRow.run_id) == run, col(ChangeRow.at).is_not(None)]
    if span is not None:
        done += _within(col(ChangeRow.at), span)
    return [(col(ChangeRow.record_id), done)]


def _by_run(run: int) -> list[_Of]:
    return [
        (col(ChangeRow.record_id), [col(ChangeRow.run_id) == run, col(ChangeRow.at).is_(None)]),
        (col(IssueRow.record_id), [col(IssueRow.opened_run_id) == run]),
        (col(RecordRow.id), [col(RecordRow.first_run_id) == run]),
    ]


def _first(session: Session, lists: Iterable[_Of], after: int, kind: str | None, limit: int) -> Sequence[RecordRow]:
    """The first records after a number that stand in any of the lists; each list is asked by its own index."""
    numbers: set[int] = set()
    for number, terms in lists:
        wanted = select(number).distinct().where(*terms, number > after)
        if kind is not None:
            wanted = wanted.where(number.in_(select(RecordRow.id).where(col(RecordRow.kind) == kind)))
        numbers.update(session.exec(wanted.order_by(number).limit(limit)).all())
    first = sorted(numbers)[:limit]
    rows = session.exec(select(RecordRow).where(col(RecordRow.id).in_(first)).order_by(col(RecordRow.id)))
    return rows.all() if first else ()


def changes_of(session: Session, items: Iterable[HistoryEntry]) -> dict[tuple[int, int, bool], list[ChangeRow]]:
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


def opened_in(session: Session, items: Iterable[HistoryEntry]) -> dict[tuple[int, int], list[IssueRow]]:
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


def _numbers(items: Iterable[HistoryEntry]) -> tuple[set[int], set[int]]:
    runs: set[int] = set()
    records: set[int] = set()
    for one in items:
        assert one.run.id is not None
        assert one.record.id is not None
        runs.add(one.run.id)
        records.add(one.record.id)
    return runs, records
