"""What could not be read, as data: a code with its values. ``engine.language.unread`` has the words.

Of a field that could not be read it holds what the source wrote, shortened, under ``value``: it is stored with the
record and its issue only, and a person is forgotten with them. No other value that a source gave stands in it, and none
in a remark on a whole connection (``engine.records.needs``): names of fields, columns, files and calls, and numbers.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from engine.records.limits import LONGEST_SHOWN

Value = str | int | tuple[str, ...]
Recovery = Literal["unavailable", "refused", "garbled"]


class Unread(Struct, frozen=True, omit_defaults=True):
    """One thing that could not be read, or that was read in a way that a person should know of."""

    code: str
    field: str = ""
    values: dict[str, Value] = {}


class Failure(Struct, frozen=True, omit_defaults=True):
    """A system or file that could not be read, or not in whole."""

    code: str
    recovery: Recovery | None = None
    """What the run does next, as ``connectors.contract`` draws it; None where no system failed."""
    system: str = ""
    """What people call the system, or one of our own names for what has none, such as `the file`."""
    call: str = ""
    """The call or file, without values; empty for a link that is itself the secret."""
    values: dict[str, Value] = {}
    about: tuple[str, ...] = ()
    """What was asked for, where one call asks for several: ids of favourites, schools, groups. Never of people."""


def shown(value: object) -> dict[str, Value]:
    """What was written, as an Unread keeps it; nothing of what is no single value."""
    if not isinstance(value, str | int | float):
        return {}
    text = "".join(letter if letter.isprintable() else "\ufffd" for letter in str(value)[: LONGEST_SHOWN + 1].strip())
    return {"value": text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"} if text else {}


_SHAPES = frozenset({"not_json", "not_an_object", "computed", "not_a_boolean", "not_segment_keys", "row_no_object"})


def is_misshapen(fault: Unread) -> bool:
    """Whether it is no value a school wrote, but the form in which a program between sent it."""
    if fault.code in _SHAPES or fault.code.startswith(
        ("kind_", "unknown_field", "unknown_kind", "unknown_segment_key")
    ):
        return True
    return fault.values.get("found", "text") not in ("text", "text_no_time", "text_no_day")


def plain_failure(code: str, **values: Value) -> Failure:
    """A failure that is no system's."""
    return Failure(code, values=values)


def unread(code: str, field: str = "", /, **values: Value) -> Unread:
    """One finding of reading."""
    return Unread(code, field, values)
