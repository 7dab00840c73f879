"""Health: how exchanges stand, judged from what is planned and what was tried; read for all customers at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct
from sqlmodel import Session

from engine.model.connector_spec import Schedule
from engine.model.rulebook import Rulebook
from engine.records.needs import OF_THE_CONNECTION
from engine.records.unread import Failure, Unread
from engine.rulefiles.check.messages import unshown
from runs.execution.locking import alive
from runs.execution.schedules import missed, next_run
from runs.model.health import STATES, CustomerHealth, Exchange, State
from runs.queries.health_words import rules_said, said
from runs.queries.reader_messages import ReaderMessages
from store.base.enums import Direction, Status
from store.queries import exchanges, rulebooks
from store.queries.exchanges import Exchanged

GRACE = timedelta(minutes=30)
"""How long after its time a run may begin and is not late yet; one that begins so long before it counts for it."""
_A_DAY = timedelta(days=1)
"""How much counts of a direction in which nothing was ever begun, where nothing tells since when it is planned."""
_WRONG_CLOCK = timedelta(hours=2)
"""A run that was begun so far ahead was begun by a clock that went wrong: it says nothing of what was missed since."""
_GOOD: tuple[Status, ...] = ("completed", "completed_with_issues")


class Ended(Struct, frozen=True):
    """What is known of a run that has ended."""

    id: int
    status: Status
    as_of: datetime
    started_at: datetime
    received: int = 1
    failures: tuple[Failure, ...] = ()
    freshness: dict[str, str] = {}
    remarks: tuple[Unread, ...] = ()


class Tried(Struct, frozen=True):
    """What one direction of a customer has tried."""

    last: Ended | None = None
    """The last that ended and still says something."""
    good: Ended | None = None
    """The last that read everything and was let through."""
    begun_at: datetime | None = None
    """When one was last begun, however it ended."""
    running_since: datetime | None = None
    held: tuple[int, ...] = ()
    """Runs that wait for a person's word."""
    piece_at: datetime | None = None
    """The last good piece, by its moment."""
    other_since: datetime | None = None
    """Where nothing was ever begun this way: when the customer's first run was, the other way."""
    planned_since: datetime | None = None
    """Where nothing was ever begun this way: since when it is planned, at the least."""


def judge(direction: Direction, times: Sequence[str], zone: str, tried: Tried, now: datetime) -> Exchange:
    """How one direction stands; ``times`` are its planned starts. Without any it is never late."""
    last, since, number = tried.last, None, 0
    begun_at = tried.begun_at
    counted_from = None if begun_at is None else begun_at + GRACE
    if begun_at is None:
        # Before it was planned nothing was missed, whatever went the other way.
        counted_from = tried.planned_since
        if counted_from is None and tried.other_since is not None:
            counted_from = max(tried.other_since, now - _A_DAY)
    if counted_from is not None and tried.running_since is None:
        since, number = missed(times, zone, counted_from, now - GRACE)
    state: State = "late" if number else "never" if last is None else _STATES.get(last.status, "well")
    if state == "well" and last is not None and not last.received and direction == "downward":
        state = "empty"
    good = [] if tried.good is None else [tried.good.as_of]
    if state == "well" and tried.piece_at is not None:
        good.append(tried.piece_at)
    return Exchange(
        direction=direction,
        state=state,
        last_good=max(good, default=None),
        last_try=None if last is None else last.started_at,
        last_status=None if last is None else last.status,
        run_id=None if last is None else last.id,
        running_since=tried.running_since,
        next_run=next_run(times, zone, now),
        late_since=since,
        missed=number,
        held=list(tried.held),
        failures=[] if last is None else list(last.failures),
        freshness={} if tried.good is None else tried.good.freshness,
        remarks=[] if tried.good is None else list(tried.good.remarks),
    )


_STATES: dict[Status, State] = {
    "failed": "failed",
    "cut_off": "failed",
    "held": "held",
    "rejected": "rejected",
    "partial": "partial",
}


def tried_of(found: Sequence[Exchanged], now: datetime) -> Tried:
    """What was tried, of the newest runs of each end, oldest first.

    A piece that was sent mends nothing of a fetch that failed: it counts where nothing whole was ever asked for.
    """
    at_work = [one for one in found if one.status == "running" and alive(one, now)]
    whole = [one for one in found if one.complete] or found
    ended = [_ended(one) for one in whole if one not in at_work]
    # What was approved was received when the held run was begun.
    begun = [one.as_of if one.approves else one.started_at for one in whole]
    told = [at for at in begun if at <= now + _WRONG_CLOCK]
    return Tried(
        last=ended[-1] if ended else None,
        good=next((one for one in reversed(ended) if one.status in _GOOD and one.received), None),
        begun_at=max(told, default=now - _A_DAY if begun else None),
        running_since=at_work[-1].started_at if at_work else None,
        held=tuple(one.id for one in reversed(found) if one.status == "held"),
        piece_at=max((one.as_of for one in found if one.status in _GOOD and not one.complete), default=None),
    )


def _ended(one: Exchanged) -> Ended:
    # A process that is gone has cut its run off, though nobody wrote so yet.
    status: Status = "cut_off" if one.status == "running" else one.status
    failures = tuple(msgspec.convert(one.failures, list[Failure]))
    notes = msgspec.convert(one.notes, list[Unread | str])
    remarks = tuple(note for note in notes if isinstance(note, Unread) and note.code in OF_THE_CONNECTION)
    return Ended(one.id, status, one.as_of, one.started_at, one.received, failures, one.freshness, remarks)


def exchanges_of(
    session: Session, plans: Mapping[str, tuple[Schedule, str]], now: datetime
) -> dict[str, list[Exchange]]:
    """How the exchanges of customers stand, by their schedules and zones, in one question.

    Downward always; upward once it is planned or was tried.
    """
    found = exchanges.newest(session, plans)
    ways = {
        (customer, way): times
        for customer, (schedule, _) in plans.items()
        for way, times in _ways(schedule)
        if way == "downward" or times or (customer, way) in found
    }
    begun = {customer for customer, _ in found}
    waiting = {customer for (customer, way), times in ways.items() if times and (customer, way) not in found}
    since = exchanges.first_begun(session, waiting & begun) if waiting & begun else {}
    planned = rulebooks.in_force_since(session, waiting) if waiting else {}
    told: dict[str, list[Exchange]] = {}
    for (customer, way), times in ways.items():
        tried = tried_of(found.get((customer, way), []), now)
        if tried.begun_at is None:
            tried = msgspec.structs.replace(tried, other_since=since.get(customer), planned_since=planned.get(customer))
        told.setdefault(customer, []).append(judge(way, times, plans[customer][1], tried, now))
    return told


def _ways(schedule: Schedule) -> tuple[tuple[Direction, tuple[str, ...]], ...]:
    return ("downward", schedule.downward), ("upward", schedule.upward)


def schedules_of(rulebooks: Mapping[str, Rulebook | None]) -> dict[str, tuple[Schedule, str]]:
    """When runs of customers are planned, and in which zone; nothing is known of those without a rulebook in force."""
    return {
        customer: (Schedule(), "UTC") if one is None else (one.customer.schedule, one.customer.zone)
        for customer, one in rulebooks.items()
    }


def customer_health(session: Session, wording: ReaderMessages, problems: int, now: datetime) -> CustomerHealth:
    """How one customer stands, in the reader's language."""
    rulebook = wording.rulebook
    customer = rulebook.customer
    told = exchanges_of(session, schedules_of({customer.id: rulebook}), now)[customer.id]
    mistakes = len(unshown(rulebook))
    return CustomerHealth(
        customer=customer.id,
        state=worst(told),
        exchanges=[said(one, rulebook, wording.messages, wording.language) for one in told],
        problems=problems,
        rulebook_version=rulebook.version,
        unshown=mistakes,
        rules=rules_said(problems, mistakes, wording.language),
    )


def stalled_ways(session: Session, rulebook: Rulebook, now: datetime) -> set[Direction]:
    """The directions in which nobody may be promised a run of the customer.

    None, of a customer of whom nothing was ever stored: who only has batches classified runs its exchanges elsewhere,
    and what is planned is all that is known of them.
    """
    customer = rulebook.customer.id
    told = exchanges_of(session, schedules_of({customer: rulebook}), now)[customer]
    known = any(one.last_status is not None or one.running_since is not None for one in told)
    return {one.direction for one in told if known and one.stalled}


def worst(told: Sequence[Exchange]) -> State:
    """The state that needs somebody most; a direction that was never tried says nothing where the other was."""
    states = {one.state for one in told}
    if len(states) > 1:
        states.discard("never")
    return next(state for state in STATES if state in states)
