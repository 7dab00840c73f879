"""What is remembered of archived sheets: read for a run's sheets at once, written with the run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from store.base.run_tables import ArchiveRow
from store.base.tables import RecordRow
from store.lookup.known import chunks

_ARCHIVE: Table = ArchiveRow.__table__  # type: ignore[attr-defined]
_RECORD: Table = RecordRow.__table__  # type: ignore[attr-defined]
_KEY = ("customer", "sheet_id")
_FIRST = ("first_archived_at", "attendance")
"""Written once."""


class Archive(Struct, frozen=True):
    """What is remembered of one sheet; see ``store.base.run_tables.ArchiveRow``."""

    sheet_id: str
    first_archived_at: datetime | None
    archived_at: datetime | None
    times_archived: int
    archived: bool
    attendance: bytes


_COLUMNS = [_ARCHIVE.c[name] for name in Archive.__struct_fields__]


def knows_sheets(session: Session, customer: str) -> bool:
    """Whether any run of the customer ever received a sheet."""
    wanted = select(_RECORD.c.id).where(_RECORD.c.customer == customer, _RECORD.c.kind == "sheet").limit(1)
    return session.execute(wanted).first() is not None


def archives(session: Session, customer: str, sheet_ids: Iterable[str]) -> dict[str, Archive]:
    """What is remembered of these sheets, by id."""
    base = select(*_COLUMNS).where(_ARCHIVE.c.customer == customer)
    return {
        row[0]: Archive(*row)
        for chunk in chunks(sheet_ids)
        for row in session.execute(base.where(_ARCHIVE.c.sheet_id.in_(chunk)))
    }


def write_archives(session: Session, customer: str, found: Sequence[Archive]) -> None:
    """Remember; what was remembered of the first archiving stays."""
    rows: list[dict[str, Any]] = [
        {"customer": customer} | {name: getattr(one, name) for name in Archive.__struct_fields__} for one in found
    ]
    if not rows:
        return
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    statement: Any = (sqlite.insert if on_sqlite else postgresql.insert)(_ARCHIVE)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in _KEY + _FIRST}
    statement = statement.on_conflict_do_update(index_elements=list(_KEY), set_=changed)
    for chunk in chunks(rows):
        session.execute(statement, chunk)
