"""Unsourced: what the platform has and the source has not. It is told, and never deleted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlmodel import Session

from engine.model.connector_spec import Side
from engine.records.kinds import DOWNWARD, UPWARD, Account, Sheet
from runs.model.answers import Unsourced, UnsourcedPage
from store.base.cursors import cursor_of, opened
from store.base.tables import RecordRow
from store.lookup import fingerprints
from store.lookup.known import StoredRecords, chunks, record_of
from store.queries import questions as queries

_AT_ONCE = 1_000
"""Records of the platform looked through together."""


def unsourced(session: Session, customer: str, cursor: str | None, limit: int) -> UnsourcedPage:
    """A page of accounts and sheets without a record in the source. Raises CursorError.

    None, while one of the two sides was never received: there would be nothing to hold the other against.
    """
    sides: dict[Side, tuple[str, ...]] = {"source": DOWNWARD, "platform": UPWARD}
    lacking = [side for side, kinds in sides.items() if not queries.has_any(session, customer, kinds)]
    if lacking:
        return UnsourcedPage([], None, lacking)
    (last,) = opened(cursor, 1) if cursor else (0,)
    limit = max(1, min(limit, queries.LARGEST_PAGE))
    found: list[tuple[int, Unsourced]] = []
    for number, one in _all(session, customer, last):
        found.append((number, one))
        if len(found) > limit:
            return UnsourcedPage([one for _, one in found[:limit]], cursor_of(found[limit - 1][0]))
    return UnsourcedPage([one for _, one in found], None)


def _all(session: Session, customer: str, last: int) -> Iterator[tuple[int, Unsourced]]:
    known = StoredRecords(session, customer)
    while rows := queries.records_after(session, customer, UPWARD, last, _AT_ONCE):
        there = _sources(known, rows)
        for row in rows:
            assert row.id is not None
            one = _unsourced(row, there)
            if one is not None:
                yield row.id, one
        last = rows[-1].id or 0


def _sources(known: StoredRecords, rows: Sequence[RecordRow]) -> set[tuple[str, str]]:
    """Of what they were made from, what the source still has."""
    wanted = {origin for row in rows for origin in _origins(record_of(row))}
    return {
        fingerprints.identity(record)
        for some in chunks(sorted(wanted))
        for record in known.lookup([(kind, "id", source_id) for kind, source_id in some])
    }


def _origins(record: object) -> tuple[tuple[str, str], ...]:
    """Kind and id of what it may have been made from; a school without a timetable takes attendance of classes."""
    match record:
        case Account(source_kind=str(kind), source_ref=str(ref)):
            return ((kind, ref),)
        case Sheet(source_ref=str(ref)):
            return ("session", ref), ("class", ref)
        case _:
            return ()


def _unsourced(row: RecordRow, there: set[tuple[str, str]]) -> Unsourced | None:
    record: Any = record_of(row)
    if record is None:
        return None
    origins = _origins(record)
    if not there.isdisjoint(origins):
        return None
    return Unsourced(
        kind=row.kind,
        source_id=row.source_id,
        name=row.name,
        why="source_gone" if origins else "made_by_hand",
        created_by=record.created_by,
        source_ref=record.source_ref,
        starts_at=row.starts_at,
    )
