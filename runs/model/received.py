"""What a run has received, and what was asked for: from systems, a file, or a push."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

import msgspec
from msgspec import Struct, field

from connectors.contract import ConnectorError, Fetch
from engine.records.decode import Invalid
from engine.records.kinds import UPWARD, Record
from engine.records.unread import Failure, Unread
from store.lookup.fingerprints import identity

OnPage = Callable[[str, int], None]


_OVER = frozenset({"left", "ended", "cancelled"})
"""States of records that are told so as to say that they are no longer there."""


class Received(Struct):
    """All that a run has received."""

    items: list[Record | Invalid] = field(default_factory=list)
    asked: frozenset[str] = frozenset()
    """Kinds that were asked for completely, whether or not there were any."""
    complete: frozenset[str] = frozenset()
    """Those of which something came and nothing failed, so that what is missing is no longer there."""
    read: frozenset[str] = frozenset()
    """Kinds of the platform's of which all was read that is of the run's days, whether or not there were any."""
    partial: list[ConnectorError] = field(default_factory=list)
    failed_before: tuple[Failure, ...] = ()
    """What failed of the partial run that was held with these records."""
    requests: int = 0
    freshness: dict[str, datetime] = field(default_factory=dict)
    notes: list[Unread | str] = field(default_factory=list)
    """How something had to be read that a person should know of, each once."""

    @property
    def is_partial(self) -> bool:
        """Whether some part could not be read, so that nothing may be taken for gone."""
        return bool(self.partial or self.failed_before)

    @property
    def failures(self) -> list[Failure]:
        """What failed of it, each once, with all that was asked for so."""
        found: dict[bytes, Failure] = {}
        for failure in (*(error.failure for error in self.partial), *self.failed_before):
            alike = msgspec.json.encode(msgspec.structs.replace(failure, about=()))
            about = dict.fromkeys((*found[alike].about, *failure.about) if alike in found else failure.about)
            found[alike] = msgspec.structs.replace(failure, about=tuple(about))
        return list(found.values())

    def add(
        self,
        items: Iterable[Record | Invalid],
        fetch: Fetch,
        kinds: Collection[str],
        read: Collection[str] | None = None,
    ) -> None:
        """Add what one system gave; of these kinds it gave everything, unless parts of it failed.

        ``read`` are those of which it gave all of the run's days, be that nothing; absent: those of `kinds` that came,
        for of what is sent nobody asked.
        """
        before = len(self.items)
        try:
            self.items.extend(items)
        finally:
            # Of a fetch that failed, too, it is told what it asked.
            self.requests += fetch.requests
            self.freshness.update(fetch.freshness)
            self.notes += [note for note in fetch.notes if note not in self.notes]
        self.items.extend(fetch.invalid)
        self.partial += fetch.partial
        if not fetch.partial:
            self.asked |= frozenset(kinds)
            # A kind of which nothing came, or nothing but what is over, is more likely not given than all gone:
            # who left and what was cancelled stand in lists of their own, which may be there when the others are not.
            given = {identity(item)[0] for item in self.items[before:] if not is_over(item)}
            self.read |= given.intersection(kinds, UPWARD) if read is None else frozenset(UPWARD).intersection(read)
            self.complete |= (given | ({"record"} if given else set())).intersection(kinds)


def is_over(item: Record | Invalid) -> bool:
    """Whether a record only says that somebody left, or that something ended or was cancelled."""
    return getattr(item, "status", None) in _OVER
