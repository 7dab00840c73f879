"""Renders prepared conditions as durable-rules patterns, with the projection that feeds them.

What compares with a constant stays in the pattern; what durable-rules cannot say rightly (times, addresses, sets,
two fields) is worked out while projecting, as a boolean. A value that no rule names is projected as one stand-in,
so that most records project alike and are asserted once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from engine.matching.binding import Both, Counted, Either, Exists, Ready, Test
from engine.matching.comparisons import Leaf
from engine.matching.durable_engine import (
    MOST_BRANCHES,
    MOST_LEAVES,
    MOST_RULES,
    Pattern,
    Ruleset,
    size_of,
)
from engine.matching.projection import (
    LARGEST_NUMBER,
    Expression,
    Property,
    Sight,
    answered,
    boolean,
    compiled,
    named_value,
    number,
    size,
    worked_out,
)
from engine.model.operators import OPERATORS
from engine.records.kinds import Record

_LONGEST_LIST = 12
_MOST_PROPERTIES = 8
"""Rules share a ruleset up to this many properties: with few, nearly every projection has been seen before."""
_MOST_REMEMBERED = 20_000


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
        found: tuple[int, ...] = ()
        clock = sight.clock
        for part in self._parts:
            key = part.project(record, owner, answers, sight, clock)
            fired = part.known.get(key)
            if fired is None:
                fired = part.ask(key)
            found += fired
        return found


class _Part:
    """One ruleset of a stage, with its projection and what it has already answered."""

    def __init__(self, guard: tuple[str, str], drawing: _Drawing, patterns: dict[int, Pattern]) -> None:
        self._guard = guard
        self._names = list(drawing.properties)
        self.project = compiled(drawing.expressions())
        # A guard on every pattern: one that is only `$nex` would also match the engine's own messages, for ever.
        self._ruleset = Ruleset({f"r{position}": _guarded(guard, pattern) for position, pattern in patterns.items()})
        self.known: dict[tuple[Any, ...], tuple[int, ...]] = {}
        """Projection to the positions it fulfils, as answered before."""

    def ask(self, key: tuple[Property | None, ...]) -> tuple[int, ...]:
        """Positions of the conditions that a projection fulfils, by durable-rules."""
        fact: dict[str, Property] = {
            name: value for name, value in zip(self._names, key, strict=True) if value is not None
        }
        name, value = self._guard
        fact[name] = value
        fired = tuple(sorted(int(rule[1:]) for rule in self._ruleset.fire(fact)))
        if len(self.known) >= _MOST_REMEMBERED:
            self.known.clear()
        self.known[key] = fired
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
        if patterns and (
            len(patterns) == MOST_RULES
            or leaves + size > MOST_LEAVES
            or drawing.grown_by(condition, frugal=frugal) > _MOST_PROPERTIES
        ):
            yield drawing, patterns
            drawing, patterns, leaves = _Drawing(answers), {}, 0
        patterns[position] = drawing.pattern(condition, frugal=frugal)
        leaves += size
    if patterns:
        yield drawing, patterns


def _number_pattern(op: str) -> str:
    """durable-rules' comparison of a number that is always there, or of a set's size."""
    use = OPERATORS[op].set
    assert use is not None
    assert use.order is not None
    return use.order.pattern


class _Drawing:
    """The properties of one ruleset and the patterns over them."""

    def __init__(self, answers: list[tuple[str, Ready]]) -> None:
        self.properties: dict[str, Callable[[], Expression]] = {}
        """Each with its expression, which may be asked for only when all patterns are drawn."""
        self._answers = answers
        self._derived: dict[Leaf, str] = {}
        self._constants: dict[str, set[Any]] = {}
        self._told_apart: set[str] = set()
        """Properties of which it matters whether they are missing, or another than those they are compared with."""
        self._frugal = False

    def pattern(self, ready: Ready, *, frugal: bool = False) -> Pattern:
        """The pattern of a condition; a frugal one works every test out while projecting."""
        self._frugal = frugal
        return self._render(ready)

    def expressions(self) -> list[Expression]:
        """The expression of every property, in order."""
        return [expression() for expression in self.properties.values()]

    def grown_by(self, ready: Ready, *, frugal: bool) -> int:
        """How many properties there would be with the condition drawn too."""
        trial = _Drawing(self._answers)
        trial.pattern(ready, frugal=frugal)
        return len(self.keys | trial.keys)

    @property
    def keys(self) -> set[object]:
        """What the properties stand for, comparable between drawings."""
        return {name for name in self.properties if name[0] != "q"} | set(self._derived)

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
                if abs(number) > LARGEST_NUMBER:
                    number = LARGEST_NUMBER if number > 0 else -LARGEST_NUMBER
                return {_number_pattern(op): {self._answer(relation, where, "n"): number}}

    def _answer(self, relation: str, where: Ready, letter: str) -> str:
        index = self._answers.index((relation, where))
        name = f"{letter}{index}"
        if letter == "e":
            self.properties.setdefault(name, lambda: answered(index, counted=False))
        else:
            self.properties.setdefault(name, lambda: answered(index, counted=True))
        return name

    def _test(self, leaf: Leaf, *, negated: bool) -> Pattern:
        if leaf.op in ("missing", "present"):
            there = (leaf.op == "present") != negated
            name = self._property(leaf)
            self._told_apart.add(name)
            return {"$ex" if there else "$nex": {name: 1}}
        if not self._frugal and leaf.this is None:
            if self._by_value(leaf):
                return self._values(leaf, negated=negated)
            if self._by_number(leaf):
                name, number = self._property(leaf), leaf.wanted[0]
                if not negated:
                    return {_number_pattern(leaf.op): {name: number}}
                opposite = _number_pattern(OPERATORS[leaf.op].contrary)
                return {"$or": [{"$nex": {name: 1}}, {opposite: {name: number}}]}
        return {self._boolean(leaf): not negated}

    @staticmethod
    def _by_value(leaf: Leaf) -> bool:
        return leaf.type != "integer" and leaf.use.pattern != "" and len(leaf.wanted) <= _LONGEST_LIST

    @staticmethod
    def _by_number(leaf: Leaf) -> bool:
        return (
            (leaf.is_set or leaf.type == "integer")
            and leaf.use.order is not None
            and leaf.use.order.pattern != ""
            and type(leaf.wanted[0]) is int
            and abs(leaf.wanted[0]) <= LARGEST_NUMBER
        )

    def _values(self, leaf: Leaf, *, negated: bool) -> Pattern:
        name = self._property(leaf)
        self._constants[name].update(leaf.wanted)
        equal = leaf.use.pattern == "="
        if not equal:
            self._told_apart.add(name)
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
        if name not in self.properties:
            constants = self._constants.setdefault(name, set())
            if leaf.is_set:
                self.properties[name] = lambda: size(leaf.field)
            elif leaf.type == "integer":
                self.properties[name] = lambda: number(leaf.field)
            elif leaf.type == "boolean":
                self.properties[name] = lambda: boolean(leaf.field)
            else:
                self.properties[name] = lambda: named_value(leaf, constants, same=name not in self._told_apart)
        return name

    def _boolean(self, leaf: Leaf) -> str:
        if leaf not in self._derived:
            name = f"q{len(self._derived)}"
            self._derived[leaf] = name
            self.properties[name] = lambda: worked_out(leaf)
        return self._derived[leaf]
