"""Every question asked of the store, by name; the pages, the API and the commands ask the same ones."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Generic, TypeVar

from msgspec import Struct
from sqlalchemy import ColumnElement, bindparam, func, inspect, or_
from sqlalchemy import select as of_table
from sqlmodel import Session, col, select

from store.base.cursors import cursor_of, opened
from store.base.enums import FINISHED, Direction
from store.base.run_tables import RunRow
from store.base.tables import ChangeRow, IssueRow, RecordRow

PAGE = 50
LARGEST_PAGE = 500

Item = TypeVar("Item")


class Page(Struct, Generic[Item], frozen=True):
    """Some of an answer, in its order."""

    items: list[Item]
    next_cursor: str | None
    """What to ask the following page with; None on the last."""
    total: int
    """How many there are on all pages."""


def issue(session: Session, customer: str, issue_id: str) -> tuple[RecordRow, IssueRow] | None:
    """One issue and its record."""
    return session.exec(
        select(RecordRow, IssueRow)
        .join(IssueRow, col(IssueRow.record_id) == col(RecordRow.id))
        .where(col(IssueRow.id) == issue_id, col(IssueRow.customer) == customer)
    ).first()


def issues_of(session: Session, record_id: int) -> Sequence[IssueRow]:
    """Every issue that a record has or had, open ones and headlines first."""
    return session.exec(
        select(IssueRow)
        .where(col(IssueRow.record_id) == record_id)
        .order_by(col(IssueRow.state) == "resolved", col(IssueRow.position), col(IssueRow.rule))
    ).all()


def history(session: Session, customer: str, record_id: int, limit: int = 200) -> Sequence[tuple[ChangeRow, RunRow]]:
    """What changed about a record, and in which run; newest first."""
    return session.exec(
        select(ChangeRow, RunRow)
        .join(RunRow, col(RunRow.id) == col(ChangeRow.run_id))
        .where(col(ChangeRow.record_id) == record_id, col(ChangeRow.customer) == customer)
        .order_by(col(ChangeRow.id).desc())
        .limit(limit)
    ).all()


def issue_history(
    session: Session, customer: str, issue_id: str, limit: int = 200
) -> Sequence[tuple[ChangeRow, RunRow]]:
    """What changed about an issue's record, leaving out its other issues; newest first."""
    return session.exec(
        select(ChangeRow, RunRow)
        .join(RunRow, col(RunRow.id) == col(ChangeRow.run_id))
        .join(IssueRow, col(IssueRow.record_id) == col(ChangeRow.record_id))
        .where(
            col(IssueRow.id) == issue_id,
            col(IssueRow.customer) == customer,
            or_(col(ChangeRow.what) != "issue", col(ChangeRow.subject) == col(IssueRow.rule)),
        )
        .order_by(col(ChangeRow.id).desc())
        .limit(limit)
    ).all()


def record(session: Session, customer: str, kind: str, source_id: str) -> RecordRow | None:
    """One record, None when it was never received."""
    return session.exec(
        select(RecordRow).where(
            RecordRow.customer == customer, RecordRow.kind == kind, RecordRow.source_id == source_id
        )
    ).first()


def runs(
    session: Session,
    customer: str,
    cursor: str | None = None,
    limit: int = PAGE,
    direction: Direction | None = None,
) -> Page[RunRow]:
    """A page of a customer's runs, newest first. Raises CursorError for a cursor it did not give."""
    wanted: list[ColumnElement[bool]] = [col(RunRow.customer) == customer]
    if direction is not None:
        wanted.append(col(RunRow.direction) == direction)
    total = session.exec(select(func.count()).select_from(RunRow).where(*wanted)).one()
    if cursor:
        (last,) = opened(cursor, 1)
        wanted.append(col(RunRow.id) < last)
    limit = max(1, min(limit, LARGEST_PAGE))
    rows = session.exec(select(RunRow).where(*wanted).order_by(col(RunRow.id).desc()).limit(limit + 1)).all()
    shown = list(rows[:limit])
    return Page(shown, cursor_of(shown[-1].id) if len(rows) > limit else None, total)


def run(session: Session, customer: str, run_id: int) -> RunRow | None:
    """One run of a customer."""
    return session.exec(select(RunRow).where(RunRow.customer == customer, RunRow.id == run_id)).first()


def last_run(session: Session, customer: str, direction: Direction) -> RunRow | None:
    """The last run that brought the other side up to date; None before the first."""
    return session.exec(
        select(RunRow)
        .where(
            col(RunRow.customer) == customer,
            col(RunRow.direction) == direction,
            col(RunRow.status).in_(FINISHED),
        )
        .order_by(col(RunRow.id).desc())
        .limit(1)
    ).first()


# Asked for every batch that is classified: built once, on the tables themselves, which is four times as quick.
_RUNS = inspect(RunRow).local_table
_LAST_SYNC = (
    of_table(_RUNS.c.id, _RUNS.c.as_of)
    .where(
        _RUNS.c.customer == bindparam("customer"),
        _RUNS.c.direction == "downward",
        _RUNS.c.status.in_(FINISHED),
    )
    .order_by(_RUNS.c.id.desc())
    .limit(1)
)
_HAS_RUN = of_table(_RUNS.c.id).where(_RUNS.c.customer == bindparam("customer")).limit(1)


def last_sync(session: Session, customer: str) -> tuple[int, datetime] | None:
    """Id and moment of the last downward run; None before the first. What ``last_run`` says, without the row."""
    found = session.connection().execute(_LAST_SYNC, {"customer": customer}).first()
    return None if found is None else (found[0], found[1])


def decided_now(session: Session, customer: str, kinds: Collection[str]) -> dict[str, int]:
    """Kind to how many of its records that are still received have a verdict."""
    rows = session.exec(
        select(RecordRow.kind, func.count())
        .where(
            col(RecordRow.customer) == customer,
            col(RecordRow.kind).in_(kinds),
            col(RecordRow.verdict).is_not(None),
            col(RecordRow.not_received_since).is_(None),
        )
        .group_by(col(RecordRow.kind))
    )
    return dict.fromkeys(kinds, 0) | dict(rows.all())


def has_run(session: Session, customer: str) -> bool:
    """Whether any run of the customer was ever begun: before that, nothing is known of it."""
    return session.connection().execute(_HAS_RUN, {"customer": customer}).first() is not None


def has_any(session: Session, customer: str, kinds: Collection[str]) -> bool:
    """Whether anything of those kinds was ever received of the customer."""
    wanted = select(RecordRow.id).where(col(RecordRow.customer) == customer, col(RecordRow.kind).in_(kinds))
    return session.exec(wanted.limit(1)).first() is not None


def ended(session: Session, customer: str, span: tuple[datetime, datetime] | None) -> int:
    """How many runs of the customer ended and wrote; ``span`` narrows it to moments from one to before another."""
    wanted = [col(RunRow.customer) == customer, col(RunRow.status).in_(FINISHED)]
    if span is not None:
        wanted += [col(RunRow.as_of) >= span[0], col(RunRow.as_of) < span[1]]
    return session.exec(select(func.count()).select_from(RunRow).where(*wanted)).one()


def newest_run(session: Session, customer: str) -> int:
    """Number of the customer's last run that ended and wrote; what people do by hand stands under it."""
    found = session.exec(
        select(func.max(RunRow.id)).where(col(RunRow.customer) == customer, col(RunRow.status).in_(FINISHED))
    ).one()
    assert found is not None, "an issue was found by a run"
    return found


def records_after(
    session: Session, customer: str, kinds: Collection[str], last: int, limit: int
) -> Sequence[RecordRow]:
    """Records of those kinds that are still there, by number, after that one."""
    return session.exec(
        select(RecordRow)
        .where(
            col(RecordRow.customer) == customer,
            col(RecordRow.kind).in_(kinds),
            col(RecordRow.left_at).is_(None),
            col(RecordRow.id) > last,
        )
        .order_by(col(RecordRow.id))
        .limit(limit)
    ).all()
