"""The door: raw objects become records here, or are told apart as invalid with their errors."""

from __future__ import annotations

from msgspec import Struct


class Invalid(Struct, frozen=True):
    """One thing that could not be made a record; it is decided as `record.invalid` and spoils nothing else."""

    kind: str
    """The kind it was to be; `record` when not even that is known."""
    source_id: str
    """Its id when that could be read, else its place, such as `users.csv:12` or `item 3`."""
    errors: tuple[str, ...]
    """What is wrong, a sentence each: the field or place, what was found (never a value), what was wanted."""
