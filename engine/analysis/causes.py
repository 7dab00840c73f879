"""Symptoms: which flag rules only tell that a related record has an issue of its own, the cause, and which one.

Nobody writes this down: it follows from the conditions. A rule that asks for the verdict of related records is a
symptom of whatever flags those at a lower rank; one that tests a field of theirs, of the rules that flag them by that
field alone; one that asks for related records by their ids, of the findings on those that came and could not be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from engine.analysis.ranks import order_of, reaches
from engine.analysis.reads import walk
from engine.model.conditions import Condition, Count, FieldTest, Not, Related, Unless
from engine.model.rulebook import Rule, Rulebook
from engine.records.kinds import Record, kind_of
from engine.relations.definitions import RELATIONS, Way
from engine.relations.neighbourhood import Situation, Unusable

_UNREAD = ("record.invalid", "record.id_conflict", "record.never_received")
_ROLE = "record.role_unknown"
_WHY = {"unread": _UNREAD, "either": _UNREAD, "conflict": _UNREAD, "role": (_ROLE,)}
WAITS = "record.waits"
"""A rule would say that a record is not there which is, and cannot be used: the engine says so instead."""


class Waits(Struct, frozen=True):
    """What a symptom's rule waits for, over one of its relations."""

    relation: str
    causes: Mapping[str, tuple[str, ...]]
    """Kind of related record to the rules that flag it by a field that is read here, or that make its verdict."""
    by_id: tuple[Way, ...]
    """Ways by the id of a record that must be there: one that came but could not be read is a cause too."""


def asked_for(rule: Rule) -> tuple[str, ...]:
    """The relations over which a rule finds nobody where somebody should be."""
    return tuple(
        dict.fromkeys(
            part.relation
            for part in walk(rule.when)
            if isinstance(part, Related) and part.quantifier == "no" and not _under_negation(rule.when, part)
        )
    )


def unread_causes(waits: Iterable[Unusable]) -> Iterator[Cause]:
    """The issues that `record.waits` would wait for; of something stored it is not known which of the two it has."""
    for one in waits:
        for rule in _WHY[one.why]:
            yield one.kind, one.source_id, rule


Cause = tuple[str, str, str]
"""Kind, source id and rule of an issue that is to be mended first, if there is one."""


def waits_of(rulebook: Rulebook) -> dict[str, tuple[Waits, ...]]:
    """Each flag rule that may be a symptom, with what it waits for."""
    flags = [rule for rule in rulebook.rules if rule.then == "flag" and rule.kind]
    own = {rule.id: _own_fields(rule) for rule in flags}
    ranks = order_of(flags).ranks
    found: dict[str, tuple[Waits, ...]] = {}
    for rule in flags:
        waits = tuple(
            one
            for part in walk(rule.when)
            if isinstance(part, Related | Count)
            if (one := _waits(rule, part, flags, own, ranks)) is not None
        )
        if waits:
            found[rule.id] = waits
    return found


def _own_fields(rule: Rule) -> frozenset[str]:
    """The fields by which a rule judges a record alone; none where it also looks at others."""
    parts = walk(rule.when)
    if any(isinstance(part, Related | Count) for part in parts):
        return frozenset()
    return frozenset(part.field for part in parts if isinstance(part, FieldTest))


def _waits(
    rule: Rule,
    part: Related | Count,
    flags: list[Rule],
    own: Mapping[str, frozenset[str]],
    ranks: Mapping[str, int],
) -> Waits | None:
    relation = RELATIONS[rule.kind][part.relation]
    tests = [test for test in walk(part.where) if isinstance(test, FieldTest)]
    read = {test.field for test in tests}
    asked = {reach.question for reach in reaches(rule) if reach.test in tests}
    below = ranks[rule.id] if "verdict" in asked else 1 if "alone" in asked else 0
    causes = {
        kind: rules
        for kind in relation.to
        if (
            rules := (
                *(
                    other.id
                    for other in flags
                    if other.kind == kind and (read & own[other.id] or ranks[other.id] < below)
                ),
                # What waits itself for something that cannot be used is flagged by no rule of its own.
                *((WAITS,) if below else ()),
            )
        )
    }
    wanted = isinstance(part, Related) and part.quantifier == "no" and not _under_negation(rule.when, part)
    by_id = tuple(way for way in relation.ways if way.key == "id" and way.via is None) if wanted else ()
    return Waits(part.relation, causes, by_id) if causes or by_id else None


def _under_negation(condition: Condition, part: Condition) -> bool:
    negations = [outer for outer in walk(condition) if isinstance(outer, Not | Unless)]
    return any(inner is part for outer in negations for inner in walk(outer.item))


def causes(waits: tuple[Waits, ...], record: Record, situation: Situation) -> Iterator[Cause]:
    """The issues that a symptom on the record would wait for; whether they are there is for the caller to see."""
    for one in waits:
        for other in situation.related(record, one.relation):
            kind = kind_of(other)
            for rule in one.causes.get(kind, ()):
                yield kind, other.source_id, rule
        for way in one.by_id:
            for source_id in way.values(record):
                if situation.record(way.to, source_id) is None:
                    for rule in _UNREAD:
                        yield way.to, source_id, rule
                    if way.to in ("learner", "instructor"):
                        yield "person", source_id, _ROLE
