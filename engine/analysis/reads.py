"""What a rule reads: fields of its own and of related records, relations, settings, the clock."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from engine.model.conditions import (
    All,
    Any,
    Condition,
    Count,
    Day,
    FieldTest,
    Instant,
    Not,
    Operand,
    Related,
    Setting,
    This,
    Unless,
)
from engine.model.rulebook import Rule
from engine.relations.definitions import RELATIONS

KindAndField = tuple[str, str]


def fields_read(rule: Rule) -> frozenset[KindAndField]:
    """Kind and field of everything that a rule's condition depends on; nothing for the engine's own findings."""
    return _fields_read(rule.kind, rule.when) if rule.kind else frozenset()


@lru_cache(maxsize=4096)
def _fields_read(kind: str, when: Condition) -> frozenset[KindAndField]:
    return frozenset(_fields(when, (kind,), kind))


def _fields(condition: Condition, kinds: tuple[str, ...], kind: str) -> Iterator[KindAndField]:
    for part in walk(condition, related=False):
        match part:
            case FieldTest(field=field, operands=operands):
                yield from ((of, field) for of in kinds)
                if field == "segments":
                    yield from ((of, "segment_keys") for of in kinds)
                yield from ((kind, operand.field) for operand in operands if isinstance(operand, This))
            case Related(relation=name, where=where) | Count(relation=name, where=where):
                relation = RELATIONS[kind][name]
                for join in relation.joins:
                    yield from join
                yield from _fields(where, relation.to, kind)


def settings_read(condition: Condition) -> tuple[str, ...]:
    """Names of the settings a condition reads, in order, each once."""
    names: dict[str, None] = {}
    for part in walk(condition):
        operands: tuple[Operand, ...] = part.operands if isinstance(part, FieldTest) else ()
        if isinstance(part, Count):
            operands = (part.number,)
        for operand in operands:
            found = operand.amount if isinstance(operand, Instant | Day) else operand
            if isinstance(found, Setting):
                names[found.name] = None
    return tuple(names)


def relations_read(condition: Condition) -> tuple[str, ...]:
    """Names of the relations a condition reads, in order, each once."""
    return tuple(dict.fromkeys(part.relation for part in walk(condition) if isinstance(part, Related | Count)))


def reads_clock(condition: Condition) -> bool:
    """Whether a condition can come out otherwise merely because time passes."""
    return any(
        isinstance(operand, Instant | Day)
        for part in walk(condition)
        if isinstance(part, FieldTest)
        for operand in part.operands
    )


def walk(condition: Condition, *, related: bool = True) -> list[Condition]:
    """The condition and everything in it, outermost first; without what is asked of related records if so wished."""
    found: list[Condition] = [condition]
    for part in found:
        match part:
            case All(items) | Any(items):
                found.extend(items)
            case Not(item) | Unless(item):
                found.append(item)
            case Related(where=where) | Count(where=where) if related:
                found.append(where)
    return found
