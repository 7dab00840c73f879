"""Following: from a record over a relation to others, by indexes. Hot: it runs for each record and relation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, groupby
from operator import attrgetter
from typing import Any

from engine.records.kinds import Record
from engine.relations.crowds import MANY, Sieve, Wholes, joined
from engine.relations.definitions import Existing, Keeps, Relation, Way
from engine.relations.joins import KEYS, Values

Index = dict[str, tuple[Record, ...]]
"""Value of one key of one kind to the records that offer it, each once, in the order of their ids."""

Follow = Callable[[Record], tuple[Record, ...]]

_id: Callable[[Record], str] = attrgetter("source_id")


def enter(index: Index, kind: str, key: str, records: Iterable[Record]) -> None:
    """Enter records that are not yet in the index of their kind by a key."""
    if key == "id":
        index.update({record.source_id: (record,) for record in records})
        return
    values = KEYS[kind][key]
    if not index:
        # In the order of their ids from the start: no group has to be put in order by itself.
        groups: dict[str, list[Record]] = {}
        for record in sorted(records, key=_id):
            for value in values(record):
                if (group := groups.get(value)) is None:
                    groups[value] = [record]
                elif group[-1] is not record:
                    group.append(record)
        index.update({value: tuple(group) for value, group in groups.items()})
        return
    grown: dict[str, list[Record]] = {}
    for record in records:
        for value in values(record):
            grown.setdefault(value, []).append(record)
    for value, more in grown.items():
        index[value] = _united([index.get(value, ()), more])


def _united(groups: Iterable[Iterable[Record]]) -> tuple[Record, ...]:
    """Groups as one, each record once, in the order of their ids."""
    return tuple(sorted({record.source_id: record for group in groups for record in group}.values(), key=_id))


def follower(relation: Relation, index_of: Callable[[str, str], Index], existing: Existing) -> Follow:
    """How to follow a relation. Indexes may grow afterwards."""
    by_kind = groupby(sorted(relation.ways, key=lambda way: way.to), key=lambda way: way.to)
    parts = [_to_one_kind([_step(way, index_of, existing) for way in ways]) for _, ways in by_kind]
    if len(parts) == 1:
        return parts[0]
    first, second = parts  # no relation leads to three kinds
    wholes: Wholes = {}
    return lambda record: joined(first(record), second(record), wholes)


Kept = Callable[[Record, str, tuple[Record, ...]], tuple[Record, ...]]
"""(record, value, those found under it) → those that are kept."""
Step = tuple[Values, Index, Kept | None, bool]
"""Values, where they are found, which of these are kept, and whether they are ids."""


def _step(way: Way, index_of: Callable[[str, str], Index], existing: Existing) -> Step:
    values = way.values
    if way.via is not None:
        values = _through(way.via, index_of(way.via.to, way.via.key), way.values, existing)
    kept: Kept | None = None
    if way.keeps is not None:
        keeping = _Keeping(way, way.keeps, existing)
        kept = keeping if way.likeness is None else Sieve(keeping.keeps, way.likeness)
    return values, index_of(way.to, way.key), kept, way.key == "id"


class _Crowd:
    """Those under one value that may be kept at all, and what was kept of them for whom."""

    def __init__(self, found: tuple[Record, ...], sifted: tuple[Record, ...], looks: Callable[[Any], Any]) -> None:
        self.found = found
        self.sifted = sifted
        self.offered = frozenset(seen for other in sifted for seen in looks(other))
        self.kept: dict[tuple[Any, ...], tuple[Record, ...]] = {}


class _Keeping:
    """What a way keeps of the records that it finds."""

    def __init__(self, way: Way, keeps: Keeps, existing: Existing) -> None:
        self._keeps, self._sifts, self._looks = keeps, way.sifts, way.looks
        self._existing = existing
        self._crowds: dict[str, _Crowd] = {}

    def __call__(self, record: Record, value: str, found: tuple[Record, ...]) -> tuple[Record, ...]:
        if self._looks is None or len(found) < MANY:
            return self._kept(record, self._sifted(found))
        crowd = self._crowds.get(value)
        if crowd is None or crowd.found is not found:  # an index may have grown
            crowd = self._crowds[value] = _Crowd(found, self._sifted(found), self._looks)
        # What nobody of the crowd has tells nothing but that it is there.
        key = tuple([seen if seen in crowd.offered else seen is None for seen in self._looks(record)])
        kept = crowd.kept.get(key)
        if kept is None:
            kept = crowd.kept[key] = self._kept(record, crowd.sifted)
        return kept

    def keeps(self, record: Record, other: Record) -> bool:
        """Whether one that was found is kept."""
        return self._keeps(record, other, self._existing)

    def _sifted(self, found: tuple[Record, ...]) -> tuple[Record, ...]:
        sifts, existing = self._sifts, self._existing
        return found if sifts is None else tuple([other for other in found if sifts(other, existing)])

    def _kept(self, record: Record, found: tuple[Record, ...]) -> tuple[Record, ...]:
        keeps, existing = self._keeps, self._existing
        return tuple([other for other in found if keeps(record, other, existing)])


def _through(via: Way, holders: Index, held: Values, existing: Existing) -> Values:
    def values(record: Record) -> tuple[str, ...]:
        return tuple([value for holder in held_by(via, holders, record, existing) for value in held(holder)])

    return values


def held_by(via: Way, holders: Index, record: Record, existing: Existing) -> Iterator[Record]:
    """The records between, that hold what others are found by."""
    keeps = via.keeps
    for key in via.values(record):
        for holder in holders.get(key, ()):
            if keeps is None or keeps(record, holder, existing):
                yield holder


def _to_one_kind(steps: list[Step]) -> Follow:
    def follow(record: Record) -> tuple[Record, ...]:
        hits: list[tuple[Record, ...]] = []
        for values, index, keeps, by_id in steps:
            if not index or not (held := values(record)):
                continue
            if keeps is not None:
                for value in held:
                    found = index.get(value)
                    if found is not None and (found := keeps(record, value, found)):
                        hits.append(found)
            elif by_id and len(held) > 1:
                # One each, so that they are in order when their ids are.
                ids = sorted(held if len(frozenset(held)) == len(held) else frozenset(held))
                hits.append(tuple(chain.from_iterable(filter(None, map(index.get, ids)))))
            else:
                hits += filter(None, map(index.get, held))
        if len(hits) > 1:
            return _united(hits)
        # The index's own tuple, in order already: a group of thirty costs no more than one learner.
        return hits[0] if hits else ()

    return follow
