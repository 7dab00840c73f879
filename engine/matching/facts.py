"""Evidence: the facts behind a match, as plain values that a message can be rendered from, now or years later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

from msgspec import Struct

from engine.analysis.ranks import reaches
from engine.analysis.reads import references_read, relations_read, settings_read
from engine.matching.binding import TRUE, Counted, Exists, Ready, parts
from engine.matching.durable_engine import EngineError
from engine.matching.matcher import Asks, Matcher
from engine.matching.projection import Sight
from engine.model.decisions import Facts, RelatedFacts
from engine.model.rulebook import Rule, SettingValue
from engine.records.decode import Invalid
from engine.records.fields import SEGMENTED
from engine.records.kinds import UNREAD, Record, called, kind_of, name_of
from engine.relations.crowds import Part, ordered, rest
from engine.relations.definitions import REFERENCES, ids_in, named_by_id

_MOST_ITEMS = 20
MOST_NAMED = 60
"""So many other records a fact holds that a message only names."""


class Reads(Struct, frozen=True):
    """What a rule reads, worked out once: its relations and settings."""

    relations: Mapping[str, Asks | None]
    """Each with the tests that find records over it; none where no test does."""
    decided: Mapping[str, Mapping[str, str]]
    """Relation to what the rule asks of the decisions on its records; see ``decisions_asked``."""
    settings: tuple[str, ...]
    references: frozenset[tuple[str, str]]
    """Kind and field of the ids of other records that it tests."""


def reads_of(rule: Rule, ready: Ready | None, matcher: Matcher | None) -> Reads:
    """What a rule reads; of one that is off or dormant all related records are meant."""
    finding: dict[str, list[Ready]] = {name: [] for name in relations_read(rule.when)}
    for part in [] if ready is None else parts(ready):
        if isinstance(part, Counted) or (isinstance(part, Exists) and not part.negated):
            finding[part.relation].append(part.where)
    numbers = {
        # A test that all fulfil finds none among them.
        name: matcher.asks(rule.kind, name, wheres) if matcher and wheres and TRUE not in wheres else None
        for name, wheres in finding.items()
    }
    return Reads(
        numbers,
        {name: decisions_asked(rule, name) for name in numbers},
        settings_read(rule.when),
        references_read(rule),
    )


def decisions_asked(rule: Rule, relation: str) -> dict[str, str]:
    """What a rule asks of the decisions on the records of a relation: field to the field that answers as much."""
    found: dict[str, str] = {}
    for reach in reaches(rule):
        if reach.relation == relation:
            field = reach.test.field
            # Of one that is asked for its skips alone, nothing more may be known.
            alike = "skips" if reach.question == "skips" and field != "skipped_by" else field
            found[field] = field if found.get(field) == field else alike
    return found


def decided_of(record: Record, asked: Mapping[str, str], sight: Sight) -> dict[str, Any]:
    """What is decided of a related record, as far as it was asked for."""
    said = {name: sight.computed(record, answering) for name, answering in asked.items()}
    return {name: value for name, value in said.items() if value and (asked[name] != "skips" or value == "skip")}


class Evidence:
    """The facts about the records of one batch; what several rules read of a record is worked out once."""

    def __init__(self, sight: Sight, settings: Mapping[str, SettingValue]) -> None:
        self._sight = sight
        self._settings = settings
        self._fields: dict[int, dict[str, Any]] = {}
        moment = sight.clock.moment
        self._as_of = plain(moment.as_of)
        self._last_sync = plain(moment.last_sync)
        self._next_run = plain(moment.next_run)
        self._stalled = moment.stalled

    def facts(self, record: Record | Invalid, reads: Reads | None) -> Facts:
        """The facts that a rule read on a record; None for one of the engine's findings."""
        if isinstance(record, Invalid):
            name = called(record.read.get, record.source_id)
            return self._facts(record.kind, record, name, record.read, errors=record.errors)
        kind, fields = kind_of(record), self._of(record)
        if reads is None:
            return self._facts(kind, record, name_of(record), fields)
        related: dict[str, RelatedFacts] = {}
        told: list[Record] = [record]
        for name, finding in reads.relations.items():
            others = self._meant(name, finding, record)
            told.extend(others[:_MOST_ITEMS])
            asked, sight = reads.decided[name], self._sight
            items = tuple([item_of(other) | decided_of(other, asked, sight) for other in others[:_MOST_ITEMS]])
            related[name] = RelatedFacts(len(others), items)
        read = {name: plain(self._settings.get(name)) for name in reads.settings}
        named = self._named(told, reads.references)
        return self._facts(kind, record, name_of(record), fields, related=related, settings=read, named=named)

    def _named(self, told: Sequence[Record], tested: frozenset[tuple[str, str]]) -> tuple[dict[str, Any], ...]:
        """Those whose ids stand in the record, or in sets that the rule tests, as far as they are in sight."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        there = {(kind_of(other), other.source_id) for other in told}
        for holder in told:
            for of, field in REFERENCES:
                if of != kind_of(holder):
                    continue
                if not (holder is told[0] and isinstance(getattr(holder, field), str)) and (of, field) not in tested:
                    continue
                for key in ((kind, one) for one in ids_in(holder, field) for kind in named_by_id(holder, field)):
                    if len(found) >= MOST_NAMED:
                        return tuple(found.values())
                    other = None if key in there else self._sight.situation.record(*key)
                    if other is not None:
                        found[key] = _name_item(*key, other)
        return tuple(found.values())

    def _facts(self, kind: str, record: Record | Invalid, name: str, fields: dict[str, Any], **more: Any) -> Facts:
        return Facts(
            kind=kind,
            source_id=record.source_id,
            name=name,
            record=fields,
            as_of=self._as_of,
            last_sync=self._last_sync,
            next_run=self._next_run,
            stalled=self._stalled,
            **more,
        )

    def _meant(self, relation: str, finding: Asks | None, record: Record) -> Sequence[Record]:
        """The related records a message is about: those that some test found, or all where tests found none."""
        others: Sequence[Record] = self._sight.situation.related(record, relation)
        if finding and others:
            with suppress(EngineError):  # answered before as a rule; and a message that names all is better than none
                others = finding.fulfilling(record, others, self._sight) or others
        if others and not hasattr(others[0], "starts_at"):
            return others
        as_of, shared = self._sight.clock.moment.as_of, self._sight.shared
        if not isinstance(others, Part):
            return sorted(others, key=lambda other: _nearness(other, as_of))
        key = (_nearness, id(others.whole))
        if (known := shared.get(key)) is None:
            near = sorted(others.whole, key=lambda other: _nearness(other, as_of))
            known = shared[key] = ordered(near, others.whole)
        return rest(known, others.without)

    def _of(self, record: Record) -> dict[str, Any]:
        fields = self._fields.get(id(record))
        if fields is None:
            fields = fields_of_record(record)
            if kind_of(record) in SEGMENTED and (segments := self._sight.situation.segments(record)):
                fields["segments"] = list(segments)
            self._fields[id(record)] = fields
        return fields


def fields_of_record(record: Record) -> dict[str, Any]:
    """The fields of a record that are not absent, as plain values."""
    found: dict[str, Any] = {}
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if value is None or value == () or name in ("source_id", UNREAD):
            continue
        if type(value) is not str:
            value = plain(value)
            if value == {}:
                continue
        found[name] = value
    return found


def _name_item(kind: str, source_id: str, record: Record) -> dict[str, Any]:
    """A record as far as sentences call it."""
    item = {"kind": kind, "source_id": source_id, "name": name_of(record)}
    mis_id = getattr(record, "mis_id", None)
    return item | {"mis_id": mis_id} if mis_id else item


def item_of(record: Record) -> dict[str, Any]:
    """A related record as messages see it."""
    head = {"kind": kind_of(record), "source_id": record.source_id, "name": name_of(record)}
    return head | {name: value for name, value in fields_of_record(record).items() if name not in head}


def plain(value: Any) -> Any:
    """A value as JSON has it: times in UTC, sets as lists."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return value


def _nearness(other: Record, as_of: datetime) -> tuple[bool, float]:
    """Sessions to come first, the next one leading; what has no time keeps its place."""
    starts_at = getattr(other, "starts_at", None)
    if starts_at is None:
        return False, 0.0
    ahead = (starts_at - as_of).total_seconds()
    return ahead < 0, abs(ahead)
