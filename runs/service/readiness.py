"""Health: how the service stands, in counts only."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError

from engine.model.problems import RuleFileError
from runs.execution import fetch as fetching
from runs.model.answers import CustomerHealth, Health
from runs.queries.feed import summary
from runs.service.ground import Ground
from store import queries


def health(on: Ground) -> Health:
    """How the service stands, in counts only. Never raises for what the database or a rule file does."""
    found: list[CustomerHealth] = []
    try:
        database = not on.database.behind()
    except SQLAlchemyError:
        database = False
    for customer_id in on.customers():
        try:
            found.append(_health_of(on, customer_id, database=database))
        except KeyError:
            continue  # its file was taken away just now
        except SQLAlchemyError:
            database = False
            found.append(_health_of(on, customer_id, database=False))
    return Health(database and not any(one.problems for one in found), database, found)


def _health_of(on: Ground, customer_id: str, *, database: bool) -> CustomerHealth:
    problems = len(on.library.problems(customer_id))
    usable = True
    try:
        on.library.rulebook(customer_id)
    except RuleFileError:
        usable = False
    if not database:
        return CustomerHealth(customer_id, problems, usable)
    with on.database.reading() as session:
        last = {way: queries.last_run(session, customer_id, way) for way in fetching.DECIDED}
        latest = queries.runs(session, customer_id, limit=1).items
    return CustomerHealth(
        customer=customer_id,
        problems=problems,
        usable=usable,
        last_downward=None if (run := last["downward"]) is None else run.finished_at,
        last_upward=None if (run := last["upward"]) is None else run.finished_at,
        last_status=summary(latest[0], on.clock()).status if latest else None,
    )
