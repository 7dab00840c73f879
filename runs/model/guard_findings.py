"""Trips: what the guards found in a run, as it is stored with it."""

from __future__ import annotations

from msgspec import Struct

from engine.model.guards import GuardAction, GuardName


class Edit(Struct, frozen=True, omit_defaults=True):
    """One edit of the rulebook since the last run, with how many of the jumps it explains."""

    what: str
    """`rule`, `setting` or `customer`."""
    name: str
    number: int
    layer: str = ""
    file: str = ""
    line: int = 0


class Trip(Struct, frozen=True, omit_defaults=True):
    """One thing a guard found. Numbers and names of rules, fields and hops; never a person's."""

    guard: GuardName
    then: GuardAction
    kind: str = ""
    number: int = 0
    """How many records: missing, jumping, or that had the field."""
    total: int = 0
    """Of how many."""
    limit: int = 0
    """Percent, or hours."""
    field: str = ""
    rules: dict[str, int] = {}
    """Verdict jump: deciding rule to how many. Field gone: every rule that reads it, to 0."""
    edits: list[Edit] = []
    since_run: int | None = None
    """The run that it is compared with."""
    hop: str = ""
    at: str = ""
    """Time the hop's data is of, ISO 8601."""
    nothing_at_all: bool = False
