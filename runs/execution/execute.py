"""A run, step by step: it takes its place, receives, loads what is known, decides, and persists what it found."""

from __future__ import annotations

from runs.execution.classifiers import Classifiers
from runs.execution.decide import decide
from runs.execution.load import asking, load
from runs.execution.locking import Clock, beating, take_place
from runs.execution.persist import given_up_on_failure, persist
from runs.model.order import Order
from runs.model.received import Received
from store.base.database import Database
from store.base.run_tables import RunRow


def carry_out(database: Database, classifiers: Classifiers, order: Order, clock: Clock) -> RunRow:
    """Run, and give its row as stored. Nothing is written before the end but that the run is at work.

    Raises Busy, Overtaken, AlreadySettled, and FetchFailed, after which the run is stored as failed.
    """
    place = take_place(database, order, clock)
    received = Received()
    with given_up_on_failure(database, place, received, clock):
        with beating(database, place, clock):
            order.receive(received)
            loaded = load(database, classifiers, order, received, place.run_id)
            findings = decide(order, loaded)
            while again := asking(database, loaded, findings):
                # What was decided of some is asked by others, which are decided with them; those in turn by others.
                loaded = load(database, classifiers, order, received, place.run_id, [*loaded.again, *again])
                findings = decide(order, loaded)
        return persist(database, order, loaded, findings, place, clock)
