"""Evidence: the facts behind a match, as plain values that a message can be rendered from, now or years later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from engine.decisions import Facts, RelatedFacts
from engine.door import Invalid
from engine.leaves import holds
from engine.prepare import Both, Counted, Either, Exists, Ready, Test, relations_read, settings_read
from engine.projection import Sight
from engine.records import Record, kind_of, name_of
from engine.rulebook import Rule, SettingValue

_MOST_ITEMS = 20


def facts_of(
    record: Record | Invalid,
    rule: Rule | None,
    ready: Ready | None,
    settings: Mapping[str, SettingValue],
    sight: Sight,
) -> Facts:
    """The facts that a rule read on a record; ``ready`` is its prepared condition, None for the engine's findings."""
    moment = sight.clock.moment
    when = {
        "as_of": plain(moment.as_of),
        "last_sync": plain(moment.last_sync),
        "next_run": plain(moment.next_run),
    }
    if isinstance(record, Invalid):
        return Facts(
            kind=record.kind,
            source_id=record.source_id,
            name=record.source_id,
            record={},
            errors=record.errors,
            **when,
        )
    related: dict[str, RelatedFacts] = {}
    read: dict[str, Any] = {}
    if rule is not None and rule.kind:
        for name in relations_read(rule.when):
            others = _meant(ready, name, record, sight)
            related[name] = RelatedFacts(len(others), tuple(item_of(other) for other in others[:_MOST_ITEMS]))
        read = {name: plain(settings.get(name)) for name in settings_read(rule.when)}
    fields = fields_of_record(record)
    segments = sight.situation.segments(record) if rule is not None and rule.kind else ()
    if segments:
        fields["segments"] = list(segments)
    return Facts(
        kind=kind_of(record),
        source_id=record.source_id,
        name=name_of(record),
        record=fields,
        related=related,
        settings=read,
        **when,
    )


def fields_of_record(record: Record) -> dict[str, Any]:
    """The fields of a record that are not absent, as plain values."""
    found = {name: plain(getattr(record, name)) for name in record.__struct_fields__}
    return {name: value for name, value in found.items() if value not in (None, [], {}) and name != "source_id"}


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


def _meant(ready: Ready | None, relation: str, record: Record, sight: Sight) -> Sequence[Record]:
    """The related records a message is about: those that some test found, or all where tests found none."""
    others = sight.situation.related(record, relation)
    wheres = [
        part.where
        for part in _parts(ready)
        if (isinstance(part, Exists) and not part.negated) or isinstance(part, Counted)
        if part.relation == relation
    ]
    if wheres:
        found = [other for other in others if any(_fulfils(where, other, record, sight) for where in wheres)]
        others = tuple(found) or others
    return sorted(others, key=lambda other: _nearness(other, sight.clock.moment.as_of))


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
