"""What could not be read, as data: a code with its values. ``engine.language.unread`` has the words.

No value that a source gave stands in it: names of fields, files and calls, numbers, and what was wanted.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

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


def plain_failure(code: str, **values: Value) -> Failure:
    """A failure that is no system's."""
    return Failure(code, values=values)


def unread(code: str, field: str = "", /, **values: Value) -> Unread:
    """One finding of reading."""
    return Unread(code, field, values)
