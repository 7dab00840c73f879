"""A test made quick: a function that knows all it can before; the meaning is that of its operator's entry.

Nothing here compares: it folds, works out the clock's spans once and hands on to the entry. A law holds it to
``engine.matching.comparisons.holds``, the plain way.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from engine.matching.comparisons import Clock, Leaf, Span, holds
from engine.model.conditions import Instant, Value
from engine.model.operator_uses import FOLDED, TIMES, Order

Predicate = Callable[[Any, Any, Clock], bool]
"""(value, the other field's value, clock) → whether the test holds; both as the record has them."""


def predicate(leaf: Leaf) -> Predicate:
    """The function of a test; it answers as ``holds`` does."""
    use = leaf.use
    quick = None
    if leaf.this is not None:
        quick = _same_text(leaf)
    elif use.order is not None and leaf.type in TIMES and not leaf.is_set:
        quick = _instant(use.order, leaf.wanted[0]) if leaf.type == "instant" else _date(use.order, leaf.wanted[0])
    elif use.overlap is not None:
        quick = _overlap(leaf)
    elif use.ready is not None:
        quick = _single(leaf)
    return quick or (lambda value, other, clock: holds(leaf, value, other, clock))


def same_text(leaf: Leaf) -> bool:
    """Whether a test asks of two texts, in whatever case, whether they are the same."""
    return not leaf.is_set and leaf.type in FOLDED and leaf.op in ("equals", "not")


def _same_text(leaf: Leaf) -> Predicate | None:
    if not same_text(leaf):
        return None
    equal = leaf.op == "equals"

    def compare(value: Any, other: Any, _: Clock) -> bool:
        if value is None or other is None:
            return False
        return (value == other or value.casefold() == other.casefold()) is equal

    return compare


def _overlap(leaf: Leaf) -> Predicate:
    overlap, wanted = leaf.use.overlap, frozenset(leaf.wanted)
    assert overlap is not None
    if leaf.type not in FOLDED:
        return lambda value, _o, _c: bool(value) and overlap(wanted, value)
    return lambda value, _o, _c: bool(value) and overlap(wanted, map(str.casefold, value))


def _single(leaf: Leaf) -> Predicate:
    ready = leaf.use.ready
    assert ready is not None
    meets = ready(leaf.wanted, leaf.type)
    if leaf.type in FOLDED and leaf.use.folds:
        return lambda value, _o, _c: value is not None and meets(value.casefold())
    return lambda value, _o, _c: value is not None and meets(value)


def _instant(order: Order, wanted: Any) -> Predicate:
    compare = order.holds
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
        return span is not None and compare(value, value, span[0], span[1])

    return against


def _date(order: Order, wanted: Any) -> Predicate | None:
    """Whole days against a whole day compare as dates do, without their hours."""
    if isinstance(wanted, Instant) or (isinstance(wanted, Value) and isinstance(wanted.value, datetime)):
        return None
    compare = order.holds
    kept: tuple[Clock | None, Any] = (None, None)

    def against(value: Any, _o: Any, clock: Clock) -> bool:
        nonlocal kept
        if value is None:
            return False
        last = kept
        if last[0] is not clock:
            last = kept = (clock, clock.day(wanted))
        day = last[1]
        return compare(value, value, day, day)

    return against
