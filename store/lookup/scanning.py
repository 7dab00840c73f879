"""Reading all that is stored of a customer, some thousands at a time: no more of it is in memory at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import or_, select
from sqlmodel import Session

from engine.model.decisions import Verdict
from engine.records.kinds import Record
from store.base.tables import RecordRow
from store.lookup import fingerprints
from store.lookup.known import dated

RECORD: Any = RecordRow.__table__  # type: ignore[attr-defined]


class Stored(Struct, frozen=True):
    """One record as it stands in the store."""

    id: int
    source_id: str
    name: str
    data: bytes | None
    modified_at: datetime | None
    starts_at: datetime | None
    verdict: Verdict | None
    matches: bytes

    @property
    def record(self) -> Record | None:
        """The record itself; None where what was received could not be read."""
        found = None if self.data is None else fingerprints.read(self.data)
        return None if found is None else dated(found, self.modified_at)


_COLUMNS = [RECORD.c[name] for name in Stored.__struct_fields__]


def stored_records(session: Session, customer: str, kind: str, since: datetime, size: int) -> Iterator[list[Stored]]:
    """The records of a kind that are there, by id, in lists of at most ``size``.

    Without sessions and sheets that nothing decides any more because their day was over before ``since``.
    """
    statement = (
        select(*_COLUMNS)
        .where(
            RECORD.c.customer == customer,
            RECORD.c.kind == kind,
            RECORD.c.left_at.is_(None),
            or_(RECORD.c.verdict.is_not(None), RECORD.c.starts_at.is_(None), RECORD.c.starts_at >= since),
        )
        .order_by(RECORD.c.source_id)
        .limit(size)
    )
    after = ""
    while True:
        rows = [Stored(*row) for row in session.execute(statement.where(RECORD.c.source_id > after))]
        if rows:
            yield rows
        if len(rows) < size:
            return
        after = rows[-1].source_id
