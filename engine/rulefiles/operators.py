"""Vocabulary: which tests a field takes, as rule files write them, and which settings fit them."""

from __future__ import annotations

from typing import get_args

from engine.model.conditions import CountOp
from engine.model.operator_uses import TEXTUAL, Use
from engine.model.operators import OPERATORS
from engine.model.rulebook import SettingType
from engine.records.fields import Field, fields_for_rules

COUNTS: tuple[str, ...] = get_args(CountOp)[:-1]
"""Comparisons of `count:` that are written out: all but `equals`."""
BLOCKS = ("any", "all", "not", "unless")
QUANTIFIERS = ("some", "no", "every")

_BARE = "equals"
"""The operator that is not written: its value stands behind the field."""


def use_on(field: Field, test: str) -> Use | None:
    """What a test is on a field, `equals` for a bare value; None where it does not go with it."""
    return OPERATORS[test].use_on(field)


def _uses_on(field: Field) -> dict[str, Use]:
    return {name: use for name in OPERATORS if (use := use_on(field, name)) is not None and field.type != "keys"}


def tests_of(field: Field) -> tuple[str, ...]:
    """The tests a field takes, as written; a bare value or list aside."""
    uses = _uses_on(field)
    written = [name for name, use in uses.items() if use.wants != "nothing" and name != _BARE]
    return ("is", *written) if uses else ()


def words_of(field: Field) -> tuple[str, ...]:
    """What `is:` can say of a field."""
    return tuple(name for name, use in _uses_on(field).items() if use.wants == "nothing")


def is_test(name: str) -> bool:
    """Whether the word can stand as a test, on whatever field."""
    operator = OPERATORS.get(name)
    uses = () if operator is None else (operator.value, operator.time, operator.set)
    return name == "is" or (name != _BARE and any(use is not None and use.wants != "nothing" for use in uses))


def settings_for(field: Field, test: str) -> tuple[SettingType, ...]:
    """Types of the settings that fit a test on a field; for a bare value `equals`."""
    use = use_on(field, test)
    if use is None:
        return ()
    if use.wants == "number":
        return ("integer",)
    if field.is_set:
        return ("texts", "mapping", "text")
    if field.type in TEXTUAL:
        if use.takes != "one":
            return ("texts", "mapping")
        return ("text", "texts", "mapping") if OPERATORS[test].many else ("text",)
    if field.type == "integer":
        return ("integer", "number") if use.takes == "one" else ()
    return ("boolean",) if field.type == "boolean" else ("date",)


def field_named(kinds: tuple[str, ...], name: str, *, of_related: bool = False) -> Field | None:
    """The field of that name on one of these kinds; its choices are those of all of them together."""
    each = [fields_for_rules(kind, of_related=of_related) for kind in kinds]
    having = [fields[name] for fields in each if name in fields]
    if not having:
        return None
    first = having[0]
    choices = tuple(dict.fromkeys(choice for field in having for choice in field.choices))
    if any(not field.choices for field in having):
        choices = ()
    return Field(
        kind=first.kind,
        name=name,
        type=first.type,
        description=first.description,
        is_set=first.is_set,
        choices=choices,
        computed=first.computed,
        of_related=first.of_related,
    )


def field_names(kinds: tuple[str, ...], *, of_related: bool = False) -> tuple[str, ...]:
    """Names of the fields that rules can test on these kinds."""
    each = [fields_for_rules(kind, of_related=of_related) for kind in kinds]
    return tuple(dict.fromkeys(field.name for fields in each for field in fields.values() if field.type != "keys"))
