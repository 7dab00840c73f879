"""Corrections: what of all that a rule reads differs from when it last matched, by field, before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.analysis.reads import asked, relations_read
from engine.matching.facts import decided_of, decisions_asked, fields_of_record
from engine.matching.projection import Sight
from engine.model.conditions import FieldTest, This
from engine.model.decisions import Facts, RelatedFacts
from engine.model.rulebook import Rule
from engine.records.fields import SEGMENTED
from engine.records.kinds import Record, kind_of
from engine.relations.definitions import RELATIONS, Relation
from runs.model.corrections import Correction

Arrived = Mapping[tuple[str, str], str]
"""Kind and id of what was not there before a run to what it was then: `not_received` or `unreadable`."""


def corrections(rule: Rule, before: Facts, record: Record, sight: Sight, arrived: Arrived) -> list[Correction]:
    """What the rule reads that differs now, on the record itself first, each once."""
    relations = {name: RELATIONS[rule.kind][name] for name in relations_read(rule.when)}
    own = _own_fields(rule)
    for relation in relations.values():
        own |= _joining(relation, rule.kind)
    found = [*_differing(rule.kind, record.source_id, before.record, _fields(record, sight, {}), own)]
    for name, relation in relations.items():
        then = before.related.get(name)
        if then is not None:
            found += _of_related(rule, relation, then, record, sight, arrived)
    return list({(one.kind, one.source_id, one.field): one for one in found}.values())


def _own_fields(rule: Rule) -> set[str]:
    """The fields that a rule reads of its own record, also those it holds related ones against."""
    tests = [test for test, _ in asked(rule.when) if isinstance(test, FieldTest)]
    against = {operand.field for test in tests for operand in test.operands if isinstance(operand, This)}
    return _fields_asked(rule, None) | against


def _fields_asked(rule: Rule, relation: str | None) -> set[str]:
    """The fields that a rule tests on records of a relation, or on its own record."""
    return {test.field for test, of in asked(rule.when) if of == relation and isinstance(test, FieldTest)}


def _joining(relation: Relation, kind: str) -> set[str]:
    """The fields of a kind by which records are found over the relation."""
    return {field for needs in relation.joins for of, field in needs if of == kind and field != "source_id"}


def _fields(record: Record, sight: Sight, asked: Mapping[str, str]) -> dict[str, Any]:
    fields = fields_of_record(record) | decided_of(record, asked, sight)
    if kind_of(record) in SEGMENTED:
        fields["segments"] = sight.situation.segments(record)
    return fields


def _differing(
    kind: str, source_id: str, before: Mapping[str, Any], after: Mapping[str, Any], read: set[str]
) -> Iterator[Correction]:
    for name in sorted(read):
        old, new = _plain(before.get(name)), _plain(after.get(name))
        if old != new:
            yield Correction(kind, source_id, name, old, new)


def _plain(value: Any) -> Any:
    """Sets in order: a source may give them in any."""
    if isinstance(value, list | tuple):
        return sorted(value, key=str) or None
    return value


def _of_related(
    rule: Rule, relation: Relation, then: RelatedFacts, record: Record, sight: Sight, arrived: Arrived
) -> Iterator[Correction]:
    read = _fields_asked(rule, relation.name)
    asked = decisions_asked(rule, relation.name)
    situation = sight.situation
    now = {(kind_of(other), other.source_id): other for other in situation.related(record, relation.name)}
    items = {(item["kind"], item["source_id"]): item for item in then.items}
    for (kind, source_id), item in items.items():
        other = now.get((kind, source_id)) or situation.record(kind, source_id)
        if other is not None:
            fields = read | _joining(relation, kind)
            yield from _differing(kind, source_id, item, _fields(other, sight, asked), fields)
        elif not situation.has(kind, source_id):
            yield Correction(kind, source_id, "", "received", "not_received")
    for kind, source_id in sorted(now.keys() & arrived.keys()):
        yield Correction(kind, source_id, "", arrived[kind, source_id], "received")
