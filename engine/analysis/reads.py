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
from engine.records.kinds import ANSWERED
from engine.relations.definitions import REFERENCES, RELATIONS

KindAndField = tuple[str, str]


def fields_read(rule: Rule) -> frozenset[KindAndField]:
    """Kind and field of everything that a rule's condition depends on; nothing for the engine's own findings."""
    return _fields_read(rule.kind, rule.when) if rule.kind else frozenset()


@lru_cache(maxsize=4096)
def _fields_read(kind: str, when: Condition) -> frozenset[KindAndField]:
    return frozenset(_fields(when, kind))


def _fields(condition: Condition, kind: str) -> Iterator[KindAndField]:
    for test, relation in asked(condition):
        if isinstance(test, FieldTest):
            kinds = (kind,) if relation is None else RELATIONS[kind][relation].to
            yield from ((of, test.field) for of in kinds)
            if test.field == "segments":
                yield from ((of, "segment_keys") for of in kinds)
            yield from ((kind, operand.field) for operand in test.operands if isinstance(operand, This))
        else:
            for join in RELATIONS[kind][test.relation].joins:
                yield from join


def references_read(rule: Rule) -> frozenset[KindAndField]:
    """Kind and field of the ids of other records that its condition, or a relation that it follows, tests."""
    found: set[KindAndField] = set()
    for test, relation in asked(rule.when):
        if isinstance(test, FieldTest):
            kinds = (rule.kind,) if relation is None else RELATIONS[rule.kind][relation].to
            found.update((of, test.field) for of in kinds)
            found.update((rule.kind, operand.field) for operand in test.operands if isinstance(operand, This))
        elif any(way.to == "account" and way.asks for way in RELATIONS[rule.kind][test.relation].ways):
            found.add(("account", "source_ref"))  # held against whom it was made for
    return frozenset(found & REFERENCES.keys())


def settings_read(condition: Condition) -> tuple[str, ...]:
    """Names of the settings a condition reads, in order, each once."""
    names: dict[str, None] = {}
    for part in walk(condition):
        operands: tuple[Operand, ...] = part.operands if isinstance(part, FieldTest) else ()
        if isinstance(part, Count):
            operands = (part.number,)
        names |= dict.fromkeys(name for operand in operands if (name := setting_read(operand)))
    return tuple(names)


def setting_read(operand: Operand) -> str | None:
    """Name of the setting that an operand is, or takes its amount from."""
    named = operand.amount if isinstance(operand, Instant | Day) else operand
    return named.name if isinstance(named, Setting) else None


def relations_read(condition: Condition) -> tuple[str, ...]:
    """Names of the relations a condition reads, in order, each once."""
    return tuple(dict.fromkeys(part.relation for part in walk(condition) if isinstance(part, Related | Count)))


def reads_answer(rule: Rule) -> bool:
    """Whether a rule reads what the system that a record goes to said of it."""
    return any((rule.kind, name) in fields_read(rule) for name in ANSWERED)


def reads_clock(condition: Condition) -> bool:
    """Whether a condition can come out otherwise merely because time passes."""
    return any(
        isinstance(operand, Instant | Day)
        for part in walk(condition)
        if isinstance(part, FieldTest)
        for operand in part.operands
    )


def walk(condition: Condition) -> list[Condition]:
    """The condition and everything in it, outermost first."""
    found: list[Condition] = [condition]
    for part in found:
        match part:
            case All(items) | Any(items):
                found.extend(items)
            case Not(item) | Unless(item):
                found.append(item)
            case Related(where=where) | Count(where=where):
                found.append(where)
    return found


def asked(
    condition: Condition, relation: str | None = None
) -> Iterator[tuple[FieldTest | Related | Count, str | None]]:
    """Every test in it as written, each with the relation whose records it is asked of; None for the record itself."""
    match condition:
        case All(items) | Any(items):
            for item in items:
                yield from asked(item, relation)
        case Not(item) | Unless(item):
            yield from asked(item, relation)
        case FieldTest():
            yield condition, relation
        case Related() | Count():
            yield condition, relation
            yield from asked(condition.where, condition.relation)
