"""Seeing: what is known around some records, asked of the store once though they are decided several times."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from engine.records.decode import Invalid
from engine.records.kinds import Record
from engine.relations.neighbourhood import KnownRecords


class Seen:
    """Implements ``engine.relations.neighbourhood.KnownRecords``."""

    def __init__(self, known: KnownRecords) -> None:
        self._known = known
        self._asked: set[tuple[str, str, str]] = set()
        self._found: list[Record | Invalid] = []

    @property
    def kinds(self) -> Collection[str]:
        """As of what is asked."""
        return self._known.kinds

    def lookup(self, keys: Collection[tuple[str, str, str]]) -> Iterable[Record | Invalid]:
        """Everything found so far; more than what was asked for does no harm."""
        fresh = set(keys) - self._asked
        if fresh:
            self._asked |= fresh
            self._found.extend(self._known.lookup(fresh))
        return self._found
