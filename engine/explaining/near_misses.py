"""Nearness: the fewest tests that somebody would have to bring to come out otherwise for a rule to match, or not to."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import product

from msgspec import Struct

from engine.analysis.reads import walk
from engine.explaining.evaluator import Trace, Truth, both, either, inverse
from engine.model.conditions import All, Any, Condition, Count, Day, FieldTest, Instant, Not, Related, Unless, Value
from engine.records.fields import REACHING, fields_of
from engine.records.kinds import OF_PLATFORM, Record, kind_of, name_of
from engine.relations.definitions import RELATIONS

MOST = 3
"""Ways that are kept: a reader acts on the first."""


_EXPECTED = frozenset(name for of_kind in RELATIONS.values() for name, one in of_kind.items() if one.names)
"""Relations to those whom a record names."""
_MADE_THERE = frozenset(
    name for relations in RELATIONS.values() for name, one in relations.items() if {*one.to} <= OF_PLATFORM
)
"""Relations to what stands on the platform."""


class About(Struct, frozen=True):
    """A related record, by what people know it by."""

    kind: str
    source_id: str
    name: str


def about(record: Record) -> About:
    """What people know a record by."""
    return About(kind_of(record), record.source_id, name_of(record))


class Change(Struct, frozen=True):
    """One test that would have to come out otherwise."""

    condition: FieldTest | Related | Count
    want: bool
    """What it would have to be."""
    relation: str | None = None
    about: About | None = None
    """The related record whose test it is."""
    steps: int = 1
    """How far it is: of a count, by how many records; 2 for related records of which there are none yet."""


Way = tuple[Change, ...]
"""Changes that together make the difference."""


def ways(trace: Trace, *, want: bool) -> list[Way]:
    """The smallest sets of changes that would make a condition true, or not true; `[()]` where it already is.

    Empty where something that is not provided, or that nobody can mend, stands between, or where the changes would
    gainsay each other.
    """
    return [way for way in _ways(trace, want, None, None) if _after(trace, way, (), None) is want]


def together(parts: Iterable[list[Way]]) -> list[Way]:
    """The smallest sets of changes that do what each of these does."""
    return _all_of(parts)


def still(trace: Trace, way: Way, kind: str) -> Truth:
    """What a condition on a record of that kind would come to after changes, as far as they say.

    A field that is given leaves its other tests open; a relation joined by a changed one may lead anywhere.
    """
    changed = {
        (kind, change.condition.field)
        for change in way
        if change.about is None and isinstance(change.condition, FieldTest)
    }
    moved = {name for name, one in RELATIONS[kind].items() if any(changed & needs for needs in one.joins)}
    return _after(trace, way, moved, None)


def _ways(trace: Trace, want: bool, relation: str | None, of: About | None) -> list[Way]:
    if trace.truth is want:
        return [()]
    of = of if trace.about is None else about(trace.about)
    condition: Condition = trace.condition
    match condition:
        case FieldTest():
            if trace.truth is None or not _mendable(trace, condition, want=want):
                return []
            return [(Change(condition, want, relation, of),)]
        case Not():
            return _ways(trace.children[0], not want, relation, of)
        case Unless():
            # An exception that is not known to hold does not apply: it is never unknown itself.
            return _ways(trace.children[0], not want, relation, of)
        case All():
            parts = [_ways(part, want, relation, of) for part in trace.children]
            return _all_of(parts) if want else _one_of(parts)
        case Any():
            parts = [_ways(part, want, relation, of) for part in trace.children]
            return _one_of(parts) if want else _all_of(parts)
        case Count():
            return [] if trace.lack else [(Change(condition, want, steps=_distance(trace, condition)),)]
        case Related():
            return _related(trace, condition, want)


def _mendable(trace: Trace, test: FieldTest, *, want: bool) -> bool:
    """Whether somebody can bring the change about: the clock, and what systems note of themselves, are nobody's to
    set; and what is there is not mended by taking it away."""
    if any(isinstance(operand, Instant | Day) for operand in test.operands):
        return False
    if test.op in ("missing", "present") and (test.op == "missing") is want:
        return False
    if test.field in REACHING:
        return test.field != "skipped_by"  # by mending what is said of the other record
    return not any(read.record is not None and fields_of(kind_of(read.record))[read.name].noted for read in trace.reads)


def _related(trace: Trace, test: Related, want: bool) -> list[Way]:
    if trace.lack:
        return []
    itself: list[Way] = [(Change(test, want, steps=1 if trace.children else 2),)]
    if (test.quantifier == "some") is want and test.relation in _MADE_THERE:
        # What the exchange makes on the platform is not to be made there by hand.
        itself = []
    if (test.quantifier == "some") is not want and test.relation in _MADE_THERE and test.where != All(()):
        itself = []  # what stands there is not to be deleted; what is to be changed on it is said one by one
    if (test.quantifier == "some") is not want and test.relation in _EXPECTED:
        itself = []  # nobody is taken off a session so that it comes in
    if any(isinstance(part, FieldTest) and part.field == "skipped_by" for part in walk(test.where)):
        itself = []  # nobody is left out so that another record comes in
    if test.where == All(()):
        return itself
    each = test.quantifier == "every"
    wanted = want if test.quantifier != "no" else not want
    parts = [_ways(part, wanted, test.relation, None) for part in trace.children]
    # `some` wants one of its records, and none of them where it shall not hold; `every` the other way round.
    found = _all_of(parts) if each == wanted else _one_of(parts)
    return _best([*found, *itself] if trace.children else itself)


def _one_of(parts: Iterable[list[Way]]) -> list[Way]:
    return _best(way for part in parts for way in part)


def _all_of(parts: Iterable[list[Way]]) -> list[Way]:
    found: list[Way] = [()]
    for part in parts:
        found = _best(tuple(dict.fromkeys((*before, *way))) for before, way in product(found, part))
    return found


def _best(found: Iterable[Way]) -> list[Way]:
    return sorted(dict.fromkeys(found), key=_steps)[:MOST]


def _steps(way: Way) -> int:
    return sum(change.steps for change in way)


def _distance(trace: Trace, test: Count) -> int:
    number = test.number.value if isinstance(test.number, Value) else trace.reads[0].value
    assert isinstance(number, int)
    fulfilled = sum(part.truth is True for part in trace.children)
    return max(1, abs(number - fulfilled))


# What else a change would bring about.


def _after(trace: Trace, way: Way, moved: Collection[str], of: About | None) -> Truth:
    of = of if trace.about is None else about(trace.about)
    condition = trace.condition
    match condition:
        case FieldTest():
            mine = [change for change in way if change.about == of]
            said = {_said(change, condition) for change in mine} - {None}
            if mine and not said and condition.field in REACHING:
                return None  # what is decided of a record that is changed is not known
            return trace.truth if not said else said.pop() if len(said) == 1 else None
        case All():
            return both(_after(part, way, moved, of) for part in trace.children)
        case Any():
            return either(_after(part, way, moved, of) for part in trace.children)
        case Not():
            return inverse(_after(trace.children[0], way, moved, of))
        case Unless():
            return _after(trace.children[0], way, moved, of) is not True
        case Related() | Count():
            same = [change.want for change in way if _alike(change.condition, condition)]
            if not same and condition.relation in moved:
                return None
            if same or isinstance(condition, Count) or trace.lack:
                return same[0] if same else trace.truth
            parts = [_after(part, way, moved, None) for part in trace.children]
            return both(parts) if condition.quantifier == "every" else _quantified(condition, parts)


def _quantified(test: Related, parts: list[Truth]) -> Truth:
    return either(parts) if test.quantifier == "some" else inverse(either(parts))


def _said(change: Change, test: FieldTest) -> Truth:
    """What a change of one test says of another on the same record; None where it says nothing."""
    changed = change.condition
    if not isinstance(changed, FieldTest) or changed.field != test.field:
        return None
    if _alike(changed, test):
        return change.want
    # No change takes a value away: what is told of the field is that there is one, or nothing.
    if test.op in ("missing", "present") and (change.want or changed.op in ("missing", "present")):
        return test.op == "present"
    return None


def _alike(one: Condition, other: Condition) -> bool:
    """Whether two tests say the same, wherever they stand in the files."""
    match one, other:
        case FieldTest(), FieldTest():
            return (one.field, one.op, one.operands) == (other.field, other.op, other.operands)
        case Related(), Related():
            return (one.quantifier, one.relation, one.where) == (other.quantifier, other.relation, other.where)
        case Count(), Count():
            return (one.relation, one.op, one.number, one.where) == (
                other.relation,
                other.op,
                other.number,
                other.where,
            )
        case _:
            return False
