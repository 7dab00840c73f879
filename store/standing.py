"""Standing: how a customer stands, counted again where it is written, so that no page counts a hundred thousand issues.

Who changes verdicts or issues calls ``stand`` at the end of the same transaction: runs, what people do to issues, and
what takes records away.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Table, func
from sqlalchemy import select as columns
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from store.enums import OPEN, PAUSED
from store.tables import IssueRow, RecordRow, StandingRow

_STANDING: Table = StandingRow.__table__  # type: ignore[attr-defined]

ByKey = dict[str, dict[str, int]]
"""Kind to verdict, or state to rule, to how many."""


class Counts(Struct, frozen=True):
    """How a customer stands: numbers only."""

    verdicts: ByKey
    """Kind to verdict to how many records."""
    rules: dict[str, int]
    """Flag rule to how many open issues."""
    states: dict[str, int]
    """State to how many issues."""


def stand(session: Session, customer: str) -> None:
    """Count again how a customer stands, and note it where that is another way."""
    counted = _counted(session, customer)
    if counted == _note(session, customer):
        return
    row = {"customer": customer, "verdicts": counted[0], "issues": counted[1]}
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    statement: Any = (sqlite.insert if on_sqlite else postgresql.insert)(_STANDING)
    changed = {name: statement.excluded[name] for name in ("verdicts", "issues")}
    session.execute(statement.on_conflict_do_update(index_elements=["customer"], set_=changed), [row])


def open_issues(session: Session, customer: str) -> int:
    """How many issues of the customer wait for a person, as it stands."""
    _, issues = _noted(session, customer)
    return sum(sum(issues.get(state, {}).values()) for state in OPEN)


def counts(session: Session, customer: str, now: datetime) -> Counts:
    """How the customer stands now: records by kind and verdict, open issues by rule, issues by state."""
    verdicts, issues = _noted(session, customer)
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
    return Counts(verdicts, rules, states)


def _noted(session: Session, customer: str) -> tuple[ByKey, ByKey]:
    # A database of before there were notes has none until something is written.
    return _note(session, customer) or _counted(session, customer)


def _note(session: Session, customer: str) -> tuple[ByKey, ByKey] | None:
    note = session.execute(
        columns(_STANDING.c.verdicts, _STANDING.c.issues).where(_STANDING.c.customer == customer)
    ).first()
    return None if note is None else (note[0], note[1])


def _counted(session: Session, customer: str) -> tuple[ByKey, ByKey]:
    verdicts: ByKey = {}
    for kind, verdict, number in session.exec(
        select(RecordRow.kind, RecordRow.verdict, func.count())
        .where(
            col(RecordRow.customer) == customer, col(RecordRow.left_at).is_(None), col(RecordRow.verdict).is_not(None)
        )
        .group_by(col(RecordRow.kind), col(RecordRow.verdict))
        .order_by(col(RecordRow.kind), col(RecordRow.verdict))
    ):
        verdicts.setdefault(kind, {})[str(verdict)] = number
    issues: ByKey = {}
    for state, rule, number in session.exec(
        select(IssueRow.state, IssueRow.rule, func.count())
        .where(col(IssueRow.customer) == customer)
        .group_by(col(IssueRow.state), col(IssueRow.rule))
        .order_by(col(IssueRow.state), col(IssueRow.rule))
    ):
        issues.setdefault(state, {})[rule] = number
    return verdicts, issues


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
