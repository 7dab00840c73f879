"""What an entry of ``engine.model.operators`` says: what the operator goes with, what stands behind it, its meaning.

Whatever has an order is compared as a closed span, from its first to its last: a number from itself to itself, an
instant likewise, a day from its midnight to the last microsecond before the next. So `above` and `after` are one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal

from msgspec import Struct

from engine.records.fields import Field, FieldType

Wants = Literal["nothing", "value", "part", "domain", "number", "time", "day"]
"""What stands behind an operator: a whole value of the field's type, a part of a text, a domain, a whole number
whatever the field, any time or a whole day."""

Ready = Callable[[tuple[Any, ...], FieldType], Callable[[Any], bool]]
"""(wanted, the field's type) → what tells of a single value whether it holds. Both are folded where the wanted is
text; what tells nothing of the wanted is given the value as written."""
Overlap = Callable[[frozenset[Any], Iterable[Any]], bool]
"""(the wanted, the values of a set) → whether it holds."""

TEXTUAL: tuple[FieldType, ...] = ("text", "id", "phone", "email")
TIMES: tuple[FieldType, ...] = ("instant", "date")
FOLDED: tuple[FieldType, ...] = ("text", "email", "phone")
"""Compared without regard to capitals; ids are compared as written."""
SINGLE: tuple[FieldType, ...] = (*TEXTUAL, "boolean", "integer")
LISTED: tuple[FieldType, ...] = (*TEXTUAL, "integer")


class Order(Struct, frozen=True):
    """A comparison of what has an order."""

    holds: Callable[[Any, Any, Any, Any], bool]
    """(first and last of the value, first and last of the wanted) → whether it holds."""
    pattern: Literal["", "$gt", "$lt", "$gte", "$lte"] = ""
    """How durable-rules says it of numbers."""


class Use(Struct, frozen=True):
    """What an operator is on one sort of field: on single values, on times or on sets. One of `ready`, `order` and
    `overlap` is its meaning; `missing` and `present` have none, and all others are false of what is missing."""

    example: str
    """As a rule file has it."""
    says: str
    """When it holds, as the schema and the page on writing rules say it."""
    on: tuple[FieldType, ...] = ()
    """Types of the single values that it goes with."""
    wants: Wants = "value"
    takes: Literal["one", "list", "any number"] = "one"
    ready: Ready | None = None
    order: Order | None = None
    """Of a set that wants a number: of its size."""
    overlap: Overlap | None = None
    pattern: Literal["", "=", "$neq"] = ""
    """How durable-rules says it of texts; what it cannot say, nor an order's, is worked out while projecting."""
    tried: tuple[str | int, ...] = ()
    """What the laws draw to stand behind it, where that is no value of the field."""

    @property
    def folds(self) -> bool:
        """Whether it compares text with text."""
        return self.wants in ("value", "part", "domain")


class Operator(Struct, frozen=True):
    """One operator and what it is on each sort of field that it goes with."""

    name: str
    value: Use | None = None
    time: Use | None = None
    set: Use | None = None
    contrary: str = ""
    """What holds of a value that is there, or of a number, where this does not."""
    many: str = ""
    """What it becomes before several values."""
    worded: str = ""
    """Whose words it has on sorts of field where it has none of its own."""

    def use(self, field_type: FieldType, *, is_set: bool) -> Use | None:
        """What it is on fields of a type; None where it does not go with them."""
        if is_set:
            return self.set
        if field_type in TIMES:
            return self.time
        return self.value if self.value is not None and field_type in self.value.on else None

    def use_on(self, field: Field) -> Use | None:
        """What it is on a field: one that takes only some words is compared with whole ones."""
        use = self.use(field.type, is_set=field.is_set)
        return None if use and field.choices and use.wants not in ("nothing", "value") else use
