"""Every question asked of the store, by name; the pages, the API and the commands ask the same ones."""

from __future__ import annotations

import base64
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, and_, bindparam, exists, func, inspect, or_
from sqlalchemy import select as of_table
from sqlmodel import Session, col, select

from engine.decisions import Verdict
from engine.folding import fold_name
from engine.rulebook import FixIn
from store.tables import FINISHED, OPEN, ChangeRow, Direction, IssueRow, IssueState, RecordRow, RunRow

PAGE = 50
LARGEST_PAGE = 500

Item = TypeVar("Item")


class CursorError(ValueError):
    """A cursor that this feed did not give."""


class Page(Struct, Generic[Item], frozen=True):
    """Some of an answer, in its order."""

    items: list[Item]
    next_cursor: str | None
    """What to ask the following page with; None on the last."""
    total: int
    """How many there are on all pages."""


class IssueFilter(Struct, frozen=True):
    """Which records of a customer a feed shows; everything given must hold.

    Of nothing given it is the feed of open issues. With `verdict` it shows records of that verdict, issues or not.
    """

    kind: str | None = None
    rule: str | None = None
    """A rule that decides or, for issues, that matched."""
    verdict: Verdict | None = None
    state: IssueState | None = None
    """None: any open one."""
    fix_in: FixIn | None = None
    search: str | None = None
    """Words of the name or an id, in any order, without regard to case and accents."""
    changed_since: datetime | None = None
    """Aware. Verdict, or for issues their state, changed at or after it."""


class Listed(Struct, frozen=True):
    """One record of a feed with those of its issues that the filter asks for, headline first."""

    record: RecordRow
    issues: tuple[IssueRow, ...]


class Counts(Struct, frozen=True):
    """How a customer stands: numbers only."""

    verdicts: dict[str, dict[str, int]]
    """Kind to verdict to how many records."""
    rules: dict[str, int]
    """Flag rule to how many open issues."""
    states: dict[str, int]
    """State to how many issues."""


def issues(
    session: Session, customer: str, which: IssueFilter, cursor: str | None = None, limit: int = PAGE
) -> Page[Listed]:
    """A page of the feed, newest first: one item per record, with its issues.

    Raises CursorError for a cursor it did not give.
    """
    wanted = [col(RecordRow.customer) == customer, *_record_terms(which)]
    total = session.exec(select(func.count()).select_from(RecordRow).where(*wanted)).one()
    if cursor:
        at, last = _opened(cursor, 2)
        since = datetime.fromtimestamp(at / 1_000_000, UTC)
        wanted.append(
            or_(
                col(RecordRow.verdict_at) < since,
                and_(col(RecordRow.verdict_at) == since, col(RecordRow.id) < last),
            )
        )
    limit = max(1, min(limit, LARGEST_PAGE))
    records = session.exec(
        select(RecordRow)
        .where(*wanted)
        .order_by(col(RecordRow.verdict_at).desc(), col(RecordRow.id).desc())
        .limit(limit + 1)
    ).all()
    shown = records[:limit]
    return Page(
        items=_with_issues(session, shown, which),
        next_cursor=_cursor(_micros(shown[-1].verdict_at), shown[-1].id) if len(records) > limit else None,
        total=total,
    )


def _record_terms(which: IssueFilter) -> list[ColumnElement[bool]]:
    terms: list[ColumnElement[bool]] = []
    of_issue: list[ColumnElement[bool]] = []
    if which.kind is not None:
        terms.append(col(RecordRow.kind) == which.kind)
    if which.search:
        terms += [col(RecordRow.search).contains(word, autoescape=True) for word in fold_name(which.search).split()]
    if which.verdict is not None and which.verdict != "flag":
        terms += [col(RecordRow.verdict) == which.verdict, col(RecordRow.not_received_since).is_(None)]
        if which.rule is not None:
            terms.append(col(RecordRow.rule) == which.rule)
        if which.changed_since is not None:
            terms.append(col(RecordRow.verdict_at) >= which.changed_since)
        if which.state is not None or which.fix_in is not None:
            of_issue = _issue_terms(which)
    else:
        of_issue = _issue_terms(which)
        if which.state != "resolved":
            terms.append(col(RecordRow.verdict) == "flag")
        else:
            # Records without a verdict's time are of no feed, and cannot be paged through.
            terms.append(col(RecordRow.verdict_at).is_not(None))
    if of_issue:
        terms.append(exists().where(col(IssueRow.record_id) == col(RecordRow.id), *of_issue))
    return terms


def _issue_terms(which: IssueFilter) -> list[ColumnElement[bool]]:
    terms = [_in_state(which)]
    if which.rule is not None:
        terms.append(col(IssueRow.rule) == which.rule)
    if which.fix_in is not None:
        terms.append(col(IssueRow.fix_in) == which.fix_in)
    if which.changed_since is not None:
        terms.append(
            func.coalesce(col(IssueRow.closed_at), col(IssueRow.back_at), col(IssueRow.opened_at))
            >= which.changed_since
        )
    return terms


def _in_state(which: IssueFilter) -> ColumnElement[bool]:
    return col(IssueRow.state).in_(OPEN if which.state is None else (which.state,))


def _with_issues(session: Session, records: Sequence[RecordRow], which: IssueFilter) -> list[Listed]:
    """All issues of the records in the states asked for, those of other rules too: one sees all that is wrong."""
    found: dict[int | None, list[IssueRow]] = {}
    if records:
        rows = session.exec(
            select(IssueRow)
            .where(col(IssueRow.record_id).in_([record.id for record in records]), _in_state(which))
            .order_by(col(IssueRow.position), col(IssueRow.rule))
        )
        for row in rows:
            found.setdefault(row.record_id, []).append(row)
    return [Listed(record, tuple(found.get(record.id, ()))) for record in records]


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
        (last,) = _opened(cursor, 1)
        wanted.append(col(RunRow.id) < last)
    limit = max(1, min(limit, LARGEST_PAGE))
    rows = session.exec(select(RunRow).where(*wanted).order_by(col(RunRow.id).desc()).limit(limit + 1)).all()
    shown = list(rows[:limit])
    return Page(shown, _cursor(shown[-1].id) if len(rows) > limit else None, total)


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


def has_run(session: Session, customer: str) -> bool:
    """Whether any run of the customer was ever begun: before that, nothing is known of it."""
    return session.connection().execute(_HAS_RUN, {"customer": customer}).first() is not None


def counts(session: Session, customer: str) -> Counts:
    """How the customer stands now: records by kind and verdict, open issues by rule, issues by state."""
    verdicts: dict[str, dict[str, int]] = {}
    for kind, verdict, number in session.exec(
        select(RecordRow.kind, RecordRow.verdict, func.count())
        .where(
            col(RecordRow.customer) == customer,
            col(RecordRow.verdict).is_not(None),
            col(RecordRow.not_received_since).is_(None),
        )
        .group_by(col(RecordRow.kind), col(RecordRow.verdict))
    ):
        verdicts.setdefault(kind, {})[str(verdict)] = number
    rules: dict[str, int] = {}
    states: dict[str, int] = {}
    for state, rule, number in session.exec(
        select(IssueRow.state, IssueRow.rule, func.count())
        .where(IssueRow.customer == customer)
        .group_by(col(IssueRow.state), col(IssueRow.rule))
    ):
        states[state] = states.get(state, 0) + number
        if state in OPEN:
            rules[rule] = rules.get(rule, 0) + number
    return Counts(verdicts, rules, states)


def records_of(session: Session, ids: Collection[int]) -> Sequence[RecordRow]:
    """Records by their number."""
    return session.exec(select(RecordRow).where(col(RecordRow.id).in_(ids))).all() if ids else ()


def _micros(moment: datetime | None) -> int:
    assert moment is not None, "a record in a feed has a verdict, and so its time"
    return round((moment - datetime.fromtimestamp(0, UTC)).total_seconds() * 1_000_000)


def _cursor(*numbers: int | None) -> str:
    """Numbers only: a cursor stands in URLs and logs."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(numbers)).rstrip(b"=").decode()


def _opened(cursor: str, length: int) -> list[int]:
    try:
        numbers: Any = msgspec.msgpack.decode(
            base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)), type=list[int]
        )
    except (ValueError, msgspec.MsgspecError):
        raise CursorError from None
    if len(numbers) != length or not all(0 <= number < 2**62 for number in numbers):
        raise CursorError
    return list(numbers)
