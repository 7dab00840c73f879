"""Traces: the second evaluator, which walks a condition as its author wrote it and keeps what every part of it read.

It is the oracle that the matcher is tested with, so it shares nothing with ``engine.matching.binding`` but the
meaning of a single test. What is not provided is unknown, and the unknown spreads as in Kleene's logic: a part is
true or false where it would be so whatever the unknown turned out to be, and else unknown. That is law 6, polarity by
polarity: true is *holds*, false is *its contrary holds*, unknown is neither. ``unless`` alone asks whether something
is known to hold, and so is never unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any as Anything
from typing import Literal, Protocol

from msgspec import Struct

from engine.analysis.availability import Provided
from engine.analysis.ranks import asks_for_skips
from engine.analysis.reads import asked, setting_read
from engine.matching.comparisons import Clock, bind, holds
from engine.model.conditions import (
    All,
    Any,
    Condition,
    Count,
    Day,
    FieldTest,
    Instant,
    Not,
    Operand,
    Related,
    This,
    Unless,
    Value,
)
from engine.model.moments import Moment
from engine.model.rulebook import SettingValue
from engine.records.fields import asked_of
from engine.records.kinds import Record, kind_of

Truth = bool | None
"""True, false, or None where something that is not provided would have to be known."""


class EvaluationContext(Protocol):
    """What the evaluator asks of the records around one; a ``Situation``, or what an example gives."""

    def related(self, record: Anything, name: str, /) -> tuple[Anything, ...]:
        """The distinct records of a relation."""
        ...

    def computed(self, record: Anything, field: str, /) -> Anything:
        """The value of a field that no source gives: `segments`, or what is decided of a related record."""
        ...


class Read(Struct, frozen=True):
    """One value that a test looked at."""

    origin: str
    """`record`, `setting` or `moment`."""
    name: str
    """The field's, the setting's, or `last_sync`, `now`, `today`."""
    value: Anything
    """As held; None for missing or unset."""
    record: Record | None = None
    """Whose field it is."""


class Lack(Struct, frozen=True):
    """Something that a test would have to know."""

    what: Literal["not_provided", "not_set"]
    name: str
    """`learner.email`, `sessions.starts_at`, `learner.sessions`; or settings' names."""


class Trace(Struct, frozen=True):
    """One part of a condition with what came of it."""

    condition: Condition
    truth: Truth
    children: tuple[Trace, ...] = ()
    reads: tuple[Read, ...] = ()
    about: Record | None = None
    """The related record, on the traces of a relation's `where`."""
    lack: Lack | None = None
    """Why an unknown test is unknown."""


def both(truths: Iterable[Truth]) -> Truth:
    """True where all are, false where one is."""
    found = list(truths)
    return False if False in found else None if None in found else True


def either(truths: Iterable[Truth]) -> Truth:
    """True where one is, false where all are."""
    return inverse(both(inverse(truth) for truth in truths))


def inverse(truth: Truth) -> Truth:
    """The contrary; of the unknown, unknown."""
    return None if truth is None else not truth


class Tracer:
    """Evaluates the conditions of one deciding record."""

    def __init__(
        self,
        record: Record,
        surroundings: EvaluationContext,
        moment: Moment,
        settings: Mapping[str, SettingValue],
        provided: Provided,
    ) -> None:
        self._record = record
        self._kind = kind_of(record)
        self._around = surroundings
        self._clock = Clock(moment)
        self._settings = settings
        self._provided = provided

    def trace(self, condition: Condition) -> Trace:
        """Evaluate a condition on the record; the rule matches where the truth is True."""
        return self._trace(condition, self._record, None)

    def _trace(self, condition: Condition, record: Record, through: str | None) -> Trace:
        match condition:
            case FieldTest():
                return self._test(condition, record, through)
            case All(items):
                parts = tuple(self._trace(item, record, through) for item in items)
                return Trace(condition, both(part.truth for part in parts), parts)
            case Any(items):
                parts = tuple(self._trace(item, record, through) for item in items)
                return Trace(condition, either(part.truth for part in parts), parts)
            case Not(item):
                part = self._trace(item, record, through)
                return Trace(condition, inverse(part.truth), (part,))
            case Unless(item):
                part = self._trace(item, record, through)
                return Trace(condition, part.truth is not True, (part,))
            case Related():
                return self._related(condition)
            case Count():
                return self._count(condition)

    def lacks(self, condition: Condition) -> tuple[Lack, ...]:
        """All that a condition's tests would have to know and that is not there, whatever the records."""
        found: list[Lack | None] = []
        for test, through in asked(condition):
            if isinstance(test, FieldTest):
                unset = None if bind(test, self._settings) else self._not_set(test.operands)
                found.append(self._not_provided(test, through) or unset)
                continue
            found.append(self._unfollowed(test))
            if isinstance(test, Count) and self._number(test) is None:
                found.append(self._not_set((test.number,)))
        return tuple(dict.fromkeys(lack for lack in found if lack))

    # Tests

    def _test(self, test: FieldTest, record: Record, through: str | None) -> Trace:
        lack = self._not_provided(test, through)
        if lack:
            return Trace(test, None, lack=lack)
        leaf = bind(test, self._settings)
        if leaf is None:
            return Trace(test, None, lack=self._not_set(test.operands))
        skips = test.field in ("verdict", "alone") and asks_for_skips(test)
        # Of one that is asked for its skips alone, nothing more may be known: so nothing more is read.
        value = self._value(record, "skips" if skips else test.field)
        other = None if leaf.this is None else self._value(self._record, leaf.this)
        reads = (Read("record", test.field, value, record), *self._operands(test))
        if skips and value != "skip":
            reads = reads[1:]
        return Trace(test, holds(leaf, value, other, self._clock), reads=reads)

    def _not_provided(self, test: FieldTest, through: str | None) -> Lack | None:
        own = [operand.field for operand in test.operands if isinstance(operand, This)]
        if through is None:
            own.insert(0, test.field)
        elif not self._provided.through(self._kind, through, test.field):
            return Lack("not_provided", f"{through}.{test.field}")
        for field in own:
            if not self._provided.field(self._kind, field):
                return Lack("not_provided", f"{self._kind}.{field}")
        return None

    def _not_set(self, operands: Iterable[Operand]) -> Lack:
        return Lack("not_set", ", ".join(self._setting_names(operands)))

    def _value(self, record: Record, field: str) -> Anything:
        return asked_of(record, field, self._around.computed)

    def _operands(self, test: FieldTest) -> tuple[Read, ...]:
        reads: list[Read] = []
        for operand in test.operands:
            match operand:
                case This(field):
                    reads.append(Read("record", field, self._value(self._record, field), self._record))
                case Day(amount=amount) if amount == 0:
                    reads.append(Read("moment", "today", self._clock.moment.today))
                case Instant(anchor="last_sync"):
                    reads.append(Read("moment", "last_sync", self._clock.moment.last_sync))
                case Instant() | Day():
                    reads.append(Read("moment", "now", self._clock.moment.as_of))
        reads.extend(self._setting(name) for name in self._setting_names(test.operands))
        return tuple(reads)

    def _setting_names(self, operands: Iterable[Operand]) -> list[str]:
        return list(dict.fromkeys(name for operand in operands if (name := setting_read(operand))))

    def _setting(self, name: str) -> Read:
        return Read("setting", name, self._settings.get(name))

    # Relations

    def _each(self, test: Related | Count) -> tuple[Trace, ...]:
        found: list[Trace] = []
        for other in self._around.related(self._record, test.relation):
            part = self._trace(test.where, other, test.relation)
            found.append(Trace(part.condition, part.truth, part.children, part.reads, other, part.lack))
        return tuple(found)

    def _unfollowed(self, test: Related | Count) -> Lack | None:
        if self._provided.relation(self._kind, test.relation):
            return None
        return Lack("not_provided", f"{self._kind}.{test.relation}")

    def _related(self, test: Related) -> Trace:
        lack = self._unfollowed(test)
        if lack:
            return Trace(test, None, lack=lack)
        parts = self._each(test)
        truths = [part.truth for part in parts]
        if test.quantifier == "every":
            return Trace(test, both(truths), parts)
        some = either(truths)
        return Trace(test, some if test.quantifier == "some" else inverse(some), parts)

    def _count(self, test: Count) -> Trace:
        lack = self._unfollowed(test)
        if lack:
            return Trace(test, None, lack=lack)
        number = self._number(test)
        reads = tuple(self._setting(name) for name in self._setting_names((test.number,)))
        if number is None:
            return Trace(test, None, reads=reads, lack=self._not_set((test.number,)))
        parts = self._each(test)
        least = sum(part.truth is True for part in parts)
        most = sum(part.truth is not False for part in parts)
        return Trace(test, _compare(test.op, least, most, number), parts, reads)

    def _number(self, test: Count) -> int | None:
        number: Anything = test.number
        number = number.value if isinstance(number, Value) else self._settings.get(number.name)
        return number if isinstance(number, int) and not isinstance(number, bool) else None


def _compare(op: str, least: int, most: int, number: int) -> Truth:
    """Compare a number known to lie between least and most, both included."""
    match op:
        case "at_least":
            return True if least >= number else False if most < number else None
        case "above":
            return _compare("at_least", least, most, number + 1)
        case "below":
            return inverse(_compare("at_least", least, most, number))
        case "at_most":
            return inverse(_compare("above", least, most, number))
        case "equals":
            return both((_compare("at_least", least, most, number), _compare("at_most", least, most, number)))
        case _:
            return inverse(_compare("equals", least, most, number))
