"""Projections: what a ruleset is told of a record, as one tuple of values.

Each property is an expression over the record; a ruleset's properties are compiled into one function, because a
call for each property is most of what matching costs. The expressions name only fields of the catalogue.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from types import CodeType
from typing import Any, Protocol

from msgspec import Struct, field

from engine.matching.comparisons import Clock, Leaf
from engine.matching.comparisons_fast import predicate
from engine.model.operator_uses import FOLDED
from engine.records.fields import COMPUTED, REACHING
from engine.records.kinds import Record
from engine.relations.neighbourhood import Situation

Property = bool | int | str
LARGEST_NUMBER = 2**31
"""durable-rules compares integers exactly to 2**33."""


class Decisions(Protocol):
    """What is decided of records; see ``engine.matching.standing``."""

    def __call__(self, record: Record, field: str, sight: Sight, wanted: frozenset[str] | None = None) -> str | None:
        """What is decided of a related record; told no further than whether it is one of those wanted."""
        ...

    def fired(self, record: Record, sight: Sight) -> tuple[int, ...]:
        """Places of the rules that a record fulfils."""
        ...

    def skips(self, record: Record, sight: Sight) -> Sequence[str]:
        """Ids of the skip rules that a record fulfils."""
        ...


class Sight(Struct):
    """What may be looked at beside a record: one pass over a batch."""

    clock: Clock
    situation: Situation
    standing: Decisions
    answered: defaultdict[Any, dict[int, tuple[int, ...]]] = field(default_factory=lambda: defaultdict(dict))
    """Of what rules ask of related records, the answers given before."""
    crowds: defaultdict[Any, dict[tuple[Any, ...], tuple[Sequence[Record], Any]]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    """The same of many records at once, which several share: by their tuple, which is kept so that it stays the one."""
    tallies: defaultdict[Any, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    """The same answers as one number each, to be added up."""
    leading: dict[Any, tuple[int, Sequence[Any]]] = field(default_factory=dict)
    """Asker to the relations that lead anywhere, as long as the situation has grown by so much."""
    shared: dict[tuple[Any, int], Any] = field(default_factory=dict)
    """What is worked out once for a group of records that many are related to: asker and group to it."""

    def related(self, record: Record, relation: str) -> tuple[Record, ...]:
        """The records that a relation leads to."""
        return self.situation.related(record, relation)

    def computed(self, record: Record, name: str) -> Any:
        """The value of a field that no source gives."""
        return self.situation.segments(record) if name == "segments" else self.standing(record, name, self)


Project = Callable[[Record, Record, Sequence[int], Sight, Clock], tuple[Property | None, ...]]
"""(record, deciding record, answers of the relation tests, sight, its clock) → values, None for absent."""


class Expression(Struct, frozen=True):
    """One property: Python over `r`, `o`, `a`, `s`, `c`, as in ``Project``; `{0}`, `{1}`, `{2}` stand for `bound`."""

    text: str
    bound: tuple[Any, ...] = ()


def compiled(expressions: Iterable[Expression]) -> Project:
    """One function for all the properties of a ruleset, in order."""
    names: dict[str, Any] = {}
    parts = []
    for expression in expressions:
        own = [f"b{len(names) + number}" for number in range(len(expression.bound))]
        names.update(zip(own, expression.bound, strict=True))
        parts.append(expression.text.format(*own) + ",")
    project: Project = eval(_code(f"lambda r, o, a, s, c: ({''.join(parts)})"), names)  # noqa: S307 - see the module
    return project


@lru_cache(maxsize=1024)
def _code(text: str) -> CodeType:
    """Most rulebooks are made of the same rules: what differs from one to the next is bound, and no text."""
    return compile(text, "<projection>", "eval")


def answered(index: int, *, counted: bool) -> Expression:
    """How many related records answered yes, or whether any did."""
    return Expression(f"a[{index}]" if counted else f"a[{index}] > 0")


def size(field: str) -> Expression:
    """How many values a set holds; absent when empty."""
    return Expression(f"len({_read('r', field)} or ()) or None")


def number(field: str) -> Expression:
    """An integer, kept within what durable-rules compares exactly."""
    return Expression(f"{{0}}({_read('r', field)})", (_clamped,))


def boolean(field: str) -> Expression:
    """True, false or absent."""
    return Expression(_read("r", field))


def named_value(leaf: Leaf, constants: Collection[Any], *, same: bool = False) -> Expression:
    """A text as the constants it is compared with, or as one stand-in for all others.

    Where nothing is asked but whether it is the ``same`` as one of them, another may be missing.
    """
    value = _read("r", leaf.field)
    if not constants:
        return Expression(f"None if {value} is None else '~'")
    # It differs from every constant: it is longer than any.
    stand_in = "~" * (1 + max(map(len, constants)))
    known: Mapping[Any, Any] = {None: None, **{constant: constant for constant in constants}}
    if leaf.field in REACHING and (same or leaf.field != "skipped_by"):
        value = f"s.standing(r, {leaf.field!r}, s, {{2}})"
        return Expression(f"{{0}}({value}, {{1}})", (known.get, stand_in, frozenset(constants)))
    if leaf.type in FOLDED:
        return Expression(f"{{0}}(None if (v := {value}) is None else v.casefold(), {{1}})", (known.get, stand_in))
    return Expression(f"{{0}}({value}, {{1}})", (known.get, stand_in))


def worked_out(leaf: Leaf) -> Expression:
    """A test that durable-rules cannot say, as a boolean that is always there."""
    other = "None" if leaf.this is None else _read("o", leaf.this)
    return Expression(f"{{0}}({_read('r', leaf.field)}, {other}, c)", (predicate(leaf),))


def _read(record: str, field: str) -> str:
    if not field.isidentifier():
        raise ValueError("a field of the catalogue is wanted")
    if field == "segments":
        return f"s.situation.segments({record})"
    if field in COMPUTED:
        return f"s.standing({record}, {field!r}, s)"
    # A relation may lead to several kinds, of which one has the field.
    return f"getattr({record}, {field!r}, None)"


def _clamped(value: int | None) -> int | None:
    return None if value is None else max(-LARGEST_NUMBER - 1, min(LARGEST_NUMBER + 1, value))
