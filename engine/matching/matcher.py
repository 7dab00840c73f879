"""The matcher: which rules a record fulfils, decided by durable-rules in two stages.

First each related record is asserted alone and answers the relation tests that some rule asks of it; then the
record is asserted with those answers and its own fields, and the rules that fire are collected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from msgspec import Struct

from engine.matching.binding import TRUE, Counted, Exists, Ready, Test, parts
from engine.matching.comparisons_fast import same_text
from engine.matching.durable_patterns import Stage, TooNested
from engine.matching.projection import Sight
from engine.records.fields import COMPUTED
from engine.records.kinds import Record, kind_of
from engine.relations.crowds import Part, ordered, rest

__all__ = ["Asks", "Matcher", "TooNested"]

Answer = TypeVar("Answer")

_MANY = 16
"""So many related records are asked anew for each record: what is kept of fewer would cost more than it spares."""


class Matcher:
    """The rules of all kinds that are decided in one step, rendered once. Safe from several threads."""

    def __init__(self, conditions: Mapping[str, Sequence[Ready]]) -> None:
        self._kinds = {kind: _Kind(kind, ready) for kind, ready in conditions.items()}

    def matching(self, record: Record, sight: Sight) -> tuple[int, ...]:
        """Positions, in order, of the conditions of the record's kind that it fulfils. Raises EngineError."""
        found = self._kinds.get(kind_of(record))
        return () if found is None else found.matching(record, sight)

    def asks(self, kind: str, relation: str, wheres: Sequence[Ready]) -> Asks:
        """Tests that conditions put to related records."""
        of = self._kinds[kind].relations[relation]
        return Asks(of, {of.asked[where]: place for place, where in enumerate(wheres)})


class Asks(Struct, frozen=True):
    """Some of the tests that the rules of a kind put to the records of one relation."""

    of: _Relation
    numbers: Mapping[int, int]
    """Each with its place in the order written."""

    def fulfilling(self, record: Record, others: Sequence[Record], sight: Sight) -> Sequence[Record]:
        """Those of the related records that fulfil one of these tests, of the first test first. Raises EngineError."""
        of = self.of
        name = tuple(self.numbers)
        if not (isinstance(others, Part) and of.counts_at_once):
            return of.once(name, self._fulfilling, record, others, sight)
        key = ((of, name), id(others.whole))
        if (known := sight.shared.get(key)) is None:
            known = sight.shared[key] = ordered(self._fulfilling(record, others.whole, sight), others.whole)
        return rest(known, others.without)

    def _fulfilling(self, record: Record, others: Sequence[Record], sight: Sight) -> list[Record]:
        found: dict[int, list[Record]] = {}
        for other in others:
            places = [self.numbers[number] for number in self.of.fired(other, record, sight) if number in self.numbers]
            if places:
                found.setdefault(min(places), []).append(other)
        return [other for place in sorted(found) for other in found[place]]


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

    def matching(self, record: Record, sight: Sight) -> tuple[int, ...]:
        answers = [0] * self._count
        for relation in self.relations.values():
            relation.answer(record, sight, answers)
        return self._stage.fire(record, record, answers, sight)


class _Relation:
    """The tests that a kind's rules ask of the records of one relation."""

    def __init__(self, kind: str, name: str, asked: list[tuple[int, Ready]]) -> None:
        self.name = name
        self._all = [index for index, where in asked if where == TRUE]
        wheres = [(index, where) for index, where in asked if where != TRUE]
        self._indexes = [index for index, _ in wheres]
        self.asked = {where: number for number, (_, where) in enumerate(wheres)}
        # Tests that name the deciding record answer anew for each pair.
        leaves = [part.leaf for _, where in wheres for part in parts(where) if isinstance(part, Test)]
        self._own: dict[str, frozenset[str] | None] = {}
        """Fields of the deciding record that tests name, so that they answer anew for each pair; those that are held,
        as texts, against nothing but whether they are the same, with the fields they are held against."""
        for leaf in leaves:
            if leaf.this is not None:
                known = self._own.get(leaf.this, frozenset())
                same = known is not None and same_text(leaf)
                self._own[leaf.this] = known.union([leaf.field]) if known is not None and same else None
        # What is decided of a record is asked of those alone that are related.
        self.counts_at_once = not self._own and COMPUTED.isdisjoint(leaf.field for leaf in leaves)
        self._stage = Stage(("k", f"{kind}.{name}"), [where for _, where in wheres], ())

    def answer(self, record: Record, sight: Sight, answers: list[int]) -> None:
        """Count, for each test asked, the related records that fulfil it."""
        others = sight.situation.related(record, self.name)
        if not others:
            return
        for index in self._all:
            answers[index] = len(others)
        if not self._indexes:
            return
        if isinstance(others, Part) and self.counts_at_once:
            key = (self, id(others.whole))
            if (known := sight.shared.get(key)) is None:
                # The group is held beside it, so that no other comes to have its number.
                known = sight.shared[key] = self._counted(record, others.whole, sight), others.whole
            less = self._counted(record, others.without, sight)
            counts = [count - gone for count, gone in zip(known[0], less, strict=True)]
        else:
            counts = self.once((), self._counted, record, others, sight)
        for number, count in enumerate(counts):
            answers[self._indexes[number]] = count

    def _counted(self, record: Record, others: Sequence[Record], sight: Sight) -> list[int]:
        counts = [0] * len(self._indexes)
        known = {} if self._own else sight.answered[self]  # looked at here too: it is asked for each pair
        for other in others:
            fired = known.get(id(other))
            for number in self.fired(other, record, sight) if fired is None else fired:
                counts[number] += 1
        return counts

    def once(
        self,
        name: tuple[int, ...],
        answer: Callable[[Record, Sequence[Record], Sight], Answer],
        record: Record,
        others: Sequence[Record],
        sight: Sight,
    ) -> Answer:
        """What comes of asking many, once for all records that have the same many and are alike in what is asked."""
        if len(others) < _MANY:
            return answer(record, others, sight)
        known = sight.crowds[self, name]
        own = [self._told(name, fields, record, others, sight) for name, fields in self._own.items()]
        key = (id(others), *own)
        if key not in known:
            known[key] = others, answer(record, others, sight)
        found: Answer = known[key][1]
        return found

    def _told(
        self, own: str, fields: frozenset[str] | None, record: Record, others: Sequence[Record], sight: Sight
    ) -> Any:
        """What a field of the deciding record can tell of many: of a text that none of them has, no more than that."""
        value = sight.computed(record, own) if own in COMPUTED else getattr(record, own)
        if fields is None or value is None:
            return value
        crowds = sight.crowds[self, fields]
        if (id(others),) not in crowds:
            texts = (getattr(other, field, None) for other in others for field in fields)
            crowds[(id(others),)] = others, frozenset(text.casefold() for text in texts if text is not None)
        folded = value.casefold()
        return folded if folded in crowds[(id(others),)][1] else False

    def fired(self, other: Record, record: Record, sight: Sight) -> tuple[int, ...]:
        """The numbers of the tests that a related record fulfils. Raises EngineError."""
        if self._own:
            return self._stage.fire(other, record, (), sight)
        known = sight.answered[self]
        found = known.get(id(other))
        if found is None:
            found = known[id(other)] = self._stage.fire(other, record, (), sight)
        return found
