"""Purging: what is older than it need be kept goes, customer by customer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from runs.execution import locking
from runs.model.errors import Busy, UnknownCustomer
from store.base.database import Database
from store.upkeep import retention
from store.writing.standing import stand


class Purged(Struct, frozen=True):
    """What was taken away of one customer."""

    customer: str
    deleted: dict[str, int] = {}
    """What to how many, of what there was."""
    busy: bool = False
    """A run was at work: nothing but changes was taken away, and it is to be tried again."""


def purge(database: Database, before: datetime, customer: str | None, clock: Callable[[], datetime]) -> list[Purged]:
    """Take away what is from before that moment, of one customer or of all.

    Raises UnknownCustomer for one of whom nothing is stored.
    """
    with database.reading() as session:
        customers = retention.customers(session)
    if customer is not None and customer not in customers:
        raise UnknownCustomer(customers)
    return [_purged(database, one, before, clock) for one in customers if customer in (None, one)]


def _purged(database: Database, customer: str, before: datetime, clock: Callable[[], datetime]) -> Purged:
    deleted: Counter[str] = Counter()
    while True:
        with database.writing() as session:
            number = retention.purge_changes(session, customer, before)
        deleted["changes"] += number
        if number < retention.PART:
            break
    try:
        with database.erasing() as session:
            locking.alone(session, customer, clock)
            deleted += retention.purge(session, customer, before)
            stand(session, customer)
    except Busy:
        return Purged(customer, dict(+deleted), busy=True)
    return Purged(customer, dict(+deleted))
