"""Exchanges: of each customer and direction, the newest run that ended in each way; all customers in one question."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, get_args

from msgspec import Struct
from sqlalchemy import Table, bindparam, func, select, union
from sqlmodel import Session

from store.base.enums import Direction, Status
from store.base.run_tables import RunRow
from store.lookup.known import chunks

_RUN: Table = RunRow.__table__  # type: ignore[attr-defined]
_SAYS_NOTHING: tuple[Status, ...] = ("approved", "superseded")
"""Of one that ended so, a later run tells how exchanges stand."""


class Exchanged(Struct):
    """What health reads of a run."""

    id: int
    customer: str
    direction: Direction
    status: Status
    complete: bool
    as_of: datetime
    started_at: datetime
    approves: int | None
    received: int
    failures: list[dict[str, Any]]
    notes: list[Any]
    freshness: dict[str, str]
    owner: str
    heartbeat_at: datetime


Newest = Mapping[tuple[str, Direction], list[Exchanged]]

_READ = [_RUN.c[name] for name in Exchanged.__struct_fields__]
_WHOSE = _RUN.c.customer.in_(bindparam("whose", expanding=True))
_ENDED = (_RUN.c.customer, _RUN.c.direction, _RUN.c.status, _RUN.c.complete)
# Built once: it is asked for every page and every batch that is classified. All of it is read off one index.
_NEWEST = select(func.max(_RUN.c.id)).where(_WHOSE, _RUN.c.status.not_in(_SAYS_NOTHING)).group_by(*_ENDED)
_HELD = select(_RUN.c.id).where(_WHOSE, _RUN.c.direction.in_(get_args(Direction)), _RUN.c.status == "held")
_ASKED = select(*_READ).where(_RUN.c.id.in_(union(_NEWEST, _HELD))).order_by(_RUN.c.id)
_FIRST = select(_RUN.c.customer, _RUN.c.started_at).where(
    _RUN.c.id.in_(select(func.min(_RUN.c.id)).where(_WHOSE).group_by(_RUN.c.customer))
)
_AT_ONCE = 1_000


def newest(session: Session, customers: Collection[str]) -> Newest:
    """Customer and direction to the newest runs of each end, and every held one that waits for a word; oldest first.

    Of each end there are two: the newest that was asked for as everything that there is, and the newest piece.
    """
    found: dict[tuple[str, Direction], list[Exchanged]] = {}
    for chunk in chunks(sorted(customers), _AT_ONCE):
        for row in session.connection().execute(_ASKED, {"whose": chunk}):
            one = Exchanged(*row)
            found.setdefault((one.customer, one.direction), []).append(one)
    return found


def first_begun(session: Session, customers: Collection[str]) -> dict[str, datetime]:
    """When the first run of each customer was begun, in whichever direction."""
    found: dict[str, datetime] = {}
    for chunk in chunks(sorted(customers), _AT_ONCE):
        found.update((row.customer, row.started_at) for row in session.connection().execute(_FIRST, {"whose": chunk}))
    return found
