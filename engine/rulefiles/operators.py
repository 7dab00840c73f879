"""Vocabulary: which tests a field takes, as rule files write them, and which settings fit them."""

from __future__ import annotations

from engine.model.rulebook import SettingType
from engine.records.fields import Field, FieldType, fields_of

TEXTUAL: tuple[FieldType, ...] = ("text", "id", "email", "phone")
TIMES: tuple[FieldType, ...] = ("instant", "date")

SIZES = ("at_least", "at_most", "above", "below")
COUNTS = (*SIZES, "not")
"""Comparisons of `count:`; a bare number means exactly as many."""
ORDER = ("before", "after", "on", "at_least", "at_most")
LISTS = ("in", "not_in", "domain_in")
"""Tests that take a list of values."""
WORDS = ("missing", "present", "well_formed", "malformed")
"""What `is:` can say."""
BLOCKS = ("any", "all", "not", "unless")
QUANTIFIERS = ("some", "no", "every")

_TEXT = ("is", "not", "in", "not_in", "starts_with", "ends_with", "contains")
_BY_TYPE: dict[FieldType, tuple[str, ...]] = {
    "text": _TEXT,
    "id": _TEXT,
    "phone": _TEXT,
    "email": (*_TEXT, "domain_in"),
    "boolean": ("is", "not"),
    "integer": ("is", "not", "in", "not_in", *SIZES),
    "instant": ("is", "not", *ORDER),
    "date": ("is", "not", *ORDER),
    "keys": (),
}
_CHOICE = ("is", "not", "in", "not_in")
_SET = ("is", "not", "in", "not_in", "contains", "within", *SIZES)

ALL_TESTS: tuple[str, ...] = tuple(dict.fromkeys((*_SET, *_BY_TYPE["email"], *_BY_TYPE["instant"])))
"""Every word that can stand as a test."""


def tests_of(field: Field) -> tuple[str, ...]:
    """The tests a field takes, as written; a bare value or list aside."""
    if field.is_set:
        return _SET
    if field.choices:
        return _CHOICE
    return _BY_TYPE[field.type]


def words_of(field: Field) -> tuple[str, ...]:
    """What `is:` can say of a field."""
    return WORDS if field.type in ("email", "phone") and not field.is_set else WORDS[:2]


def settings_for(field: Field, test: str) -> tuple[SettingType, ...]:
    """Types of the settings that fit a test on a field; for a bare value `equals`."""
    if field.is_set:
        return ("integer",) if test in SIZES else ("texts", "mapping", "text")
    if field.type in TEXTUAL:
        if test in LISTS:
            return ("texts", "mapping")
        if test in ("equals", "not"):
            return ("text", "texts", "mapping")
        return ("text",)
    if field.type == "integer":
        return () if test in LISTS else ("integer", "number")
    if field.type == "boolean":
        return ("boolean",)
    return ("date",)


def field_named(kinds: tuple[str, ...], name: str) -> Field | None:
    """The field of that name on one of these kinds; its choices are those of all of them together."""
    having = [fields_of(kind)[name] for kind in kinds if name in fields_of(kind)]
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
    )


def field_names(kinds: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the fields that rules can test on these kinds."""
    return tuple(
        dict.fromkeys(field.name for kind in kinds for field in fields_of(kind).values() if field.type != "keys")
    )
