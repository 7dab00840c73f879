"""Approving and rejecting held runs: one does what the run would have done, the other forgets what it received."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from engine.model.rulebook import Rulebook
from runs.execution.classifiers import Classifiers
from runs.execution.execute import carry_out
from runs.guards.held import unpacked
from runs.model.errors import AlreadySettled, NotHeld, RulebookEdited, UnknownRun
from runs.model.order import Order
from runs.model.received import OnPage, Received
from store.base.database import Database
from store.base.run_tables import RunRow
from store.lookup import fingerprints
from store.queries import holds
from store.queries import questions as queries
from store.writing import writes

_SETTLED = ("approved", "rejected", "superseded")


def held_row(database: Database, customer: str, run_id: int) -> RunRow:
    """A run that is or was held. Raises UnknownRun, NotHeld."""
    with database.reading() as session:
        row = queries.run(session, customer, run_id)
    if row is None:
        raise UnknownRun
    if row.status != "held" and row.status not in _SETTLED:
        raise NotHeld
    return row


def approve(
    database: Database,
    classifiers: Classifiers,
    rulebook: Rulebook,
    run_id: int,
    by: str,
    clock: Callable[[], datetime],
    on_page: OnPage | None = None,
) -> RunRow:
    """Do, as a run of its own, what a held run would have done at its moment; no guard holds it again.

    Raises UnknownRun, NotHeld, AlreadySettled, RulebookEdited, Busy, Overtaken.
    """
    customer = rulebook.customer.id
    row = held_row(database, customer, run_id)
    if row.status != "held":
        raise AlreadySettled
    if row.rulebook_version != rulebook.version:
        raise RulebookEdited
    order = Order(
        rulebook=rulebook,
        direction=row.direction,
        as_of=row.as_of,
        complete=row.complete,
        receive=lambda received: _receive(database, row, run_id, received),
        on_page=on_page,
        approves=run_id,
        by=by,
    )
    return carry_out(database, classifiers, order, clock)


def reject(database: Database, customer: str, run_id: int, by: str, now: datetime) -> RunRow:
    """Forget what a held run received. Raises UnknownRun, NotHeld, AlreadySettled."""
    held_row(database, customer, run_id)
    with database.writing() as session:
        if not holds.settle(session, run_id, "rejected", now, by):
            raise AlreadySettled
    return held_row(database, customer, run_id)


def _receive(database: Database, row: RunRow, run_id: int, received: Received) -> None:
    with database.reading() as session:
        kept = holds.received(session, run_id)
        if kept is None:
            raise AlreadySettled
        unpacked(kept, received)
        _renew(received, writes.changed_since(session, row.customer, run_id), complete=row.complete)


def _renew(received: Received, newer: Mapping[tuple[str, str], bytes | None], *, complete: bool) -> None:
    """Let what came after the held run, in pieces or from the other direction, stand as it is now."""
    if not complete:
        received.items = [item for item in received.items if fingerprints.identity(item) not in newer]
        return
    records = {identity: fingerprints.read(data) for identity, data in newer.items() if data is not None}
    there = {fingerprints.identity(item) for item in received.items}
    # Put in its place and not left out: a sheet without one of its marks would look changed.
    received.items = [records.get(fingerprints.identity(item)) or item for item in received.items]
    received.items += [
        record
        for identity, record in records.items()
        if record is not None and identity not in there and identity[0] in received.asked
    ]
