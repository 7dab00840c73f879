"""Running: what is fetched or pushed is run; a held run waits for a word; what was exchanged and when."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from engine.model.rulebook import Rulebook
from engine.records.decode import Invalid
from engine.records.kinds import Record
from engine.records.unread import unread
from runs.execution import approve as approving
from runs.execution import fetch as fetching
from runs.execution.approve import held_row
from runs.execution.execute import carry_out
from runs.guards.guard_words import said
from runs.model.answers import GuardSaid, HeldEntry, HeldRun, RunPage, RunSummary
from runs.model.errors import NotYet, UnknownRun
from runs.model.order import Order
from runs.model.received import OnPage, Received
from runs.queries.feed import summary
from runs.queries.reader_messages import ReaderMessages
from runs.service.ground import Ground, cursors
from store.base.enums import Direction
from store.queries import holds
from store.queries import questions as queries
from store.queries.questions import PAGE

_AHEAD = timedelta(days=1)
"""So far ahead may be what somebody takes for now: another clock, another zone."""


def push(
    on: Ground,
    customer_id: str,
    items: Iterable[Record | Invalid],
    complete: bool,
    direction: Direction = "downward",
    as_of: datetime | None = None,
    on_page: OnPage | None = None,
    by: str = "",
) -> RunSummary:
    """Decide pushed records and store them as a run, in one transaction at its end.

    A downward run decides the source's kinds, an upward one sheets and accounts; what else is among the items is
    stored as related records. ``complete`` says that a record of the decided kinds which is not among them is no
    longer there, unless nothing at all of its kind is; without it nothing is ever taken for gone.
    Raises UnknownCustomer, BrokenRulebook, Busy, Overtaken.
    """
    return _run(
        on,
        customer_id,
        direction,
        as_of,
        on_page,
        lambda _, __, into: fetching.pushed(items, direction, on_page, complete=complete, into=into),
        complete=complete,
        by=by,
    )


def run(
    on: Ground,
    customer_id: str,
    direction: Direction = "downward",
    as_of: datetime | None = None,
    on_page: OnPage | None = None,
    from_path: Path | None = None,
    by: str = "",
) -> RunSummary:
    """Fetch from the customer's source and platform, or read a file or folder, and store it as a run.

    Raises as ``push`` does, NothingToFetch, and FetchFailed when a system gave nothing (stored as a failed run).
    """

    def receive(rulebook: Rulebook, moment: datetime, into: Received) -> Received:
        if from_path is not None:
            return fetching.from_path(rulebook, direction, from_path, on.environ, on_page, into)
        return fetching.fetched(rulebook, direction, moment, on.environ, on_page, into, on.around)

    if from_path is None:
        fetching.must_fetch(on.rulebook(customer_id), direction)
    return _run(on, customer_id, direction, as_of, on_page, receive, complete=True, by=by)


def must_have_come(on: Ground, as_of: datetime | None) -> None:
    """See to it that a run may speak for a moment. Raises NotYet."""
    if as_of is not None and as_of > on.clock() + _AHEAD:
        raise NotYet


def _run(
    on: Ground,
    customer_id: str,
    direction: Direction,
    as_of: datetime | None,
    on_page: OnPage | None,
    receive: Callable[[Rulebook, datetime, Received], Received],
    *,
    complete: bool,
    by: str,
) -> RunSummary:
    rulebook = on.rulebook(customer_id)
    moment = as_of or on.clock()
    problems = len(on.library.problems(customer_id))

    def begin(into: Received) -> None:
        if problems:
            into.notes = [unread("rule_files_with_mistakes", number=problems)]
        receive(rulebook, moment, into)

    order = Order(rulebook, direction, moment, complete, begin, on_page, by=by)
    return summary(carry_out(on.database, on.classifiers, order, on.clock), on.clock())


def runs(
    on: Ground, customer_id: str, cursor: str | None = None, limit: int = PAGE, direction: Direction | None = None
) -> RunPage:
    """What was exchanged and when, newest first. Raises UnknownCustomer, UnreadableCursor."""
    on.must_know(customer_id)
    now = on.clock()
    with on.database.reading() as session, cursors():
        page = queries.runs(session, customer_id, cursor, limit, direction)
        return RunPage([summary(run, now) for run in page.items], page.next_cursor, page.total)


def run_summary(on: Ground, customer_id: str, run_id: int) -> RunSummary:
    """One run. Raises UnknownCustomer, UnknownRun."""
    on.must_know(customer_id)
    with on.database.reading() as session:
        found = queries.run(session, customer_id, run_id)
    if found is None:
        raise UnknownRun
    return summary(found, on.clock())


def held(
    on: Ground,
    customer_id: str,
    run_id: int,
    cursor: str | None = None,
    limit: int = PAGE,
    language: str | None = None,
) -> HeldRun:
    """Why a run is, or was, held, and what it would do, by name.

    Raises UnknownCustomer, BrokenRulebook, UnknownRun, NotHeld, UnreadableCursor, UnknownLanguage.
    """
    on.rulebook(customer_id)
    told = summary(held_row(on.database, customer_id, run_id), on.clock())
    with on.database.reading() as session, cursors():
        page = holds.entries(session, run_id, cursor, limit)
    return HeldRun(
        run=told,
        said=guard_words(on, customer_id, told, language),
        items=[msgspec.convert(row.model_dump(), HeldEntry) for row in page.items],
        next_cursor=page.next_cursor,
        total=page.total,
    )


def waiting(on: Ground, customer_id: str) -> list[RunSummary]:
    """The held runs that wait for a person's word, newest first. Raises UnknownCustomer."""
    on.must_know(customer_id)
    with on.database.reading() as session:
        return [summary(row, on.clock()) for row in holds.waiting(session, customer_id)]


def approve(on: Ground, customer_id: str, run_id: int, by: str, on_page: OnPage | None = None) -> RunSummary:
    """Do what a held run would have done, as a run of its own, which is answered. ``by`` is who says so.

    Raises UnknownCustomer, BrokenRulebook, UnknownRun, NotHeld, AlreadySettled, RulebookEdited, Busy, Overtaken.
    """
    rulebook = on.rulebook(customer_id)
    row = approving.approve(on.database, on.classifiers, rulebook, run_id, by, on.clock, on_page)
    return summary(row, on.clock())


def reject(on: Ground, customer_id: str, run_id: int, by: str) -> RunSummary:
    """Forget what a held run received. Raises UnknownCustomer, UnknownRun, NotHeld, AlreadySettled."""
    on.must_know(customer_id)
    return summary(approving.reject(on.database, customer_id, run_id, by, on.clock()), on.clock())


def guard_words(on: Ground, customer_id: str, run: RunSummary, language: str | None = None) -> list[GuardSaid]:
    """What the guards found in a run, in words. Raises UnknownCustomer, BrokenRulebook, UnknownLanguage."""
    rulebook = on.rulebook(customer_id)
    spoken = ReaderMessages(on.messages, rulebook, language).language
    held = any(trip.then == "hold" for trip in run.guards)
    return [said(trip, rulebook, on.messages, spoken, held=held) for trip in run.guards]
