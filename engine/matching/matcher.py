"""The matcher: which rules a record fulfils, decided by durable-rules in two stages.

First each related record is asserted alone and answers the relation tests that some rule asks of it; then the
record is asserted with those answers and its own fields, and the rules that fire are collected.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct, field

from engine.matching.binding import TRUE, Counted, Exists, Ready, Test, parts
from engine.matching.durable_patterns import Stage, TooNested
from engine.matching.projection import Sight
from engine.records.kinds import Record, kind_of

__all__ = ["Matcher", "Pass", "TooNested"]


class Pass(Struct):
    """One pass over a batch: what may be looked at, and the related records already answered for."""

    sight: Sight
    answered: dict[tuple[str, str, int], tuple[int, ...]] = field(default_factory=dict)


class Matcher:
    """The rules of all kinds, rendered once. Safe from several threads."""

    def __init__(self, conditions: Mapping[str, Sequence[Ready]]) -> None:
        self._kinds = {kind: _Kind(kind, ready) for kind, ready in conditions.items()}

    def matching(self, record: Record, one: Pass) -> tuple[int, ...]:
        """Positions, in order, of the conditions of the record's kind that it fulfils. Raises EngineError."""
        found = self._kinds.get(kind_of(record))
        return () if found is None else found.matching(record, one)

    def numbers(self, kind: str, relation: str, wheres: Collection[Ready]) -> frozenset[int]:
        """The numbers of tests that conditions ask of related records, for ``fulfilling``."""
        asked = self._kinds[kind].relations[relation].asked
        return frozenset(asked[where] for where in wheres)

    def fulfilling(self, record: Record, relation: str, numbers: frozenset[int], one: Pass) -> list[Record]:
        """The related records that fulfil one of these tests. Raises EngineError."""
        asks = self._kinds[kind_of(record)].relations[relation]
        others = one.sight.situation.related(record, relation)
        return [other for other in others if not numbers.isdisjoint(asks.fired(other, record, one))]

    @property
    def relations(self) -> frozenset[tuple[str, str]]:
        """The (kind, relation) pairs that some condition follows."""
        return frozenset((kind, name) for kind, found in self._kinds.items() for name in found.relations)


class _Kind:
    def __init__(self, kind: str, conditions: Sequence[Ready]) -> None:
        self._kind = kind
        asked: dict[tuple[str, Ready], None] = {}
        for condition in conditions:
            for part in parts(condition):
                if isinstance(part, Exists | Counted):
                    asked[part.relation, part.where] = None
        answers = list(asked)
        self._count = len(answers)
        self.relations = {
            name: _Relation(kind, name, [(index, where) for index, (of, where) in enumerate(answers) if of == name])
            for name in dict.fromkeys(name for name, _ in answers)
        }
        self._stage = Stage(("k", kind), conditions, answers)

    def matching(self, record: Record, one: Pass) -> tuple[int, ...]:
        answers = [0] * self._count
        for relation in self.relations.values():
            relation.answer(record, one, answers)
        return self._stage.fire(record, record, answers, one.sight)


class _Relation:
    """The tests that a kind's rules ask of the records of one relation."""

    def __init__(self, kind: str, name: str, asked: list[tuple[int, Ready]]) -> None:
        self._kind = kind
        self.name = name
        self._all = [index for index, where in asked if where == TRUE]
        wheres = [(index, where) for index, where in asked if where != TRUE]
        self._indexes = [index for index, _ in wheres]
        self.asked = {where: number for number, (_, where) in enumerate(wheres)}
        # Tests that name the deciding record answer anew for each pair.
        self._alone = not any(
            isinstance(part, Test) and part.leaf.this is not None for _, where in wheres for part in parts(where)
        )
        self._stage = Stage(("k", f"{kind}.{name}"), [where for _, where in wheres], ())

    def answer(self, record: Record, one: Pass, answers: list[int]) -> None:
        """Count, for each test asked, the related records that fulfil it."""
        others = one.sight.situation.related(record, self.name)
        if not others:
            return
        for index in self._all:
            answers[index] = len(others)
        if not self._indexes:
            return
        for other in others:
            for number in self.fired(other, record, one):
                answers[self._indexes[number]] += 1

    def fired(self, other: Record, record: Record, one: Pass) -> tuple[int, ...]:
        """The numbers of the tests that a related record fulfils. Raises EngineError."""
        if not self._alone:
            return self._stage.fire(other, record, (), one.sight)
        key = (self._kind, self.name, id(other))
        found = one.answered.get(key)
        if found is None:
            found = one.answered[key] = self._stage.fire(other, record, (), one.sight)
        return found
