"""What does not fit the shape that was wanted, named by its place and types, never by its value."""

from __future__ import annotations

import re
from typing import TypeVar

from msgspec import ValidationError

from connectors.contract import ConnectorError

E = TypeVar("E", bound=ConnectorError)

_QUOTED = re.compile(r"'[^']*'")
_TYPE = re.compile(r"Expected `([^`]+)`, got `([^`]+)`(?: - at `([^`]+)`)?")
_MISSING = re.compile(r"Object missing required field `([^`]+)`(?: - at `([^`]+)`)?")


def mismatch(kind: type[E], system: str, call: str, error: ValidationError) -> E:
    """The failure that msgspec's sentence tells of."""
    whole = _QUOTED.sub("'…'", str(error))
    if found := _TYPE.fullmatch(whole):
        wanted, given, at = found.groups()
        if at is None:
            return kind(system, call, "wrong_type", wanted=wanted, given=given)
        return kind(system, call, "wrong_type_at", wanted=wanted, given=given, at=at)
    if found := _MISSING.fullmatch(whole):
        name, at = found.groups()
        if at is None:
            return kind(system, call, "field_missing", name=name)
        return kind(system, call, "field_missing_at", name=name, at=at)
    return kind(system, call, "wrong_shape", said=whole)
