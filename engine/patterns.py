"""Renders prepared conditions as durable-rules patterns, with the projection that feeds them.

What compares with a constant stays in the pattern; what durable-rules cannot say rightly (times, addresses, sets,
two fields) is worked out while projecting, as a boolean. A value that no rule names is projected as one stand-in,
so that most records project alike and are asserted once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from msgspec import Struct

from engine.leaves import Clock, Leaf, fold, holds
from engine.prepare import Both, Counted, Either, Exists, Ready, Test
from engine.records import Record
from engine.rulesets import (
    MOST_BRANCHES,
    MOST_LEAVES,
    MOST_RULES,
    Pattern,
    Property,
    Ruleset,
    size_of,
)
from engine.situation import Situation

Projector = Callable[[Record, Record, Sequence[int], "Sight"], Property | None]
"""(record, deciding record, answers of the relation tests, sight) → value, None for absent."""

_LONGEST_LIST = 12
_LARGEST_NUMBER = 2**31  # durable-rules compares integers exactly to 2**33
_MOST_REMEMBERED = 20_000

_COMPARE = {"above": "$gt", "below": "$lt", "at_least": "$gte", "at_most": "$lte"}
_OPPOSITE = {"above": "$lte", "below": "$gte", "at_least": "$lt", "at_most": "$gt"}


class Sight(Struct):
    """What projecting may look at beside the record."""

    clock: Clock
    situation: Situation

    def value(self, record: Record, field: str) -> Any:
        """A field's value, the computed ones included; None where the record's kind has no such field."""
        if field == "segments":
            return self.situation.segments(record)
        return getattr(record, field, None)


class TooNested(Exception):
    """A condition that no ruleset takes. Carries its position among those given."""

    def __init__(self, position: int) -> None:
        self.position = position
        super().__init__(f"condition {position} has too many nested any/all: split it")


class Stage:
    """Conditions rendered into rulesets: a record in, the positions of the conditions it fulfils out."""

    def __init__(
        self, guard: tuple[str, str], conditions: Sequence[Ready], answers: Sequence[tuple[str, Ready]]
    ) -> None:
        self._parts = [_Part(guard, *drawn) for drawn in _draw(conditions, list(answers))]

    def fire(self, record: Record, owner: Record, answers: Sequence[int], sight: Sight) -> tuple[int, ...]:
        """Positions of the conditions that hold, in order. Raises EngineError."""
        if len(self._parts) == 1:
            return self._parts[0].fire(record, owner, answers, sight)
        return tuple(position for part in self._parts for position in part.fire(record, owner, answers, sight))


class _Part:
    """One ruleset of a stage, with its projection and what it has already answered."""

    def __init__(self, guard: tuple[str, str], drawing: _Drawing, patterns: dict[int, Pattern]) -> None:
        self._guard = guard
        self._names = list(drawing.projectors)
        self._projectors = list(drawing.projectors.values())
        # A guard on every pattern: one that is only `$nex` would also match the engine's own messages, for ever.
        self._ruleset = Ruleset({f"r{position}": _guarded(guard, pattern) for position, pattern in patterns.items()})
        self._known: dict[tuple[Any, ...], tuple[int, ...]] = {}

    def fire(self, record: Record, owner: Record, answers: Sequence[int], sight: Sight) -> tuple[int, ...]:
        key = tuple([project(record, owner, answers, sight) for project in self._projectors])
        fired = self._known.get(key)
        if fired is None:
            name, value = self._guard
            fact: dict[str, Property] = {name: value}
            fact.update(pair for pair in zip(self._names, key, strict=True) if pair[1] is not None)
            fired = tuple(sorted(int(rule[1:]) for rule in self._ruleset.fire(fact)))
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[key] = fired
        return fired


def _guarded(guard: tuple[str, str], pattern: Pattern) -> Pattern:
    mine = {guard[0]: guard[1]}
    return {"$and": [mine, *pattern["$and"]] if "$and" in pattern else [mine, pattern]}


def _draw(
    conditions: Sequence[Ready], answers: list[tuple[str, Ready]]
) -> Iterator[tuple[_Drawing, dict[int, Pattern]]]:
    """Share the conditions out over as few rulesets as take them."""
    drawing, patterns, leaves = _Drawing(answers), dict[int, Pattern](), 0
    for position, condition in enumerate(conditions):
        # Measured on a drawing of its own: what does not fit must leave no property behind.
        frugal = False
        size, branches = size_of(_Drawing(answers).pattern(condition))
        if branches > MOST_BRANCHES or size > MOST_LEAVES:
            frugal = True
            size, branches = size_of(_Drawing(answers).pattern(condition, frugal=True))
            if branches > MOST_BRANCHES or size > MOST_LEAVES:
                raise TooNested(position)
        if patterns and (len(patterns) == MOST_RULES or leaves + size > MOST_LEAVES):
            yield drawing, patterns
            drawing, patterns, leaves = _Drawing(answers), {}, 0
        patterns[position] = drawing.pattern(condition, frugal=frugal)
        leaves += size
    if patterns:
        yield drawing, patterns


class _Drawing:
    """The properties of one ruleset and the patterns over them."""

    def __init__(self, answers: list[tuple[str, Ready]]) -> None:
        self.projectors: dict[str, Projector] = {}
        self._answers = answers
        self._derived: dict[Leaf, str] = {}
        self._constants: dict[str, set[Any]] = {}
        self._frugal = False

    def pattern(self, ready: Ready, *, frugal: bool = False) -> Pattern:
        """The pattern of a condition; a frugal one works every test out while projecting."""
        self._frugal = frugal
        return self._render(ready)

    def _render(self, ready: Ready) -> Pattern:
        match ready:
            case Both(()):
                return {"$ex": {"id": 1}}
            case Either(()):
                return {"$nex": {"id": 1}}
            case Both(items):
                return {"$and": [self._render(item) for item in items]}
            case Either(items):
                return {"$or": [self._render(item) for item in items]}
            case Test(leaf, negated):
                return self._test(leaf, negated=negated)
            case Exists(relation, where, negated):
                return {self._answer(relation, where, "e"): not negated}
            case Counted(relation, op, number, where):
                if abs(number) > _LARGEST_NUMBER:
                    number = _LARGEST_NUMBER if number > 0 else -_LARGEST_NUMBER
                return {_COMPARE[op]: {self._answer(relation, where, "n"): number}}

    def _answer(self, relation: str, where: Ready, letter: str) -> str:
        index = self._answers.index((relation, where))
        name = f"{letter}{index}"
        if letter == "e":
            self.projectors.setdefault(name, lambda _r, _o, answers, _s: answers[index] > 0)
        else:
            self.projectors.setdefault(name, lambda _r, _o, answers, _s: answers[index])
        return name

    def _test(self, leaf: Leaf, *, negated: bool) -> Pattern:
        if leaf.op in ("missing", "present"):
            there = (leaf.op == "present") != negated
            return {"$ex" if there else "$nex": {self._property(leaf): 1}}
        if not self._frugal and leaf.this is None:
            if self._by_value(leaf):
                return self._values(leaf, negated=negated)
            if self._by_number(leaf):
                name, number = self._property(leaf), leaf.wanted[0]
                if not negated:
                    return {_COMPARE[leaf.op]: {name: number}}
                return {"$or": [{"$nex": {name: 1}}, {_OPPOSITE[leaf.op]: {name: number}}]}
        return {self._boolean(leaf): not negated}

    @staticmethod
    def _by_value(leaf: Leaf) -> bool:
        return (
            not leaf.is_set
            and leaf.type in ("text", "id", "email", "phone", "boolean")
            and leaf.op in ("equals", "not", "in", "not_in")
            and len(leaf.wanted) <= _LONGEST_LIST
        )

    @staticmethod
    def _by_number(leaf: Leaf) -> bool:
        return (
            (leaf.is_set or leaf.type == "integer")
            and leaf.op in _COMPARE
            and type(leaf.wanted[0]) is int
            and abs(leaf.wanted[0]) <= _LARGEST_NUMBER
        )

    def _values(self, leaf: Leaf, *, negated: bool) -> Pattern:
        name = self._property(leaf)
        self._constants[name].update(leaf.wanted)
        equal = leaf.op in ("equals", "in")
        if equal != negated:
            tests: list[Pattern] = [{name: value} for value in leaf.wanted]
        else:
            tests = [{"$neq": {name: value}} for value in leaf.wanted]
        if negated:
            missing: Pattern = {"$nex": {name: 1}}
            if not equal:
                return {"$or": [missing, *tests]}
            return {"$or": [missing, tests[0] if len(tests) == 1 else {"$and": tests}]}
        if len(tests) == 1:
            return tests[0]
        return {"$or" if equal else "$and": tests}

    def _property(self, leaf: Leaf) -> str:
        """The property that holds a field: its size, its number, or its value where some rule names it."""
        name = f"f_{leaf.field}"
        if name not in self.projectors:
            constants = self._constants.setdefault(name, set())
            if leaf.is_set:
                self.projectors[name] = _size(leaf.field)
            elif leaf.type == "integer":
                self.projectors[name] = _number(leaf.field)
            elif leaf.type == "boolean":
                self.projectors[name] = lambda record, _o, _a, _s: getattr(record, leaf.field, None)
            else:
                self.projectors[name] = _named_value(leaf, constants)
        return name

    def _boolean(self, leaf: Leaf) -> str:
        if leaf not in self._derived:
            name = f"q{len(self._derived)}"
            self._derived[leaf] = name
            self.projectors[name] = _worked_out(leaf)
        return self._derived[leaf]


def _size(field: str) -> Projector:
    if field == "segments":
        return lambda record, _o, _a, sight: len(sight.situation.segments(record)) or None
    return lambda record, _o, _a, _s: len(getattr(record, field, ())) or None


def _number(field: str) -> Projector:
    def project(record: Record, _o: Record, _a: Sequence[int], _s: Sight) -> int | None:
        value = getattr(record, field, None)
        return None if value is None else max(-_LARGEST_NUMBER - 1, min(_LARGEST_NUMBER + 1, value))

    return project


def _named_value(leaf: Leaf, constants: set[Any]) -> Projector:
    field, field_type = leaf.field, leaf.type

    def project(record: Record, _o: Record, _a: Sequence[int], _s: Sight) -> str | None:
        value = getattr(record, field, None)
        if value is None:
            return None
        if not constants:
            return "~"
        folded = fold(value, field_type)
        # The stand-in must differ from every constant: it is longer than any.
        return folded if folded in constants else "~" * (1 + max(map(len, constants)))

    return project


def _worked_out(leaf: Leaf) -> Projector:
    field, this = leaf.field, leaf.this
    if field == "segments" or this == "segments":

        def project(record: Record, owner: Record, _a: Sequence[int], sight: Sight) -> bool:
            other = None if this is None else sight.value(owner, this)
            return holds(leaf, sight.value(record, field), other, sight.clock)
    else:

        def project(record: Record, owner: Record, _a: Sequence[int], sight: Sight) -> bool:
            other = None if this is None else getattr(owner, this, None)
            return holds(leaf, getattr(record, field, None), other, sight.clock)

    return project
