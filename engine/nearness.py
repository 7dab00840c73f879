"""Nearness: the fewest tests that would have to come out otherwise for a rule to match, or not to."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

from msgspec import Struct

from engine.conditions import All, Any, Condition, Count, FieldTest, Not, Related, Unless
from engine.records import Record, kind_of, name_of
from engine.tracing import Trace

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


Way = tuple[Change, ...]
"""Changes that together make the difference."""


def ways(trace: Trace, *, want: bool) -> list[Way]:
    """The smallest sets of changes that would make a condition true, or not true; `[()]` where it already is.

    Empty where something that is not provided stands between.
    """
    return _ways(trace, want, None, None)


def nearly(trace: Trace) -> Way | None:
    """The one change that would make a rule match of which something else holds already; None when there is none."""
    if trace.truth is not False or not _begun(trace):
        return None
    found = ways(trace, want=True)
    return found[0] if found and len(found[0]) == 1 else None


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
            return [] if trace.lack else [(Change(condition, want),)]
        case Related():
            return _related(trace, condition, want)


def _related(trace: Trace, test: Related, want: bool) -> list[Way]:
    if trace.lack:
        return []
    itself: list[Way] = [(Change(test, want),)]
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
    return sorted(dict.fromkeys(found), key=len)[:MOST]
