"""Arrivals: what should be on the platform by now, asked for whole kinds at once; and what was told as not there."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Table, func, select
from sqlmodel import Session

from engine.records.kinds import Record
from store.base.enums import FINISHED
from store.base.run_tables import RunRow
from store.base.tables import IssueRow, RecordRow
from store.lookup import fingerprints
from store.lookup.known import chunks

DID_NOT_ARRIVE = "record.did_not_arrive"


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table


RUN, RECORD, ISSUE = map(_table, (RunRow, RecordRow, IssueRow))


class Due(Struct, frozen=True):
    """A record that is synced, and that should be on the platform."""

    id: int
    kind: str
    source_id: str
    verdict_at: datetime
    """Since when it is synced."""
    starts_at: datetime | None


_DUE = [RECORD.c[name] for name in Due.__struct_fields__]


def due(session: Session, customer: str, kinds: Collection[str], before: datetime) -> list[Due]:
    """Records of those kinds that are synced since then or longer, and are still received."""
    rows = session.execute(
        select(*_DUE).where(
            RECORD.c.customer == customer,
            RECORD.c.kind.in_(kinds),
            RECORD.c.verdict == "sync",
            RECORD.c.verdict_at <= before,
            RECORD.c.not_received_since.is_(None),
            RECORD.c.left_at.is_(None),
        )
    )
    return [Due(*row) for row in rows]


def told(session: Session, customer: str) -> list[Due]:
    """Records of which an unresolved issue tells that they did not arrive."""
    open_ones = select(ISSUE.c.record_id).where(
        ISSUE.c.customer == customer, ISSUE.c.rule == DID_NOT_ARRIVE, ISSUE.c.state != "resolved"
    )
    rows = session.execute(select(*_DUE).where(RECORD.c.id.in_(open_ones), RECORD.c.verdict_at.is_not(None)))
    return [Due(*row) for row in rows]


def aging(session: Session, customer: str, kinds: Collection[str]) -> list[Record]:
    """What the platform once had of those kinds and left out since, but not so often that it counts as gone."""
    rows = session.execute(
        select(RECORD.c.data).where(
            RECORD.c.customer == customer,
            RECORD.c.kind.in_(kinds),
            RECORD.c.left_at.is_(None),
            RECORD.c.not_received_since.is_not(None),
            RECORD.c.data.is_not(None),
        )
    )
    return [record for (data,) in rows if (record := fingerprints.read(data)) is not None]


def runs_at(session: Session, customer: str, moments: Iterable[datetime]) -> dict[datetime, int]:
    """Moment to the last downward run that spoke for it."""
    return {
        as_of: number
        for chunk in chunks(sorted(set(moments)))
        for as_of, number in session.execute(
            select(RUN.c.as_of, func.max(RUN.c.id))
            .where(
                RUN.c.customer == customer,
                RUN.c.direction == "downward",
                RUN.c.status.in_(FINISHED),
                RUN.c.as_of.in_(chunk),
            )
            .group_by(RUN.c.as_of)
        )
    }


def with_issue(session: Session, records: Collection[int], rules: Collection[str]) -> set[int]:
    """Those of the records that have an unresolved issue by one of the rules."""
    return {
        number
        for chunk in chunks(sorted(records))
        for (number,) in session.execute(
            select(ISSUE.c.record_id).where(
                ISSUE.c.record_id.in_(chunk), ISSUE.c.state != "resolved", ISSUE.c.rule.in_(sorted(rules))
            )
        )
    }
