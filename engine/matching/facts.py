"""Evidence: the facts behind a match, as plain values that a message can be rendered from, now or years later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

from msgspec import Struct

from engine.analysis.reads import relations_read, settings_read
from engine.matching.binding import TRUE, Counted, Exists, Ready, parts
from engine.matching.durable_engine import EngineError
from engine.matching.matcher import Matcher, Pass
from engine.model.decisions import Facts, RelatedFacts
from engine.model.rulebook import Rule, SettingValue
from engine.records.decode import Invalid
from engine.records.fields import SEGMENTED
from engine.records.kinds import Record, kind_of, name_of

_MOST_ITEMS = 20


class Reads(Struct, frozen=True):
    """What a rule reads, worked out once: its relations and settings."""

    relations: Mapping[str, frozenset[int]]
    """Each with the matcher's numbers of the tests that find records over it; none where no test does."""
    settings: tuple[str, ...]


def reads_of(rule: Rule, ready: Ready | None, matcher: Matcher) -> Reads:
    """What a rule reads; of one that is off or dormant all related records are meant."""
    finding: dict[str, list[Ready]] = {name: [] for name in relations_read(rule.when)}
    for part in [] if ready is None else parts(ready):
        if isinstance(part, Counted) or (isinstance(part, Exists) and not part.negated):
            finding[part.relation].append(part.where)
    numbers = {
        # A test that all fulfil finds none among them.
        name: matcher.numbers(rule.kind, name, wheres) if wheres and TRUE not in wheres else frozenset[int]()
        for name, wheres in finding.items()
    }
    return Reads(numbers, settings_read(rule.when))


class Evidence:
    """The facts about the records of one batch; what several rules read of a record is worked out once."""

    def __init__(self, one: Pass, matcher: Matcher, settings: Mapping[str, SettingValue]) -> None:
        self._pass = one
        self._matcher = matcher
        self._settings = settings
        self._fields: dict[int, dict[str, Any]] = {}
        moment = one.sight.clock.moment
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
        for name, finding in reads.relations.items():
            others = self._meant(name, finding, record)
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

    def _meant(self, relation: str, finding: frozenset[int], record: Record) -> Sequence[Record]:
        """The related records a message is about: those that some test found, or all where tests found none."""
        others: Sequence[Record] = self._pass.sight.situation.related(record, relation)
        if finding and others:
            with suppress(EngineError):  # answered before as a rule; and a message that names all is better than none
                others = self._matcher.fulfilling(record, relation, finding, self._pass) or others
        if others and not hasattr(others[0], "starts_at"):
            return others
        return sorted(others, key=lambda other: _nearness(other, self._pass.sight.clock.moment.as_of))

    def _of(self, record: Record) -> dict[str, Any]:
        fields = self._fields.get(id(record))
        if fields is None:
            fields = fields_of_record(record)
            if kind_of(record) in SEGMENTED and (segments := self._pass.sight.situation.segments(record)):
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
