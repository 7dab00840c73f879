"""Forgetting: one person's records, and all that others' records say of them, are taken away in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from runs.execution import locking
from runs.issues.causes import weigh
from runs.model.errors import HeldBack, UnknownCustomer, UnknownKind
from store.base.database import Database
from store.upkeep import forgetting, retention
from store.upkeep.forgetting import Forgotten
from store.upkeep.person import WHO
from store.writing.causes import weighty
from store.writing.standing import stand


def forget(database: Database, customer: str, kind: str, source_id: str, clock: Callable[[], datetime]) -> Forgotten:
    """Forget the person of that kind and id, be there a record of them or not.

    While a source still gives the person, the next run brings them back. Raises UnknownKind for what is no person,
    UnknownCustomer for one of whom nothing is stored, Busy while a run is at work, HeldBack while one is held.
    """
    if kind not in WHO:
        raise UnknownKind(WHO)
    with database.reading() as session:
        customers = retention.customers(session)
    if customer not in customers:
        raise UnknownCustomer(customers)
    with database.erasing() as session:
        locking.alone(session, customer, clock)
        if forgetting.is_held(session, customer):
            raise HeldBack
        forgotten = forgetting.forget(session, customer, kind, source_id)
        # What waited for an issue of theirs waits for nothing now, and is to be seen again.
        weigh(session, weighty(session, customer))
        stand(session, customer)
        return forgotten
