"""Outcomes: what the systems that records go to said of them, read and written for whole lists."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Table, and_, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from store.base.run_tables import OutcomeRow
from store.base.tables import RecordRow
from store.lookup.known import chunks

_OUTCOME: Table = OutcomeRow.__table__  # type: ignore[attr-defined]
_RECORD: Table = RecordRow.__table__  # type: ignore[attr-defined]
_KEY = ("customer", "kind", "source_id")


class KnownOutcome(Struct, frozen=True):
    """What was said of one record; see ``store.base.run_tables.OutcomeRow``."""

    outcome: str
    code: str | None
    text: str | None
    at: datetime
    fingerprint: bytes
    told_by: str = ""


class ToldOf(Struct, frozen=True):
    """A stored record of which something is said."""

    id: int
    fingerprint: bytes
    data: bytes
    verdict: str | None
    modified_at: datetime | None


_COLUMNS = [_OUTCOME.c.kind, _OUTCOME.c.source_id, *(_OUTCOME.c[name] for name in KnownOutcome.__struct_fields__)]


def outcomes(
    session: Session, customer: str, identities: Collection[tuple[str, str]]
) -> dict[tuple[str, str], KnownOutcome]:
    """What was said of those kinds and ids."""
    base = select(*_COLUMNS).where(_OUTCOME.c.customer == customer)
    return {
        (kind, source_id): KnownOutcome(*rest)
        for chunk in chunks(identities)
        for kind, source_id, *rest in session.execute(
            base.where(
                or_(*(and_(_OUTCOME.c.kind == of, _OUTCOME.c.source_id.in_(ids)) for of, ids in _by_kind(chunk)))
            )
        )
    }


def told_of(session: Session, customer: str, identities: Collection[tuple[str, str]]) -> dict[tuple[str, str], ToldOf]:
    """The records of those kinds and ids that are known in a readable form, and have not left unless they are sheets:
    attendance is to be entered also of what the platform no longer shows."""
    base = select(_RECORD.c.kind, _RECORD.c.source_id, *(_RECORD.c[name] for name in ToldOf.__struct_fields__)).where(
        _RECORD.c.customer == customer,
        or_(_RECORD.c.left_at.is_(None), _RECORD.c.kind == "sheet"),
        _RECORD.c.data.is_not(None),
    )
    return {
        (kind, source_id): ToldOf(*rest)
        for of, chunk in _by_kind(identities)
        for kind, source_id, *rest in session.execute(base.where(_RECORD.c.kind == of, _RECORD.c.source_id.in_(chunk)))
    }


def write_outcomes(session: Session, customer: str, found: Iterable[tuple[tuple[str, str], KnownOutcome]]) -> None:
    """Note what was said last."""
    rows: list[dict[str, Any]] = [
        {"customer": customer, "kind": kind, "source_id": source_id}
        | {name: getattr(one, name) for name in KnownOutcome.__struct_fields__}
        for (kind, source_id), one in found
    ]
    if not rows:
        return
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    statement: Any = (sqlite.insert if on_sqlite else postgresql.insert)(_OUTCOME)
    changed = {name: statement.excluded[name] for name in KnownOutcome.__struct_fields__}
    statement = statement.on_conflict_do_update(index_elements=list(_KEY), set_=changed)
    for chunk in chunks(rows):
        session.execute(statement, chunk)


def _by_kind(identities: Collection[tuple[str, str]]) -> Iterable[tuple[str, list[str]]]:
    ids: dict[str, list[str]] = {}
    for kind, source_id in identities:
        ids.setdefault(kind, []).append(source_id)
    return ((kind, chunk) for kind, of_kind in ids.items() for chunk in chunks(of_kind))
