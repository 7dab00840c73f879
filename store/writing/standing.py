"""Standing: how a customer stands, counted again where it is written, so that no page counts a hundred thousand issues.

Who changes verdicts or issues calls ``stand`` at the end of the same transaction: runs, what people do to issues, and
what takes records away.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, get_args

from msgspec import Struct
from sqlalchemy import Table, func
from sqlalchemy import select as columns
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from store.base.enums import OPEN, PAUSED, Listed, last_run_of
from store.base.tables import IssueRow, RecordRow, StandingRow

_STANDING: Table = StandingRow.__table__  # type: ignore[attr-defined]

_UNFOLLOWED = "unfollowed"
"""Noted beside what became of records, of which it is a part."""

ByKey = dict[str, dict[str, int]]
"""Kind to what became of records, or state to rule, to how many."""


class Counts(Struct, frozen=True):
    """How a customer stands: numbers only."""

    records: ByKey
    """Kind to what the last run did, as in ``store.base.enums.LastRun``, to how many records."""
    rules: dict[str, int]
    """Flag rule to how many open issues."""
    states: dict[str, int]
    """State to how many issues."""
    unfollowed: int = 0
    """How many of the synced the platform did not take."""

    @property
    def totals(self) -> dict[str, int]:
        """What became of records to how many, of all kinds together, in the order in which a person asks."""
        found = {name: sum(of_kind.get(name, 0) for of_kind in self.records.values()) for name in get_args(Listed)}
        return {name: number for name, number in found.items() if self.records}


def stand(session: Session, customer: str) -> None:
    """Count again how a customer stands, and note it where that is another way."""
    counted = _counted(session, customer)
    if counted == _note(session, customer):
        return
    row = {"customer": customer, "records": counted[0], "issues": counted[1]}
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    statement: Any = (sqlite.insert if on_sqlite else postgresql.insert)(_STANDING)
    changed = {name: statement.excluded[name] for name in ("records", "issues")}
    session.execute(statement.on_conflict_do_update(index_elements=["customer"], set_=changed), [row])


def open_issues(session: Session, customer: str) -> int:
    """How many issues of the customer wait for a person, as it stands."""
    _, issues = _noted(session, customer)
    return sum(sum(issues.get(state, {}).values()) for state in OPEN)


def counts(session: Session, customer: str, now: datetime) -> Counts:
    """How the customer stands now: records by kind and what became of them, open issues by rule, issues by state."""
    records, issues = _noted(session, customer)
    for state, rule, number in _over(session, customer, now):
        # A snooze or waiver that is over no longer counts, even before a run says so.
        issues[state][rule] -= number
        waiting = issues.setdefault("open", {})
        waiting[rule] = waiting.get(rule, 0) + number
    rules: dict[str, int] = {}
    states: dict[str, int] = {}
    for state, by_rule in issues.items():
        for rule, number in by_rule.items():
            if number:
                states[state] = states.get(state, 0) + number
                if state in OPEN:
                    rules[rule] = rules.get(rule, 0) + number
    unfollowed = sum(of_kind.get(_UNFOLLOWED, 0) for of_kind in records.values())
    named = {
        kind: {name: number for name, number in of_kind.items() if name != _UNFOLLOWED}
        for kind, of_kind in records.items()
    }
    return Counts(named, rules, states, unfollowed)


def _noted(session: Session, customer: str) -> tuple[ByKey, ByKey]:
    # A database of before there were notes has none until something is written.
    return _note(session, customer) or _counted(session, customer)


def _note(session: Session, customer: str) -> tuple[ByKey, ByKey] | None:
    note = session.execute(
        columns(_STANDING.c.records, _STANDING.c.issues).where(_STANDING.c.customer == customer)
    ).first()
    return None if note is None else (note[0], note[1])


def _counted(session: Session, customer: str) -> tuple[ByKey, ByKey]:
    records: ByKey = {}
    told: list[Any] = [
        RecordRow.kind,
        RecordRow.verdict,
        RecordRow.later,
        RecordRow.folded,
        col(RecordRow.not_received_since).is_not(None),
    ]
    for kind, verdict, later, folded, missing, number in session.execute(
        columns(*told, func.count())
        .where(
            col(RecordRow.customer) == customer, col(RecordRow.left_at).is_(None), col(RecordRow.verdict).is_not(None)
        )
        .group_by(*told)
        .order_by(*told)
    ):
        of_kind = records.setdefault(kind, {})
        found = "not_received" if missing else last_run_of(verdict, later=later, folded=folded)
        of_kind[found] = of_kind.get(found, 0) + number
    for kind, number in session.execute(
        columns(RecordRow.kind, func.count())  # type: ignore[call-overload]
        .where(col(RecordRow.customer) == customer, col(RecordRow.left_at).is_(None), col(RecordRow.unfollowed))
        .group_by(RecordRow.kind)
        .order_by(RecordRow.kind)
    ):
        records.setdefault(kind, {})[_UNFOLLOWED] = number
    issues: ByKey = {}
    for state, rule, number in session.exec(
        select(IssueRow.state, IssueRow.rule, func.count())
        .where(col(IssueRow.customer) == customer)
        .group_by(col(IssueRow.state), col(IssueRow.rule))
        .order_by(col(IssueRow.state), col(IssueRow.rule))
    ):
        issues.setdefault(state, {})[rule] = number
    return records, issues


def _over(session: Session, customer: str, now: datetime) -> list[tuple[str, str, int]]:
    """State and rule to how many issues were snoozed or waived until a time that has come."""
    rows = session.exec(
        select(IssueRow.state, IssueRow.rule, func.count())
        .where(
            col(IssueRow.customer) == customer,
            col(IssueRow.state).in_(PAUSED),
            col(IssueRow.until) <= now,
        )
        .group_by(col(IssueRow.state), col(IssueRow.rule))
    )
    return [(str(state), rule, number) for state, rule, number in rows]
