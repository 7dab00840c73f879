"""One run of a customer and direction at a time, whoever starts it: the row of the running run is the lock.

The owner says regularly that it is alive. A run whose owner is gone is marked as cut off by whoever wants its place;
should the owner live after all, it finds so before it writes (``keep``) and writes nothing. Runs of both directions
and what people do to a customer's issues are written one after the other (``turn``).
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Protocol

from msgspec import Struct
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlmodel import Session, col, select

from runs.model.errors import Busy, Overtaken
from runs.model.order import Order
from store.base.database import Database
from store.base.enums import Direction
from store.base.run_tables import RunRow

Clock = Callable[[], datetime]

BEAT = 15.0
"""Seconds between two signs of life."""
SILENCE = timedelta(seconds=120)
"""Without a sign of life for so long, an owner on another machine counts as gone."""


class Place(Struct, frozen=True):
    """What a run holds while it is at work."""

    run_id: int
    owner: str
    """The process that runs it."""


def take_place(database: Database, order: Order, clock: Clock) -> Place:
    """Begin to run what was ordered. Raises Busy."""
    started = clock()
    # This process, told apart from every other and from itself in another run.
    owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(8)}"
    row = RunRow(
        customer=order.rulebook.customer.id,
        direction=order.direction,
        status="running",
        complete=order.complete,
        as_of=order.as_of,
        started_at=started,
        heartbeat_at=started,
        asked_by=order.by,
        owner=owner,
        rulebook_version=order.rulebook.version,
        approves=order.approves,
    )
    return Place(claim(database, row, clock), owner)


def claim(database: Database, run: RunRow, clock: Clock) -> int:
    """Store the run as running and give its number. Raises Busy when there is one at work already."""
    try:
        with database.writing() as session:
            other = _running(session, run.customer, run.direction)
            if other is not None:
                if alive(other, clock()):
                    raise Busy(run.direction, _number(other))
                _cut_off(session, other)
            session.add(run)
            session.flush()
            return _number(run)
    except IntegrityError:
        # On PostgreSQL two may look at once and see none; the unique index lets one of them in.
        with database.reading() as session:
            other = _running(session, run.customer, run.direction)
        raise Busy(run.direction, 0 if other is None else _number(other)) from None


def _cut_off(session: Session, gone: RunRow) -> None:
    """Take a run's place away, unless it has meanwhile ended or given a sign of life: then nothing is written.

    On PostgreSQL this waits for the transaction in which an owner that was only slow writes what it found.
    """
    session.connection().execute(
        update(RunRow)
        .where(
            col(RunRow.id) == _number(gone),
            col(RunRow.status) == "running",
            col(RunRow.heartbeat_at) == gone.heartbeat_at,
        )
        .values(status="cut_off", finished_at=gone.heartbeat_at)
    )


def turn(session: Session, customer: str) -> None:
    """Wait until nobody else writes what is known of a customer, and let nobody begin to before the transaction ends.

    A downward and an upward run store the same accounts and sheets, and a person settles issues while both do: on
    PostgreSQL each would wait for rows of the other's. On SQLite every transaction that writes has the file to itself.
    """
    if session.get_bind().dialect.name == "postgresql":
        digest = blake2b(customer.encode(), digest_size=8, person=b"muster turn").digest()
        session.execute(
            text("SELECT pg_advisory_xact_lock(:number)"), {"number": int.from_bytes(digest, "big", signed=True)}
        )


def alone(session: Session, customer: str, clock: Clock) -> None:
    """Make sure that no run of the customer is at work, nor begins before the transaction ends. Raises Busy."""
    turn(session, customer)
    if session.get_bind().dialect.name == "postgresql":
        # On SQLite the transaction itself keeps every other writer waiting.
        session.connection().exec_driver_sql("LOCK TABLE run IN SHARE ROW EXCLUSIVE MODE")
    for run in session.exec(select(RunRow).where(RunRow.customer == customer, RunRow.status == "running")):
        if alive(run, clock()):
            raise Busy(run.direction, _number(run))


@contextmanager
def beating(database: Database, place: Place, clock: Clock) -> Iterator[None]:
    """Give signs of life while the block runs."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(BEAT):
            # A database that is away, or busy with another's large write, is asked again at the next beat.
            with suppress(SQLAlchemyError), database.writing() as session:
                _touch(session, place, clock())

    thread = threading.Thread(target=beat, name="run-heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def keep(session: Session, place: Place, now: datetime) -> None:
    """Make sure, first thing in the transaction that writes, that the run still has its place. Raises Overtaken."""
    if not _touch(session, place, now):
        raise Overtaken


def _touch(session: Session, place: Place, now: datetime) -> bool:
    result = session.connection().execute(
        update(RunRow)
        .where(col(RunRow.id) == place.run_id, col(RunRow.owner) == place.owner, col(RunRow.status) == "running")
        .values(heartbeat_at=now)
    )
    return result.rowcount == 1


def _running(session: Session, customer: str, direction: Direction) -> RunRow | None:
    return session.exec(
        select(RunRow).where(RunRow.customer == customer, RunRow.direction == direction, RunRow.status == "running")
    ).first()


class Owned(Protocol):
    """What tells whether somebody is still at work."""

    owner: str
    heartbeat_at: datetime


def alive(run: Owned, now: datetime) -> bool:
    """Whether the owner of a running run is still there, as far as can be told.

    A sign of life from the future is none either: the clock went back, and who lives gives another at once. Whoever is
    taken for gone meanwhile is overtaken, and writes nothing.
    """
    if abs(now - run.heartbeat_at) > SILENCE:
        return False
    host, process, _ = run.owner.rsplit(":", 2)
    if host != socket.gethostname() or os.name != "posix":
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _number(run: RunRow) -> int:
    assert run.id is not None, "a stored run has a number"
    return run.id
