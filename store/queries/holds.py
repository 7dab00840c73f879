"""Held runs: what they received, what they would have done by name, and how they were settled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, func
from sqlmodel import select as rows_of

from store.base.cursors import cursor_of, opened
from store.base.enums import Direction, Status
from store.base.run_tables import HeldEntryRow, HeldRow, RulebookRow, RunRow
from store.lookup.known import chunks
from store.queries.questions import LARGEST_PAGE, Page

_RUN: Table = RunRow.__table__  # type: ignore[attr-defined]
_HELD: Table = HeldRow.__table__  # type: ignore[attr-defined]
_ENTRY: Table = HeldEntryRow.__table__  # type: ignore[attr-defined]
_RULEBOOK: Table = RulebookRow.__table__  # type: ignore[attr-defined]


class WouldDo(Struct, frozen=True):
    """One thing that a held run would have done; see ``store.base.run_tables.HeldEntryRow``."""

    what: str
    kind: str
    source_id: str
    name: str
    before: str | None = None
    after: str | None = None


def hold(session: Session, run_id: int, received: bytes, entries: Sequence[WouldDo]) -> None:
    """Keep what a run received and what it would have done."""
    session.execute(insert(_HELD), [{"run_id": run_id, "received": received}])
    for chunk in chunks(entries):
        rows = [{"run_id": run_id, **{name: getattr(one, name) for name in WouldDo.__struct_fields__}} for one in chunk]
        session.execute(insert(_ENTRY), rows)


def received(session: Session, run_id: int) -> bytes | None:
    """What a held run received; None once it is settled."""
    found: bytes | None = session.execute(select(_HELD.c.received).where(_HELD.c.run_id == run_id)).scalar()
    return found


def entries(session: Session, run_id: int, cursor: str | None, limit: int) -> Page[HeldEntryRow]:
    """A page of what a held run would have done. Raises CursorError for a cursor it did not give."""
    wanted = [col(HeldEntryRow.run_id) == run_id]
    total = session.exec(rows_of(func.count()).select_from(HeldEntryRow).where(*wanted)).one()
    if cursor:
        (last,) = opened(cursor, 1)
        wanted.append(col(HeldEntryRow.id) > last)
    limit = max(1, min(limit, LARGEST_PAGE))
    found = session.exec(rows_of(HeldEntryRow).where(*wanted).order_by(col(HeldEntryRow.id)).limit(limit + 1)).all()
    shown = list(found[:limit])
    return Page(shown, cursor_of(shown[-1].id) if len(found) > limit else None, total)


def waiting(session: Session, customer: str, direction: Direction | None = None) -> Sequence[RunRow]:
    """The customer's held runs that wait for a person's word, newest first."""
    wanted = [col(RunRow.customer) == customer, col(RunRow.status) == "held"]
    if direction is not None:
        wanted.append(col(RunRow.direction) == direction)
    return session.exec(rows_of(RunRow).where(*wanted).order_by(col(RunRow.id).desc())).all()


def settle(session: Session, run_id: int, status: Status, now: datetime, by: str) -> bool:
    """Settle a held run and forget what it received; False when it was settled already."""
    result = session.connection().execute(
        update(_RUN)
        .where(_RUN.c.id == run_id, _RUN.c.status == "held")
        .values(status=status, settled_at=now, settled_by=by)
    )
    session.execute(delete(_HELD).where(_HELD.c.run_id == run_id))
    return result.rowcount == 1


def parts(session: Session, customer: str, version: str) -> dict[str, str] | None:
    """What that version of a customer's rulebook was made of; None for one that no run has used."""
    wanted = select(_RULEBOOK.c.parts).where(_RULEBOOK.c.customer == customer, _RULEBOOK.c.version == version)
    found: dict[str, str] | None = session.execute(wanted).scalar()
    return found


def remember_parts(session: Session, customer: str, version: str, of: Mapping[str, str]) -> None:
    """Keep what a version of a customer's rulebook is made of."""
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    statement: Any = (sqlite.insert if on_sqlite else postgresql.insert)(_RULEBOOK)
    session.execute(statement.on_conflict_do_nothing(), [{"customer": customer, "version": version, "parts": dict(of)}])
