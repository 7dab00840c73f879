"""Prepares a rule's condition for one rulebook: settings filled in, `not` pushed down, what is not provided left out.

What comes out holds leaves (plain or negated), conjunctions, disjunctions, relation tests and counts; a rule
that can no longer match has become ``FALSE``. ``engine.matching.matcher`` renders it for the rule engine.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from engine.analysis.availability import Provided
from engine.analysis.ranks import asks_for_skips
from engine.analysis.reads import settings_read
from engine.matching.comparisons import Leaf, bind, setting_values
from engine.model.conditions import (
    All,
    Any,
    Condition,
    Count,
    FieldTest,
    Not,
    Related,
    This,
    Unless,
    Value,
)
from engine.model.operators import OPERATORS
from engine.model.rulebook import SettingValue


class Test(Struct, frozen=True):
    """A leaf; its `this` field is the deciding record's own."""

    __test__ = False  # not a test case of pytest's

    leaf: Leaf
    negated: bool = False


class Both(Struct, frozen=True):
    """All of these; of nothing, true."""

    items: tuple[Ready, ...]


class Either(Struct, frozen=True):
    """One of these at least; of nothing, false."""

    items: tuple[Ready, ...]


class Exists(Struct, frozen=True):
    """Some related record fulfils `where`, or none does when negated."""

    relation: str
    where: Ready
    negated: bool = False


class Counted(Struct, frozen=True):
    """How many distinct related records fulfil `where`, compared with a number. Never missing."""

    relation: str
    op: str
    number: int
    where: Ready


Ready = Test | Both | Either | Exists | Counted

TRUE = Both(())
FALSE = Either(())


class Preparation:
    """Prepares the conditions of one kind and gathers why tests were left out."""

    def __init__(self, kind: str, settings: Mapping[str, SettingValue], provided: Provided) -> None:
        self._kind = kind
        self._settings = settings
        self._provided = provided
        self.unavailable: dict[str, None] = {}
        """Reasons, in the order met, each once."""

    def ready(self, condition: Condition) -> Ready:
        """The condition, ready for matching; ``FALSE`` when no record can match."""
        return self._push(condition, negated=False, through=None)

    def _push(self, condition: Condition, *, negated: bool, through: str | None) -> Ready:
        match condition:
            case FieldTest():
                leaf = self._leaf(condition, through)
                return FALSE if leaf is None else Test(leaf, negated)
            case All(items):
                parts = [self._push(item, negated=negated, through=through) for item in items]
                return either(parts) if negated else both(parts)
            case Any(items):
                parts = [self._push(item, negated=negated, through=through) for item in items]
                return both(parts) if negated else either(parts)
            case Not(item):
                return self._push(item, negated=not negated, through=through)
            case Unless(item):
                # Known to hold: what is not provided is false inside, whatever stands around the exception.
                inner = self._push(item, negated=False, through=through)
                return inner if negated else inverse(inner)
            case Related():
                return self._related(condition, negated=negated)
            case Count():
                return self._count(condition, negated=negated)

    def _leaf(self, test: FieldTest, through: str | None) -> Leaf | None:
        given = self._provided
        if through is None:
            is_given = given.field(self._kind, test.field)
            of = self._kind
        else:
            is_given = given.through(self._kind, through, test.field)
            of = through
        if not is_given:
            self._because(f"`{of}.{test.field}` is not provided")
            return None
        for operand in test.operands:
            if isinstance(operand, This) and not given.field(self._kind, operand.field):
                self._because(f"`{self._kind}.{operand.field}` is not provided")
                return None
        leaf = bind(test, self._settings)
        if leaf is not None and leaf.field in ("verdict", "alone") and asks_for_skips(test):
            # Nothing but the skips of the related record are looked at, which are settled before any flag.
            leaf = replace(leaf, field="skips")
        if leaf is None:
            names = ", ".join(f"`{name}`" for name in settings_read(test))
            self._because(f"the setting {names} is not set")
        return leaf

    def _related(self, related: Related, *, negated: bool) -> Ready:
        if not self._provided.relation(self._kind, related.relation):
            self._because(f"`{self._kind}.{related.relation}` is not provided")
            return FALSE
        # Over each: `some` wants one that fulfils, `no` none, `every` none that does not.
        every = related.quantifier == "every"
        if (related.quantifier == "some") != negated if not every else negated:
            where = self._push(related.where, negated=every, through=related.relation)
            return exists(related.relation, where)
        # None may fulfil it: what is not provided might, so it counts as fulfilled. Pushed down negated it is
        # false, and the inverse of that is true.
        where = inverse(self._push(related.where, negated=not every, through=related.relation))
        return exists(related.relation, where, negated=True)

    def _count(self, count: Count, *, negated: bool) -> Ready:
        if not self._provided.relation(self._kind, count.relation):
            self._because(f"`{self._kind}.{count.relation}` is not provided")
            return FALSE
        values = (
            (count.number.value,)
            if isinstance(count.number, Value)
            else setting_values(self._settings.get(count.number.name))
        )
        if not values or isinstance(values[0], bool) or not isinstance(values[0], int):
            self._because("the setting of a count is not set")
            return FALSE
        number = values[0]
        op = OPERATORS[count.op].contrary if negated else count.op
        least = self._push(count.where, negated=False, through=count.relation)
        most = inverse(self._push(count.where, negated=True, through=count.relation))
        match op:
            case "at_least" | "above":
                return Counted(count.relation, op, number, least)
            case "at_most" | "below":
                return Counted(count.relation, op, number, most)
            case "equals":
                return both(
                    [
                        Counted(count.relation, "at_least", number, least),
                        Counted(count.relation, "at_most", number, most),
                    ]
                )
            case _:
                return either(
                    [
                        Counted(count.relation, "above", number, least),
                        Counted(count.relation, "below", number, most),
                    ]
                )

    def _because(self, reason: str) -> None:
        self.unavailable[reason] = None


def both(items: list[Ready]) -> Ready:
    """All of these, the constants folded away."""
    kept: dict[Ready, None] = {}
    for item in items:
        if item == FALSE:
            return FALSE
        for part in item.items if isinstance(item, Both) else (item,):
            kept[part] = None
    return next(iter(kept)) if len(kept) == 1 else Both(tuple(kept))


def either(items: list[Ready]) -> Ready:
    """One of these, the constants folded away."""
    kept: dict[Ready, None] = {}
    for item in items:
        if item == TRUE:
            return TRUE
        for part in item.items if isinstance(item, Either) else (item,):
            kept[part] = None
    return next(iter(kept)) if len(kept) == 1 else Either(tuple(kept))


def exists(relation: str, where: Ready, *, negated: bool = False) -> Ready:
    """A relation test, folded when no related record can fulfil it."""
    if where == FALSE:
        return TRUE if negated else FALSE
    return Exists(relation, where, negated)


def inverse(ready: Ready) -> Ready:
    """The opposite of something prepared, where everything in it is available."""
    match ready:
        case Test(leaf, negated):
            return Test(leaf, not negated)
        case Both(items):
            return either([inverse(item) for item in items])
        case Either(items):
            return both([inverse(item) for item in items])
        case Exists(relation, where, negated):
            return Exists(relation, where, not negated)
        case Counted(relation, op, number, where):
            return Counted(relation, OPERATORS[op].contrary, number, where)


def parts(ready: Ready) -> list[Ready]:
    """It and all that it is put together from, but for what is asked of related records."""
    found = [ready]
    for part in found:
        if isinstance(part, Both | Either):
            found.extend(part.items)
    return found
