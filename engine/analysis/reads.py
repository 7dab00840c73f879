"""Which fields a rule reads: of the records it is for, of related ones, and those that its relations are joined by."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from engine.model.conditions import All, Any, Condition, Count, FieldTest, Not, Related, This, Unless
from engine.model.rulebook import Rule
from engine.relations.definitions import RELATIONS

KindAndField = tuple[str, str]


def fields_read(rule: Rule) -> frozenset[KindAndField]:
    """Kind and field of everything that a rule's condition depends on; nothing for the engine's own findings."""
    return _read(rule.kind, rule.when) if rule.kind else frozenset()


@lru_cache(maxsize=4096)
def _read(kind: str, when: Condition) -> frozenset[KindAndField]:
    return frozenset(_walk(when, (kind,), kind))


def _walk(condition: Condition, kinds: tuple[str, ...], kind: str) -> Iterator[KindAndField]:
    match condition:
        case FieldTest(field=field, operands=operands):
            yield from ((of, field) for of in kinds)
            if field == "segments":
                yield from ((of, "segment_keys") for of in kinds)
            yield from ((kind, operand.field) for operand in operands if isinstance(operand, This))
        case All(items) | Any(items):
            for item in items:
                yield from _walk(item, kinds, kind)
        case Not(item) | Unless(item):
            yield from _walk(item, kinds, kind)
        case Related(relation=name, where=where) | Count(relation=name, where=where):
            relation = RELATIONS[kind][name]
            for join in relation.joins:
                yield from join
            yield from _walk(where, relation.to, kind)
