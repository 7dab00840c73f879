"""Rulebooks: of each customer the versions that were in force, and the files of the last one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Table, insert, select, update
from sqlmodel import Session

from store.run_tables import RulebookRow

RULEBOOK: Table = RulebookRow.__table__  # type: ignore[attr-defined]


def last_in_force(session: Session, customer: str) -> bytes | None:
    """The files of the last rulebook of a customer that was good; None where none was kept."""
    found: bytes | None = session.execute(
        select(RULEBOOK.c.files)
        .where(RULEBOOK.c.customer == customer, RULEBOOK.c.in_force_at.is_not(None))
        .order_by(RULEBOOK.c.in_force_at.desc())
        .limit(1)
    ).scalar()
    return found


def keep(session: Session, customer: str, version: str, parts: Mapping[str, str], files: bytes, now: datetime) -> None:
    """Keep a good version as the last; the files of those before it are kept no longer."""
    of_customer = RULEBOOK.c.customer == customer
    session.execute(update(RULEBOOK).where(of_customer).values(files=None, in_force_at=None))
    new: dict[str, Any] = {"files": files, "in_force_at": now}
    changed = session.connection().execute(
        update(RULEBOOK).where(of_customer, RULEBOOK.c.version == version).values(new)
    )
    if not changed.rowcount:
        row = {"customer": customer, "version": version, "parts": dict(parts)}
        session.execute(insert(RULEBOOK).values(row | new))
