"""The meaning of a single test: a field's value against what is wanted, always true or false.

Missing is false for every test but `missing`, `not` and `not_in` included. Text and addresses compare
case-folded, ids as written. A day is a span of time and an instant a span of no length, so that one set of
comparisons serves both.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from msgspec import Struct

from engine.model.conditions import Day, FieldTest, Instant, Op, Operand, Scalar, Setting, This, Value
from engine.model.moments import Moment, day_bounds
from engine.model.rulebook import SettingValue
from engine.records.fields import FieldType

Span = tuple[datetime, datetime]
TIMES = ("instant", "date")
FOLDED = ("text", "email", "phone")

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class Leaf(Struct, frozen=True):
    """A test whose settings are filled in."""

    field: str
    op: Op
    type: FieldType
    is_set: bool
    wanted: tuple[Any, ...] = ()
    """Folded values; for times `Value`, `Instant` and `Day` with plain amounts."""
    this: str | None = None
    """The other field it is compared with, in place of `wanted`."""


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
            found = self._spans[value] = day_bounds(value, self.moment.zone)
        return found

    def day(self, wanted: Value | Day) -> date:
        """The date of a time word that is a whole day."""
        if isinstance(wanted, Value):
            assert isinstance(wanted.value, date)
            return wanted.value
        assert isinstance(wanted.amount, int)
        day: date = _shift(self.moment.today, days=wanted.amount)
        return day

    def _work_out(self, wanted: Value | Instant | Day) -> Span | None:
        if isinstance(wanted, Value):
            assert isinstance(wanted.value, date)
            return self.of(wanted.value)
        amount = wanted.amount
        assert isinstance(amount, int)
        if isinstance(wanted, Day):
            return day_bounds(self.day(wanted), self.moment.zone)
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


def fold(value: Any, field_type: FieldType) -> Any:
    """A record's value as it is compared; the door has trimmed it and made it NFC already."""
    if field_type in FOLDED and isinstance(value, str):
        return value.casefold()
    return value


_SIGNED = {"above": "above", "below": "below", "at_least": "at_least", "at_most": "at_most"}


def bind(test: FieldTest, settings: Mapping[str, SettingValue]) -> Leaf | None:
    """The test with its settings filled in; None where one of them is unset or empty: unavailable."""
    wanted: list[Any] = []
    this = None
    counts = test.is_set and test.op in _SIGNED
    for operand in test.operands:
        if isinstance(operand, This):
            this = operand.field
        elif test.type in TIMES and not counts:
            bound = _bind_time(operand, settings)
            if bound is None:
                return None
            wanted.append(bound)
        else:
            values = _values(operand, settings)
            if not values:
                return None
            wanted.extend(_as_compared(value, test.type, counts) for value in values)
    op: Op = test.op
    if len(wanted) > 1 and op in ("equals", "not"):
        op = "in" if op == "equals" else "not_in"
    return Leaf(field=test.field, op=op, type=test.type, is_set=test.is_set, wanted=tuple(wanted), this=this)


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


def _as_compared(value: Scalar, field_type: FieldType, counts: bool) -> Scalar:
    """A value that an author wrote, in the form that the door and `fold` give a record's."""
    if counts or field_type not in (*FOLDED, "id"):
        return value
    text = unicodedata.normalize("NFC", str(value).strip())
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


# One @, a local part without spaces, accents or stray dots, a domain of two labels or more. Stricter than the
# standard on purpose: it is what platforms can send a sign-in link to.
EMAIL = re.compile(
    r"(?=.{3,254}\Z)(?=[^@]{1,64}@)"
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+(?:[A-Za-z]{2,63}|xn--[A-Za-z0-9-]{2,59})\Z"
)
PHONE = re.compile(r"\+?[0-9]{6,15}\Z")
PHONE_ASIDE = str.maketrans("", "", " .-/()\u00a0\u202f\t")


def well_formed(value: str, field_type: FieldType) -> bool:
    """Whether a text is an address, or a phone number of 6 to 15 digits with at most one leading `+`."""
    if field_type == "email":
        return EMAIL.match(value) is not None
    if field_type == "phone":
        return PHONE.match(value.translate(PHONE_ASIDE)) is not None
    return bool(value)


def domain_in(address: str, wanted: tuple[str, ...]) -> bool:
    """Whether a folded address is of one of these domains; `.school.org` takes its subdomains too."""
    _, at, domain = address.rpartition("@")
    if not at or not domain:
        return False
    return any(domain == item.removeprefix(".") or (item.startswith(".") and domain.endswith(item)) for item in wanted)


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
        if leaf.type not in TIMES:
            wanted = tuple([fold(item, leaf.type) for item in wanted])
    if leaf.is_set:
        return _set_holds(leaf, value, wanted)
    if leaf.type in TIMES:
        return _time_holds(leaf, value, wanted, clock)
    return _SCALAR[leaf.op](leaf, fold(value, leaf.type), wanted)


def _set_holds(leaf: Leaf, value: tuple[Any, ...], wanted: tuple[Any, ...]) -> bool:
    if leaf.op in _SIGNED:
        return _SCALAR[leaf.op](leaf, len(value), wanted)
    have, want = {fold(item, leaf.type) for item in value}, set(wanted)
    match leaf.op:
        case "equals" | "in":
            return not have.isdisjoint(want)
        case "not" | "not_in":
            return have.isdisjoint(want)
        case "contains":
            return want <= have
        case "within":
            return have <= want
        case _:
            raise AssertionError(leaf.op)


def _time_holds(leaf: Leaf, value: Any, wanted: tuple[Any, ...], clock: Clock) -> bool:
    mine = clock.of(value)
    if leaf.this is not None:
        spans: list[Span | None] = [clock.of(item) for item in wanted]
    else:
        spans = [clock.span(item) for item in wanted]
    known = [span for span in spans if span is not None]
    match leaf.op:
        case "equals" | "on" | "in":
            return any(_on(mine, span) for span in known)
        case "not" | "not_in":
            return len(known) == len(spans) and not any(_on(mine, span) for span in known)
        case "before":
            return any(_before(mine, span) for span in known)
        case "after":
            return any(_after(mine, span) for span in known)
        case "at_most" | "below":
            return any(_before(mine, span) or (leaf.op == "at_most" and _on(mine, span)) for span in known)
        case "at_least" | "above":
            return any(_after(mine, span) or (leaf.op == "at_least" and _on(mine, span)) for span in known)
        case _:
            raise AssertionError(leaf.op)


def _before(mine: Span, other: Span) -> bool:
    return mine[0] < other[0] and mine[1] <= other[0]


def _after(mine: Span, other: Span) -> bool:
    # The end of a day is the first instant after it; an instant's end is itself.
    return mine[0] >= other[1] if other[0] != other[1] else mine[0] > other[0]


def _on(mine: Span, other: Span) -> bool:
    return not _before(mine, other) and not _after(mine, other)


_SCALAR: dict[str, Callable[[Leaf, Any, tuple[Any, ...]], bool]] = {
    "equals": lambda _, value, wanted: value == wanted[0],
    "not": lambda _, value, wanted: value != wanted[0],
    "in": lambda _, value, wanted: value in wanted,
    "not_in": lambda _, value, wanted: value not in wanted,
    "above": lambda _, value, wanted: value > wanted[0],
    "below": lambda _, value, wanted: value < wanted[0],
    "at_least": lambda _, value, wanted: value >= wanted[0],
    "at_most": lambda _, value, wanted: value <= wanted[0],
    "starts_with": lambda _, value, wanted: value.startswith(wanted),
    "ends_with": lambda _, value, wanted: value.endswith(wanted),
    "contains": lambda _, value, wanted: any(item in value for item in wanted),
    "within": lambda _, value, wanted: value in wanted,
    "domain_in": lambda _, value, wanted: domain_in(value, wanted),
    "well_formed": lambda leaf, value, _: well_formed(value, leaf.type),
    "malformed": lambda leaf, value, _: not well_formed(value, leaf.type),
}
