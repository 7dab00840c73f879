"""Guards: whether what a run is about to write looks like harm at scale, and which edit of the rules explains it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from operator import attrgetter

from msgspec import Struct, field

from engine.analysis.reads import fields_read, reads_clock
from engine.model.decisions import Decision
from engine.model.guards import GuardAction, Guards, Share
from engine.model.moments import zone
from engine.model.rulebook import Rulebook
from engine.records.decode import Invalid
from engine.records.fields import fields_of
from engine.records.kinds import PEOPLE, Record, kind_of
from runs.guards.rule_edits import Edits
from runs.model.findings import Findings, Found, Identity
from runs.model.guard_findings import Edit, Trip
from runs.model.received import Received, is_over
from runs.records.absence import is_there, missing, newly
from store.writing.writes import KnownRecord

_WITH = {"session": PEOPLE, "sheet": ("account",)}
"""Kinds that come and go with the school's days, and those that show that the system answers well all the same."""
_NEVER_USUAL = ("person", "record", "mark")
"""Kinds that it is good to have none of; of marks, those that could not be read."""


class Look(Struct):
    """Everything the guards look at."""

    run: Findings
    known: Mapping[Identity, KnownRecord]
    received: Received
    edits: Edits
    before: Mapping[str, Mapping[str, int]]
    """Kind to field to how many had it, as last seen in a complete fetch."""
    now: Mapping[str, Mapping[str, int]]
    """The same, of what came now."""
    since_run: int | None
    totals: Mapping[str, int]
    """How many records have a verdict, of kinds of which a part came."""
    there: Counter[str] = field(default_factory=Counter)
    """Kind to how many known records are expected again."""
    by_the_clock: dict[str, bool] = field(default_factory=dict)
    """Rule to whether it can come out otherwise merely because time passes."""


def look(at: Look, others: Iterable[Trip] = ()) -> list[Trip]:
    """What the customer's guards find, those that hold first; ``others`` were found before."""
    guards = at.run.classifier.rulebook.guards
    at.there = Counter(kind for (kind, _), one in at.known.items() if is_there(one, at.run.today))
    trips = [
        *_nothing_received(at, guards),
        *_removals(at, guards),
        *_jumps(at, guards),
        *_fields_gone(at, guards),
        *_stale(at, guards),
        *others,
    ]
    return sorted((trip for trip in trips if trip.then != "off"), key=lambda trip: trip.then != "hold")


def filled(items: Iterable[Record | Invalid], kinds: Collection[str]) -> dict[str, dict[str, int]]:
    """Kind to field to how many of the records have it; `source_id` is had by all."""
    of_kind: dict[str, list[Record]] = {}
    for item in items:
        if not isinstance(item, Invalid):
            of_kind.setdefault(kind_of(item), []).append(item)
    result: dict[str, dict[str, int]] = {}
    for kind in sorted(of_kind.keys() & kinds):
        counts: dict[str, int] = {}
        # What came and could not be read is not gone.
        unread = Counter(one.field for record in of_kind[kind] for one in record.unread)
        for name, known in fields_of(kind).items():
            if not known.computed:
                values = list(map(attrgetter(name), of_kind[kind]))
                number = (
                    len(values)
                    - values.count({} if known.type == "keys" else () if known.is_set else None)
                    + unread[name]
                )
                if number:
                    counts[name] = number
        result[kind] = counts
    return result


def _nothing_received(at: Look, guards: Guards) -> list[Trip]:
    guard = guards.nothing_received
    if guard.then == "off" or at.received.partial:
        return []
    came = _came(at.received)
    usual = at.there
    trips: list[Trip] = []
    for kind in sorted(at.received.asked):
        if kind in came or kind in _NEVER_USUAL or usual[kind] < guard.at_least:
            continue
        if came.isdisjoint(_WITH.get(kind, ())):
            trips.append(Trip("nothing_received", guard.then, kind, usual[kind], since_run=at.since_run))
    if not at.run.found and at.received.asked and sum(usual.values()) >= guard.at_least:
        most = usual.most_common(1)[0]
        return [Trip("nothing_received", guard.then, most[0], most[1], since_run=at.since_run, nothing_at_all=True)]
    return trips


def _came(received: Received) -> set[str]:
    """Kinds of which something came that is still to go on."""
    came: set[str] = set()
    for item in received.items:
        kind = item.kind if isinstance(item, Invalid) else kind_of(item)
        if kind not in came and not is_over(item):
            came.add(kind)
    return came


def _removals(at: Look, guards: Guards) -> list[Trip]:
    there = at.there
    absent = missing(at.run, at.known, at.run.found.keys())
    numbers = {one.id for one in newly([*absent.aging, *absent.leaving])}
    if not numbers:
        return []
    gone = Counter(kind for (kind, _), one in at.known.items() if one.id in numbers and kind not in _NEVER_USUAL)
    return [
        Trip("removals", guards.removals.then, kind, number, there[kind], limit, since_run=at.since_run)
        for kind, number in sorted(gone.items())
        if _too_many(guards.removals, number, there[kind], limit := _limit(at, guards, guards.removals, kind))
    ]


def _jumps(at: Look, guards: Guards) -> list[Trip]:
    guard = guards.verdict_jump
    if guard.then == "off":
        return []
    jumps: dict[str, Counter[str]] = {}
    for identity, one in at.run.found.items():
        then = at.known.get(identity)
        if then is None or one.decision is None or one.decision.verdict == then.verdict:
            continue
        rule = _jump(at, identity, one, then, one.decision)
        if rule is not None:
            jumps.setdefault(identity[0], Counter())[rule] += 1
    if not any(of_kind.total() >= guard.at_least for of_kind in jumps.values()):
        return []
    totals = _totals(at)
    trips: list[Trip] = []
    for kind, rules in sorted(jumps.items()):
        limit = _limit(at, guards, guard, kind)
        if _too_many(guard, rules.total(), totals[kind], limit):
            explained = at.edits.explaining(rules)
            trips.append(
                Trip(
                    "verdict_jump",
                    guard.then,
                    kind,
                    rules.total(),
                    totals[kind],
                    limit,
                    rules=dict(rules.most_common()),
                    edits=[_explained(at, part, number) for part, number in explained],
                    since_run=at.since_run,
                )
            )
    return trips


def _jump(at: Look, identity: Identity, one: Found, then: KnownRecord, now: Decision) -> str | None:
    """The rule by which a record jumps from being synced to not being it, or back; None where it does not."""
    if then.verdict is None or then.not_received_since is not None:
        return None
    if then.verdict == "flag" or (then.verdict, now.verdict) == ("skip", "flag"):
        return None
    rule = then.rule if now.verdict == "sync" else now.rule
    if rule is None or at.edits.explains(rule):
        return rule
    if now.verdict == "flag":
        return rule
    if _goes_by_the_clock(at, rule):
        return None  # days went by: a window that moved, a term that ended
    if now.verdict == "sync":
        # What was left out and came in because its own data changed is what people worked for.
        return rule if then.fingerprint == at.run.prints[identity] else None
    record = at.run.decided.record(one.position)
    return None if getattr(record, "uploaded_at", None) is not None else rule


def _goes_by_the_clock(at: Look, rule_id: str) -> bool:
    known = at.by_the_clock.get(rule_id)
    if known is None:
        rules = at.run.classifier.rulebook.rules
        known = at.by_the_clock[rule_id] = any(rule.id == rule_id and reads_clock(rule.when) for rule in rules)
    return known


def _totals(at: Look) -> Counter[str]:
    """How many records of each kind have a verdict, of those that are there."""
    found = Counter(
        kind
        for (kind, _), one in at.known.items()
        if kind in at.received.asked and one.verdict is not None and is_there(one, at.run.today)
    )
    return Counter({**found, **at.totals})


def _fields_gone(at: Look, guards: Guards) -> list[Trip]:
    guard = guards.field_gone
    if guard.then == "off":
        return []
    trips: list[Trip] = []
    # A kind that did not come whole may come in any part.
    for kind in sorted(at.run.complete & at.before.keys() & at.now.keys()):
        fields = at.now[kind]
        total = at.before[kind].get("source_id", 0)
        for name, number in sorted(at.before[kind].items()):
            if name in fields or number < guard.at_least or number * 100 < guard.percent * total:
                continue
            if fields.get("source_id", 0) < guard.at_least:
                continue
            rules = dict.fromkeys(_readers(at.run, kind, name), 0)
            then: GuardAction = guard.then if rules else "warn"
            trips.append(Trip("field_gone", then, kind, number, total, field=name, rules=rules, since_run=at.since_run))
    return trips


def _readers(run: Findings, kind: str, field: str) -> list[str]:
    """The rules in force that read a field of records of that kind, their own or related ones."""
    return [
        rule.id
        for rule in run.classifier.rulebook.rules
        if rule.kind and rule.then != "off" and (kind, field) in fields_read(rule)
    ]


def _stale(at: Look, guards: Guards) -> list[Trip]:
    guard = guards.stale_source
    trips: list[Trip] = []
    for hop, moment in sorted(at.received.freshness.items()):
        limit = guard.limit(hop)
        if limit is not None and at.run.as_of - moment > timedelta(hours=limit):
            hours = int((at.run.as_of - moment).total_seconds() // 3600)
            trips.append(Trip("stale_source", guard.then, number=hours, limit=limit, hop=hop, at=_iso(moment)))
    return trips


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _limit(at: Look, guards: Guards, share: Share, kind: str) -> int:
    day = at.run.as_of.astimezone(zone(at.run.classifier.rulebook.customer.zone)).date()
    limit = share.limit(kind)
    return max(limit, guards.out_of_term.percent) if guards.out_of_term.holds_on(day) else limit


def _too_many(share: Share, number: int, total: int, limit: int) -> bool:
    return number >= share.at_least and number * 100 > limit * total


def _explained(at: Look, part: str, number: int) -> Edit:
    what, _, name = part.partition(":")
    rulebook: Rulebook = at.run.classifier.rulebook
    place = layer = None
    if what == "rule" and any(rule.id == name for rule in rulebook.rules):
        touch = rulebook.rule(name).touched[-1]
        place, layer = touch.place, touch.layer
    elif what == "setting" and name in rulebook.settings:
        place, layer = rulebook.settings[name].place, rulebook.settings[name].layer
    if place is None:
        return Edit(what, name, number)
    return Edit(what, name, number, layer or "", place.path, place.line)
