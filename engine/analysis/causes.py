"""Symptoms: which flag rules only tell that a related record has an issue of its own, the cause, and which one.

Nobody writes this down: it follows from the conditions. A rule that tests a field of related records is a symptom
of the rules that flag those records by that field alone; a rule that asks for related records by their ids is a
symptom of the findings on those that came and could not be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from engine.analysis.reads import walk
from engine.model.conditions import Condition, Count, FieldTest, Not, Related, Unless
from engine.model.rulebook import Rule, Rulebook
from engine.records.kinds import Record, kind_of
from engine.relations.definitions import RELATIONS, Way
from engine.relations.neighbourhood import Situation

_UNREAD = ("record.invalid", "record.id_conflict")
_ROLE = "record.role_unknown"


class Waits(Struct, frozen=True):
    """What a symptom's rule waits for, over one of its relations."""

    relation: str
    causes: Mapping[str, tuple[str, ...]]
    """Kind of related record to the rules that flag it by a field that is read here."""
    by_id: tuple[Way, ...]
    """Ways by the id of a record that must be there: one that came but could not be read is a cause too."""


Cause = tuple[str, str, str]
"""Kind, source id and rule of an issue that is to be mended first, if there is one."""


def waits_of(rulebook: Rulebook) -> dict[str, tuple[Waits, ...]]:
    """Each flag rule that may be a symptom, with what it waits for."""
    flags = [rule for rule in rulebook.rules if rule.then == "flag" and rule.kind]
    own = {rule.id: _own_fields(rule) for rule in flags}
    found: dict[str, tuple[Waits, ...]] = {}
    for rule in flags:
        waits = tuple(
            one
            for part in walk(rule.when)
            if isinstance(part, Related | Count)
            if (one := _waits(rule, part, flags, own)) is not None
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


def _waits(rule: Rule, part: Related | Count, flags: list[Rule], own: Mapping[str, frozenset[str]]) -> Waits | None:
    relation = RELATIONS[rule.kind][part.relation]
    read = {test.field for test in walk(part.where) if isinstance(test, FieldTest)}
    causes = {
        kind: rules
        for kind in relation.to
        if (rules := tuple(other.id for other in flags if other.kind == kind and read & own[other.id]))
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
