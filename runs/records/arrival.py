"""Arrival: what was synced and should be on the platform by now, held against what the platform shows.

Nothing is said of what could not be seen: before the platform was read completely, later than its own delay; of a
session whose sheet is not of the days that were read; of anything while a part of the answer could not be read. What
the platform showed once and left out since counts as seen until it is gone. Matched as effects are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any, cast

from sqlmodel import Session

from connectors.contract import Window
from engine.matching.classifier import Classifier
from engine.model.connector_spec import HELD_AGAINST
from engine.records.decode import Invalid
from engine.records.kinds import Account, Record, Sheet, kind_of
from engine.records.unread import Unread, unread
from engine.relations.neighbourhood import Situation
from runs.model.arrivals import Arrivals, NotThere
from runs.model.findings import Findings, Identity
from runs.model.guard_findings import Trip
from runs.model.order import Order
from runs.model.received import Received
from runs.records.effects import followed, there
from runs.records.outcomes import answered
from store.lookup import arrivals, fingerprints
from store.lookup.arrivals import Due
from store.lookup.known import StoredRecords
from store.lookup.outcomes import KnownOutcome
from store.writing import writes

_SETTING = "arrives_within_hours"
_WHOSE = frozenset({"role", "source_kind", "source_ref", "email", "username"})
"""Fields by which it is told whose an account or a sheet is."""


def looked_for(
    session: Session,
    order: Order,
    days: Window,
    classifier: Classifier,
    received: Received,
    stored: StoredRecords,
    said: Mapping[Identity, KnownOutcome],
) -> Arrivals:
    """What should be there by now and is not, by the verdicts that stand; and what was told so and is there.

    ``days`` are those that were asked for, ``said`` what the platform said of what came.
    """
    customer = order.rulebook.customer.id
    doubtful = Counter(fingerprints.identity(item)[0] for item in received.items if _may_be_anybodys(item))
    read, hidden = _read(classifier, received, doubtful)
    told = arrivals.told(session, customer)
    if not read and not told:
        return Arrivals(hidden=hidden)
    should = [*_due(session, order, days, read)] if read else []
    made = {identity for item in received.items for identity in _made_from(item)}
    wanted = {one.id: one for one in (*told, *should) if (one.kind, one.source_id) not in made}
    records = _records(session, wanted.values(), received, said)
    platform = [item for item in received.items if isinstance(item, Account | Sheet)]
    absent: dict[int, Due] = {}
    if records:
        shown = {HELD_AGAINST[kind] for kind in read}
        around = Situation(
            [*records.values(), *platform],
            stored,
            relations=set(followed(classifier, set(HELD_AGAINST.values()), {one.kind for one in wanted.values()})),
            beside=arrivals.aging(session, customer, shown),
        )
        absent = {number: wanted[number] for number, record in records.items() if there(record, around) is None}
    missing = _not_there(session, customer, [absent[one.id] for one in should if one.id in absent], records)
    seen = (one.id for one in told if one.id not in absent and (one.id in records or one.id not in wanted))
    came = {kind_of(item) for item in platform}
    return Arrivals(
        missing=missing,
        seen=frozenset(seen),
        due=Counter(one.kind for one in should),
        nothing=frozenset(kind for kind in read if HELD_AGAINST[kind] not in came),
        hidden=hidden,
    )


def remarks_on(found: Arrivals) -> list[Unread]:
    """That nothing can be told of what the platform lacks."""
    said = []
    if number := found.hidden.get("account"):
        said.append(unread("accounts_whose_unread", number=number))
    if number := found.hidden.get("sheet"):
        said.append(unread("sheets_whose_unread", number=number))
    return said


def settled(run: Findings, found: Arrivals) -> tuple[Arrivals, list[Trip]]:
    """What holds by the verdicts of this run; where most of a kind is missing, one word for all of it."""
    guard = run.classifier.rulebook.guards.not_arrived
    still = [one for one in found.missing if _is_synced(run, one)]
    numbers = Counter(one.kind for one in still)
    trips = []
    for kind, number in sorted(numbers.items()):
        total = found.due[kind]
        limit = guard.limit(kind)
        if guard.then != "off" and (
            kind in found.nothing or (number >= guard.at_least and number * 100 > limit * total)
        ):
            trips.append(
                Trip("not_arrived", guard.then, kind, number, total, limit, nothing_at_all=kind in found.nothing)
            )
    many = {trip.kind for trip in trips}
    kept = Arrivals(tuple(one for one in still if one.kind not in many), found.seen, found.due, found.nothing)
    return kept, trips


def _read(
    classifier: Classifier, received: Received, doubtful: Mapping[str, int]
) -> tuple[frozenset[str], Mapping[str, int]]:
    """Kinds of the source that the platform shows, and of which it was read completely now; and kind of the platform's
    to how many may be what is looked for, so that of what it shows nothing can be told."""
    if received.is_partial:
        return frozenset(), {}
    shown = {
        kind: against
        for kind in classifier.rulebook.customer.compares
        if (against := HELD_AGAINST[kind]) in received.read
        and classifier.provided.kind(against)
        and kind in classifier.taken
    }
    hidden = {against: doubtful[against] for against in {*shown.values()} if against in doubtful}
    if "record" in doubtful:
        return frozenset(), hidden
    return frozenset(kind for kind, against in shown.items() if against not in hidden), hidden


def _may_be_anybodys(item: Record | Invalid) -> bool:
    """Whether it could not be read whose something is: it may be what is looked for."""
    if isinstance(item, Invalid):
        return not _made_from(item)
    return not _made_from(item) and any(fault.field in _WHOSE for fault in item.unread)


def _due(session: Session, order: Order, days: Window, kinds: Collection[str]) -> Iterator[Due]:
    """What is synced long enough that it should be there, of the days that were read."""
    entry = order.rulebook.settings.get(_SETTING)
    hours = entry.value if entry is not None and isinstance(entry.value, int) else 0
    before = order.as_of - timedelta(hours=hours)
    # Of the very run that is at work nothing can have arrived, however short the delay.
    before = min(before, order.as_of - timedelta(microseconds=1))
    for one in arrivals.due(session, order.rulebook.customer.id, kinds, before):
        if one.kind != "session" or (one.starts_at is not None and days.starts <= one.starts_at < days.ends):
            yield one


def _made_from(item: Record | Invalid) -> tuple[tuple[str, str], ...]:
    """Kind and id of what something of the platform's was made from."""
    match item:
        case Account(source_kind=str(kind), source_ref=str(ref)):
            return ((kind, ref),)
        case Sheet(source_ref=str(ref)):
            return (("session", ref),)
        case Invalid(kind="account", read={"source_kind": str(kind), "source_ref": str(ref)}):
            return ((kind, ref),)
        case Invalid(kind="sheet", read={"source_ref": str(ref)}):
            return (("session", ref),)
        case _:
            return ()


def _records(
    session: Session, wanted: Iterable[Due], received: Received, said: Mapping[Identity, KnownOutcome]
) -> dict[int, Record]:
    """The records themselves: as they came now, else as they are stored."""
    ids = {(one.kind, one.source_id): one.id for one in wanted}
    found: dict[int, Record] = {}
    if ids:
        for item in received.items:
            if not isinstance(item, Invalid) and (number := ids.get((kind_of(item), item.source_id))) is not None:
                found[number] = item
        for item in answered([*found.values()], said):
            found[ids[fingerprints.identity(item)]] = cast("Record", item)
    stored: Mapping[int, bytes | None] = writes.written_data(session, [one for one in ids.values() if one not in found])
    for number, data in stored.items():
        record = None if data is None else fingerprints.read(data)
        if record is not None:
            found[number] = record
    return found


def _not_there(
    session: Session, customer: str, absent: Iterable[Due], records: Mapping[int, Any]
) -> tuple[NotThere, ...]:
    # What was refused is told as that.
    due = [one for one in absent if records[one.id].outcome != "refused"]
    runs = arrivals.runs_at(session, customer, (one.verdict_at for one in due))
    return tuple(
        NotThere(one.id, one.kind, one.source_id, records[one.id], one.verdict_at, runs.get(one.verdict_at))
        for one in due
    )


def _is_synced(run: Findings, one: NotThere) -> bool:
    """Whether it is still to be synced: by this run, or as it stands where this run does not decide it."""
    found = run.found.get((one.kind, one.source_id))
    if found is None or one.kind not in run.kinds:
        return True
    return found.decision is not None and found.decision.verdict == "sync"
