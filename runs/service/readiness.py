"""Health: how each customer stands, and the service in counts only."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from engine.model.problems import RuleFileError
from engine.model.rulebook import Rulebook
from engine.rulefiles.check.messages import unshown
from runs.model.health import CustomerHealth, Exchange, Health
from runs.queries.health import customer_health, exchanges_of, schedules_of, worst
from runs.queries.reader_messages import ReaderMessages
from runs.service.ground import Ground
from runs.service.watch import FEW, Seen


def health(on: Ground) -> Health:
    """How the service stands, in counts only, at once: of many customers from what is known. Never raises for what the
    database or a rule file does."""
    customers = on.customers()
    few = len(customers) <= FEW
    seen = Seen(_stand(on, customers), on.clock()) if few else on.watch.seen(partial(_one_by_one, on))
    try:
        database = not on.database.behind() and on.database.writable()
    except SQLAlchemyError:
        database = False
    found = [seen.customers[name] for name in customers if name in seen.customers]
    ok = database and len(found) == len(customers) and not any(one.problems for one in found)
    return Health(ok, database, found, len(customers) - len(found), seen.looked_at)


def _one_by_one(on: Ground) -> Iterator[dict[str, CustomerHealth]]:
    """How all customers stand. After each that had to be loaded, others get their turn."""
    customers = on.customers()
    for at in range(0, len(customers), FEW):
        for customer_id in customers[at : at + FEW]:
            begun = time.monotonic()
            with suppress(KeyError):
                on.library.problems(customer_id)
            time.sleep(time.monotonic() - begun)
        yield _stand(on, customers[at : at + FEW])


def _stand(on: Ground, customers: Sequence[str]) -> dict[str, CustomerHealth]:
    """How these customers stand."""
    rulebooks: dict[str, Rulebook | None] = {}
    problems: dict[str, int] = {}
    for customer_id in customers:
        try:
            problems[customer_id] = len(on.library.problems(customer_id))
            rulebooks[customer_id] = on.library.rulebook(customer_id)
        except KeyError:
            problems.pop(customer_id, None)  # its file was taken away just now
        except RuleFileError:
            rulebooks[customer_id] = None
    try:
        told = _exchanges(on, rulebooks)
    except SQLAlchemyError:
        told = {}
    return {
        customer_id: CustomerHealth(
            customer=customer_id,
            state=worst(told[customer_id]) if customer_id in told else "never",
            exchanges=told.get(customer_id, []),
            problems=problems[customer_id],
            unshown=0 if rulebook is None else len(unshown(rulebook)),
            usable=rulebook is not None,
        )
        for customer_id, rulebook in rulebooks.items()
    }


def _exchanges(on: Ground, rulebooks: Mapping[str, Rulebook | None]) -> dict[str, list[Exchange]]:
    with on.database.reading() as session:
        return exchanges_of(session, schedules_of(rulebooks), on.clock())


def health_of(on: Ground, customer_id: str, language: str | None = None) -> CustomerHealth:
    """How one customer stands, in words. Raises UnknownCustomer, BrokenRulebook, UnknownLanguage."""
    wording = ReaderMessages(on.messages, on.rulebook(customer_id), language)
    with on.database.reading() as session:
        return customer_health(session, wording, len(on.library.problems(customer_id)), on.clock())
