"""The meaning of ``engine.matching.comparisons``, made quick: a test becomes a function that knows all it can before.

Only the tests that are common on bulk paths have a form of their own; a law holds the two equal.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from engine.matching.comparisons import EMAIL, FOLDED, PHONE, PHONE_ASIDE, TIMES, Clock, Leaf, Span, holds
from engine.model.conditions import Instant, Value

Predicate = Callable[[Any, Any, Clock], bool]
"""(value, the other field's value, clock) → whether the test holds; both as the record has them."""


def predicate(leaf: Leaf) -> Predicate:
    """The function of a test; it answers as ``holds`` does."""
    quick = None
    if leaf.this is not None:
        quick = _same_text(leaf)
    elif leaf.is_set:
        quick = _overlap(leaf)
    elif leaf.type in TIMES:
        quick = _instant(leaf) if leaf.type == "instant" else _date(leaf)
    elif leaf.type in FOLDED:
        quick = _text(leaf)
    return quick or (lambda value, other, clock: holds(leaf, value, other, clock))


def _same_text(leaf: Leaf) -> Predicate | None:
    if leaf.is_set or leaf.type not in FOLDED or leaf.op not in ("equals", "not"):
        return None
    equal = leaf.op == "equals"

    def compare(value: Any, other: Any, _: Clock) -> bool:
        if value is None or other is None:
            return False
        return (value == other or value.casefold() == other.casefold()) is equal

    return compare


def _overlap(leaf: Leaf) -> Predicate | None:
    wanted = frozenset(leaf.wanted)
    if leaf.op not in ("equals", "in"):
        return None
    if leaf.type not in FOLDED:
        return lambda value, _o, _c: bool(value) and not wanted.isdisjoint(value)
    return lambda value, _o, _c: bool(value) and any(item.casefold() in wanted for item in value)


def _text(leaf: Leaf) -> Predicate | None:
    wanted = leaf.wanted
    match leaf.op:
        case "well_formed" | "malformed" if leaf.type in ("email", "phone"):
            well = leaf.op == "well_formed"
            if leaf.type == "email":
                address = EMAIL.match
                return lambda value, _o, _c: value is not None and (address(value) is not None) is well
            number = PHONE.match
            return lambda value, _o, _c: (
                value is not None and (number(value.translate(PHONE_ASIDE)) is not None) is well
            )
        case "starts_with":
            return lambda value, _o, _c: value is not None and value.casefold().startswith(wanted)
        case "ends_with":
            return lambda value, _o, _c: value is not None and value.casefold().endswith(wanted)
        case "domain_in":
            return _domain(wanted)
        case _:
            return None


def _domain(wanted: tuple[str, ...]) -> Predicate:
    whole = frozenset(item.removeprefix(".") for item in wanted)
    below = tuple(item for item in wanted if item.startswith("."))

    def inside(value: Any, _o: Any, _c: Clock) -> bool:
        if value is None:
            return False
        _, at, domain = value.casefold().rpartition("@")
        return bool(at and domain) and (domain in whole or domain.endswith(below))

    return inside


_INSTANT: dict[str, Callable[[datetime, datetime, datetime], bool]] = {
    "before": lambda value, start, _: value < start,
    "below": lambda value, start, _: value < start,
    "after": lambda value, start, end: value >= end if start != end else value > start,
    "above": lambda value, start, end: value >= end if start != end else value > start,
    "at_least": lambda value, start, _: value >= start,
    "at_most": lambda value, start, end: value < end if start != end else value <= start,
    "on": lambda value, start, end: start <= value < end if start != end else value == start,
}


def _instant(leaf: Leaf) -> Predicate | None:
    if leaf.op not in _INSTANT or len(leaf.wanted) != 1:
        return None
    compare, (wanted,) = _INSTANT[leaf.op], leaf.wanted
    # The last clock's span, as one tuple, so that two threads with two clocks never mix them.
    kept: tuple[Clock | None, Span | None] = (None, None)

    def against(value: Any, _o: Any, clock: Clock) -> bool:
        nonlocal kept
        if value is None:
            return False
        last = kept
        if last[0] is not clock:
            last = kept = (clock, clock.span(wanted))
        span = last[1]
        return span is not None and compare(value, span[0], span[1])

    return against


_DATE: dict[str, Callable[[date, date], bool]] = {
    "equals": operator.eq,
    "on": operator.eq,
    "not": operator.ne,
    "before": operator.lt,
    "below": operator.lt,
    "after": operator.gt,
    "above": operator.gt,
    "at_least": operator.ge,
    "at_most": operator.le,
}


def _date(leaf: Leaf) -> Predicate | None:
    """Whole days against a whole day compare as dates do, without their hours."""
    if leaf.op not in _DATE or len(leaf.wanted) != 1:
        return None
    compare, (wanted,) = _DATE[leaf.op], leaf.wanted
    if isinstance(wanted, Instant) or (isinstance(wanted, Value) and isinstance(wanted.value, datetime)):
        return None
    kept: tuple[Clock | None, date] = (None, date.min)

    def against(value: Any, _o: Any, clock: Clock) -> bool:
        nonlocal kept
        if value is None:
            return False
        last = kept
        if last[0] is not clock:
            last = kept = (clock, clock.day(wanted))
        return compare(value, last[1])

    return against
