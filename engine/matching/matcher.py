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
from engine.relations.neighbourhood import Leading

__all__ = ["Asks", "Matcher", "TooNested"]

Answer = TypeVar("Answer")

_MANY = 16
"""So many related records are asked anew for each record: what is kept of fewer would cost more than it spares."""
_VERY_MANY = 128
"""The same of what is asked once of each, and only added up."""
_DIGITS = 20
"""Bits for the count of one test. Three such counts are one number that adds up fast."""
_MOST = (1 << _DIGITS) - 1


class Matcher:
    """The rules of all kinds that are decided in one step, rendered once. Safe from several threads."""

    def __init__(self, conditions: Mapping[str, Sequence[Ready]], shared: Shared | None = None) -> None:
        """``shared`` has what matchers of other steps ask of related records, and takes what this one does."""
        shared = {} if shared is None else shared
        self._kinds = {kind: _Kind(kind, ready, shared) for kind, ready in conditions.items()}

    def matching(self, record: Record, sight: Sight) -> tuple[int, ...]:
        """Positions, in order, of the conditions of the record's kind that it fulfils. Raises EngineError."""
        found = self._kinds.get(kind_of(record))
        return () if found is None else found.matching(record, sight)

    def of(self, kind: str) -> Callable[[Record, Sight], tuple[int, ...]]:
        """The same for records of one kind that has rules."""
        return self._kinds[kind].matching

    def asks(self, kind: str, relation: str, wheres: Sequence[Ready]) -> Asks:
        """Tests that conditions put to related records."""
        of = self._kinds[kind].relations[relation]
        return Asks(of.questions, {of.asked[where]: place for place, where in enumerate(wheres)})


class Asks(Struct, frozen=True):
    """Some of the tests that the rules of a kind put to the records of one relation."""

    of: Questions
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
    def __init__(self, kind: str, conditions: Sequence[Ready], shared: Shared) -> None:
        self._kind = kind
        asked: dict[tuple[str, Ready], None] = {}
        for condition in conditions:
            for part in parts(condition):
                if isinstance(part, Exists | Counted):
                    asked[part.relation, part.where] = None
        answers = list(asked)
        self._count = len(answers)
        self.relations = {
            name: _Relation(
                kind, name, [(index, where) for index, (of, where) in enumerate(answers) if of == name], shared
            )
            for name in dict.fromkeys(name for name, _ in answers)
        }
        self._stage = Stage(("k", kind), conditions, answers)

    def matching(self, record: Record, sight: Sight) -> tuple[int, ...]:
        answers = [0] * self._count
        known = sight.leading.get(self)
        if known is None or known[0] != sight.situation.growth:
            ways = [
                Answering(self.relations[way.name], way) for way in sight.situation.leading(self._kind, self.relations)
            ]
            # What they lead to may have been looked up just now.
            known = sight.leading[self] = sight.situation.growth, ways
        for way in known[1]:
            way.answer(record, sight, answers)
        return self._stage.fire(record, record, answers, sight)


class _Relation:
    """The tests that a kind's rules ask of the records of one relation."""

    def __init__(self, kind: str, name: str, asked: list[tuple[int, Ready]], shared: Shared) -> None:
        self._all = [index for index, where in asked if where == TRUE]
        wheres = tuple([where for _, where in asked if where != TRUE])
        self._indexes = [index for index, where in asked if where != TRUE]
        self.asked = {where: number for number, where in enumerate(wheres)}
        if wheres not in shared:
            shared[wheres] = Questions(f"{kind}.{name}", wheres)
        self.questions = shared[wheres]

    def answer(self, record: Record, others: Sequence[Record], sight: Sight, answers: list[int]) -> None:
        """Count, for each test asked, the related records that fulfil it."""
        for index in self._all:
            answers[index] = len(others)
        if self._indexes:
            for index, count in zip(self._indexes, self.questions.counts(record, others, sight), strict=True):
                answers[index] = count

    def unpack(self, total: int, answers: list[int]) -> None:
        """The same from numbers of ``tally`` that were added up."""
        count = total & _MOST
        for index in self._all:
            answers[index] = count
        for index in self._indexes:
            total >>= _DIGITS
            answers[index] = total & _MOST

    def tally(self, record: Record, other: Record, sight: Sight) -> int:
        """One that is there, and what it fulfils, as one number."""
        return 1 + (self.questions.tally(record, other, sight) << _DIGITS) if self._indexes else 1


class Answering:
    """A relation that leads somewhere, in one situation."""

    def __init__(self, relation: _Relation, way: Leading) -> None:
        self._relation, self._follow = relation, way.follow
        self._ids = None if relation.questions.own else way.ids
        self._beside = way.beside
        self._tallies: dict[str, int] = {}
        """Id to what its record answers."""

    def answer(self, record: Record, sight: Sight, answers: list[int]) -> None:
        """Count, for each test asked, the related records that fulfil it."""
        ids = None if self._ids is None else self._ids(record)
        for values in self._beside:
            if values(record):
                ids = None
        if ids is None or len(ids) > _MOST:
            if others := self._follow(record):
                self._relation.answer(record, others, sight, answers)
        elif ids:
            # Twenty-five people of each session: nobody has to be brought together to be counted.
            alone, tallies = frozenset(ids), self._tallies
            try:
                total = sum(map(tallies.__getitem__, alone))
            except KeyError:
                for other in self._follow(record):
                    if other.source_id not in tallies:
                        tallies[other.source_id] = self._relation.tally(record, other, sight)
                for source_id in alone:
                    tallies.setdefault(source_id, 0)
                total = sum(map(tallies.__getitem__, alone))
            if total:
                self._relation.unpack(total, answers)


class Questions:
    """Tests put to related records. Two relations over which the same is asked ask it once of each record."""

    def __init__(self, name: str, wheres: Sequence[Ready]) -> None:
        self._shifts = [_DIGITS * number for number in range(len(wheres))]
        self._none = [0] * len(wheres)
        # Tests that name the deciding record answer anew for each pair.
        leaves = [part.leaf for where in wheres for part in parts(where) if isinstance(part, Test)]
        self.own: dict[str, frozenset[str] | None] = {}
        """Fields of the deciding record that tests name, so that they answer anew for each pair; those that are held,
        as texts, against nothing but whether they are the same, with the fields they are held against."""
        for leaf in leaves:
            if leaf.this is not None:
                known = self.own.get(leaf.this, frozenset())
                same = known is not None and same_text(leaf)
                self.own[leaf.this] = known.union([leaf.field]) if known is not None and same else None
        # What is decided of a record is asked of those alone that are related.
        self.counts_at_once = not self.own and COMPUTED.isdisjoint(leaf.field for leaf in leaves)
        self._stage = Stage(("k", name), wheres, ())

    def counts(self, record: Record, others: Sequence[Record], sight: Sight) -> Sequence[int]:
        """Of each test, how many of the related records fulfil it. Raises EngineError."""
        if type(others) is not Part or not self.counts_at_once:
            if not self.own and len(others) < _VERY_MANY:
                return self._counted(record, others, sight)
            return self.once((), self._counted, record, others, sight)
        key = (self, id(others.whole))
        if (known := sight.shared.get(key)) is None:
            # The group is held beside it, so that no other comes to have its number.
            known = sight.shared[key] = self._counted(record, others.whole, sight), others.whole
        less = self._counted(record, others.without, sight)
        return [count - gone for count, gone in zip(known[0], less, strict=True)]

    def _counted(self, record: Record, others: Sequence[Record], sight: Sight) -> Sequence[int]:
        if self.own:
            counts = [0] * len(self._shifts)
            for other in others:
                for number in self._stage.fire(other, record, (), sight):
                    counts[number] += 1
            return counts
        # Asked of each pair: the answers of one record are one number, and adding up tells of all at once.
        tallies = sight.tallies[self]
        if len(others) > _MOST:
            halves = [self._counted(record, half, sight) for half in (others[:_MOST], others[_MOST:])]
            return [sum(counts) for counts in zip(*halves, strict=True)]
        try:
            total = sum(map(tallies.__getitem__, map(id, others)))
        except KeyError:
            for other in others:
                self.tally(record, other, sight)
            total = sum(map(tallies.__getitem__, map(id, others)))
        return [total >> shift & _MOST for shift in self._shifts] if total else self._none

    def tally(self, record: Record, other: Record, sight: Sight) -> int:
        """What a related record fulfils, as one number. Raises EngineError."""
        tallies = sight.tallies[self]
        found = tallies.get(id(other))
        if found is None:
            fired = self.fired(other, record, sight)
            found = tallies[id(other)] = sum([1 << _DIGITS * number for number in fired]) if fired else 0
        return found

    def once(
        self,
        name: tuple[int, ...],
        answer: Callable[[Record, Sequence[Record], Sight], Answer],
        record: Record,
        others: Sequence[Record],
        sight: Sight,
    ) -> Answer:
        """What comes of asking many, once for all records that have the same many and are alike in what is asked."""
        if len(others) < (_MANY if self.own else _VERY_MANY):
            return answer(record, others, sight)
        known = sight.crowds[self, name]
        own = [self._told(name, fields, record, others, sight) for name, fields in self.own.items()]
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
        if self.own:
            return self._stage.fire(other, record, (), sight)
        known = sight.answered[self]
        found = known.get(id(other))
        if found is None:
            found = known[id(other)] = self._stage.fire(other, record, (), sight)
        return found


Shared = dict[tuple[Ready, ...], Questions]
"""Tests that are put to related records, to who asks them."""
