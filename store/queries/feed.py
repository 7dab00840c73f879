"""The feed: which records of a customer wait for a person, in which order, page by page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import ColumnElement, UnaryExpression, and_, exists, func, literal_column, or_
from sqlmodel import Session, col, select

from engine.model.decisions import Verdict
from engine.model.rulebook import FixIn
from engine.records.folding import fold_name
from store.base.cursors import CursorError, cursor_of, opened
from store.base.enums import OPEN, PAUSED, IssueState, Listed
from store.base.tables import IssueCauseRow, IssueRow, RecordRow, written_segments
from store.queries.questions import LARGEST_PAGE, Page

_FLAG: Any = literal_column("'flag'")
"""Written into the question itself: an index of flagged records only is of no use to one that leaves a place open."""
_WAITING: Any = or_(col(RecordRow.verdict) == _FLAG, col(RecordRow.unfollowed).is_(True))
"""As the indexes of the feed have it: flagged, or synced and not followed by the platform."""

MOST_COUNTED = 2_000
"""A feed counts its records up to this; a total of so many means that there are as many or more."""

Sort = Literal["newest", "frees", "soon"]
"""`newest` problem first; what most others wait for first; what matters soonest first, then what was missed."""


class IssueFilter(Struct, frozen=True):
    """Which records of a customer a feed shows, and in which order; everything given must hold.

    Of nothing given it is the feed of open issues. With `verdict` or `last_run` it shows all
    such records, issues or not.
    """

    kind: str | None = None
    rule: str | None = None
    """A rule that decides or, for issues, that matched."""
    verdict: Verdict | None = None
    last_run: Listed | None = None
    """What the last run did with the record; finer than the verdict."""
    segment: str | None = None
    """A platform account: only records that belong to it."""
    created_by: str | None = None
    """Only accounts and sheets that were made by one of ``engine.records.kinds.CREATORS``."""
    state: IssueState | None = None
    """None: any open one."""
    fix_in: FixIn | None = None
    search: str | None = None
    """Words of the name or an id, in any order, without regard to case and accents."""
    changed_since: datetime | None = None
    """Aware. Verdict, or for issues their state, changed at or after it."""
    waits_for: str | None = None
    """An issue: only records that wait for it."""
    fold: bool | None = None
    """Whether records that only wait for another's issue are left out; None: unless something narrower is asked."""
    sort: Sort = "newest"

    @property
    def folds(self) -> bool:
        """Whether records that only wait are left out."""
        if self.fold is not None:
            return self.fold
        narrower = (
            self.kind,
            self.rule,
            self.last_run,
            self.segment,
            self.created_by,
            self.state,
            self.search,
            self.changed_since,
            self.waits_for,
        )
        return self.verdict in (None, "flag") and not any(narrower)


class ListedRecord(Struct, frozen=True):
    """One record of a feed with those of its issues that the filter asks for, headline first."""

    record: RecordRow
    issues: tuple[IssueRow, ...]


class FeedSlice(Page[ListedRecord], frozen=True):
    """Some of a feed, in its order."""

    folded: int = 0
    """How many more were left out because they only wait for others."""


def is_over(now: datetime) -> ColumnElement[bool]:
    """Of an issue: that it was snoozed or waived until a day that has come."""
    return and_(col(IssueRow.state).in_(PAUSED), col(IssueRow.until) <= now)


def state_at(issue: IssueRow, now: datetime) -> IssueState:
    """The state of an issue: a snooze or waiver that is over no longer counts, even before a run says so."""
    over = issue.state in PAUSED and issue.until is not None and issue.until <= now
    return "open" if over else issue.state


def issues(
    session: Session, customer: str, which: IssueFilter, cursor: str | None, limit: int, now: datetime
) -> FeedSlice:
    """A page of the feed: one item per record, with its issues.

    Raises CursorError for a cursor that it did not give, or gave in another order.
    """
    terms = [col(RecordRow.customer) == customer, *_record_terms(which, now)]
    folded = 0
    if which.folds:
        folded = _count(session, [*terms, col(RecordRow.folded).is_(True)])
        terms.append(col(RecordRow.folded).is_(False))
    total = _count(session, terms)
    limit = max(1, min(limit, LARGEST_PAGE))
    records: Sequence[RecordRow]
    if which.sort == "soon":
        records, now = _soon(session, terms, cursor, limit + 1, now)
    else:
        after = [] if cursor is None else [_after(which.sort, cursor)]
        order = _order(which.sort)
        records = session.exec(select(RecordRow).where(*terms, *after).order_by(*order).limit(limit + 1)).all()
    shown = records[:limit]
    return FeedSlice(
        items=_with_issues(session, shown, which, now),
        next_cursor=_cursor(which.sort, shown[-1], now) if len(records) > limit else None,
        total=total,
        folded=folded,
    )


def _count(session: Session, terms: Sequence[ColumnElement[bool]]) -> int:
    """How many there are, as far as they are counted: all of a hundred thousand take longer than the page itself."""
    counted = select(col(RecordRow.id)).where(*terms).limit(MOST_COUNTED).subquery()
    return session.exec(select(func.count()).select_from(counted)).one()


def _record_terms(which: IssueFilter, now: datetime) -> list[ColumnElement[bool]]:
    terms: list[ColumnElement[bool]] = []
    of_issue: list[ColumnElement[bool]] = []
    if which.kind is not None:
        terms.append(col(RecordRow.kind) == which.kind)
    if which.search:
        terms += [col(RecordRow.search).contains(word, autoescape=True) for word in fold_name(which.search).split()]
    if which.segment is not None:
        terms.append(col(RecordRow.segments).contains(written_segments((which.segment,)), autoescape=True))
    if which.created_by is not None:
        terms.append(col(RecordRow.created_by) == which.created_by)
    if which.last_run is not None:
        terms += _BY_LAST_RUN[which.last_run]
    if which.last_run is not None or which.verdict not in (None, "flag"):
        if which.verdict is not None:
            terms.append(col(RecordRow.verdict) == which.verdict)
        if which.last_run is not None or not which.search:
            # Who looks for somebody who is gone is to find them.
            terms.append(_there())
        if which.state is not None or which.fix_in is not None or which.waits_for is not None:
            of_issue = _issue_terms(which, now)
        elif which.rule is not None:
            issue = exists().where(col(IssueRow.record_id) == col(RecordRow.id), *_issue_terms(which, now))
            terms.append(or_(col(RecordRow.rule) == which.rule, issue))
        if which.changed_since is not None:
            terms.append(col(RecordRow.verdict_at) >= which.changed_since)
    else:
        of_issue = _issue_terms(which, now)
        if which.state != "resolved":
            terms.append(_WAITING)
        if which.verdict == "flag" and which.state != "resolved":
            terms.append(col(RecordRow.verdict) == _FLAG)
        else:
            # Records without a verdict's time are of no feed, and cannot be paged through.
            terms.append(col(RecordRow.verdict_at).is_not(None))
    if of_issue:
        terms.append(exists().where(col(IssueRow.record_id) == col(RecordRow.id), *of_issue))
    return terms


_RECEIVED = col(RecordRow.not_received_since).is_(None)
_BY_LAST_RUN: Mapping[Listed, tuple[ColumnElement[bool], ...]] = {
    "synced": (col(RecordRow.verdict) == "sync", _RECEIVED),
    "later": (col(RecordRow.verdict) == "skip", col(RecordRow.later).is_(True), _RECEIVED),
    "left_out": (col(RecordRow.verdict) == "skip", col(RecordRow.later).is_(False), _RECEIVED),
    "to_fix": (col(RecordRow.verdict) == _FLAG, col(RecordRow.folded).is_(False), _RECEIVED),
    "waiting": (col(RecordRow.verdict) == _FLAG, col(RecordRow.folded).is_(True), _RECEIVED),
    "not_received": (col(RecordRow.verdict).is_not(None), col(RecordRow.not_received_since).is_not(None)),
}
"""As ``store.base.enums.last_run_of`` tells them apart."""


def _there() -> ColumnElement[bool]:
    """That the record is not taken for gone."""
    return col(RecordRow.left_at).is_(None)


def _issue_terms(which: IssueFilter, now: datetime) -> list[ColumnElement[bool]]:
    terms = [_in_state(which.state, now)]
    if which.rule is not None:
        terms.append(col(IssueRow.rule) == which.rule)
    if which.fix_in is not None:
        terms.append(col(IssueRow.fix_in) == which.fix_in)
    if which.changed_since is not None:
        terms.append(
            func.coalesce(col(IssueRow.closed_at), col(IssueRow.back_at), col(IssueRow.opened_at))
            >= which.changed_since
        )
    if which.waits_for is not None:
        link = and_(col(IssueCauseRow.issue_id) == col(IssueRow.id), col(IssueCauseRow.cause_id) == which.waits_for)
        terms.append(exists().where(link))
    return terms


def _in_state(state: IssueState | None, now: datetime) -> ColumnElement[bool]:
    """The state as ``state_at`` tells it."""
    over = is_over(now)
    if state is None:
        return or_(col(IssueRow.state).in_(OPEN), over)
    if state == "open":
        return or_(col(IssueRow.state) == "open", over)
    if state in PAUSED:
        return and_(col(IssueRow.state) == state, or_(col(IssueRow.until).is_(None), col(IssueRow.until) > now))
    return col(IssueRow.state) == state


def _with_issues(
    session: Session, records: Sequence[RecordRow], which: IssueFilter, now: datetime
) -> list[ListedRecord]:
    """All issues of the records in the states asked for, those of other rules too: one sees all that is wrong."""
    found: dict[int | None, list[IssueRow]] = {}
    if records:
        rows = session.exec(
            select(IssueRow)
            .where(col(IssueRow.record_id).in_([record.id for record in records]), _in_state(which.state, now))
            .order_by(col(IssueRow.position), col(IssueRow.rule))
        )
        for row in rows:
            found.setdefault(row.record_id, []).append(row)
    return [ListedRecord(record, tuple(found.get(record.id, ()))) for record in records]


def has_issues(session: Session, customer: str, rule: str) -> bool:
    """Whether the customer has or had an issue of that rule."""
    asked = exists().where(col(IssueRow.customer) == customer, col(IssueRow.rule) == rule)
    return bool(session.exec(select(asked)).one())


# Orders, each total, and where one of its pages ended

_SORTS: tuple[Sort, ...] = ("newest", "frees", "soon")


def _order(sort: Sort) -> tuple[UnaryExpression[Any], ...]:
    newest = (col(RecordRow.verdict_at).desc(), col(RecordRow.id).desc())
    if sort == "frees":
        return (col(RecordRow.waiting).desc(), *newest)
    return newest


def _soon(
    session: Session, terms: Sequence[ColumnElement[bool]], cursor: str | None, limit: int, now: datetime
) -> tuple[Sequence[RecordRow], datetime]:
    """What matters soonest first: what is still to come, then what was missed, then what has no time.

    Also the moment that parts them: that of the first page, on all pages.
    """
    at, last = 0, 0
    if cursor is not None:
        code, parted, at, last = opened(cursor, 4)
        if code != _SORTS.index("soon"):
            raise CursorError
        now = _moment(parted)
    matters_at, number = col(RecordRow.matters_at), col(RecordRow.id)
    parts = [matters_at >= now, matters_at < now, matters_at.is_(None)]
    if cursor is not None:
        ended = None if not at else _moment(at - 1)
        first = 2 if ended is None else 0 if ended >= now else 1
        parts = parts[first:]
        later = number > last if ended is None else or_(matters_at > ended, and_(matters_at == ended, number > last))
        parts[0] = and_(parts[0], later)
    found: list[RecordRow] = []
    for part in parts:
        if len(found) < limit:
            # One part after the other, so that each is read in the order of an index.
            wanted = select(RecordRow).where(*terms, part).order_by(matters_at.asc(), number.asc())
            found += session.exec(wanted.limit(limit - len(found)))
    return found, now


def _cursor(sort: Sort, last: RecordRow, now: datetime) -> str:
    code = _SORTS.index(sort)
    if sort == "soon":
        # One more, for nothing at all is 0.
        return cursor_of(code, _micros(now), 0 if last.matters_at is None else 1 + _micros(last.matters_at), last.id)
    return cursor_of(code, last.waiting if sort == "frees" else 0, _micros(last.verdict_at), last.id)


def _after(sort: Sort, cursor: str) -> ColumnElement[bool]:
    """What comes after the record that a page ended with."""
    code, waiting, at, last = opened(cursor, 4)
    if code != _SORTS.index(sort):
        raise CursorError
    since = _moment(at)
    newest = or_(
        col(RecordRow.verdict_at) < since,
        and_(col(RecordRow.verdict_at) == since, col(RecordRow.id) < last),
    )
    if sort == "frees":
        return or_(col(RecordRow.waiting) < waiting, and_(col(RecordRow.waiting) == waiting, newest))
    return newest


def _moment(micros: int) -> datetime:
    try:
        return datetime.fromtimestamp(micros / 1_000_000, UTC)
    except (OverflowError, OSError, ValueError):
        raise CursorError from None


def _micros(moment: datetime | None) -> int:
    assert moment is not None, "a record in a feed has a verdict, and so its time"
    return round((moment - datetime.fromtimestamp(0, UTC)).total_seconds() * 1_000_000)
