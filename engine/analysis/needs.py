"""What a rulebook needs of records: the fields one is not decided without, and those that are asked to be there.

The first, where what was written in them cannot be read, are references to other records and what a skip or flag rule
in force tests.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.analysis.reads import asked
from engine.model.conditions import All, FieldTest, This
from engine.model.rulebook import Rule
from engine.records.fields import REACHING, Field, fields_of
from engine.records.kinds import KINDS
from engine.records.needs import Needs
from engine.relations.definitions import RELATIONS

_NEVER = frozenset({"modified_at", "mis_id"})
"""When something was last changed, and the number people know it by, decide nothing by themselves."""


def needs_of(rules: Iterable[Rule]) -> Needs:
    """What these rules need, of those that skip or flag. A mark is listed as it is, so that all of it is needed."""
    found = {kind: {field.name for field in fields_of(kind).values() if _refers(field)} for kind in KINDS}
    found["mark"] |= fields_of("mark").keys()
    for rule in rules:
        if rule.then not in ("skip", "flag"):
            continue
        for test, relation in asked(rule.when):
            if not isinstance(test, FieldTest):
                continue
            own = {operand.field for operand in test.operands if isinstance(operand, This)}
            if relation is not None and len(own) == len(test.operands) > 0:
                # Held against the record's own, so as to find somebody: as a join does, which needs nothing.
                continue
            for kind in (rule.kind,) if relation is None else RELATIONS[rule.kind][relation].to:
                found[kind].add("segment_keys" if test.field == "segments" else test.field)
            found[rule.kind].update(own)
    return {kind: frozenset(fields - _NEVER - REACHING.keys()) for kind, fields in found.items()}


def asked_to_be_there(rules: Iterable[Rule]) -> Needs:
    """The fields of their own without which records are flagged or have a note."""
    found: dict[str, set[str]] = {}
    for rule in rules:
        if rule.then in ("flag", "note"):
            tests = rule.when.items if isinstance(rule.when, All) else (rule.when,)
            names = {test.field for test in tests if isinstance(test, FieldTest) and test.op == "missing"}
            written = {name for name, field in fields_of(rule.kind).items() if not field.computed}
            found.setdefault(rule.kind, set()).update(names & written)
    return {kind: frozenset(fields) for kind, fields in found.items() if fields}


def _refers(field: Field) -> bool:
    return not field.computed and (field.name == "source_kind" or (field.type == "id" and field.name != "source_id"))
