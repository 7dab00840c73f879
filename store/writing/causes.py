"""What waits for what: links between issues, and what records need, read and written in whole lists."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Column, Table, bindparam, case, delete, distinct, func, insert, or_, select
from sqlmodel import Session

from store.base.enums import OPEN
from store.base.tables import IssueCauseRow
from store.lookup.known import chunks
from store.writing.writes import ISSUE, RECORD, Row, settle_records

LINK: Table = IssueCauseRow.__table__  # type: ignore[attr-defined] # SQLModel does not declare it

Link = tuple[str, str]
"""An issue, and the one that it waits for."""


class Need(Struct, frozen=True):
    """What stands on a record about its issues."""

    matters_at: datetime | None
    waiting: int
    folded: bool


class Waiting(Struct, frozen=True):
    """One record that waits for an issue, or that another waits for, by the issue of its own."""

    issue_id: str
    kind: str
    source_id: str
    name: str
    rule: str
    starts_at: datetime | None


def links_of(session: Session, issues: Collection[str]) -> set[Link]:
    """What those issues wait for."""
    return {
        (issue, cause)
        for chunk in chunks(issues)
        for issue, cause in session.execute(select(LINK.c.issue_id, LINK.c.cause_id).where(LINK.c.issue_id.in_(chunk)))
    }


def links_around(session: Session, issues: Collection[str]) -> set[Link]:
    """What those issues wait for, and what waits for them."""
    return {
        (issue, cause)
        for chunk in chunks(issues)
        for issue, cause in session.execute(
            select(LINK.c.issue_id, LINK.c.cause_id).where(or_(LINK.c.issue_id.in_(chunk), LINK.c.cause_id.in_(chunk)))
        )
    }


def write_links(session: Session, links: Iterable[Link]) -> None:
    """Insert links that are not there yet."""
    for chunk in chunks(links):
        session.execute(insert(LINK), [{"issue_id": issue, "cause_id": cause} for issue, cause in chunk])


def delete_links(session: Session, links: Iterable[Link]) -> None:
    """Take links away."""
    one = delete(LINK).where(LINK.c.issue_id == bindparam("issue"), LINK.c.cause_id == bindparam("cause"))
    connection = session.connection()
    for chunk in chunks(links):
        connection.execute(one, [{"issue": issue, "cause": cause} for issue, cause in chunk])


def records_of_issues(session: Session, issues: Collection[str]) -> set[int]:
    """Numbers of the records that those issues are of."""
    return {
        record
        for chunk in chunks(issues)
        for (record,) in session.execute(select(ISSUE.c.record_id).where(ISSUE.c.id.in_(chunk)))
    }


def needs_of(session: Session, records: Collection[int]) -> dict[int, Need]:
    """What stands on those records."""
    columns = (RECORD.c.id, RECORD.c.matters_at, RECORD.c.waiting, RECORD.c.folded)
    return {
        number: Need(*rest)
        for chunk in chunks(records)
        for number, *rest in session.execute(select(*columns).where(RECORD.c.id.in_(chunk)))
    }


def weighty(session: Session, customer: str) -> set[int]:
    """Numbers of the customer's records that wait for others, or for which others wait."""
    wanted = select(RECORD.c.id).where(
        RECORD.c.customer == customer, or_(RECORD.c.folded.is_(True), RECORD.c.waiting > 0)
    )
    return set(session.execute(wanted).scalars())


def folded_records(session: Session, customer: str) -> set[int]:
    """Numbers of the customer's flagged records that only wait for others."""
    wanted = select(RECORD.c.id).where(
        RECORD.c.customer == customer, RECORD.c.verdict == "flag", RECORD.c.folded.is_(True)
    )
    return set(session.execute(wanted).scalars())


def weighed(session: Session, records: Collection[int]) -> dict[int, tuple[int, bool]]:
    """For each of those records: how many others wait for its issues, and whether all its own only wait.

    Nothing is folded under an issue that somebody put aside: it is not in the list to fold anything under.
    """
    found: dict[int, tuple[int, bool]] = {}
    symptom, cause = ISSUE.alias("symptom"), ISSUE.alias("cause")
    for chunk in chunks(records):
        waiting: dict[int, int] = dict(
            session.execute(
                select(ISSUE.c.record_id, func.count(distinct(symptom.c.record_id)))
                .join(LINK, LINK.c.cause_id == ISSUE.c.id)
                .join(symptom, symptom.c.id == LINK.c.issue_id)
                .where(ISSUE.c.record_id.in_(chunk), symptom.c.record_id != ISSUE.c.record_id)
                .group_by(ISSUE.c.record_id)
            ).all()
        )
        folded: dict[int, bool] = {
            record: issues == waits
            for record, issues, waits in session.execute(
                select(
                    ISSUE.c.record_id,
                    func.count(distinct(ISSUE.c.id)),
                    func.count(distinct(case((cause.c.state.in_(OPEN), LINK.c.issue_id)))),
                )
                .outerjoin(LINK, LINK.c.issue_id == ISSUE.c.id)
                .outerjoin(cause, cause.c.id == LINK.c.cause_id)
                .where(ISSUE.c.record_id.in_(chunk), ISSUE.c.state != "resolved")
                .group_by(ISSUE.c.record_id)
            )
        }
        found.update((record, (waiting.get(record, 0), folded.get(record, False))) for record in chunk)
    return found


def write_needs(session: Session, before: dict[int, Need], after: dict[int, Need]) -> None:
    """Write what differs."""
    rows: list[Row] = [
        {"id": number, "matters_at": need.matters_at, "waiting": need.waiting, "folded": need.folded}
        for number, need in after.items()
        if before.get(number) != need
    ]
    settle_records(session, rows)


def sizes_of(session: Session, issues: Collection[str]) -> dict[str, int]:
    """How much hangs on each issue: the issues that wait for it, and the other unresolved ones of its record."""
    found: dict[str, int] = {}
    other = ISSUE.alias("other")
    for chunk in chunks(issues):
        waiting: dict[str, int] = dict(
            session.execute(
                select(LINK.c.cause_id, func.count()).where(LINK.c.cause_id.in_(chunk)).group_by(LINK.c.cause_id)
            ).all()
        )
        beside: dict[str, int] = dict(
            session.execute(
                select(ISSUE.c.id, func.count())
                .join(other, other.c.record_id == ISSUE.c.record_id)
                .where(ISSUE.c.id.in_(chunk), other.c.id != ISSUE.c.id, other.c.state != "resolved")
                .group_by(ISSUE.c.id)
            ).all()
        )
        found.update((issue, waiting.get(issue, 0) + beside.get(issue, 0)) for issue in chunk)
    return found


def counted(session: Session, issues: Collection[str]) -> dict[str, dict[str, int]]:
    """Issue to kind to how many records wait for it."""
    symptom = ISSUE.alias("symptom")
    found: dict[str, dict[str, int]] = {}
    for chunk in chunks(issues):
        for cause, kind, number in session.execute(
            select(LINK.c.cause_id, RECORD.c.kind, func.count(distinct(RECORD.c.id)))
            .join(symptom, symptom.c.id == LINK.c.issue_id)
            .join(RECORD, RECORD.c.id == symptom.c.record_id)
            .where(LINK.c.cause_id.in_(chunk))
            .group_by(LINK.c.cause_id, RECORD.c.kind)
            .order_by(RECORD.c.kind)
        ):
            found.setdefault(cause, {})[kind] = number
    return found


def waited_for(session: Session, issues: Collection[str]) -> dict[str, list[Waiting]]:
    """Issue to the records that it waits for, by the issues to be mended there."""
    return _ends(session, issues, LINK.c.issue_id, LINK.c.cause_id)


def waiting_for(session: Session, issue: str, limit: int) -> list[Waiting]:
    """The records that wait for an issue, the soonest first."""
    return _ends(session, [issue], LINK.c.cause_id, LINK.c.issue_id, limit).get(issue, [])


def _ends(
    session: Session, issues: Collection[str], here: Column[str], there: Column[str], limit: int | None = None
) -> dict[str, list[Waiting]]:
    found: dict[str, list[Waiting]] = {}
    columns = (ISSUE.c.id, RECORD.c.kind, RECORD.c.source_id, RECORD.c.name, ISSUE.c.rule, RECORD.c.starts_at)
    for chunk in chunks(issues):
        rows = session.execute(
            select(here, *columns)
            .select_from(LINK)
            .join(ISSUE, ISSUE.c.id == there)
            .join(RECORD, RECORD.c.id == ISSUE.c.record_id)
            .where(here.in_(chunk))
            .order_by(RECORD.c.starts_at, RECORD.c.name, RECORD.c.id)
            .limit(limit)
        )
        for issue, *rest in rows:
            found.setdefault(issue, []).append(Waiting(*rest))
    return found
