"""A single test put to a value, by the meaning that its entry in ``engine.model.operators`` gives it: true or false.

Missing is false for every test but `missing`, `not` and `not_in` included. Text and addresses compare case-folded,
ids as written.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from msgspec import Struct

from engine.model.conditions import Day, FieldTest, Instant, Operand, Scalar, Setting, This, Value
from engine.model.moments import Moment, day_bounds
from engine.model.operator_uses import FOLDED, TIMES, Use
from engine.model.operators import OPERATORS
from engine.model.rulebook import SettingValue
from engine.records.fields import FieldType
from engine.records.folding import normal

Span = tuple[datetime, datetime]
"""First and last instant of a time, both in it."""

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_TICK = timedelta(microseconds=1)
"""No time is told more finely."""


class Leaf(Struct, frozen=True):
    """A test whose settings are filled in."""

    field: str
    op: str
    type: FieldType
    is_set: bool
    wanted: tuple[Any, ...] = ()
    """Folded values; for times `Value`, `Instant` and `Day` with plain amounts."""
    this: str | None = None
    """The other field it is compared with, in place of `wanted`."""

    @property
    def use(self) -> Use:
        """What its operator is on fields of this type."""
        return _use(self.op, self.type, self.is_set)

    def as_compared(self, value: Any) -> Any:
        """A single value as the test compares it; the door has trimmed it and made it NFC already."""
        return value.casefold() if self.type in FOLDED and self.use.folds else value


class Clock:
    """A moment with its spans worked out once: all that a time test needs."""

    __slots__ = ("_spans", "moment")

    def __init__(self, moment: Moment) -> None:
        self.moment = moment
        self._spans: dict[Any, Span | None] = {}

    def span(self, wanted: Value | Instant | Day) -> Span | None:
        """The span of a time word; None for `last_sync` before the first run."""
        try:
            return self._spans[wanted]
        except KeyError:
            found = self._spans[wanted] = self._work_out(wanted)
            return found

    def of(self, value: date | datetime) -> Span:
        """The span of a field's value."""
        if isinstance(value, datetime):
            return value, value
        found = self._spans.get(value)
        if found is None:
            found = self._spans[value] = self._whole(value)
        return found

    def day(self, wanted: Value | Day) -> date:
        """The date of a time word that is a whole day."""
        if isinstance(wanted, Value):
            assert isinstance(wanted.value, date)
            return wanted.value
        assert isinstance(wanted.amount, int)
        day: date = _shift(self.moment.today, days=wanted.amount)
        return day

    def _whole(self, day: date) -> Span:
        start, after = day_bounds(day, self.moment.zone)
        # A zone that changed the date has skipped a whole day: it then is the instant of the change.
        return start, max(start, after - _TICK)

    def _work_out(self, wanted: Value | Instant | Day) -> Span | None:
        if isinstance(wanted, Value):
            assert isinstance(wanted.value, date)
            return self.of(wanted.value)
        amount = wanted.amount
        assert isinstance(amount, int)
        if isinstance(wanted, Day):
            return self._whole(self.day(wanted))
        anchor = self.moment.as_of if wanted.anchor == "now" else self.moment.last_sync
        if anchor is None:
            return None
        point = _shift(anchor.astimezone(UTC), **{wanted.unit: amount})
        return point, point


def _shift(start: Any, **by: int) -> Any:
    """Start moved by that much, kept inside the calendar: `in 999999999 days` is the last day there is."""
    try:
        return start + timedelta(**by)
    except OverflowError:
        last = next(iter(by.values())) > 0
        if isinstance(start, datetime):
            return _LAST if last else _FIRST
        return date.max if last else date.min


@cache
def _use(op: str, field_type: FieldType, is_set: bool) -> Use:
    use = OPERATORS[op].use(field_type, is_set=is_set)
    assert use is not None, f"{op} does not go with {field_type}"
    return use


def bind(test: FieldTest, settings: Mapping[str, SettingValue]) -> Leaf | None:
    """The test with its settings filled in; None where one of them is unset or empty: unavailable."""
    wanted: list[Any] = []
    this = None
    op = OPERATORS[test.op]
    use = _use(test.op, test.type, test.is_set)
    for operand in test.operands:
        if isinstance(operand, This):
            this = operand.field
        elif test.type in TIMES and use.wants != "number":
            bound = _bind_time(operand, settings)
            if bound is None:
                return None
            wanted.append(bound)
        else:
            values = _values(operand, settings)
            if not values:
                return None
            wanted.extend(_as_compared(value, test.type) if use.folds else value for value in values)
    name = op.many if len(wanted) > 1 and op.many else op.name
    return Leaf(field=test.field, op=name, type=test.type, is_set=test.is_set, wanted=tuple(wanted), this=this)


def setting_values(value: SettingValue) -> tuple[Scalar, ...]:
    """A setting's values, as a test compares with them; none when unset or empty. A mapping stands for its keys."""
    if value is None or value == "":
        return ()
    if isinstance(value, Mapping):
        return tuple(value)
    return value if isinstance(value, tuple) else (value,)


def _values(operand: Operand, settings: Mapping[str, SettingValue]) -> tuple[Scalar, ...]:
    if isinstance(operand, Setting):
        return setting_values(settings.get(operand.name))
    assert isinstance(operand, Value)
    return (operand.value,)


def _as_compared(value: Scalar, field_type: FieldType) -> Scalar:
    """A value that an author wrote, in the form that a record's is compared in."""
    if field_type not in (*FOLDED, "id"):
        return value
    text = normal("NFC", str(value).strip())
    return text.casefold() if field_type in FOLDED else text


def _bind_time(operand: Operand, settings: Mapping[str, SettingValue]) -> Value | Instant | Day | None:
    if isinstance(operand, Setting):
        value = settings.get(operand.name)
        return Value(value) if isinstance(value, date) else None
    if isinstance(operand, Instant | Day) and isinstance(operand.amount, Setting):
        amount = settings.get(operand.amount.name)
        if isinstance(amount, bool) or not isinstance(amount, int):
            return None
        signed = -amount if operand.ago else amount
        if isinstance(operand, Day):
            return Day(signed)
        return Instant(anchor=operand.anchor, amount=signed, unit=operand.unit)
    assert not isinstance(operand, This)
    return operand


def holds(leaf: Leaf, value: Any, other: Any, clock: Clock) -> bool:
    """Whether the test holds.

    ``value`` is the field as the record has it (None or an empty tuple for missing); ``other`` that of the
    field named by ``leaf.this``, None where the test has none.
    """
    missing = value is None or value == ()
    if leaf.op == "missing":
        return missing
    if missing:
        return False
    if leaf.op == "present":
        return True
    wanted: tuple[Any, ...] = leaf.wanted
    if leaf.this is not None:
        if other is None or other == ():
            return False
        wanted = other if isinstance(other, tuple) else (other,)
    use = leaf.use
    if use.order is not None:
        mine, against = _spans(leaf, value, wanted[0], clock)
        return against is not None and use.order.holds(*mine, *against)
    if leaf.this is not None:
        wanted = tuple([leaf.as_compared(item) for item in wanted])
    if use.overlap is not None:
        return use.overlap(frozenset(wanted), [leaf.as_compared(item) for item in value])
    assert use.ready is not None
    return use.ready(wanted, leaf.type)(leaf.as_compared(value))


def _spans(leaf: Leaf, value: Any, wanted: Any, clock: Clock) -> tuple[tuple[Any, Any], tuple[Any, Any] | None]:
    if leaf.type in TIMES and not leaf.is_set:
        return clock.of(value), clock.of(wanted) if leaf.this is not None else clock.span(wanted)
    number = len(value) if leaf.is_set else value
    return (number, number), (wanted, wanted)
