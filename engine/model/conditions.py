"""Conditions: what a rule's `when` says, as a tree. Written once in YAML, rendered several ways from here.

The tree is what the author wrote, typed by the fields it names. ``engine.matching.binding`` binds it to a rulebook's
settings and to what is provided; the matcher, the explainer and ``engine.language.sentences`` read it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from msgspec import Struct

from engine.model.problems import Place
from engine.records.fields import FieldType

Scalar = bool | int | float | str | date | datetime

CountOp = Literal["at_least", "at_most", "above", "below", "not", "equals"]
"""Comparisons of `count:`; a bare number means exactly as many."""


class Value(Struct, frozen=True):
    """A literal, already of the field's type: text as written, a date, an aware datetime, a number, a boolean."""

    value: Scalar


class Setting(Struct, frozen=True):
    """`$name`: a setting of the rulebook."""

    name: str


class This(Struct, frozen=True):
    """`$this.field`: inside a relation the deciding record's own field, elsewhere another field of the same record."""

    field: str


class Instant(Struct, frozen=True):
    """`now`, `last_sync`, `24 hours ago`, `in 2 hours`: a point in time, `minutes` after its anchor."""

    anchor: Literal["now", "last_sync"] = "now"
    amount: int | Setting = 0
    """How many units, negative for ago. A setting's value takes the sign from `ago`."""
    unit: Literal["minutes", "hours"] = "minutes"
    ago: bool = False
    """Only with a setting as amount: whether its value counts backwards."""


class Day(Struct, frozen=True):
    """`today`, `in 14 days`, `3 days ago`: a whole local day of the customer."""

    amount: int | Setting = 0
    """Days after today, negative for ago."""
    ago: bool = False
    """Only with a setting as amount: whether its value counts backwards."""


Operand = Value | Setting | This | Instant | Day


class FieldTest(Struct, frozen=True):
    """One test on one field."""

    field: str
    op: str
    """A name in ``engine.model.operators``."""
    operands: tuple[Operand, ...]
    """None for missing … malformed, one for most, any number for the list tests."""
    type: FieldType
    is_set: bool
    place: Place


class All(Struct, frozen=True):
    """Every one of these; `{}` is all of nothing and holds."""

    items: tuple[Condition, ...]


class Any(Struct, frozen=True):
    """At least one of these; of nothing, false."""

    items: tuple[Condition, ...]


class Not(Struct, frozen=True):
    """`not:` not all of these (the item is the All of them)."""

    item: Condition


class Unless(Struct, frozen=True):
    """`unless:` an exception: fails only if all of these are known to hold."""

    item: Condition


class Related(Struct, frozen=True):
    """`some:`, `no:` or `every:` of one relation."""

    quantifier: Literal["some", "no", "every"]
    relation: str
    where: Condition
    place: Place


class Count(Struct, frozen=True):
    """`count:` how many distinct records of a relation fulfil `where`."""

    relation: str
    op: CountOp
    number: Value | Setting
    where: Condition
    place: Place


Condition = FieldTest | All | Any | Not | Unless | Related | Count

ALWAYS = All(())
NEVER = Any(())
