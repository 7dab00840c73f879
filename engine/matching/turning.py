"""Turning: the coming moments at which time alone may end what a prepared condition says of a record.

A comparison with the clock comes out otherwise at one moment, or at two. These are worked out from the values, so that
nobody has to decide a record day by day to learn when it comes in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta

from engine.matching.binding import Both, Counted, Either, Exists, Ready, Test, inverse
from engine.matching.comparisons import holds
from engine.matching.projection import Sight
from engine.model.conditions import Day, Instant
from engine.model.moments import day_bounds, zone
from engine.model.operators import OPERATORS
from engine.records.fields import COMPUTED, asked_of
from engine.records.kinds import Record

Moments = frozenset[datetime]

NEVER: Moments = frozenset()
_TICK = timedelta(microseconds=1)


class Turning:
    """Asks of conditions on the records of one batch, at one moment, when they may end."""

    def __init__(self, sight: Sight, skips: Callable[[Record], Iterable[Ready | None]]) -> None:
        """``skips`` gives the conditions of the skip rules that a record fulfils, None for those that know no clock."""
        self._sight = sight
        self._situation = sight.situation
        self._clock = sight.clock
        self._skips = skips

    def ends(self, ready: Ready, record: Record) -> Moments | None:
        """The coming moments at which it may become false as time passes: none where only a change of the records
        can end it, None where it is false already."""
        return self._ends(ready, record, record)

    def _ends(self, ready: Ready, record: Record, own: Record) -> Moments | None:
        match ready:
            case Test():
                return self._of_test(ready, record, own)
            case Both(items):
                return _one_ends(self._ends(item, record, own) for item in items)
            case Either(items):
                return _all_end(self._ends(item, record, own) for item in items)
            case Exists(relation, where, negated):
                others = self._situation.related(own, relation)
                if negated:
                    return _one_ends(self._ends(inverse(where), other, own) for other in others)
                return _all_end(self._ends(where, other, own) for other in others)
            case Counted(relation, op, number, where):
                return self._count(op, number, where, self._situation.related(own, relation), own)

    def _count(self, op: str, number: int, where: Ready, others: Sequence[Record], own: Record) -> Moments | None:
        """It may end whenever one of them begins or stops to count."""
        fulfilled = sum(self._ends(where, other, own) is not None for other in others)
        use = OPERATORS[op].use("integer", is_set=False)
        assert use is not None
        assert use.order is not None
        if not use.order.holds(fulfilled, fulfilled, number, number):
            return None
        asked = where if op in ("at_least", "above") else inverse(where)
        return NEVER.union(*(ends for other in others if (ends := self._ends(asked, other, own))))

    def _of_test(self, test: Test, record: Record, own: Record) -> Moments | None:
        leaf = test.leaf
        value = asked_of(record, leaf.field, self._sight.computed)
        other = None if leaf.this is None else asked_of(own, leaf.this, self._sight.computed)
        if holds(leaf, value, other, self._clock) is test.negated:
            return None
        if leaf.field in COMPUTED and leaf.field != "segments":
            return self._of_decision(record)
        wanted = leaf.wanted[0] if leaf.wanted else None
        if value is None or not isinstance(wanted, Instant | Day):
            return NEVER
        now = self._clock.moment.as_of
        return frozenset(at for at in self._flips(leaf.op, value, wanted) if at > now)

    def _of_decision(self, record: Record) -> Moments:
        """The moments at which a related record may be decided otherwise: when all that leaves it out has ended."""
        found = NEVER
        for ready in self._skips(record):
            ends = None if ready is None else self.ends(ready, record)
            if not ends:
                return NEVER
            found |= ends
        return found

    def _flips(self, op: str, value: date | datetime, wanted: Instant | Day) -> Iterable[datetime]:
        """The moments at which a comparison with a time word comes out otherwise; the calendar's ends have none."""
        span = self._clock.of(value)
        # A day counts by its last instant before something, by its first after it; to be on it begins and is over.
        first, last = (span[1], span[1]) if op in _BY_LAST else (span[0], span[0]) if op in _BY_FIRST else span
        amount = wanted.amount
        assert isinstance(amount, int)
        try:
            if isinstance(wanted, Instant):
                # Of `last_sync` too: a run to come will be the last one itself.
                by = timedelta(**{wanted.unit: amount})
                begins, over = first - by, last - by + _TICK
            else:
                local = first.astimezone(zone(self._clock.moment.zone)).date()
                begins, over = day_bounds(local - timedelta(days=amount), self._clock.moment.zone)
        except OverflowError:
            return
        if op not in ("before", "at_least"):
            yield begins
        if op not in ("after", "at_most"):
            yield over


_BY_LAST = frozenset({"before", "at_most"})
_BY_FIRST = frozenset({"after", "at_least"})


def _one_ends(parts: Iterable[Moments | None]) -> Moments | None:
    """Of what holds together: it ends when one part does."""
    found = NEVER
    for part in parts:
        if part is None:
            return None
        found |= part
    return found


def _all_end(parts: Iterable[Moments | None]) -> Moments | None:
    """Of what each holds by itself: it ends when all that hold have."""
    holding = [part for part in parts if part is not None]
    if not holding:
        return None
    return NEVER.union(*holding) if all(holding) else NEVER
