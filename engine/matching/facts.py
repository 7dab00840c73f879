"""Evidence: the facts behind a match, as plain values that a message can be rendered from, now or years later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from msgspec import Struct

from engine.analysis.reads import relations_read, settings_read
from engine.matching.binding import Both, Counted, Either, Exists, Ready, Test
from engine.matching.comparisons import holds
from engine.matching.projection import Sight
from engine.model.decisions import Facts, RelatedFacts
from engine.model.rulebook import Rule, SettingValue
from engine.records.decode import Invalid
from engine.records.fields import SEGMENTED
from engine.records.kinds import Record, kind_of, name_of

_MOST_ITEMS = 20


class Asked(Struct, frozen=True):
    """A test that a rule asks of related records."""

    where: Ready
    alone: bool
    """Whether it looks at nothing but the related record, so that its answer holds for whomever it is related to."""


class Reads(Struct, frozen=True):
    """What a rule reads, worked out once: its relations, with the tests that find records over them, and settings."""

    relations: Mapping[str, tuple[Asked, ...]]
    settings: tuple[str, ...]


def reads_of(rule: Rule, ready: Ready | None) -> Reads:
    """What a rule reads; the engine's own findings read nothing."""
    relations = {name: tuple(_asked(ready, name)) for name in relations_read(rule.when)}
    return Reads(relations, settings_read(rule.when))


def _asked(ready: Ready | None, relation: str) -> Iterator[Asked]:
    for part in _parts(ready):
        if not isinstance(part, Exists | Counted) or part.relation != relation:
            continue
        if isinstance(part, Counted) or not part.negated:
            tests = [test for test in _parts(part.where) if isinstance(test, Test)]
            yield Asked(part.where, all(test.leaf.this is None for test in tests))


class Evidence:
    """The facts about the records of one batch; what several rules read of a record is worked out once."""

    def __init__(self, sight: Sight, settings: Mapping[str, SettingValue]) -> None:
        self._sight = sight
        self._settings = settings
        self._fields: dict[int, dict[str, Any]] = {}
        self._answers: dict[tuple[int, int], bool] = {}
        moment = sight.clock.moment
        self._as_of = plain(moment.as_of)
        self._last_sync = plain(moment.last_sync)
        self._next_run = plain(moment.next_run)

    def facts(self, record: Record | Invalid, reads: Reads | None) -> Facts:
        """The facts that a rule read on a record; None for one of the engine's findings."""
        if isinstance(record, Invalid):
            return self._facts(record.kind, record, record.source_id, {}, errors=record.errors)
        kind, fields = kind_of(record), self._of(record)
        if reads is None:
            return self._facts(kind, record, name_of(record), fields)
        related: dict[str, RelatedFacts] = {}
        for name, asked in reads.relations.items():
            others = self._meant(name, asked, record)
            related[name] = RelatedFacts(len(others), tuple([item_of(other) for other in others[:_MOST_ITEMS]]))
        read = {name: plain(self._settings.get(name)) for name in reads.settings}
        return self._facts(kind, record, name_of(record), fields, related=related, settings=read)

    def _facts(self, kind: str, record: Record | Invalid, name: str, fields: dict[str, Any], **more: Any) -> Facts:
        return Facts(
            kind=kind,
            source_id=record.source_id,
            name=name,
            record=fields,
            as_of=self._as_of,
            last_sync=self._last_sync,
            next_run=self._next_run,
            **more,
        )

    def _meant(self, relation: str, asked: tuple[Asked, ...], record: Record) -> Sequence[Record]:
        """The related records a message is about: those that some test found, or all where tests found none."""
        others = self._sight.situation.related(record, relation)
        if asked and others:
            others = (
                tuple([other for other in others if any(self._found(one, other, record) for one in asked)]) or others
            )
        if others and not hasattr(others[0], "starts_at"):
            return others
        return sorted(others, key=lambda other: _nearness(other, self._sight.clock.moment.as_of))

    def _found(self, asked: Asked, other: Record, record: Record) -> bool:
        """Remembered where it can be: of a thousand people with one address, each is related to all others."""
        if not asked.alone:
            return _fulfils(asked.where, other, record, self._sight)
        key = (id(asked), id(other))
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answers[key] = _fulfils(asked.where, other, record, self._sight)
        return answer

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
        if value is None or value == () or name == "source_id":
            continue
        if type(value) is not str:
            value = plain(value)
            if value == {}:
                continue
        found[name] = value
    return found


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


def _fulfils(where: Ready, other: Record, record: Record, sight: Sight) -> bool:
    match where:
        case Test(leaf, negated):
            against = None if leaf.this is None else sight.value(record, leaf.this)
            return holds(leaf, sight.value(other, leaf.field), against, sight.clock) != negated
        case Both(items):
            return all(_fulfils(item, other, record, sight) for item in items)
        case Either(items):
            return any(_fulfils(item, other, record, sight) for item in items)
        case _:
            raise AssertionError("a relation stands inside a relation")


def _parts(ready: Ready | None) -> list[Ready]:
    found = [] if ready is None else [ready]
    for part in found:
        if isinstance(part, Both | Either):
            found.extend(part.items)
    return found
