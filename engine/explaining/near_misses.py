"""Nearness: the fewest tests that would have to come out otherwise for a rule to match, or not to."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import product

from msgspec import Struct

from engine.explaining.evaluator import Trace, Truth, both, either, inverse
from engine.model.conditions import All, Any, Condition, Count, FieldTest, Not, Related, Unless, Value
from engine.records.kinds import Record, kind_of, name_of
from engine.relations.definitions import RELATIONS

MOST = 3
"""Ways that are kept: a reader acts on the first."""


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

    Empty where something that is not provided stands between, or where the changes would gainsay each other.
    """
    return [way for way in _ways(trace, want, None, None) if _after(trace, way, (), None) is want]


def together(parts: Iterable[list[Way]]) -> list[Way]:
    """The smallest sets of changes that do what each of these does."""
    return _all_of(parts)


def nearly(trace: Trace) -> Way | None:
    """The one change that would make a rule match of which something else holds already; None when there is none."""
    if trace.truth is not False or not _begun(trace):
        return None
    found = ways(trace, want=True)
    return found[0] if found and _steps(found[0]) == 1 else None


def still(trace: Trace, way: Way, kind: str) -> Truth:
    """What a condition on a record of that kind would come to after changes, as far as they say.

    A field made missing fails its other tests; a relation joined by a changed field may lead anywhere.
    """
    changed = {
        (kind, change.condition.field)
        for change in way
        if change.about is None and isinstance(change.condition, FieldTest)
    }
    moved = {name for name, one in RELATIONS[kind].items() if any(changed & needs for needs in one.joins)}
    return _after(trace, way, moved, None)


def _begun(trace: Trace) -> bool:
    match trace.condition:
        case All():
            return any(part.truth is True and not isinstance(part.condition, Unless) for part in trace.children)
        case Any():
            return any(_begun(part) for part in trace.children)
        case _:
            return False


def _ways(trace: Trace, want: bool, relation: str | None, of: About | None) -> list[Way]:
    if trace.truth is want:
        return [()]
    of = of if trace.about is None else about(trace.about)
    condition: Condition = trace.condition
    match condition:
        case FieldTest():
            return [] if trace.truth is None else [(Change(condition, want, relation, of),)]
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


def _related(trace: Trace, test: Related, want: bool) -> list[Way]:
    if trace.lack:
        return []
    itself: list[Way] = [(Change(test, want, steps=1 if trace.children else 2),)]
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
            said = {_said(change, condition) for change in way if change.about == of} - {None}
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
    presence = changed.op in ("missing", "present")
    missing = presence and (changed.op == "missing") == change.want
    if test.op in ("missing", "present"):
        known = presence or change.want
        return (test.op == "missing") == missing if known else None
    return False if missing else None


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
