"""Rulebooks: of each customer the versions that were in force, and the files of the last one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Table, func, insert, select, update
from sqlmodel import Session

from store.base.run_tables import RulebookRow
from store.lookup.known import chunks

RULEBOOK: Table = RulebookRow.__table__  # type: ignore[attr-defined]
_AT_ONCE = 1_000


def last_in_force(session: Session, customer: str) -> bytes | None:
    """The files of the last rulebook of a customer that was good; None where none was kept."""
    found: bytes | None = session.execute(
        select(RULEBOOK.c.files)
        .where(RULEBOOK.c.customer == customer, RULEBOOK.c.in_force_at.is_not(None))
        .order_by(RULEBOOK.c.in_force_at.desc())
        .limit(1)
    ).scalar()
    return found


def in_force_since(session: Session, customers: Collection[str]) -> dict[str, datetime]:
    """Since when the last good rulebook of each customer is in force, as far as one was kept."""
    found: dict[str, datetime] = {}
    for chunk in chunks(sorted(customers), _AT_ONCE):
        asked = (
            select(RULEBOOK.c.customer, func.max(RULEBOOK.c.in_force_at))
            .where(RULEBOOK.c.customer.in_(chunk), RULEBOOK.c.in_force_at.is_not(None))
            .group_by(RULEBOOK.c.customer)
        )
        found.update((customer, at) for customer, at in session.execute(asked))
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
