"""What a run has found of what should be on the platform: what is not there though it was read, and what is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from engine.matching.facts import fields_of_record, plain
from engine.model.decisions import Facts
from engine.records.kinds import Record, name_of


class NotThere(Struct, frozen=True):
    """A record that was synced and that the platform, read since, does not show."""

    id: int
    """Number of its row."""
    kind: str
    source_id: str
    record: Record
    since: datetime
    """The moment of the run that synced it."""
    run: int | None
    """Its number, where that run is still known."""

    @property
    def facts(self) -> Facts:
        """All that its message needs."""
        return Facts(
            kind=self.kind,
            source_id=self.source_id,
            name=name_of(self.record),
            record=fields_of_record(self.record),
            since=plain(self.since),
            run=self.run,
        )


class Arrivals(Struct, frozen=True):
    """What a run saw of what should be there by now."""

    missing: tuple[NotThere, ...] = ()
    seen: frozenset[int] = frozenset()
    """Rows of records that were told as not arrived, and are there."""
    due: Mapping[str, int] = {}
    """Kind to how many should be there, of kinds of which the platform was read completely."""
    nothing: frozenset[str] = frozenset()
    """Those kinds of which it showed nothing at all."""
    hidden: Mapping[str, int] = {}
    """Kind of the platform's to how many of it could not be read so that it is known whose they are."""
